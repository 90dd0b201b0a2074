"""The last resort of a broker: fakeredis at a Unix socket. Run as a script with the socket's path."""

import socket
import sys
from pathlib import Path
from typing import Any

from fakeredis import TcpFakeServer


class SocketServer(TcpFakeServer):
    """fakeredis's server at a Unix socket, where every caller's address is the same empty string."""

    address_family = socket.AF_UNIX

    def get_request(self) -> tuple[Any, Any]:
        """Return the next connection with an address by which fakeredis tells its clients apart."""
        request, _ = super().get_request()
        return request, ("socket", next(self.client_ids))


def main() -> None:
    """Serve at the path in the first argument until stopped."""
    sys.stdout.write("No Valkey or Redis on this machine: an imitation takes its place, ten times slower.\n")
    Path(sys.argv[1]).unlink(missing_ok=True)
    server = SocketServer(sys.argv[1])
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
