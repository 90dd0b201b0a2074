"""Finds the resolutions: every class in a file of `resolutions`, under its code."""

import importlib
import inspect
import pkgutil

from erp_connectors.errors import ConfigurationError
from exceptions_app.playbook import resolutions
from exceptions_app.playbook.resolution import Resolution


def _found() -> dict[str, Resolution]:
    found: dict[str, Resolution] = {}
    for module in pkgutil.iter_modules(resolutions.__path__):
        for _, member in inspect.getmembers(
            importlib.import_module(f"{resolutions.__name__}.{module.name}"), inspect.isclass
        ):
            if issubclass(member, Resolution) and not inspect.isabstract(member):
                if member.code in found and type(found[member.code]) is not member:
                    raise ConfigurationError(f"Two resolutions are called {member.code!r}.")
                found[member.code] = member()
    return found


RESOLUTIONS = _found()


def get(code: str) -> Resolution:
    """Return the resolution called `code`. Raises ConfigurationError when there is none."""
    if code not in RESOLUTIONS:
        raise ConfigurationError(f"There is no resolution called {code!r}.")
    return RESOLUTIONS[code]
