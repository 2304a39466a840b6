import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from simulations.carrier.exchange import Exchange, Step
from simulations.carrier.standin import UNKNOWN_ID, Reports, StandIn

KEY = {"apiKey": "stand-in"}


class Listener(ThreadingHTTPServer):
    """Keeps what is posted to it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Ear)
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.answer = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/callbacks/secret"


class Ear(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heard.append((self.path.rpartition("/")[2], dict(parse_qsl(body, keep_blank_values=True))))
        self.send_response(self.server.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


def ask(address: str, form: dict[str, Any] | None = None, headers: dict[str, str] = KEY) -> tuple[int, str, str]:
    data = None if form is None else urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data=data, headers=headers), timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def post(stand_in: StandIn, **changed: str) -> tuple[int, str, dict[str, Any]]:
    form = {"username": "sandbox", "to": "+212600000001", "message": "hello", "bulkSMSMode": "1"} | changed
    status, content_type, text = ask(f"{stand_in.url}/version1/messaging", form)
    return status, content_type, json.loads(text)["SMSMessageData"]


def control(stand_in: StandIn, name: str, content: object) -> int:
    request = urllib.request.Request(f"{stand_in.url}/_ctl/{name}", data=json.dumps(content).encode())
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_it_listens_on_this_machine_only(stand_in: StandIn) -> None:
    assert stand_in.url.startswith("http://127.0.0.1:")


def test_a_message_is_answered_as_documented(stand_in: StandIn) -> None:
    status, content_type, data = post(stand_in, message="é" * 161)
    (accepted,) = stand_in.outbox
    assert (status, content_type) == (201, "application/json")
    assert data["Message"] == "Sent to 1/1 Total Cost: KES 1.6000"
    assert data["Recipients"] == [
        {
            "statusCode": 101,
            "number": "+212600000001",
            "status": "Success",
            "cost": "KES 1.6000",
            "messageId": accepted.message_id,
            "messageParts": 2,
        }
    ]
    assert accepted.message_id.startswith("ATXid_")
    assert (accepted.parts, accepted.sender) == (2, None)


def test_enqueue_gives_queued(stand_in: StandIn) -> None:
    assert post(stand_in, enqueue="1")[2]["Recipients"][0]["statusCode"] == 102


@pytest.mark.parametrize("code", [401, 402, 403, 404, 405, 406, 407, 409, 500, 501, 502, 777])
def test_a_number_asks_for_its_code(stand_in: StandIn, code: int) -> None:
    data = post(stand_in, to=f"+21260009999{code},+212600000002")[2]
    refused, taken = data["Recipients"]
    assert (refused["statusCode"], refused["cost"], refused["messageId"]) == (code, "0", "None")
    assert taken["statusCode"] == 101
    assert data["Message"].startswith("Sent to 1/2")


def test_the_balance_runs_out_in_the_middle_of_a_batch(stand_in: StandIn) -> None:
    stand_in.exchange.balance = 2.0
    data = post(stand_in, to="+212600000001,+212600000002,+212600000003")[2]
    assert [row["statusCode"] for row in data["Recipients"]] == [101, 101, 405]
    status, _, text = ask(f"{stand_in.url}/version1/user?username=sandbox")
    assert (status, json.loads(text)) == (200, {"UserData": {"balance": "KES 0.4000"}})


def test_an_unlimited_account_has_no_balance_to_show(stand_in: StandIn) -> None:
    assert json.loads(ask(f"{stand_in.url}/version1/user?username=sandbox")[2])["UserData"]["balance"] == "KES 0.0000"


def test_a_sender_that_is_not_registered(stand_in: StandIn) -> None:
    stand_in.exchange.senders = ("SEGUIA",)
    assert post(stand_in, **{"from": "NOBODY"})[2] == {"Message": "InvalidSenderId", "Recipients": []}
    assert post(stand_in, **{"from": "SEGUIA"})[2]["Recipients"][0]["statusCode"] == 101


@pytest.mark.parametrize(
    ("form", "headers", "status", "words"),
    [
        ({"username": "sandbox", "to": "+1", "message": "x"}, {"apiKey": "no"}, 401, "authentication is invalid"),
        ({"username": "other", "to": "+1", "message": "x"}, KEY, 401, "authentication is invalid"),
        ({"username": "sandbox", "message": "x"}, KEY, 400, "'to'"),
        ({"username": "sandbox", "to": "+1"}, KEY, 400, "'message'"),
    ],
)
def test_what_it_refuses(
    stand_in: StandIn, form: dict[str, str], headers: dict[str, str], status: int, words: str
) -> None:
    answered, content_type, text = ask(f"{stand_in.url}/version1/messaging", form, headers)
    assert (answered, content_type) == (status, "text/plain")
    assert words in text
    assert stand_in.outbox == ()


def test_unknown_paths(stand_in: StandIn) -> None:
    assert ask(f"{stand_in.url}/version2/messaging", {"a": "b"})[0] == 404
    assert ask(f"{stand_in.url}/version2/messaging")[0] == 404
    assert control(stand_in, "nothing", {}) == 404


def test_the_plan_goes_wrong_once_per_request(stand_in: StandIn) -> None:
    stand_in.plan(Step(http=503, body="down", retry_after="7"), Step(cut_to=10), Step(content_type="text/html"))
    request = urllib.request.Request(f"{stand_in.url}/version1/messaging", data=b"x=y", headers=KEY)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    with refused.value as error:
        assert (error.code, error.headers["Retry-After"], error.read()) == (503, "7", b"down")
    form = {"username": "sandbox", "to": "+212600000001", "message": "hello"}
    assert len(ask(f"{stand_in.url}/version1/messaging", form)[2]) == 10
    assert ask(f"{stand_in.url}/version1/messaging", form)[1] == "text/html"
    assert post(stand_in)[0] == 201
    assert len(stand_in.outbox) == 3


def test_texts_of_farmers_can_be_fetched(stand_in: StandIn) -> None:
    stand_in.reply("+212600000001", "1", date="2026-07-21 06:04:45")
    stand_in.reply("+212600000002", "٢", date="2026-07-21T06:04:45Z")
    text = ask(f"{stand_in.url}/version1/messaging?username=sandbox&lastReceivedId=1")[2]
    (message,) = json.loads(text)["SMSMessageData"]["Messages"]
    assert (message["id"], message["from"], message["text"]) == (2, "+212600000002", "٢")
    assert ask(f"{stand_in.url}/version1/messaging?username=other")[0] == 401


@pytest.mark.parametrize(
    ("manner", "told"),
    [
        ("normal", ["Sent", "Success"]),
        ("duplicate", ["Success", "Success"]),
        ("out_of_order", ["Success", "Buffered"]),
        ("late", ["Success"]),
        ("unknown_id", ["Success"]),
        ("failed", ["Sent", "Failed"]),
        ("never", []),
    ],
)
def test_delivery_reports_come_in_every_manner(listener: Listener, manner: Reports, told: list[str]) -> None:
    with StandIn(callback_url=listener.url, reports=manner, report_delay_s=0.01) as stand_in:
        post(stand_in)
        assert stand_in.wait(5.0)
        assert [form["status"] for _, form in listener.heard] == told
        named = UNKNOWN_ID if manner == "unknown_id" else stand_in.outbox[0].message_id
        assert {form["id"] for _, form in listener.heard} <= {named}
        assert [posted.status for posted in stand_in.posted] == [200] * len(told)
    if manner == "failed":
        assert listener.heard[-1][1]["failureReason"] == "UserAccountSuspended"


def test_replies_and_opt_outs_are_posted(listener: Listener) -> None:
    with StandIn(callback_url=listener.url, senders=("SEGUIA",)) as stand_in:
        first = stand_in.reply("+212600000001", "٢")
        stand_in.reply("+212600000001", "٢", message_id=first)
        stand_in.opt_out("+212600000001")
        assert stand_in.wait(5.0)
        assert post(stand_in)[2]["Recipients"][0]["statusCode"] == 406
    assert [kind for kind, _ in listener.heard] == ["inbound", "inbound", "optout"]
    assert [form.get("id") for _, form in listener.heard] == [first, first, None]
    assert listener.heard[2][1] == {"phoneNumber": "+212600000001", "senderId": "SEGUIA"}


def test_without_a_callback_address_nothing_is_posted(stand_in: StandIn) -> None:
    post(stand_in)
    stand_in.opt_out("+212600000009")
    assert stand_in.wait(1.0)
    assert stand_in.posted == ()


def test_an_address_that_refuses_or_is_gone_is_remembered(listener: Listener) -> None:
    listener.answer = 500
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{found.getsockname()[1]}"
    with StandIn(callback_url=listener.url) as stand_in:
        stand_in.report("ATXid_1", "Success")
        assert stand_in.wait(5.0)
        stand_in.callback_url = gone
        stand_in.report("ATXid_2", "Success")
        assert stand_in.wait(5.0)
        assert [posted.status for posted in stand_in.posted] == [500, 0]


def test_it_does_not_wait_for_ever(listener: Listener) -> None:
    with StandIn(callback_url=listener.url) as stand_in:
        stand_in.report("ATXid_1", "Success", after_s=60.0)
        assert not stand_in.wait(0.05)
    assert listener.heard == []


def test_it_is_steered_from_outside(listener: Listener) -> None:
    with StandIn(callback_url=listener.url, reports="never") as stand_in:
        assert control(stand_in, "plan", [{"http": 429, "body": "slow"}]) == 200
        assert ask(f"{stand_in.url}/version1/messaging", {"a": "b"})[0] == 429
        assert control(stand_in, "inbox", {"from": "+212600000001", "text": "1", "id": "x"}) == 200
        assert control(stand_in, "dlr", {"id": "ATXid_1", "status": "Failed", "failureReason": "why"}) == 200
        assert control(stand_in, "optout", {"phoneNumber": "+212600000003"}) == 200
        assert stand_in.wait(5.0)
        assert [(kind, form.get("id")) for kind, form in listener.heard] == [
            ("inbound", "x"),
            ("delivery", "ATXid_1"),
            ("optout", None),
        ]
        post(stand_in)
        (row,) = json.loads(ask(f"{stand_in.url}/_ctl/outbox")[2])
        assert (row["to"], row["text"]) == ("+212600000001", "hello")
        assert control(stand_in, "reset", {}) == 200
        assert stand_in.outbox == ()
        assert stand_in.exchange.opted_out == set()


@pytest.mark.parametrize(
    ("name", "content"), [("plan", {"surprise": 1}), ("inbox", {}), ("dlr", []), ("plan", 3), ("plan", "x")]
)
def test_a_control_it_does_not_understand_is_refused(stand_in: StandIn, name: str, content: object) -> None:
    assert control(stand_in, name, content) == 400


def test_ids_do_not_depend_on_chance() -> None:
    form = {"username": "u", "to": "+212600000001", "message": "x"}
    ids = [
        [Exchange(username="u", api_key="k").messaging(form, "k").accepted[0].message_id for _ in range(2)]
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    assert ids[0][0] == ids[0][1]
