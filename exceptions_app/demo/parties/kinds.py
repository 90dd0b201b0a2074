"""Every misdeed there is: importing a module of them registers its own."""

from exceptions_app.demo.parties import billing, confirming, receiving, sending, shipping
from exceptions_app.demo.parties.misdeeds import every_misdeed

__all__ = ["billing", "confirming", "every_misdeed", "receiving", "sending", "shipping"]
