"""A small HTTP server on this machine that answers as aggregators do, well and badly."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: str = '{"id": "a-1", "status": "ACCEPTED"}'
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    drop: bool = False
    endless: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    body: str
    headers: dict[str, str]


@dataclass
class Aggregator:
    """Gives the replies planned for it, in order, and remembers the requests."""

    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.aggregator = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5.0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/send"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    aggregator: Aggregator


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        aggregator = self.server.aggregator
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        aggregator.requests.append(Request(body=body, headers=dict(self.headers.items())))
        reply = aggregator.replies.pop(0) if aggregator.replies else Reply()
        time.sleep(reply.delay_s)
        if reply.drop:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        with contextlib.suppress(OSError):
            self._write(reply)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name http.server calls
        """Say nothing."""

    def _write(self, reply: Reply) -> None:
        payload = reply.body.encode()
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if not reply.endless:
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
        while reply.endless:
            self.wfile.write(b" " * 4096)
