"""``seguia cloud send``: queued messages to the spool, to the stand-in through the SDK, and not to real telephones."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.sms.africastalking import AfricasTalkingCarrier
from cloud.adapters.sms.carrier import Outcome
from cloud.commands.cloud_send import PACKAGED_MODELS, weights_licence_known
from cloud.errors import ConfigurationError
from cloud.messages import Inbound, QueuedMessage
from simulations.carrier.exchange import Step
from simulations.carrier.standin import StandIn
from tests.office import NUMBER, change, cloud, furnish, new_office, queue_now, states, store_of

MORNING = 9
"""Hour, in UTC, at which advice may leave in Morocco, Ramadan or not."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return new_office(tmp_path)


@pytest.fixture
def stand_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "stand-in")
    with StandIn() as carrier:
        live = f'carrier = "africastalking"\nusername = "sandbox"\nbase_url = "{carrier.url}"'
        change(data, 'carrier = "spool"', live)
        yield carrier


def test_the_spool_takes_what_is_due(data: Path) -> None:
    queue_now(data, count=2)
    done = cloud("send", "--data", data)
    assert (done.exit_code, done.stdout) == (0, "accepted 2, rejected 0, waiting 0, expired 0\n")
    texts = [json.loads(path.read_text())["text"] for path in sorted((data / "spool").glob("*.json"))]
    assert sorted(texts) == ["Field 0: irrigate 2 h", "Field 1: irrigate 2 h"]
    assert states(data) == ["wired", "wired"]
    assert cloud("send", "--data", data).stdout.startswith("accepted 0,")


def test_the_stand_in_gets_each_message_once_and_no_more_than_asked(data: Path, stand_in: StandIn) -> None:
    queue_now(data, count=3)
    assert cloud("send", "--data", data, "--limit", "2").stdout.startswith("accepted 2,")
    assert cloud("send", "--data", data).stdout.startswith("accepted 1,")
    assert cloud("send", "--data", data).stdout.startswith("accepted 0,")
    assert sorted(sent.text for sent in stand_in.outbox) == [f"Field {number}: irrigate 2 h" for number in range(3)]
    assert {sent.phone_number for sent in stand_in.outbox} == {NUMBER}


def test_late_messages_are_counted_named_and_never_sent(data: Path, stand_in: StandIn) -> None:
    queue_now(data, count=2, valid_h=-1.0)
    done = cloud("send", "--data", data)
    assert done.exit_code == 1
    assert done.stdout == "accepted 0, rejected 0, waiting 0, expired 2\n"
    (line,) = done.stderr.splitlines()
    assert "2 messages were no longer valid and were not sent" in line
    assert stand_in.outbox == ()
    assert states(data) == ["expired", "expired"]


def test_what_was_queued_before_a_stop_is_held_back(data: Path, stand_in: StandIn) -> None:
    furnish(data)
    queue_now(data, count=2)
    with store_of(data) as store:
        stop = Inbound(carrier="test", carrier_id="i1", phone_number=NUMBER, text="STOP", received_at=datetime.now(UTC))
        store.add_inbound(stop)
    done = cloud("send", "--data", data)
    assert done.stdout.startswith("accepted 0,")
    assert stand_in.outbox == ()
    assert states(data) == ["halted", "halted"]


def test_a_carrier_in_trouble_is_named_and_the_messages_wait(data: Path, stand_in: StandIn) -> None:
    queue_now(data, count=2)
    stand_in.exchange.balance = 0.0
    done = cloud("send", "--data", data)
    assert done.exit_code == 1
    assert "channel halted: 405 InsufficientBalance; 2 messages wait, none is lost" in done.stderr
    assert states(data) == ["queued", "queued"]


def test_a_lost_answer_is_named_and_never_sent_again(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    stand_in.plan(Step(drop="after"))
    done = cloud("send", "--data", data)
    assert done.exit_code == 1
    assert "1 messages may or may not have been sent" in done.stderr
    assert cloud("send", "--data", data).exit_code == 0
    assert len(stand_in.outbox) == 1


def test_what_a_crash_cut_short_is_named_and_not_sent_again(data: Path, stand_in: StandIn) -> None:
    queue_now(data)
    with store_of(data) as store:
        (log,) = store.message_log()
        assert len(store.claim_due(log.updated_at, 1)) == 1
    done = cloud("send", "--data", data)
    assert done.exit_code == 1
    assert "1 messages of an earlier run were cut short and may have left" in done.stderr
    assert stand_in.outbox == ()
    assert states(data) == ["unknown"]


@pytest.fixture
def live(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configured for real telephones, at ten in the morning; reaching for them fails the test."""
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "word")
    change(data, 'carrier = "spool"', 'carrier = "africastalking"\nusername = "office"')
    now = datetime.now(UTC)
    morning = (now + timedelta(days=now.hour >= MORNING)).replace(hour=MORNING, minute=0)
    # Advice for that very day: what speaks of a later one would wait for the evening.
    queue_now(data, valid_h=(morning - now).total_seconds() / 3600.0 + 10.0)
    path = data / "seguia-cloud.toml"
    offset_s = round((morning - now).total_seconds())
    path.write_text(f"clock_offset_s = {offset_s}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    return data


def test_live_sending_on_weights_of_unknown_licence_is_refused_before_any_connection(
    live: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("cloud.adapters.sms.africastalking.check_reachable", lambda address, **_: asked.append(address))
    result = cloud("send", "--data", live)
    assert isinstance(result.exception, ConfigurationError)
    told = str(result.exception)
    assert "expected model weights of a known licence for live sending" in told
    assert "set sms.allow_unlicensed_weights = true" in told
    assert asked == []
    assert states(live) == ["queued"]


def test_the_operators_switch_opens_the_way_to_signed_words_alone(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(live, "allow_unlicensed_weights = false", "allow_unlicensed_weights = true")
    asked: list[str] = []
    handed: list[int] = []
    monkeypatch.setattr("cloud.adapters.sms.africastalking.check_reachable", lambda address, **_: asked.append(address))

    def hand_over(_: AfricasTalkingCarrier, batch: Sequence[QueuedMessage]) -> tuple[Outcome, ...]:
        handed.append(len(batch))
        return tuple(Outcome(kind="accepted", carrier_id=f"id-{number}") for number, _ in enumerate(batch))

    monkeypatch.setattr(AfricasTalkingCarrier, "send", hand_over)
    sent = cloud("send", "--data", live)
    assert sent.exit_code == 1
    assert "1 messages refused: the words that made them are not signed" in sent.stderr
    assert handed == []
    assert states(live) == ["halted"]
    assert asked == ["https://api.africastalking.com/version1"]


def test_a_licence_is_known_only_when_every_card_says_so(tmp_path: Path) -> None:
    assert weights_licence_known(PACKAGED_MODELS) is False
    assert weights_licence_known(tmp_path) is False
    for name, known in (("canopy", "true"), ("wilting", "true")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.toml").write_text(f"licence_known = {known}\n", encoding="utf-8")
    assert weights_licence_known(tmp_path) is True
    (tmp_path / "wilting" / "card.toml").write_text("licence = 'unknown'\n", encoding="utf-8")
    assert weights_licence_known(tmp_path) is False
