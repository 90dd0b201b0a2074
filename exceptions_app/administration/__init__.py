"""The screens of Django admin: rules, people, connections, history."""
