"""What people set by hand: each with a reason, shown for ever, and flagged once it is contradicted."""
