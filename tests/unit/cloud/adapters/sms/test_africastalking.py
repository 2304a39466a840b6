import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
from africastalking.Service import validate_phone

from cloud.adapters.sms import africastalking as module
from cloud.adapters.sms.africastalking import AfricasTalkingCarrier, AfricasTalkingSettings
from cloud.adapters.sms.carrier import Carrier
from cloud.dispatch.carrier import Balance
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.messages import Message, QueuedMessage
from simulations.carrier.exchange import Step
from simulations.carrier.standin import StandIn


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn(senders=("SEGUIA",)) as server:
        yield server


def carrier(
    stand_in: StandIn, *, key: str = "stand-in", sender: str | None = "SEGUIA", read_s: float = 5.0
) -> AfricasTalkingCarrier:
    return AfricasTalkingCarrier(
        AfricasTalkingSettings(
            username="sandbox", api_key=key, sender=sender, base_url=stand_in.url, timeouts_s=(1.0, read_s)
        )
    )


def queued(number: int, text: str = "Nord: irrigate", phone: str | None = None) -> QueuedMessage:
    message = Message(
        parcel_id="p1",
        kind="irrigate",
        language="en",
        text=text,
        encoding="gsm7",
        segments=1,
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
        reviewed=True,
    )
    return QueuedMessage(message_id=f"m{number}", message=message, phone_number=phone or f"+2126{number:08d}")


def kinds(stand_in: StandIn, *batch: QueuedMessage, key: str = "stand-in") -> list[str]:
    return [outcome.kind for outcome in carrier(stand_in, key=key).send(batch)]


def test_a_message_reaches_the_carrier_through_the_official_sdk(stand_in: StandIn) -> None:
    text = "قطعة: اسقوا é 1 + 1 & 100%"
    (outcome,) = carrier(stand_in).send([queued(1, text)])
    (accepted,) = stand_in.outbox
    assert (outcome.kind, outcome.carrier_id) == ("accepted", accepted.message_id)
    assert (accepted.phone_number, accepted.text, accepted.sender) == ("+212600000001", text, "SEGUIA")


def test_it_is_a_carrier_and_not_live_on_a_stand_in(stand_in: StandIn) -> None:
    used: Carrier = carrier(stand_in)
    assert (used.name, used.live) == ("africastalking", False)
    live = AfricasTalkingCarrier(AfricasTalkingSettings(username="seguia", api_key="k"))
    assert live.live


