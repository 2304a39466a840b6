"""The whole way of a message: real store, official SDK, stand-in carrier, callbacks over HTTP, real farmer's answer."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.sms.africastalking import AfricasTalkingCarrier, AfricasTalkingSettings
from cloud.adapters.sms.spool import SpoolCarrier
from cloud.adapters.store.store import Store
from cloud.messages import Farmer, Inbound, Message, QueuedMessage
from cloud.records import Quantiles, Recommendation, Verdict
from cloud.sending import OutgoingStore, SendPolicy, send_due
from cloud.speech.render import render
from cloud.speech.reply import parse_reply
from cloud.web.api.callbacks import CallbackStore, router
from simulations.carrier.exchange import Step
from simulations.carrier.standin import Reports, StandIn

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
SECRET = "a-long-enough-secret"
REHEARSAL = SendPolicy(reviewed_only=False)


def now() -> datetime:
    return NOW


def moment_after(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True) as opened:
        opened.save_farmers(
            [
                Farmer(id=f"f{number}", name=f"Farmer {number}", phone_number=f"+2126123456{number:02d}")
                for number in range(12)
            ]
        )
        yield opened


@pytest.fixture
def callbacks(store: Store) -> Iterator[str]:
    """Address under which the web service takes the carrier's callbacks."""
    app = FastAPI()
    app.include_router(router(store, secret=SECRET, clock=now))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10.0
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/callbacks/{SECRET}"
    server.should_exit = True
    thread.join(timeout=10.0)


@dataclass
class Line:
    """A stand-in and the carrier that talks to it."""

    stand_in: StandIn
    carrier: AfricasTalkingCarrier


@pytest.fixture
def line(callbacks: str) -> Iterator[Line]:
    with StandIn(callback_url=callbacks, report_delay_s=0.01) as stand_in:
        settings = AfricasTalkingSettings(
            username="sandbox", api_key="stand-in", base_url=stand_in.url, timeouts_s=(1.0, 5.0)
        )
        yield Line(stand_in=stand_in, carrier=AfricasTalkingCarrier(settings))


def advice(parcel: str, farmer: str) -> Message:
    begin = NOW + timedelta(hours=2)
    proposed = Recommendation(
        parcel_id=parcel,
        parcel_name="Nord",
        timezone="Africa/Casablanca",
        day=date(2026, 7, 21),
        action="irrigate",
        start_window=(begin, begin + timedelta(hours=3)),
        depth_mm=Quantiles(p10=18, p50=21, p90=25),
        volume_m3=105,
        duration_h=3.5,
        reason_code="stress_expected",
        code_version="1",
    )
    verdict = Verdict(
        proposed=proposed,
        recommendation=proposed,
        decision="release",
        checks=(),
        explanation="within every limit",
        valid_until=NOW + timedelta(hours=20),
    )
    return render(verdict, language="ary", farmer_id=farmer, draft=True)


def queue(store: Store, count: int = 1) -> list[str]:
    return [
        store.queue_message(advice(f"p{number}", f"f{number}"), verdict_digest="0" * 64, now=NOW)
        for number in range(count)
    ]


def states(store: Store) -> list[str]:
    return sorted(log.state for log in store.message_log())


def test_the_store_is_what_sending_and_callbacks_ask_for(store: Store) -> None:
    outgoing: OutgoingStore = store
    inbox: CallbackStore = store
    assert outgoing.claim_due(NOW, 1) == ()
    assert inbox.add_inbound(Inbound(carrier="c", carrier_id="1", phone_number="+1", text="", received_at=NOW))


def test_from_a_queued_advice_to_a_delivered_text_and_the_farmers_answer(store: Store, line: Line) -> None:
    (message_id,) = queue(store)
    assert queue(store) == [message_id]
    report = send_due(store, line.carrier, clock=now, policy=REHEARSAL)
    assert (report.accepted, report.alarms) == (1, ())
    (sent,) = line.stand_in.outbox
    assert sent.phone_number == "+212612345600"
    assert sent.text.startswith("الفدان Nord: سقيو 3 سوايع و30 دقيقة")
    assert "21/07 (بداو بين 20:30 و 23:30)" in sent.text
    assert line.stand_in.wait()
    (log,) = store.message_log()
    assert (log.state, log.carrier_id) == ("delivered", sent.message_id)
    assert send_due(store, line.carrier, clock=now, policy=REHEARSAL).accepted == 0

    line.stand_in.reply("+212612345600", "\u0661")
    assert line.stand_in.wait()
    (answer,) = store.inbound_of("f0")
    assert parse_reply(answer.text) == "done"
    assert {posted.status for posted in line.stand_in.posted} == {200}


