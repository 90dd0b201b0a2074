"""Keeps the secrets of authenticator apps unreadable in the database and its backups."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from erp_connectors.errors import ConfigurationError


def seal(text: str) -> str:
    """Return the text encrypted with the key that follows from SECRET_KEY."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text again, also where a former SECRET_KEY sealed it. Raises ConfigurationError."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ConfigurationError(
            "A second factor was set up under another secret key: name that key in "
            "RIGHTLINE_SECRET_KEY_FALLBACKS, or remove the factor and set it up again."
        ) from None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"second factor {key}".encode()).digest())
