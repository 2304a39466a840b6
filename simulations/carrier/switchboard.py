"""The stand-in's voice service: asked for a call it rings one of its telephones, which presses the keys it was given.

It listens on this machine alone and reaches no network; every telephone is invented.
"""

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

from simulations.carrier.calls import Call, Caller, CallFaults
from simulations.carrier.exchange import Step

NOBODY = "InvalidPhoneNumber"


class Switchboard:
    """Accounts, telephones and the calls they took."""

    def __init__(self, address: str, *, username: str = "sandbox", api_key: str = "stand-in") -> None:
        self.username = username
        self.api_key = api_key
        self.plan: deque[Step] = deque()
        """How the next requests go wrong, one step each."""
        self.statuses: dict[str, str] = {}
        """Status that a number is answered with instead of being rung."""
        self.calls: dict[str, list[Call]] = {}
        self._address = address
        self._keys: dict[str, tuple[Sequence[str], CallFaults]] = {}
        self._telephones: dict[str, Caller] = {}
        self._ringing: list[threading.Thread] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.switchboard = self
        self._thread = threading.Thread(target=self._serve, name="stand-in voice", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5.0)

    @property
    def url(self) -> str:
        """Base address for the SDK."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def will_press(self, number: str, *keys: str, faults: CallFaults | None = None) -> None:
        """What somebody does when their telephone rings."""
        self._keys[number] = (keys, faults or CallFaults())

    def wait(self, timeout_s: float = 10.0) -> None:
        """Wait until nobody is on the telephone."""
        for thread in self._ringing:
            thread.join(timeout=timeout_s)

    def call(self, form: dict[str, str], api_key: str) -> tuple[int, Any]:
        """Answer a request for a call, and ring."""
        if (form.get("username"), api_key) != (self.username, self.api_key):
            return 401, "The supplied authentication is invalid"
        entries = [self._entry(number, form.get("from", "")) for number in form.get("to", "").split(",")]
        return 200, {"entries": entries, "errorMessage": "None"}

    def _entry(self, number: str, service: str) -> dict[str, str]:
        status = self.statuses.get(number, "Queued" if number in self._keys else NOBODY)
        if status != "Queued":
            return {"phoneNumber": number, "status": status, "sessionId": "None"}
        telephone = self._telephones.setdefault(number, Caller(number, self._address, service_number=service))
        rung = sum(thread.name == number for thread in self._ringing)
        thread = threading.Thread(target=self._ring, args=(number, telephone), name=number, daemon=True)
        self._ringing.append(thread)
        thread.start()
        return {"phoneNumber": number, "status": status, "sessionId": telephone.session(rung + 1)}

    def _ring(self, number: str, telephone: Caller) -> None:
        keys, faults = self._keys[number]
        self.calls.setdefault(number, []).append(telephone.be_rung(*keys, faults=faults))

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    switchboard: Switchboard


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        board = self.server.switchboard
        form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
        step = board.plan.popleft() if board.plan else Step()
        if step.drop == "before":
            return self._hang_up()
        if step.http is not None:
            return self._answer(step.http, step.body)
        status, body = board.call(form, self.headers.get("apiKey", "")) if self.path == "/call" else (404, "Not found")
        if step.drop == "after":
            return self._hang_up()
        text = body if isinstance(body, str) else json.dumps(body)
        return self._answer(status, text[: step.cut_to])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name http.server calls
        """Say nothing: tests print their own story."""

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _answer(self, status: int, text: str) -> None:
        payload = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(payload)
