"""``seguia cloud outbox``, and what ``cloud send`` minds: doubts, halts, money, hours, failover, opt-outs."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.sms.one_sender import one_sender
from cloud.commands.cloud_send import BUSY, deliver
from cloud.commands.cloud_site import configuration
from cloud.errors import ConfigurationError, InputError, ServiceUnavailableError
from cloud.messages import Delivery, Farmer, Message
from simulations.carrier.exchange import Step
from simulations.carrier.standin import StandIn
from tests.aggregator_server import Aggregator, Reply
from tests.office import NUMBER, change, cloud, new_office, queue_now, states, store_of


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return new_office(tmp_path)


@pytest.fixture
def stand_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "stand-in")
    with StandIn() as carrier:
        change(
            data, 'carrier = "spool"', f'carrier = "africastalking"\nusername = "sandbox"\nbase_url = "{carrier.url}"'
        )
        yield carrier


@pytest.fixture
def second(data: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aggregator]:
    """An aggregator that stands in for the first carrier."""
    monkeypatch.setenv("SEGUIA_SMS_AGGREGATOR_SECRET", "another-word")
    with Aggregator() as running:
        change(data, 'carrier = "africastalking"', 'carrier = "africastalking"\nthen = ["aggregator"]')
        section = f'\n[sms.aggregator]\nurl = "{running.url}"\nreference_field = "ref"\n'
        path = data / "seguia-cloud.toml"
        path.write_text(path.read_text(encoding="utf-8") + section, encoding="utf-8")
        yield running


def outbox(data: Path, *arguments: str) -> str:
    done = cloud("outbox", *arguments, "--data", data)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0
    assert NUMBER not in done.output
    return done.stdout


def lose_an_answer(data: Path, stand_in: StandIn) -> str:
    """Queue a text, lose its answer; its id."""
    queue_now(data)
    stand_in.plan(Step(drop="after"))
    cloud("send", "--data", data)
    with store_of(data) as store:
        (doubt,) = store.doubtful()
        return doubt.message_id


def test_a_message_in_doubt_is_listed_and_its_story_told(data: Path, stand_in: StandIn) -> None:
    name = lose_an_answer(data, stand_in)
    listed = outbox(data, "list")
    assert "queued 0, being sent 0" in listed
    assert re.search(
        rf"in doubt {name[:12]} parcel p0 farmer f1 over africastalking .*, of use until .*, no report: the carrier's"
        r" answer was lost",
        listed,
    )
    told = outbox(data, "show", name[:8])
    assert [line.split(" ", 2)[2].split(":")[0] for line in told.splitlines()] == [
        "queued by seguia",
        "sending by seguia",
        "unknown by africastalking",
    ]


def test_what_the_carrier_answered_to_each_attempt_is_told(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    stand_in.plan(Step(http=503, body=f"key stand-in, number {NUMBER}: down"))
    cloud("send", "--data", data)
    with store_of(data) as store:
        (entry,) = store.message_log()
    told = outbox(data, "show", entry.message_id)
    assert "attempt 1: retry by africastalking: 1 in one request, HTTP 503: key (key), number (number): down" in told


def test_an_operator_who_knows_sends_again_and_it_arrives_once(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    stand_in.plan(Step(drop="before"))
    cloud("send", "--data", data)
    with store_of(data) as store:
        (doubt,) = store.doubtful()
    assert outbox(data, "resend", doubt.message_id[:10], "--by", "Salma", "--why", "not in the carrier's list") == (
        f"{doubt.message_id[:12]} queued again\n"
    )
    assert cloud("send", "--data", data).stdout.startswith("accepted 1,")
    assert len(stand_in.outbox) == 1
    assert "decided: resend by Salma: not in the carrier's list" in outbox(data, "show", doubt.message_id)
    with store_of(data) as store:
        assert verify(store).intact
    assert b"Salma" not in (data / "seguia.db").read_bytes()


@pytest.mark.parametrize(("act", "state"), [("sent", "sent"), ("give-up", "failed")])
def test_an_operator_may_know_that_it_was_sent_or_give_it_up(
    data: Path, stand_in: StandIn, act: str, state: str
) -> None:
    name = lose_an_answer(data, stand_in)
    outbox(data, act, name, "--by", "Salma", "--why", "he read it to me")
    assert states(data) == [state]
    cloud("send", "--data", data)
    assert len(stand_in.outbox) == 1
    with pytest.raises(InputError, match=rf"expected one whose answer was lost, got one that is {state}"):
        outbox(data, "resend", name, "--by", "Salma", "--why", "again")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "ffffffffffff"), "expected the id of a message, 8 digits of it at least, got none"),
        (("show", "ff"), "8 digits of it at least, got none"),
        (("resend", "ffffffffffff", "--by", "Salma", "--why", "x"), "got none; see: seguia cloud outbox list"),
        (("sent", "ffffffffffff", "--by", " ", "--why", "x"), "expected --by and --why, got an empty one"),
        (("sent", "ffffffffffff", "--by", "S", "--why", "call 0612345678"), "without a telephone number, got one with"),
        (("resume", "africastalking"), "expected one that stands still, got one that does not"),
    ],
)
def test_what_an_operator_may_type_wrong(data: Path, arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)) as refusal:
        outbox(data, *arguments)
    assert refusal.value.exit_code == 1
    assert "0612345678" not in str(refusal.value)


def test_what_is_no_longer_of_use_is_not_sent_again(data: Path, stand_in: StandIn) -> None:
    queue_now(data, valid_h=0.001)
    stand_in.plan(Step(drop="after"))
    cloud("send", "--data", data)
    with store_of(data) as store:
        (doubt,) = store.doubtful()
        later = datetime.now(UTC) + timedelta(hours=1)
        with pytest.raises(InputError, match="expected one that is still of use, got one that ended at"):
            store.resolve_doubt(doubt.message_id, "resend", by="S", why="x", now=later)


def test_a_halted_channel_is_told_claims_nothing_and_is_resumed(data: Path, stand_in: StandIn) -> None:
    queue_now(data, count=2)
    stand_in.exchange.balance = 0.0
    assert "channel halted: 405 InsufficientBalance" in cloud("send", "--data", data).stderr
    assert "channel africastalking halted since" in outbox(data, "list")
    stand_in.exchange.balance = None
    again = cloud("send", "--data", data)
    assert again.exit_code == 1
    assert "channel halted: 405 InsufficientBalance; 0 messages wait" in again.stderr
    assert outbox(data, "resume", "africastalking") == "channel africastalking is open\n"
    assert "halted" not in outbox(data, "list")
    assert cloud("send", "--data", data).stdout.startswith("accepted 2,")


def test_a_text_delivered_again_and_again_is_named(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    cloud("send", "--data", data)
    (sent,) = stand_in.outbox
    with store_of(data) as store:
        for _ in range(30):
            word = {"message_id": "", "state": "delivered", "carrier": "africastalking", "carrier_id": sent.message_id}
            store.record_delivery(Delivery.model_validate({**word, "at": datetime.now(UTC)}))
    assert re.search(r"delivered 30 times [0-9a-f]{12}: ask the carrier", outbox(data, "list"))


def look(data: Path, name: str) -> tuple[str, str, int]:
    """State, text and exit code of what the doctor says of one thing."""
    told = [json.loads(line) for line in cloud("check", "--json", "--data", data).stdout.splitlines()]
    (found,) = [line for line in told if line["name"] == name]
    return found["state"], found["text"], found["exit_code"]


def test_the_doctor_tells_what_is_in_doubt_and_what_is_left(data: Path, stand_in: StandIn) -> None:
    stand_in.exchange.balance = 12.5
    assert look(data, "outbox") == ("ok", "0 messages wait, none in doubt", 0)
    assert look(data, "accounts") == ("ok", "12.50 KES left at africastalking", 0)
    lose_an_answer(data, stand_in)
    state, text, code = look(data, "outbox")
    assert (state, code) == ("note", 0)
    assert "none lost; 0 messages wait, 1 in doubt, 0 delivered again and again" in text


def test_the_doctor_tells_of_a_halted_channel_and_of_an_account_nobody_can_ask(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    stand_in.exchange.balance = 0.0
    cloud("send", "--data", data)
    state, text, code = look(data, "outbox")
    assert (state, code) == ("bad", 3)
    assert "405 InsufficientBalance" in text
    assert "then run: seguia cloud outbox resume africastalking" in text
    change(data, stand_in.url, "http://127.0.0.1:9")
    assert look(data, "accounts")[0::2] == ("bad", 3)


def test_another_carrier_stands_in_and_nobody_gets_a_text_twice(
    data: Path, stand_in: StandIn, second: Aggregator
) -> None:
    queue_now(data, count=30)
    stand_in.plan(*(Step(http=503, body="down") for _ in range(10)), *(Step(drop="after") for _ in range(3)))
    done = cloud("send", "--data", data)
    assert done.stdout == "accepted 27, rejected 0, waiting 0, expired 0\n"
    first = [sent.text for sent in stand_in.outbox]
    assert (len(first), len(second.requests)) == (20, 10)
    assert states(data) == ["unknown"] * 3 + ["wired"] * 27
    with store_of(data) as store:
        carriers = {store.steps(entry.message_id)[-1].who for entry in store.message_log()}
    assert carriers == {"africastalking", "aggregator"}


def test_a_carrier_that_is_away_is_told_and_the_next_takes_all(
    data: Path, stand_in: StandIn, second: Aggregator
) -> None:
    queue_now(data, count=3)
    change(data, stand_in.url, "http://127.0.0.1:9")
    done = cloud("send", "--data", data)
    assert done.exit_code == 1
    assert done.stdout.startswith("accepted 3,")
    assert "expected a connection" in done.stderr
    assert len(second.requests) == 3


def test_where_no_carrier_is_there_nothing_is_claimed(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    change(data, stand_in.url, "http://127.0.0.1:9")
    result = cloud("send", "--data", data)
    assert isinstance(result.exception, ServiceUnavailableError)
    assert states(data) == ["queued"]


def test_who_sends_without_naming_carriers_uses_those_that_are_there(
    data: Path, stand_in: StandIn, second: Aggregator
) -> None:
    queue_now(data, count=2)
    change(data, stand_in.url, "http://127.0.0.1:9")
    with store_of(data) as store:
        report = deliver(store, configuration(data, None), clock=lambda: datetime.now(UTC))
    assert report.accepted == len(second.requests) == 2
    assert "expected a connection" in report.alarms[0]


def test_a_fresh_installation_makes_its_spool_by_itself(data: Path) -> None:
    queue_now(data)
    with store_of(data) as store:
        assert deliver(store, configuration(data, None), clock=lambda: datetime.now(UTC)).accepted == 1


def test_a_second_sender_leaves_the_first_alone(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    with store_of(data) as store, one_sender(data) as alone:
        assert alone
        assert len(store.claim_due(datetime.now(UTC), 1)) == 1
        assert cloud("send", "--data", data).stdout == f"{BUSY}\n"
        assert states(data) == ["sending"]
    assert "cut short" in cloud("send", "--data", data).stderr


def test_a_place_to_send_from_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    told = r"sending\.lock: expected a file that can be written"
    with pytest.raises(ServiceUnavailableError, match=told), one_sender(tmp_path / "nowhere"):
        pass


def test_the_days_money_ends_and_nothing_is_lost(data: Path, stand_in: StandIn) -> None:
    change(
        data,
        'carrier = "africastalking"',
        'carrier = "africastalking"\nprice_per_segment = 1.0\ncost_ceiling_per_day = 10.0',
    )
    queue_now(data, count=12)
    done = cloud("send", "--data", data)
    assert (done.exit_code, done.stdout) == (1, "accepted 9, rejected 0, waiting 0, expired 0\n")
    assert "cost ceiling of the day reached: 9.00 of 10.00 spent; 3 messages wait for tomorrow or expire" in done.stderr
    later = cloud("send", "--data", data)
    assert later.stdout.startswith("accepted 0,")
    assert len(stand_in.outbox) == 9
    assert {state for state in states(data) if state != "wired"} <= {"queued", "expired"}


def test_an_account_that_will_not_last_is_told_before_it_ends(data: Path, stand_in: StandIn) -> None:
    change(data, 'carrier = "africastalking"', 'carrier = "africastalking"\nprice_per_segment = 0.8')
    queue_now(data, count=110)
    stand_in.exchange.balance = 44.0
    done = cloud("send", "--data", data, "--limit", "5")
    assert "account at africastalking: 44.00 KES left, 110 parts wait at 0.80 each: enough for about 55" in done.stderr


def test_the_hours_of_farmers_may_be_rehearsed(data: Path) -> None:
    """At four in the morning, local time, nothing leaves but answers."""
    change(data, 'carrier = "spool"', 'carrier = "spool"\nhours = { rehearse = true }')
    now = datetime.now(UTC)
    night = now.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1)
    change(data, "organisation =", f"clock_offset_s = {(night - now).total_seconds()}\norganisation =")
    with store_of(data) as store:
        store.save_farmers([Farmer(id="f1", name="Aicha", phone_number=NUMBER, language="en")])
        for kind in ("irrigate", "thanks"):
            message = Message(
                parcel_id="p1",
                kind=kind,
                language="en",
                text=kind,
                encoding="gsm7",
                segments=1,
                valid_until=night + timedelta(hours=12),
                reviewed=True,
                farmer_id="f1",
            )
            store.queue_message(message, verdict_digest="0" * 64, now=now)
    assert cloud("send", "--data", data).stdout.startswith("accepted 1,")
    with store_of(data) as store:
        standing = {entry.message.kind: (entry.state, entry.reason) for entry in store.message_log()}
    assert standing["thanks"][0] == "wired"
    assert standing["irrigate"] == ("queued", "waits for the end of the quiet hours")


def test_who_is_on_the_carriers_blacklist_has_said_no(data: Path, stand_in: StandIn) -> None:
    queue_now(data, count=2)
    stand_in.exchange.opt_out(NUMBER)
    cloud("send", "--data", data)
    with store_of(data) as store:
        assert store.refused(datetime.now(UTC)) == {"f1"}
    queue_now(data, count=3)
    cloud("send", "--data", data)
    assert states(data) == ["failed", "failed", "halted"]


@pytest.mark.parametrize("reason", ["UserInBlackList", "userinblacklist", "User In Blacklist"])
def test_a_report_that_names_the_blacklist_is_the_farmers_no(data: Path, stand_in: StandIn, reason: str) -> None:
    queue_now(data)
    cloud("send", "--data", data)
    (sent,) = stand_in.outbox
    with store_of(data) as store:
        word = {"message_id": "", "state": "failed", "carrier": "africastalking", "carrier_id": sent.message_id}
        moment = datetime.now(UTC)
        store.record_delivery(Delivery.model_validate({**word, "reason": reason, "at": moment}))
        assert store.refused(moment) == {"f1"}
        store.record_delivery(Delivery.model_validate({**word, "reason": reason, "at": moment}))
        assert verify(store).intact
    assert states(data) == ["failed"]


def test_a_failure_for_another_reason_is_nobodys_no(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    cloud("send", "--data", data)
    with store_of(data) as store:
        word = {"message_id": "", "state": "failed", "carrier": "africastalking", "at": datetime.now(UTC)}
        store.record_delivery(Delivery.model_validate({**word, "carrier_id": stand_in.outbox[0].message_id}))
        store.record_delivery(Delivery.model_validate({**word, "carrier_id": "nobody", "reason": "UserInBlackList"}))
        assert store.refused(datetime.now(UTC)) == frozenset()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('then = ["africastalking"]', "carrier africastalking needs username"),
        ('then = ["aggregator"]', "carrier aggregator needs the section"),
        ('then = ["spool"]', "expected other carriers than those before, got one twice"),
        ("cost_ceiling_per_day = 5.0", "cost_ceiling_per_day needs price_per_segment"),
        ('hours = { evening = ["17:30:00Z", "19:30:00Z"] }', "expected local times"),
        ('hours = { ramadan = [["2027-03-09", "2027-02-08"]] }', "expected a first and a last day of one month"),
        ("messages_per_s = 0.0", "messages_per_s"),
    ],
)
def test_settings_that_cannot_be_are_refused(data: Path, line: str, told: str) -> None:
    change(data, 'carrier = "spool"', f'carrier = "spool"\n{line}')
    result = cloud("send", "--data", data)
    assert isinstance(result.exception, ConfigurationError)
    assert told in str(result.exception)


def test_settings_of_hours_are_those_by_which_messages_leave(data: Path) -> None:
    change(data, 'carrier = "spool"', 'carrier = "spool"\nhours = { ramadan = [["2027-02-09", "2027-03-09"]] }')
    hours = configuration(data, None).sms.hours.hours()
    assert hours.fast.on(datetime(2027, 2, 9, tzinfo=UTC).date())
    assert not hours.fast.on(datetime(2027, 2, 8, tzinfo=UTC).date())


def test_a_reply_of_the_aggregator_that_nobody_can_read_is_in_doubt(
    data: Path, stand_in: StandIn, second: Aggregator
) -> None:
    queue_now(data)
    stand_in.plan(Step(http=503, body="down"))
    second.replies.append(Reply(body="<html>"))
    cloud("send", "--data", data)
    assert states(data) == ["unknown"]
    assert stand_in.outbox == ()
