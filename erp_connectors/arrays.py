"""How lists are written for PostgreSQL: bulk inserts send their JSON in arrays, full of quotes to escape."""

import psycopg
from psycopg.types.array import ListDumper


class _Escape:
    """Does what the driver's regular expression does, several times as fast."""

    def sub(self, _: bytes, text: bytes) -> bytes:
        """Return the text with a backslash before every quote and every backslash."""
        return bytes(text).replace(b"\\", b"\\\\").replace(b'"', b'\\"')


class QuickListDumper(ListDumper):
    """The driver's own way to write a list as an array, but for the escaping."""

    _re_esc = _Escape()  # type: ignore[assignment]


def write_lists_quickly() -> None:
    """Have every connection that is made from now on write its lists so."""
    psycopg.adapters.register_dumper(list, QuickListDumper)
