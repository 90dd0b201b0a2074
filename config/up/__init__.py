"""What stands behind `manage.py up`: programs, their guard, the checks before, and the order of the start."""
