"""Canonical values to JSON and back, exactly: decimals as strings, times in ISO 8601."""

import hashlib
from typing import Any, TypeVar

import msgspec

from erp_connectors.errors import PermanentError

T = TypeVar("T")


class CanonicalError(PermanentError):
    """A value does not have the canonical shape; the text names the place, as `$.lines[0].quantity`."""


def to_builtins(value: Any) -> Any:
    """Return `value` as plain JSON types; two equal values give equal results."""
    return msgspec.to_builtins(value, order="deterministic")


def from_builtins(data: Any, shape: type[T]) -> T:
    """Read plain JSON types into `shape`.

    Raises CanonicalError, naming the place, where a field is missing, unknown or malformed.
    """
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise CanonicalError(str(error)) from error


def from_json(payload: bytes, shape: type[T]) -> T:
    """Read JSON bytes into `shape`; raises CanonicalError as `from_builtins` does, or for no JSON at all."""
    try:
        return msgspec.json.decode(payload, type=shape)
    except msgspec.DecodeError as error:
        raise CanonicalError(str(error)) from error


def to_json(value: Any) -> bytes:
    """Return `value` as JSON bytes, the same bytes for equal values."""
    return msgspec.json.encode(value, order="deterministic")


def content_hash(value: Any) -> str:
    """Return the SHA-256 of the value's JSON, in hexadecimal: equal content, equal hash."""
    return hashlib.sha256(to_json(value)).hexdigest()