@pytest.mark.parametrize(
    ("manner", "state"),
    [
        ("duplicate", "delivered"),
        ("out_of_order", "delivered"),
        ("unknown_id", "wired"),
        ("failed", "failed"),
        ("never", "wired"),
    ],
)
def test_reports_of_every_manner_leave_one_clear_state(store: Store, line: Line, manner: Reports, state: str) -> None:
    line.stand_in.reports = manner
    queue(store)
    send_due(store, line.carrier, clock=now, policy=REHEARSAL)
    assert line.stand_in.wait()
    assert states(store) == [state]
    assert {posted.status for posted in line.stand_in.posted} <= {200}


def test_a_draft_is_not_sent_live(store: Store, line: Line) -> None:
    queue(store)
    assert send_due(store, line.carrier, clock=now).refused == 1
    assert line.stand_in.outbox == ()
    assert states(store) == ["halted"]


def test_a_lost_answer_is_never_sent_again(store: Store, line: Line) -> None:
    queue(store)
    line.stand_in.plan(Step(drop="after"))
    assert send_due(store, line.carrier, clock=now, policy=REHEARSAL).unknown == 1
    for minutes in (5, 60, 200):
        send_due(store, line.carrier, clock=partial(moment_after, minutes), policy=REHEARSAL)
    assert len(line.stand_in.outbox) == 1
    assert states(store) == ["unknown"]


def test_an_outage_is_waited_out_and_each_message_is_sent_once(store: Store, line: Line) -> None:
    queue(store, 12)
    line.stand_in.plan(Step(http=503, body="down"), Step(http=429, body="slow", retry_after="600"))
    first = send_due(store, line.carrier, clock=now, policy=REHEARSAL)
    assert first.requeued == 12
    assert send_due(store, line.carrier, clock=lambda: NOW + timedelta(minutes=4), policy=REHEARSAL).requeued == 0
    second = send_due(store, line.carrier, clock=lambda: NOW + timedelta(minutes=5), policy=REHEARSAL)
    assert second.requeued == 12
    third = send_due(store, line.carrier, clock=lambda: NOW + timedelta(minutes=15), policy=REHEARSAL)
    assert third.accepted == 12
    assert len({sent.phone_number for sent in line.stand_in.outbox}) == len(line.stand_in.outbox) == 12


def test_an_empty_balance_halts_keeps_everything_and_goes_on_when_filled(store: Store, line: Line) -> None:
    queue(store, 12)
    line.stand_in.exchange.balance = 5.0
    report = send_due(store, line.carrier, clock=now, policy=REHEARSAL)
    assert (report.accepted, report.requeued) == (3, 9)
    assert report.alarms == ("channel halted: 405 InsufficientBalance; 9 messages wait, none is lost",)
    line.stand_in.exchange.balance = None
    later = send_due(store, line.carrier, clock=lambda: NOW + timedelta(minutes=15), policy=REHEARSAL)
    assert later.accepted == 9
    assert len({sent.phone_number for sent in line.stand_in.outbox}) == 12


def test_an_advice_is_not_sent_after_its_window(store: Store, line: Line) -> None:
    queue(store)
    send_due(store, line.carrier, clock=lambda: NOW + timedelta(hours=5), policy=REHEARSAL)
    assert line.stand_in.outbox == ()
    assert states(store) == ["expired"]


def test_a_crash_between_handing_over_and_recording_sends_nothing_twice(
    store: Store, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(store, 3)
    real = line.carrier.send

    def cut(batch: tuple[QueuedMessage, ...]) -> None:
        real(batch[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(line.carrier, "send", cut)
    with pytest.raises(KeyboardInterrupt):
        send_due(store, line.carrier, clock=now, policy=REHEARSAL)
    monkeypatch.setattr(line.carrier, "send", real)
    assert store.recover_claims(NOW) == 3
    assert send_due(store, line.carrier, clock=now, policy=REHEARSAL).accepted == 0
    assert line.stand_in.wait()
    # The report of its telephone tells of the one that left.
    assert states(store) == ["delivered", "unknown", "unknown"]
    assert len(line.stand_in.outbox) == 1


def test_a_malformed_callback_is_parked_in_the_store(store: Store, line: Line) -> None:
    line.stand_in.report("", "Success")
    assert line.stand_in.wait()
    assert [posted.status for posted in line.stand_in.posted] == [400]


def test_the_spool_takes_messages_where_there_is_no_account(store: Store, tmp_path: Path) -> None:
    (message_id,) = queue(store)
    carrier = SpoolCarrier(tmp_path / "spool")
    carrier.check()
    assert send_due(store, carrier, clock=now, policy=REHEARSAL).accepted == 1
    assert (tmp_path / "spool" / f"{message_id}.json").is_file()
    assert states(store) == ["wired"]