def test_the_same_text_goes_out_in_chunks_of_a_hundred(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = stand_in.exchange.messaging

    def counted(form: dict[str, str], key: str) -> object:
        sizes.append(len(form["to"].split(",")))
        return real(form, key)

    monkeypatch.setattr(type(stand_in.exchange), "messaging", lambda _, form, key: counted(form, key))
    outcomes = carrier(stand_in).send([queued(number) for number in range(250)])
    assert sorted(sizes) == [50, 100, 100]  # requests overlap: any may come in first
    assert len({outcome.carrier_id for outcome in outcomes}) == 250


def test_different_texts_to_one_number_all_go_and_outcomes_keep_the_order(stand_in: StandIn) -> None:
    batch = [queued(1, "a"), queued(2, "b"), queued(3, "a"), queued(4, "a", phone="+212600000001")]
    outcomes = carrier(stand_in).send(batch)
    sent = {message.message_id: (message.text, message.phone_number) for message in stand_in.outbox}
    assert [sent[outcome.carrier_id or ""] for outcome in outcomes] == [
        (each.message.text, each.phone_number) for each in batch
    ]


def test_every_code_a_number_can_bring(stand_in: StandIn) -> None:
    codes = {403: "rejected", 406: "rejected", 500: "retry", 502: "retry"}
    batch = [queued(code, phone=f"+21260009999{code}") for code in codes]
    outcomes = carrier(stand_in).send(batch)
    assert [outcome.kind for outcome in outcomes] == list(codes.values())
    assert [outcome.opt_out for outcome in outcomes] == [False, True, False, False]


def test_when_the_balance_runs_out_the_channel_halts_and_nothing_more_is_handed_over(stand_in: StandIn) -> None:
    stand_in.exchange.balance = 1.7
    batch = [*[queued(number) for number in range(4)], queued(9, "another text")]
    outcomes = carrier(stand_in).send(batch)
    assert [outcome.kind for outcome in outcomes] == ["accepted", "accepted", "halt", "halt", "halt"]
    assert outcomes[-1].reason == "405 InsufficientBalance"
    assert len(stand_in.outbox) == 2


def test_an_unknown_sender_halts_although_the_answer_is_a_2xx(stand_in: StandIn) -> None:
    (outcome,) = carrier(stand_in, sender="NOBODY").send([queued(1)])
    assert (outcome.kind, outcome.reason) == ("halt", "InvalidSenderId")


def test_a_wrong_key_halts(stand_in: StandIn) -> None:
    (outcome,) = carrier(stand_in, key="wrong").send([queued(1)])
    assert outcome.kind == "halt"
    assert "authentication is invalid" in (outcome.reason or "")


def test_throttling_keeps_its_status_and_its_waiting_time(stand_in: StandIn) -> None:
    stand_in.plan(Step(http=429, body="Too many requests", retry_after="30"))
    (outcome,) = carrier(stand_in).send([queued(1)])
    assert (outcome.kind, outcome.reason, outcome.retry_after_s) == ("retry", "HTTP 429: Too many requests", 30.0)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/html", "application/JSON"])
def test_an_answer_the_sdk_would_give_as_text_is_still_read(stand_in: StandIn, content_type: str) -> None:
    stand_in.plan(Step(content_type=content_type))
    assert kinds(stand_in, queued(1)) == ["accepted"]


@pytest.mark.parametrize("step", [Step(http=200, body="<html>proxy</html>"), Step(cut_to=40)])
def test_an_unreadable_2xx_is_unknown(stand_in: StandIn, step: Step) -> None:
    stand_in.plan(step)
    assert kinds(stand_in, queued(1)) == ["unknown"]


def test_an_answer_too_late_is_unknown_and_the_message_was_accepted_once(stand_in: StandIn) -> None:
    stand_in.plan(Step(delay_s=0.6))
    (outcome,) = carrier(stand_in, read_s=0.2).send([queued(1)])
    assert (outcome.kind, outcome.reason) == ("unknown", "the carrier's answer was lost (ReadTimeoutError)")
    assert len(stand_in.outbox) == 1


@pytest.mark.parametrize(("drop", "accepted"), [("after", 1), ("before", 0)])
def test_a_connection_cut_is_unknown_whether_or_not_it_was_accepted(
    stand_in: StandIn, drop: str, accepted: int
) -> None:
    stand_in.plan(Step(drop="after" if drop == "after" else "before"))
    assert kinds(stand_in, queued(1)) == ["unknown"]
    assert len(stand_in.outbox) == accepted


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_a_refused_connection_may_be_tried_again_and_is_told_at_the_start() -> None:
    base_url = f"http://127.0.0.1:{free_port()}"
    closed = AfricasTalkingCarrier(AfricasTalkingSettings(username="sandbox", api_key="k", base_url=base_url))
    (outcome,) = closed.send([queued(1)])
    assert outcome.kind == "retry"
    with pytest.raises(ServiceUnavailableError, match=r"^SMS carrier 127\.0\.0\.1:\d+: expected a connection, got "):
        closed.check()


def test_a_carrier_that_answers_passes_the_check(stand_in: StandIn) -> None:
    carrier(stand_in).check()
    assert stand_in.outbox == ()


def test_a_redirect_is_refused_so_the_key_stays_here(stand_in: StandIn) -> None:
    with StandIn() as elsewhere:
        stand_in.plan(Step(http=307, location=f"{elsewhere.url}/version1/messaging"))
        (outcome,) = carrier(stand_in).send([queued(1)])
        assert outcome.kind == "halt"
        assert "redirect is refused" in (outcome.reason or "")
        assert elsewhere.outbox == ()


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example",
        "http://192.168.1.1:80",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "http://127.0.0.1.evil.example",
    ],
)
def test_another_address_than_this_machine_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^sms\.base_url: expected a stand-in on this machine"):
        AfricasTalkingCarrier(AfricasTalkingSettings(username="sandbox", api_key="k", base_url=base_url))


