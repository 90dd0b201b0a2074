"""What is observed of suppliers, order by order, for their charts."""
