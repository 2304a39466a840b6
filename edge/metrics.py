"""A gateway's own figures for Prometheus: what its heartbeat and its counters say, on this machine alone."""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import SHUT_RDWR
from typing import Any, Final

from pydantic import BaseModel

from edge.errors import EdgeError
from edge.heartbeat import Heartbeat
from edge.settings.observers import MetricsConfig
from edge.voice import Voice

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "seguia_gateway"
_TURN_S: Final = 1.0
_SLOWEST_READER_S: Final = 2.0
_LONGEST_READER_S: Final = 5.0
"""Who says a letter now and then is hung up on: a turn that does not end would starve the watchdog."""


def exposition(heartbeat: Heartbeat, counters: Mapping[str, float]) -> str:
    """Text that Prometheus reads; what is unknown is absent, never 0. Words become labels, lists their length."""
    lines = [line for name, value in heartbeat for line in _lines(f"{_PREFIX}_{name}", value)]
    for name, total in sorted(counters.items()):
        lines += _metric(f"{_PREFIX}_{name}_total", "counter", "", total)
    return "\n".join(lines) + "\n"


def _lines(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401 -- whatever a heartbeat holds
    if isinstance(value, BaseModel):
        for key, inner in value:
            yield from _lines(f"{name}_{key}", inner)
    elif isinstance(value, bool | int | float):
        yield from _metric(name, "gauge", "", float(value))
    elif isinstance(value, str) and value:
        yield from _metric(f"{name}_info", "gauge", f'{{value="{_escaped(value)}"}}', 1.0)
    elif isinstance(value, tuple | dict):
        yield from _metric(f"{name}_count", "gauge", "", float(len(value)))


def _metric(name: str, kind: str, labels: str, value: float) -> Iterator[str]:
    clean = re.sub(r"[^A-Za-z0-9_]", "_", name)
    yield f"# TYPE {clean} {kind}"
    yield f"{clean}{labels} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


class MetricsServer:
    """Answers ``GET /metrics``, one reader at a time; a worker of the gateway."""

    def __init__(self, settings: MetricsConfig, read: Callable[[], str], voice: Voice) -> None:
        self._settings, self._read, self._voice = settings, read, voice
        self._server: HTTPServer | None = None

    def step(self) -> bool:
        """Wait a second for a reader and answer; False when the port is taken, which is told."""
        if self._server is None and not self._open():
            return False
        assert self._server is not None
        self._server.handle_request()
        return True

    def close(self) -> None:
        """Let go of the port."""
        if self._server is not None:
            self._server.server_close()
            self._server = None

    def _open(self) -> bool:
        address, port = self._settings.address, self._settings.port
        try:
            server = _server_class(address)((address, port), _handler(self._read))
        except OSError as error:
            self._voice.trouble(
                "metrics", f"metrics: port {port} cannot be opened ({error.strerror}); choose another [metrics] port"
            )
            return False
        server.timeout = _TURN_S
        self._server = server
        self._voice.over("metrics", f"metrics: port {port} is open")
        return True


def _server_class(address: str) -> type[HTTPServer]:
    import socket  # noqa: PLC0415 -- for one constant

    class _Quiet(HTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

        def handle_error(self, *_: object) -> None:
            """Whoever hangs up in the midst of an answer is nobody's trouble."""

    return _Quiet


def _handler(read: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    class _Answers(BaseHTTPRequestHandler):
        timeout = _SLOWEST_READER_S

        def handle(self) -> None:
            end = threading.Timer(_LONGEST_READER_S, self._hang_up)
            end.daemon = True
            end.start()
            try:
                super().handle()
            finally:
                end.cancel()

        def _hang_up(self) -> None:
            with contextlib.suppress(OSError):
                self.connection.shutdown(SHUT_RDWR)

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            try:
                body = read().encode()
            except EdgeError as error:
                self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, explain=str(error))
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A reader who comes every few seconds is not worth a line."""

    return _Answers
