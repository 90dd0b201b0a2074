"""What stands behind `manage.py up`: the reasons not to start, and the order of the start."""
