"""A real HTTP server on loopback that serves a repository of releases, and every unkind thing one may meet."""

import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENDLESS = 200_000_000


@dataclass
class Mischief:
    """What the server, or whoever stands before it, does; all off at first."""

    instead: dict[str, bytes] = field(default_factory=dict)
    """End of an address: what is given in its place."""
    status: dict[str, int] = field(default_factory=dict)
    endless: str | None = None
    """Address that never ends."""
    slow: str | None = None
    """Address that drips."""
    cut_after: int | None = None
    """Bytes after which connections of packs are cut, all together."""
    parts: bool = True
    """Whether it knows the parts of a file."""
    redirect: str | None = None


@dataclass
class Served:
    """A server at work."""

    url: str
    folder: Path
    mischief: Mischief
    asked: list[str] = field(default_factory=list)
    given: int = 0
    """Bytes of content that were sent."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        mischief = self.served.mischief
        self.served.asked.append(self.path)
        if mischief.redirect is not None:
            self.send_response(302)
            self.send_header("Location", mischief.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status = next((code for end, code in mischief.status.items() if self.path.endswith(end)), None)
        content = self._content() if status is None else None
        if content is None:
            self.send_error(status or 404)
            return
        start, end = self._part(len(content))
        self.send_response(200 if (start, end) == (0, len(content)) and "Range" not in self.headers else 206)
        if mischief.endless is not None and self.path.endswith(mischief.endless):
            self.send_header("Connection", "close")
            self.end_headers()
            self._pour(b"{" + b" " * 65_535, ENDLESS)
            return
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        self._send(content[start:end])

    def _content(self) -> bytes | None:
        for end, content in self.served.mischief.instead.items():
            if self.path.endswith(end):
                return content
        path = (self.served.folder / self.path.lstrip("/")).resolve()
        return path.read_bytes() if path.is_relative_to(self.served.folder) and path.is_file() else None

    def _part(self, length: int) -> tuple[int, int]:
        asked = self.headers.get("Range")
        if asked is None or not self.served.mischief.parts:
            if asked is not None:
                del self.headers["Range"]
            return 0, length
        first, _, last = asked.removeprefix("bytes=").partition("-")
        return int(first), min(length, int(last) + 1)

    def _send(self, content: bytes) -> None:
        mischief = self.served.mischief
        if mischief.slow is not None and self.path.endswith(mischief.slow):
            for at in range(len(content)):
                self._pour(content[at : at + 1], 1)
                time.sleep(0.05)
            return
        if self.path.endswith(".pack") and mischief.cut_after is not None:
            kept = content[: max(0, mischief.cut_after)]
            mischief.cut_after -= len(kept)
            self._pour(kept, len(kept))
            if len(kept) < len(content):
                self.close_connection = True
                self.connection.close()
            return
        self._pour(content, len(content))

    def _pour(self, content: bytes, total: int) -> None:
        try:
            while total > 0:
                self.wfile.write(content[:total])
                self.wfile.flush()
                self.served.given += min(len(content), total)
                total -= len(content)
        except OSError:
            self.close_connection = True


@contextmanager
def release_server(folder: Path, certificate: tuple[Path, Path] | None = None) -> Iterator[Served]:
    """Serve a folder until the end of the block; over TLS with a certificate and its key."""
    handler: Any = type("Handler", (_Handler,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    served = Served(
        url=f"{scheme}://127.0.0.1:{server.server_address[1]}/", folder=folder.resolve(), mischief=Mischief()
    )
    handler.served = served
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
