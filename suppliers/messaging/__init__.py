"""Mails to suppliers: rows first, then sent, with what the mail server said of each address."""