def test_a_proxy_of_the_environment_never_sees_a_stand_in(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert kinds(stand_in, queued(1)) == ["accepted"]


def test_a_certificate_that_cannot_be_verified_halts(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError("bad certificate")

    monkeypatch.setattr(requests.Session, "request", fails)
    (outcome,) = AfricasTalkingCarrier(AfricasTalkingSettings(username="seguia", api_key="k")).send([queued(1)])
    assert outcome.kind == "halt"
    assert "certificate" in (outcome.reason or "")


def test_the_live_address_is_the_sdks_own() -> None:
    live = module._Service(AfricasTalkingSettings(username="seguia", api_key="k"))
    sandbox = module._Service(AfricasTalkingSettings(username="sandbox", api_key="k"))
    assert live.address == "https://api.africastalking.com/version1"
    assert sandbox.address == "https://api.sandbox.africastalking.com/version1"


def test_the_sdks_callback_mode_is_never_used(stand_in: StandIn) -> None:
    service = module._Service(AfricasTalkingSettings(username="sandbox", api_key="k", base_url=stand_in.url))
    with pytest.raises(AssertionError, match="callback mode loses messages"):
        service.send("text", ["+212600000001"], callback=print)
    assert threading.active_count() < 50


@pytest.mark.parametrize("number", ["+21260000\n", "+1234", "+٢١٢٦٠٠٠٠٠٠٠", "0612345678", "+0612345678"])
def test_numbers_the_sdk_lets_pass_never_become_a_queued_message(number: str) -> None:
    lets_pass = validate_phone(number)
    assert lets_pass == (not number.startswith("06"))
    with pytest.raises(ValueError, match="phone_number"):
        queued(1, phone=number)


def test_what_is_left_on_the_account(stand_in: StandIn) -> None:
    stand_in.exchange.balance = 1785.5
    assert carrier(stand_in).balance() == Balance(amount=1785.5, currency="KES")


def test_a_balance_for_a_wrong_key_is_the_operators_to_mend(stand_in: StandIn) -> None:
    with pytest.raises(ConfigurationError, match="got HTTP 401: The supplied authentication is invalid"):
        carrier(stand_in, key="wrong-key").balance()


def test_a_balance_nobody_can_tell_stops_nothing() -> None:
    base_url = f"http://127.0.0.1:{free_port()}"
    closed = AfricasTalkingCarrier(AfricasTalkingSettings(username="sandbox", api_key="k", base_url=base_url))
    with pytest.raises(ServiceUnavailableError, match="messages may pass all the same"):
        closed.balance()


def test_what_was_answered_is_kept_without_numbers_and_key(stand_in: StandIn) -> None:
    stand_in.plan(Step(http=500, body="key stand-in is overloaded for +212600000001"))
    (outcome,) = carrier(stand_in).send([queued(1)])
    assert outcome.said == "1 in one request, HTTP 500: key (key) is overloaded for (number)"
    assert "stand-in" not in (outcome.reason or "")


def test_requests_overlap_and_every_message_gets_its_own_outcome(stand_in: StandIn) -> None:
    batch = [queued(number, f"text {number}") for number in range(40)]
    outcomes = carrier(stand_in).send(batch)
    by_id = {accepted.message_id: accepted.text for accepted in stand_in.outbox}
    assert [by_id[outcome.carrier_id or ""] for outcome in outcomes] == [each.message.text for each in batch]
