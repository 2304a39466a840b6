"""The installer's page on the gateway itself: the standard library's server behind a one-time code.

Every answer forbids what the page does not need: no other host, no script but its own, no frame, no copy kept.
"""

import contextlib
import ipaddress
import json
import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from edge.errors import ConfigurationError
from edge.page.guard import Guard
from edge.page.routes import Refusal, Reply, Routes

COOKIE: Final = "seguia"
INSIDE: Final = "/inside"
"""Tells a page that is opened again whether it has to ask for the code."""
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
LONGEST_BODY: Final = 16_384
_PATIENCE_S: Final = 15.0
_LONGEST_REQUEST_S: Final = 20.0
"""Until a request was read whole: who says a letter now and then is hung up on."""
_MOST_THREADS: Final = 16
_MOST_OF_ONE: Final = 8
"""Lines of one address: a browser opens six, and who opens more must leave some to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where the page listens, and how what is said there is kept private."""

    host: str = "127.0.0.1"
    port: int = 8377
    certificate_file: Path | None = None
    key_file: Path | None = None
    access_point: bool = False
    """The address is that of the gateway's own wireless network, which its own password protects."""

    @property
    def tls(self) -> bool:
        """Whether what is said is encrypted by the page itself."""
        return self.certificate_file is not None

    def must_be_private(self) -> None:
        """Nothing when the page cannot be overheard; ConfigurationError with the ways out otherwise."""
        if (self.certificate_file is None) != (self.key_file is None):
            raise ConfigurationError("--certificate and --key belong together: give both or neither")
        if not self.tls and not self.access_point and not _is_loopback(self.host):
            raise ConfigurationError(
                f"--listen {self.host}: expected this machine alone (127.0.0.1), got an address that others reach; give"
                " --certificate and --key for TLS, or --access-point where it is the gateway's own wireless network"
            )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class PageServer(socketserver.ThreadingMixIn, HTTPServer):
    """Serves one desk to one telephone; few threads, and none waits for ever."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, door: Door, guard: Guard, routes: Routes) -> None:
        door.must_be_private()
        self.door, self.guard, self.routes = door, guard, routes
        self._free = threading.BoundedSemaphore(_MOST_THREADS)
        self._lines: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._tls = _tls(door)
        if ":" in door.host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((door.host, door.port), PageHandler)
        except OSError as error:
            raise ConfigurationError(
                f"--listen {door.host}:{door.port}: expected an address that is free here, got: {error.strerror};"
                " choose another"
            ) from error

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        host, port = self.server_address[0], self.server_address[1]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"{'https' if self.door.tls else 'http'}://{shown}:{port}/"

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- the library's own signature
        """Hand a connection to a thread of its own, or hang up where too many are open."""
        if not self._has_room(client_address[0]):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def _has_room(self, peer: str) -> bool:
        with self._counting:
            if self._lines[peer] >= _MOST_OF_ONE or not self._free.acquire(blocking=False):
                return False
            self._lines[peer] += 1
            return True

    def _leave(self, peer: str) -> None:
        with self._counting:
            self._lines[peer] -= 1
            self._lines += Counter()  # an address without a line is forgotten
            self._free.release()

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- the library's own
        """Greet by TLS where there is any, in the thread: who does not answer holds up nobody else."""
        try:
            request.settimeout(_PATIENCE_S)
            if self._tls is not None:
                request = self._tls.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)
        except OSError:
            self.shutdown_request(request)
        finally:
            self._leave(client_address[0])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- the library's own signature
        """Nothing to tell: a telephone that walked away is no news; what goes wrong at the desk is answered there."""


def _tls(door: Door) -> ssl.SSLContext | None:
    if door.certificate_file is None or door.key_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(door.certificate_file, door.key_file)
    except (OSError, ssl.SSLError) as error:
        files = f"{door.certificate_file}, {door.key_file}"
        raise ConfigurationError(f"{files}: expected PEM files that fit together, got: {error}") from error
    return context


class PageHandler(BaseHTTPRequestHandler):
    """One request: guarded first, then answered by the routes."""

    server: PageServer
    protocol_version = "HTTP/1.1"
    server_version = "seguia"
    sys_version = ""

    def handle_one_request(self) -> None:
        """One request, which must be read whole in its time."""
        self._reading = threading.Timer(_LONGEST_REQUEST_S, self._hang_up)
        self._reading.daemon = True
        self._reading.start()
        try:
            super().handle_one_request()
        finally:
            self._reading.cancel()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        """What the page shows."""
        self._reading.cancel()
        self._answer(self.server.routes.get)

    def do_HEAD(self) -> None:
        """As GET, without the content."""
        self.do_GET()

    def do_POST(self) -> None:
        """What the page orders."""
        self._answer(lambda path, _: self._ordered(path))

    def log_message(self, *_: object) -> None:
        """Nothing: the log of a gateway is for what is unusual."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 -- the library's own signature
        """A refusal of the library's, with the same headers as every answer."""
        self.close_connection = True
        self._write(Refusal(code, "request").reply)

    def _answer(self, act: Callable[[str, Mapping[str, str]], Reply]) -> None:
        split = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(split.query).items()}
        try:
            inside = self._must_be_welcome(split.path)
            reply = Reply.json({"inside": inside}) if split.path == INSIDE else act(split.path, asked)
        except Refusal as refusal:
            reply = refusal.reply
        self._write(reply)

    def _ordered(self, path: str) -> Reply:
        content = self._content()
        if path != "/enter":
            return self.server.routes.post(path, content)
        code = content.get("code")
        token, refused = self.server.guard.enter(code if isinstance(code, str) else "")
        if token is None:
            raise Refusal(403, refused or "wrong")
        secure = "; Secure" if self.server.door.tls else ""
        return Reply.json(
            {"entered": True}, {"Set-Cookie": f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/{secure}"}
        )

    def _must_be_welcome(self, path: str) -> bool:
        """Whether the telephone has entered; Refusal for who has not, and for who was sent by another host's page."""
        host = self.headers.get("Host", "")
        name = urlsplit(f"//{host}").hostname or ""
        origin = self.headers.get("Origin")
        if not _is_loopback(name) and name not in {self.server.door.host, self.connection.getsockname()[0]}:
            self.close_connection = True
            raise Refusal(421, "host")
        if origin is not None and urlsplit(origin).netloc != host:
            self.close_connection = True
            raise Refusal(403, "origin")
        if not self.server.guard.may_ask():
            self.close_connection = True
            raise Refusal(429, "too_many")
        if "Transfer-Encoding" in self.headers or (self.command != "POST" and "Content-Length" in self.headers):
            self.close_connection = True
            raise Refusal(411, "length")
        inside = self.server.guard.knows(self._token())
        if not inside and path != INSIDE and not self.server.routes.is_open(path):
            self.close_connection = True
            raise Refusal(401, "enter")
        return inside

    def _token(self) -> str | None:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return None
        return cookies[COOKIE].value if COOKIE in cookies else None

    def _content(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        self.close_connection = True  # until the body was read whole, what follows on this line cannot be told
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            raise Refusal(415, "json")
        if not length.isdecimal() or len(length) > 6:  # noqa: PLR2004 -- digits of a length
            raise Refusal(411, "length")
        if int(length) > LONGEST_BODY:
            raise Refusal(413, "too_large")
        try:
            content = json.loads(self.rfile.read(int(length)))
        except (OSError, ValueError, RecursionError):
            raise Refusal(400, "json") from None
        self._reading.cancel()
        if not isinstance(content, dict):
            raise Refusal(400, "json")
        self.close_connection = False
        return content

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {**SECURITY_HEADERS, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.content)
