"""The page's server over loopback: who is let in, what is refused, and what every answer forbids."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from edge.commissioning.founding import Wishes, found
from edge.errors import ConfigurationError
from edge.page import server as page_server
from edge.page.desk import Desk, DeskTools
from edge.page.guard import MOST_AT_ONCE, Guard
from edge.page.routes import Routes
from edge.page.server import CONTENT_SECURITY_POLICY, SECURITY_HEADERS, Door, PageServer
from tests.authority import Authority

CODE = "12345678"


@dataclass
class Telephone:
    """A browser of few words: it keeps its cookie."""

    port: int
    cookie: str | None = None
    context: ssl.SSLContext | None = None

    def ask(
        self, path: str, body: object = None, *, method: str | None = None, raw: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        if self.context is None:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        else:
            line = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.context)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        if self.cookie is not None:
            sent.setdefault("Cookie", self.cookie)
        try:
            line.request(method or ("GET" if content is None else "POST"), path, content, sent)
            answer = line.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            line.close()

    def enter(self, code: str = CODE) -> int:
        status, headers, _ = self.ask("/enter", {"code": code})
        if status == 200:
            self.cookie = headers["set-cookie"].partition(";")[0]
        return status

    def order(self, path: str, body: object) -> tuple[int, Any]:
        status, _, content = self.ask(path, body)
        return status, json.loads(content)


def server_of(folder: Path, door: Door) -> PageServer:
    file = folder / "gateway.toml"
    if not file.exists():
        found(file, Wishes(organisation="o", gateway_id="gw-01", parcel_id="P1"))
    clock = Clock()
    desk = Desk(file, DeskTools(clock=clock, tell=lambda _: None))
    return PageServer(door, Guard(CODE, clock.monotonic_s), Routes(desk))


@pytest.fixture
def telephone(tmp_path: Path) -> Iterator[Telephone]:
    with server_of(tmp_path, Door(port=0)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield Telephone(server.server_address[1])
        server.shutdown()
        thread.join(10)


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/picture.js", "/icon.svg", "/words?language=ar"])
def test_the_pages_own_files_are_shown_before_the_code_and_forbid_everything_else(
    telephone: Telephone, path: str
) -> None:
    status, headers, content = telephone.ask(path)
    assert status == 200
    assert content
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value
    assert b"http://" not in content.replace(b"http://www.w3.org/2000/svg", b"")
    assert b"https://" not in content
    assert b"gw-01" not in content


def test_the_policy_leaves_scripts_styles_and_pictures_of_its_own_alone() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert {rules[name] for name in ("form-action", "base-uri", "frame-ancestors")} == {"'none'"}
    assert "unsafe" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/overview", "/picture.jpg", "/canopy.png", "/nothing"])
def test_nothing_of_the_gateway_is_told_before_the_code(telephone: Telephone, path: str) -> None:
    status, _, content = telephone.ask(path)
    assert (status, json.loads(content)["refused"]) == (401, "enter")
    for order in ("/look", "/outline", "/finish", "/sms", "/nothing"):
        assert telephone.order(order, {"step": "aim"})[0] == 401


def test_the_code_lets_one_telephone_in(telephone: Telephone) -> None:
    assert json.loads(telephone.ask("/inside")[2]) == {"inside": False}
    assert telephone.enter("0000 0000") == 403
    assert telephone.order("/enter", {"code": CODE}) == (403, {"refused": "wait", "detail": None})
    threading.Event().wait(1.05)
    assert telephone.enter() == 200
    assert json.loads(telephone.ask("/inside")[2]) == {"inside": True}
    status, overview = telephone.ask("/overview?language=fr")[0], json.loads(telephone.ask("/overview")[2])
    assert (status, overview["gateway"]) == (200, "gw-01")
    other = Telephone(telephone.port)
    assert other.order("/enter", {"code": CODE}) == (403, {"refused": "closed", "detail": None})
    assert other.ask("/overview", Cookie="seguia=guess")[0] == 401
    assert other.ask("/overview", Cookie="seguia=\u00e9; =;;")[0] == 401


def test_the_cookie_is_for_this_page_alone(telephone: Telephone) -> None:
    _, headers, _ = telephone.ask("/enter", {"code": CODE})
    marks = {part.strip() for part in headers["set-cookie"].split(";")[1:]}
    assert marks == {"HttpOnly", "SameSite=Strict", "Path=/"}


def test_orders_are_carried_out_and_wrong_ones_named(telephone: Telephone) -> None:
    telephone.enter()
    assert telephone.order("/look", {"step": "sim", "language": "en"})[1]["state"] == "idle"
    assert telephone.order("/look", {"step": "aim", "language": "en"})[1]["code"] == "no_picture"
    assert telephone.order("/look", {"step": "nothing"})[0] == 400
    assert telephone.order("/look", {"step": "sim", "more": 1})[1]["detail"].startswith("more: ")
    assert telephone.order("/look", {"step": "sim", "camera": 99999})[0] == 400
    corners = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 2.0]]
    status, said = telephone.order("/outline", {"corners": corners, "width_m": 9, "depth_m": 9})
    assert (status, said["refused"]) == (400, "order")
    corners[3][1] = 0.9
    status, said = telephone.order("/outline", {"corners": corners, "width_m": 9, "depth_m": 9})
    assert (status, said["refused"]) == (409, "trouble")
    assert "expected a picture" in said["detail"]
    assert telephone.order("/take", {"camera": 0}) == (200, {})
    assert telephone.order("/send", {"language": "fr"}) == (200, {})
    assert telephone.order("/sms", {"language": "fr"})[0] == 409
    assert telephone.order("/references", {"wet": [0, 0], "dry": [1, 1]})[0] == 409
    assert telephone.order("/finish", {}) == (200, {})
    assert telephone.order("/tick", {"chore": "lens"}) == (200, {})
    assert telephone.order("/tick", {"chore": "rm -rf"})[0] == 400
    assert telephone.order("/nothing", {})[0] == 404
    assert telephone.ask("/nothing")[0] == 404
    assert telephone.ask("/picture.jpg?camera=x")[0] == 409
    assert telephone.ask("/../../etc/passwd")[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "localhost:9000"}, 200),
        ({"Host": "[::1]:8377"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_who_was_sent_by_another_hosts_page_is_turned_away(
    telephone: Telephone, headers: dict[str, str], status: int
) -> None:
    assert telephone.ask("/words", None, method=None, raw=None, **headers)[0] == status


def test_a_forwarded_port_has_its_own_origin(telephone: Telephone) -> None:
    assert telephone.ask("/words", Host="localhost:9000", Origin="http://localhost:9000")[0] == 200
    assert telephone.ask("/words", Host="localhost:9000", Origin="http://localhost:9001")[0] == 403


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"{}", {"Content_Type": "text/plain"}, 415),
        (b"code=1", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 16_000, {}, 400),
        (b" " * 17_000, {}, 413),
        (b"{}", {"Content_Length": "x"}, 411),
        (b"{}", {"Content_Length": "9999999999"}, 411),
    ],
)
def test_a_body_that_is_no_order_is_refused(
    telephone: Telephone, raw: bytes, headers: dict[str, str], status: int
) -> None:
    got, answered, _ = telephone.ask("/enter", raw=raw, **headers)
    assert got == status
    assert answered["connection"] == "close"


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET /words HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\n\r\nGET /words HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /enter HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_a_request_inside_a_request_is_no_request(telephone: Telephone, request_text: bytes) -> None:
    with socket.create_connection(("127.0.0.1", telephone.port), timeout=5) as line:
        line.sendall(request_text)
        said = b""
        while more := line.recv(4096):
            said += more
    assert said.count(b"HTTP/1.1 ") == 1
    assert said.startswith(b"HTTP/1.1 411")


def test_too_many_requests_are_told_to_wait(telephone: Telephone) -> None:
    statuses = [telephone.ask("/icon.svg")[0] for _ in range(int(MOST_AT_ONCE) + 25)]
    assert statuses[0] == 200
    assert 429 in statuses


def test_other_methods_and_nonsense_are_refused_with_the_same_headers(telephone: Telephone) -> None:
    status, headers, _ = telephone.ask("/", method="DELETE")
    assert status == 501
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    status, headers, content = telephone.ask("/", method="HEAD")
    assert (status, content) == (200, b"")
    with socket.create_connection(("127.0.0.1", telephone.port), timeout=5) as line:
        line.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        line.recv(100)
    assert telephone.ask("/")[0] == 200


def test_who_holds_lines_open_does_not_shut_others_out_for_good(telephone: Telephone) -> None:
    lines = [socket.create_connection(("127.0.0.1", telephone.port), timeout=5) for _ in range(30)]
    for line in lines:
        line.close()
    for _ in range(100):
        try:
            if telephone.ask("/icon.svg")[0] == 200:
                return
        except OSError:
            threading.Event().wait(0.05)
    pytest.fail("no line was free again")


def test_who_says_a_letter_now_and_then_leaves_lines_to_others_and_is_hung_up_on(
    telephone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server, "_LONGEST_REQUEST_S", 0.5)
    slow = [socket.create_connection(("127.0.0.1", telephone.port), timeout=5) for _ in range(30)]
    for line in slow:
        with contextlib.suppress(OSError):
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
    # Another address of this machine, as another telephone would have.
    with socket.create_connection(("127.0.0.1", telephone.port), timeout=5, source_address=("127.0.0.2", 0)) as other:
        other.sendall(b"GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"
    begun = time.monotonic()
    hung_up = 0
    while hung_up < 30 and time.monotonic() - begun < 8.0:
        hung_up = sum(_is_over(line) for line in slow)
    assert hung_up == 30
    for line in slow:
        line.close()


def _is_over(line: socket.socket) -> bool:
    try:
        line.sendall(b"a")
        line.settimeout(0.01)
        return line.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_alone_needs_no_more(host: str) -> None:
    Door(host=host).must_be_private()


@pytest.mark.parametrize("host", ["0.0.0.0", "10.42.0.1", "::", "gateway.local", "192.168.1.5"])
def test_any_other_address_needs_tls_or_the_gateways_own_network(host: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--access-point"):
        Door(host=host).must_be_private()
    Door(host=host, access_point=True).must_be_private()
    Door(host=host, certificate_file=tmp_path / "c", key_file=tmp_path / "k").must_be_private()
    with pytest.raises(ConfigurationError, match="belong together"):
        Door(host=host, certificate_file=tmp_path / "c").must_be_private()


def test_a_page_by_tls_speaks_tls_and_its_cookie_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("page", server=True)
    door = Door(port=0, certificate_file=certificate, key_file=key)
    with server_of(tmp_path, door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        assert server.address.startswith("https://127.0.0.1:")
        telephone = Telephone(server.server_address[1], context=ssl.create_default_context(cafile=str(authority.file)))
        with pytest.raises((OSError, http.client.HTTPException)):
            Telephone(server.server_address[1]).ask("/")
        _, headers, _ = telephone.ask("/enter", {"code": CODE})
        assert "; Secure" in headers["set-cookie"]
        server.shutdown()
        thread.join(10)


def test_a_certificate_that_does_not_fit_and_a_port_that_is_taken_are_named(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("no certificate")
    with pytest.raises(ConfigurationError, match="fit together"):
        server_of(tmp_path, Door(port=0, certificate_file=tmp_path / "c", key_file=tmp_path / "c"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match="expected an address that is free"):
            server_of(tmp_path, Door(port=taken.getsockname()[1]))
