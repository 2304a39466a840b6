"""A client of the broker as a gateway needs it: through a chosen interface, without delay, with its password."""

import socket
import ssl
from pathlib import Path
from typing import Any

from paho.mqtt import client as mqtt

from edge.errors import ConfigurationError
from edge.tls import words_of


class BoundClient(mqtt.Client):
    """A client that may be told which network interface to go through."""

    interface: str | None = None

    def _create_socket_connection(self) -> socket.socket:
        if self.interface is None:
            return super()._create_socket_connection()
        trouble: OSError = OSError(f"no address of {self.host}")
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            line = socket.socket(family, kind, protocol)
            try:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, f"{self.interface}\0".encode())
                line.settimeout(self.connect_timeout)
                line.connect(address)
            except OSError as error:
                line.close()
                trouble = error
            else:
                return line
        raise trouble


def without_delay(_client: mqtt.Client, _userdata: object, opened: Any) -> None:  # noqa: ANN401 -- paho's own
    """Send small messages at once: they must not wait for the answer to the one before."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def password_of(path: Path | None) -> str | None:
    """First line of the password file; ConfigurationError where it holds none."""
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: the broker's password cannot be read ({error}); correct the file") from error
    if not lines:
        raise ConfigurationError(f"{path}: expected the broker's password in its first line, got an empty file")
    return lines[0]


def network_reason(error: Exception) -> str:
    """Why no connection came about, in one phrase."""
    if isinstance(error, ssl.SSLError):
        return words_of(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
