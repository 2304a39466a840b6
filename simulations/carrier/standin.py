"""A carrier that is not one: a server on this machine that speaks Africa's Talking's contract, and sends nothing.

``with StandIn() as carrier`` gives an address for the official SDK, the messages it accepted, and delivery reports and
farmers' replies posted to a callback address; ``/_ctl`` steers it from another process.
"""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from simulations.carrier.exchange import AcceptedMessage, Exchange, Reply, Step, steps_from
from simulations.carrier.postman import Posted, Postman

Reports = Literal["normal", "duplicate", "late", "out_of_order", "unknown_id", "failed", "never"]

STEPS_OF_REPORT: Final[dict[str, tuple[str, ...]]] = {
    "normal": ("Sent", "Success"),
    "duplicate": ("Success", "Success"),
    "late": ("Success",),
    "out_of_order": ("Success", "Buffered"),
    "unknown_id": ("Success",),
    "failed": ("Sent", "Failed"),
    "never": (),
}
UNKNOWN_ID: Final = "ATXid_00000000000000000000000000000000"
NETWORK_CODE: Final = "60401"
LARGEST_BODY: Final = 1 << 20
OK: Final = 200


class StandIn:
    """The server and its controls; every address is on 127.0.0.1."""

    def __init__(
        self,
        *,
        username: str = "sandbox",
        api_key: str = "stand-in",
        senders: tuple[str, ...] = (),
        callback_url: str | None = None,
        reports: Reports = "normal",
        report_delay_s: float = 0.05,
    ) -> None:
        self.exchange = Exchange(username=username, api_key=api_key, senders=senders)
        self.callback_url = callback_url
        """Where reports and replies are posted: ``<callback_url>/delivery`` and ``<callback_url>/inbound``."""
        self.reports: Reports = reports
        self.report_delay_s = report_delay_s
        self._postman = Postman()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stand_in = self
        self._thread = threading.Thread(target=self._serve, name="stand-in carrier", daemon=True)

    def __enter__(self) -> Self:
        self._postman.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5.0)
        self._postman.close()

    @property
    def url(self) -> str:
        """Base address for the SDK, without its version part."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def outbox(self) -> tuple[AcceptedMessage, ...]:
        """Messages accepted so far, in order."""
        return tuple(self.exchange.outbox)

    @property
    def posted(self) -> tuple[Posted, ...]:
        """Callbacks posted so far and how they were answered."""
        return tuple(self._postman.posted)

    @property
    def callbacks_left(self) -> int:
        """Callbacks that are not posted yet."""
        return self._postman.left

    def plan(self, *steps: Step) -> None:
        """How the next requests go wrong, one step each."""
        self.exchange.plan.extend(steps)

    def report(
        self, message_id: str, status: str, *, phone_number: str = "", failure_reason: str = "", after_s: float = 0.0
    ) -> None:
        """Post one delivery report."""
        form = {
            "id": message_id,
            "status": status,
            "phoneNumber": phone_number,
            "networkCode": NETWORK_CODE,
            "retryCount": "0",
        }
        if failure_reason:
            form["failureReason"] = failure_reason
        self._post("delivery", form, after_s)

    def reply(self, phone_number: str, text: str, *, message_id: str | None = None, date: str | None = None) -> str:
        """Let a farmer answer; the id of the text, which a duplicate may give again."""
        written = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if date is None else date
        row = self.exchange.receive(phone_number, text, written)
        told = {name: str(value or "") for name, value in row.items()}
        told["id"] = message_id or f"in-{row['id']}"
        self._post("inbound", told, 0.0)
        return told["id"]

    def opt_out(self, phone_number: str) -> None:
        """Blacklist a number and tell the callback address."""
        self.exchange.opt_out(phone_number)
        sender = self.exchange.senders[0] if self.exchange.senders else "SEGUIA"
        self._post("optout", {"phoneNumber": phone_number, "senderId": sender}, 0.0)

    def wait(self, timeout_s: float = 10.0) -> bool:
        """Wait until every callback has been posted; False when time ran out."""
        return self._postman.wait(timeout_s)

    def report_all(self, accepted: tuple[AcceptedMessage, ...]) -> None:
        """Post the delivery reports of freshly accepted messages, in the manner chosen."""
        first_s = self.report_delay_s * (20.0 if self.reports == "late" else 1.0)
        for message in accepted:
            for number, status in enumerate(STEPS_OF_REPORT[self.reports]):
                named = UNKNOWN_ID if self.reports == "unknown_id" else message.message_id
                why = "UserAccountSuspended" if status == "Failed" else ""
                after_s = first_s + number * self.report_delay_s
                self.report(named, status, phone_number=message.phone_number, failure_reason=why, after_s=after_s)

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def _post(self, path: str, form: Mapping[str, str], after_s: float) -> None:
        if self.callback_url is not None:
            self._postman.post(f"{self.callback_url.rstrip('/')}/{path}", form, after_s=after_s)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    stand_in: StandIn


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY))
        if path == "/version1/messaging":
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            self._answer(self._exchange.messaging(form, self.headers.get("apiKey", "")))
        elif path.startswith("/_ctl/"):
            self._control(path.removeprefix("/_ctl/"), body)
        else:
            self._answer(_not_found())

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        who = (query.get("username"), self.headers.get("apiKey", ""))
        if parts.path == "/version1/messaging":
            self._answer(self._exchange.received(*who, int(query.get("lastReceivedId", "0"))))
        elif parts.path == "/version1/user":
            self._answer(self._exchange.user(*who))
        elif parts.path == "/_ctl/outbox":
            rows = [{"id": m.message_id, "to": m.phone_number, "text": m.text} for m in self.server.stand_in.outbox]
            self._answer(Reply(status=200, body=rows))
        elif parts.path == "/_ctl/callbacks":
            stand_in = self.server.stand_in
            lost = sum(posted.status != OK for posted in stand_in.posted)
            self._answer(Reply(status=200, body={"left": stand_in.callbacks_left, "lost": lost}))
        else:
            self._answer(_not_found())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name http.server calls
        """Say nothing: tests and the demo print their own story."""

    @property
    def _exchange(self) -> Exchange:
        return self.server.stand_in.exchange

    def _control(self, name: str, body: bytes) -> None:
        stand_in = self.server.stand_in
        try:
            content: Any = json.loads(body or b"{}")
            if name == "plan":
                stand_in.plan(*steps_from(content))
            elif name == "inbox":
                stand_in.reply(content["from"], content["text"], message_id=content.get("id"), date=content.get("date"))
            elif name == "dlr":
                stand_in.report(content["id"], content["status"], failure_reason=content.get("failureReason", ""))
            elif name == "optout":
                stand_in.opt_out(content["phoneNumber"])
            elif name == "reset":
                stand_in.exchange.reset()
            else:
                return self._answer(_not_found())
        except (ValueError, TypeError, KeyError) as error:
            return self._answer(Reply(status=400, body=f"{type(error).__name__}: {error}", content_type="text/plain"))
        return self._answer(Reply(status=200, body={}))

    def _answer(self, reply: Reply) -> None:
        step = reply.step
        self.server.stand_in.report_all(reply.accepted)
        if step.drop is not None:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if step.delay_s:
            time.sleep(step.delay_s)
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        with contextlib.suppress(OSError):  # the client may have given up
            self._write(reply, text[: step.cut_to].encode())

    def _write(self, reply: Reply, payload: bytes) -> None:
        step = reply.step
        self.send_response(reply.status)
        self.send_header("Content-Type", step.content_type or reply.content_type)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in (("Retry-After", step.retry_after), ("Location", step.location)):
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)


def _not_found() -> Reply:
    return Reply(status=404, body="Not found", content_type="text/plain")
