"""What people set by hand on a case: each with its permission, a reason, an event, and a mark that stays."""
