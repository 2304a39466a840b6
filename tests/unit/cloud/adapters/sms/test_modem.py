"""The modem carrier without a broker: what each word of a gateway, and each silence, means."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.broker import Heard
from cloud.adapters.sms import modem as modem_module
from cloud.adapters.sms.modem import ModemCarrier, ModemSettings, about, command_key
from cloud.config import BrokerConfig
from cloud.dispatch.carrier import Outcome, TakesOnce
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.messages import Message, QueuedMessage
from cloud.modem_config import ModemConfig
from cloud.ordering import NO_LISTENER
from edge.contract import Command, SmsReport, SmsState, topic_of
from edge.gateway_advice import SAID_ALREADY
from edge.wire import decode_command, encode_sms

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBER = "+212612345678"
Gateway = Callable[[Command, str], list[SmsReport]]


class FakeLink:
    """A broker with gateways behind it that answer as the test says."""

    def __init__(self, gateway: Gateway, key: bytes | None) -> None:
        self.gateway, self.key = gateway, key
        self.commands: list[tuple[str, Command]] = []
        self.topics: tuple[str, ...] = ()
        self.hear: Callable[[Heard], bool] = lambda _: False
        self.connected = True
        self.reachable = True
        self.code: int | None = 0

    def open(self, _patience_s: float) -> None:
        if not self.reachable:
            raise ServiceUnavailableError("broker 127.0.0.1:1: expected a subscription, got: no connection")

    def close(self) -> None:
        """Nothing to do."""

    def publish(self, topic: str, payload: bytes, *, lasts_s: int | None = None) -> int | None:
        assert lasts_s is not None, "a command that nobody takes must not wait at the broker for ever"
        command = decode_command(topic, payload, self.key)
        self.commands.append((topic, command))
        answers = self.gateway(command, topic)
        # As paho does: from a thread of its own, a little later.
        threading.Timer(0.01, self.say_all, (topic, answers)).start()
        return len(self.commands)

    def receipt(self, _number: int) -> int | None:
        return self.code

    def say_all(self, topic: str, reports: list[SmsReport]) -> None:
        for report in reports:
            self.say(topic, report)

    def say(self, topic: str, report: SmsReport | bytes) -> None:
        payload = report if isinstance(report, bytes) else encode_sms(report, "b", 1)
        place = topic.replace("/command", "/report")
        assert self.hear(Heard(topic=place, payload=payload, mid=1, qos=1, connection=1)) is False, (
            "the ingest keeps it"
        )


def queued(name: str = "m1", parcel: str = "P1", **more: object) -> QueuedMessage:
    content: dict[str, object] = {
        "parcel_id": parcel,
        "kind": "irrigate",
        "language": "fr",
        "text": "Irriguez",
        "encoding": "gsm7",
        "segments": 1,
        "valid_until": NOON + timedelta(hours=3),
        "reviewed": True,
        **more,
    }
    return QueuedMessage(message_id=name, message=Message.model_validate(content), phone_number=NUMBER, attempts=2)


def says(state: SmsState, **more: object) -> Gateway:
    return lambda command, _: [
        SmsReport.model_validate({"id": command.id, "attempt": command.attempt, "state": state, **more})
    ]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[ModemCarrier, FakeLink]]:
    monkeypatch.setattr(modem_module, "COMMAND_AGAIN_S", 0.2)

    def make(answer: Gateway, *, key: bytes | None = None, **modem: object) -> tuple[ModemCarrier, FakeLink]:
        link = FakeLink(answer, key)

        def link_of(*_: object, hear: Callable[[Heard], bool], topics: list[str], **__: object) -> FakeLink:
            link.hear, link.topics = hear, tuple(topics)
            return link

        monkeypatch.setattr(modem_module, "BrokerLink", link_of)
        config = ModemConfig.model_validate({"gateway": "gw-01", "patience_s": 0.7, **modem})
        settings = ModemSettings(organisation="demo", broker=BrokerConfig(), modem=config, command_key=key)
        return ModemCarrier(settings), link

    return make


Make = Callable[..., tuple[ModemCarrier, FakeLink]]


def only(carrier: ModemCarrier, message: QueuedMessage | None = None) -> Outcome:
    (outcome,) = carrier.send([message or queued()])
    return outcome


def test_a_command_says_what_the_gateway_needs_and_no_more(made: Make) -> None:
    carrier, link = made(says("taken"), key=bytes(32))
    assert only(carrier, queued(day=date(2026, 4, 30))).kind == "accepted"
    ((topic, command),) = link.commands
    assert topic == "seguia/v1/demo/gw-01/command"
    assert link.topics == ("seguia/v1/demo/gw-01/report",)
    assert command == Command(
        id="m1",
        about="P1-2026-04-30-irrigate",
        attempt=2,
        phone_number=NUMBER,
        text="Irriguez",
        valid_until=NOON + timedelta(hours=3),
    )


def test_without_a_day_a_message_is_about_the_day_its_validity_ends() -> None:
    assert about(queued()) == "P1-2026-05-01-irrigate"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("taken", "accepted"),
        ("sent", "accepted"),
        ("delivered", "accepted"),
        ("refused", "retry"),
        ("failed", "rejected"),
        ("expired", "rejected"),
        ("unknown", "unknown"),
    ],
)
def test_each_word_of_a_gateway_has_its_meaning(made: Make, state: SmsState, kind: str) -> None:
    carrier, link = made(says(state, reason="because"))
    outcome = only(carrier)
    assert outcome.kind == kind
    assert outcome.carrier_id == ("gw-01/m1" if kind == "accepted" else None)
    assert outcome.reason == (None if kind == "accepted" else "gateway gw-01: because")
    assert len(link.commands) == 1


def test_the_only_modem_that_stands_still_halts_the_channel_one_of_several_does_not(made: Make) -> None:
    carrier, _ = made(says("refused", halted=True, reason="no SIM"))
    assert (only(carrier).kind, only(carrier).reason) == ("halt", "gateway gw-01: no SIM")
    carrier, _ = made(says("refused", halted=True, reason="no SIM"), parcels={"P2": "gw-02"})
    outcome = only(carrier)
    assert (outcome.kind, outcome.retry_after_s) == ("retry", 900.0)


def test_what_the_gateway_has_said_itself_goes_over_no_other_carrier(made: Make) -> None:
    carrier, _ = made(says("refused", reason=f"{SAID_ALREADY}, by the gateway itself or for the cloud"))
    outcome = only(carrier)
    assert (outcome.kind, outcome.carrier_id) == ("rejected", None)
    assert SAID_ALREADY in (outcome.reason or "")


def test_a_refusal_of_an_earlier_attempt_is_not_this_ones(made: Make) -> None:
    def gateway(command: Command, _: str) -> list[SmsReport]:
        return [
            SmsReport(id=command.id, state="refused", attempt=1),
            SmsReport(id=command.id, state="taken", attempt=2),
        ]

    carrier, _ = made(gateway)
    assert only(carrier).kind == "accepted"


def test_words_about_others_and_noise_are_not_an_answer(made: Make) -> None:
    def gateway(_: Command, topic: str) -> list[SmsReport]:
        link.say(topic, b"noise")
        link.hear(Heard(topic="other/topic", payload=b"", mid=1, qos=1, connection=1))
        return [SmsReport(id="another", state="delivered")]

    carrier, link = made(gateway)
    assert only(carrier).kind == "unknown"


def test_a_silent_gateway_is_asked_again_and_then_unknown(made: Make) -> None:
    carrier, link = made(lambda *_: [])
    outcome = only(carrier)
    assert outcome.kind == "unknown"
    assert "gw-01 did not say" in (outcome.reason or "")
    assert len({command for _, command in link.commands}) == 1
    assert 3 <= len(link.commands) <= 4


def test_where_nobody_listens_nothing_was_sent(made: Make) -> None:
    carrier, link = made(lambda *_: [])
    link.code = NO_LISTENER
    outcome = only(carrier)
    assert (outcome.kind, len(link.commands)) == ("retry", 1), "told at once"
    assert "not connected" in (outcome.reason or "")


def test_a_broker_that_is_away_was_given_nothing(made: Make) -> None:
    carrier, link = made(says("taken"))
    link.reachable = False
    assert only(carrier).kind == "retry"
    link.reachable, link.connected = True, False
    outcome = only(carrier)
    assert (outcome.kind, link.commands) == ("retry", [])
    assert "did not leave" in (outcome.reason or "")


def test_each_parcel_has_its_gateway(made: Make) -> None:
    carrier, link = made(says("taken"), gateway=None, parcels={"P1": "gw-01", "P2": "gw-02"})
    outcomes = carrier.send([queued("a", "P1"), queued("b", "P2"), queued("c", "P3")])
    assert [outcome.kind for outcome in outcomes] == ["accepted", "accepted", "retry"]
    assert [topic.split("/")[3] for topic, _ in link.commands] == ["gw-01", "gw-02"]
    assert "no gateway serves this parcel" in (outcomes[2].reason or "")
    assert link.topics == ("seguia/v1/demo/gw-01/report", "seguia/v1/demo/gw-02/report")


def test_it_may_be_handed_the_same_message_again(made: Make) -> None:
    carrier, _ = made(says("taken"))
    assert isinstance(carrier, TakesOnce)
    assert carrier.takes_once
    assert carrier.live, "a SIM reaches real people"
    carrier.close()


def test_nothing_that_is_said_shows_a_person(made: Make) -> None:
    carrier, _ = made(says("failed", reason="CMS 1: number not assigned"))
    outcome = only(carrier)
    assert NUMBER[1:] not in f"{outcome}"
    assert "Irriguez" not in f"{outcome}"


@pytest.mark.parametrize("content", ["", "12", "zz" * 32])
def test_a_key_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content, encoding="ascii")
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="64 hex digits"):
        command_key(file)
    file.write_text("AB" * 32, encoding="ascii")
    assert command_key(file) == b"\xab" * 32
    assert command_key(None) is None
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="0600"):
        command_key(file)


def test_the_word_of_another_gateway_about_a_message_is_not_believed(made: Make) -> None:
    carrier, link = made(lambda *_: [], parcels={"P2": "gw-02"})
    forged = SmsReport.model_validate({"id": "m1", "attempt": 2, "state": "delivered"})
    threading.Timer(0.1, link.say, (topic_of("demo", "gw-02", "report"), forged)).start()
    (outcome,) = carrier.send([queued()])
    assert outcome.kind == "unknown"
