"""Whether a carrier's address answers at all, asked before a command claims any message."""

import socket
from typing import Final
from urllib.parse import urlsplit

from cloud.errors import ServiceUnavailableError

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def check_reachable(address: str, *, timeout_s: float) -> None:
    """Open and close one connection, or say that the carrier cannot be reached."""
    parts = urlsplit(address)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "", port), timeout=timeout_s).close()
    except OSError as error:
        raise ServiceUnavailableError(
            f"SMS carrier {parts.hostname}:{port}: expected a connection, got {error.strerror or error};"
            " nothing is lost, messages stay queued: try again later"
        ) from error
