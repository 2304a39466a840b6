"""A gateway's modem at work: commands in, texts out, texts and calls in, and every reason to refuse."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Command, SmsInbound, SmsReport
from edge.errors import ConfigurationError
from edge.messenger import Messenger, read_command_key
from edge.outbox import Outbox
from edge.voice import Voice
from edge.wire import decode_inbound, decode_report, encode_command
from simulations.modem.device import Behaviour, StandInModem

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBER = "+212612345678"
TOPIC = "seguia/v1/demo/gw-01/command"
KEY = "ab" * 32


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.messenger._LISTEN_S", 0.1)


class Post:
    """A messenger with its clock, its modem and its queue in the test's hands."""

    def __init__(self, folder: Path, device: StandInModem, **modem: object) -> None:
        self.now, self.now_s, self.told = NOON, 1000.0, list[str]()
        self.device = device
        self.config = GatewayConfig.model_validate(
            {
                "organisation": "demo",
                "gateway_id": "gw-01",
                "data_dir": folder,
                "modem": {"device": device.device, "seconds_per_part": 0.0, "send_timeout_s": 0.5, **modem},
            }
        )
        self.outbox = Outbox(folder / "outbox.sqlite", now=lambda: self.now)
        # Durations within a dialogue are real; what a test makes pass comes on top.
        real = Clock().monotonic_s
        self.clock = Clock(now=lambda: self.now, monotonic_s=lambda: real() + self.now_s)
        self.messenger = self.made()

    def made(self) -> Messenger:
        assert self.config.modem is not None
        return Messenger(self.config, self.config.modem, self.outbox, clock=self.clock, voice=Voice(self.told.append))

    def command(self, name: str = "m1", *, key: str | None = None, **more: object) -> None:
        content = {
            "id": name,
            "about": f"{name}-2026-05-01-irrigate",
            "phone_number": NUMBER,
            "text": "Irriguez demain",
            "valid_until": self.now + timedelta(hours=6),
            **more,
        }
        seal = None if key is None else bytes.fromhex(key)
        self.messenger.take(encode_command(Command.model_validate(content), TOPIC, seal))

    def until(self, condition: Callable[[], bool], turns: int = 12) -> bool:
        for _ in range(turns):
            self.messenger.step()
            if condition():
                return True
        return False

    def later(self, seconds: float) -> None:
        self.now_s += seconds
        self.now += timedelta(seconds=seconds)

    def reports(self) -> list[SmsReport]:
        return [decode_report("g", one.payload)[1] for one in self.outbox.pending(99) if one.kind == "report"]

    def inbound(self) -> list[SmsInbound]:
        return [decode_inbound("g", one.payload)[1] for one in self.outbox.pending(99) if one.kind == "inbound"]

    def states(self) -> list[str]:
        return [report.state for report in self.reports()]

    def close(self) -> None:
        self.messenger.close()
        self.outbox.close()


@pytest.fixture
def device() -> Iterator[StandInModem]:
    with StandInModem(now=lambda: NOON) as made:
        yield made


@pytest.fixture
def start(tmp_path: Path, device: StandInModem) -> Iterator[Callable[..., Post]]:
    started: list[Post] = []

    def make(**modem: object) -> Post:
        started.append(Post(tmp_path, device, **modem))
        return started[-1]

    yield make
    for post in started:
        post.close()


@pytest.fixture
def post(start: Callable[..., Post]) -> Post:
    """A messenger whose modem is set up."""
    made = start()
    assert made.messenger.step()
    return made


def test_a_command_becomes_a_text_that_is_delivered(post: Post, device: StandInModem) -> None:
    post.command()
    assert post.until(lambda: post.states() == ["taken", "sent", "delivered"])
    assert [(part.number, part.text) for part in device.sent] == [(NUMBER, "Irriguez demain")]
    assert device.sent[0].validity_code == 71, "six hours, so that the network drops it too"
    assert post.told == []


def test_the_same_command_again_is_only_told_again(post: Post, device: StandInModem) -> None:
    for _ in range(3):
        post.command()
        post.messenger.step()
    assert post.until(lambda: "delivered" in post.states())
    post.messenger.close()
    post.messenger = post.made()
    post.command(attempt=4)
    post.until(lambda: False, turns=3)
    assert len(device.sent) == 1
    assert post.states()[-1] == "delivered"


def test_texts_and_calls_are_told_and_the_sim_stays_empty(post: Post, device: StandInModem) -> None:
    device.text("+212611111111", "1")
    device.text("+212611111112", "قطعة " * 30)
    device.ring("+212611111113")
    assert post.until(lambda: len(post.inbound()) == 3)
    assert {(word.path, word.phone_number[-1], word.text[:5]) for word in post.inbound()} == {
        ("sms", "1", "1"),
        ("sms", "2", "قطعة "),
        ("call", "3", "3"),
    }
    assert device.held() == 0


def test_what_cannot_be_read_is_kept_and_does_not_stop_the_rest(post: Post, device: StandInModem) -> None:
    device.hold("0003AABBCC")
    device.text("+212611111111", "1")
    assert post.until(lambda: len(post.inbound()) == 1)
    assert device.held() == 0
    assert len([line for line in post.told if "table unread" in line]) == 1


def test_before_the_modem_is_set_up_commands_are_refused_not_kept(start: Callable[..., Post]) -> None:
    post = start()
    post.command()
    (report,) = post.reports()
    assert (report.state, report.halted, report.reason) == ("refused", False, "the modem is being set up")


@pytest.mark.parametrize(
    ("modem", "command", "reason"),
    [
        ({}, {"valid_until": NOON + timedelta(minutes=4)}, "too late"),
        ({"number_prefixes": ("+212",)}, {"phone_number": "+33612345678"}, "number_prefixes"),
        ({"daily_limit": 2}, {"text": "س" * 140}, "daily limit of 2 parts"),
        ({"seconds_per_part": 600.0}, {"valid_until": NOON + timedelta(minutes=9)}, "0 parts wait before it"),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_refused_with_the_reason(
    start: Callable[..., Post], modem: dict[str, object], command: dict[str, Any], reason: str
) -> None:
    post = start(**modem)
    post.messenger.step()
    post.command(**command)
    (report,) = post.reports()
    assert (report.state, report.halted) == ("refused", False)
    assert reason in (report.reason or "")
    assert "612345678" not in (report.reason or "")


def test_a_clock_that_cannot_be_believed_sends_nothing(post: Post, device: StandInModem) -> None:
    post.command("m1")
    post.now = datetime(2001, 1, 1, tzinfo=UTC)
    post.command("m2", valid_until=NOON)
    post.until(lambda: False, turns=3)
    assert device.sent == []
    assert post.reports()[-1].reason == "the gateway's clock cannot be believed"


def test_no_credit_halts_until_it_was_waited_out(post: Post, device: StandInModem) -> None:
    device.behaviour.faults.append("refused_after")
    post.command("m1")
    post.messenger.step()
    assert post.messenger.state().trouble == "CMS 38: network out of order, or no credit"
    post.command("m2")
    assert (post.states(), post.reports()[-1].halted) == (["taken", "refused"], True)
    post.later(61.0)
    post.messenger.step()
    assert not post.messenger.state().ready, "that the network is there says nothing of the credit"
    post.later(600.0)
    assert post.until(lambda: post.states()[-1] == "delivered")
    assert [part.text for part in device.sent] == ["Irriguez demain"]
    assert [line.partition(";")[0] for line in post.told] == [
        "CMS 38: network out of order, or no credit",
        "the modem sends and hears again",
    ]


def test_a_network_that_goes_is_noticed_and_comes_back(post: Post, device: StandInModem) -> None:
    device.behaviour.registered = False
    post.later(61.0)
    post.messenger.step()
    assert "no network" in (post.messenger.trouble or "")
    device.behaviour.registered = True
    post.later(61.0)
    post.messenger.step()
    assert post.messenger.trouble is None


def test_a_modem_that_starts_anew_half_way_leaves_the_text_unknown_and_works_again(
    post: Post, device: StandInModem
) -> None:
    device.behaviour.faults.append("reset_after")
    device.behaviour.report_code = None
    post.command("m1")
    post.messenger.step()
    assert post.states() == ["taken", "unknown"]
    post.later(10.0)
    assert post.until(lambda: post.messenger.trouble is None)
    post.command("m2")
    assert post.until(lambda: post.states()[-1] == "sent")
    assert len(device.sent) == 2


def test_a_lost_answer_is_resolved_by_its_report(post: Post, device: StandInModem) -> None:
    device.behaviour.faults.append("silent_after")
    post.command()
    post.messenger.step()
    assert post.states() == ["taken", "unknown"]
    post.later(10.0)
    assert post.until(lambda: post.states()[-1] == "delivered")
    assert len(device.sent) == 1


def test_a_report_that_comes_twice_is_told_once(post: Post, device: StandInModem) -> None:
    post.command()
    assert post.until(lambda: post.states()[-1] == "delivered")
    device.report(device.sent[0])
    device.report(device.sent[0], code=0x41)
    post.until(lambda: False, turns=3)
    assert post.states() == ["taken", "sent", "delivered"]


def test_texts_keep_their_pace(start: Callable[..., Post], device: StandInModem) -> None:
    post = start(seconds_per_part=30.0)
    post.messenger.step()
    post.command("m1")
    post.command("m2")
    post.until(lambda: False, turns=3)
    assert len(device.sent) == 1
    post.later(31.0)
    assert post.until(lambda: len(device.sent) == 2)


def test_a_days_limit_holds_what_was_taken_before_it(start: Callable[..., Post], device: StandInModem) -> None:
    post = start(daily_limit=2)
    post.messenger.step()
    post.command("m1")
    post.command("m2")
    post.command("m3")
    post.until(lambda: False, turns=4)
    assert len(device.sent) == 2
    assert [report.reason for report in post.reports() if report.state == "refused"] == ["daily limit of 2 parts"]


def test_an_absent_modem_is_told_once_and_tried_with_growing_pauses(tmp_path: Path, device: StandInModem) -> None:
    device.unplug()
    post = Post(tmp_path, device)
    tries = []
    attempt = post.messenger._connect
    for second in range(400):
        before = post.messenger._failures
        assert not post.messenger.step()
        if post.messenger._failures > before or second == 0:
            tries.append(second)
        post.later(1.0)
    assert attempt is not None
    assert tries[:6] == [0, 5, 15, 35, 75, 155]
    assert len(post.told) == 1
    assert "plug it in" in post.told[0]
    post.command()
    assert (post.states(), post.reports()[0].halted) == (["refused"], True)
    post.close()


def test_commands_without_the_right_seal_are_ignored(
    start: Callable[..., Post], tmp_path: Path, device: StandInModem
) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n", encoding="ascii")
    post = start(command_key_file=file)
    post.messenger.step()
    post.command("m1")
    post.command("m2", key="cd" * 32)
    assert post.states() == []
    assert len(post.told) == 1
    assert "sealed" in post.told[0]
    post.command("m3", key=KEY)
    assert post.until(lambda: post.states()[-1:] == ["delivered"])
    assert len(device.sent) == 1


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b'{"v":2}', b'{"v":1,"phone_number":"+212612345678"}'])
def test_what_is_no_command_is_told_without_its_content(post: Post, payload: bytes) -> None:
    post.messenger.take(payload)
    assert post.states() == []
    assert len(post.told) == 1
    assert "612345678" not in post.told[0]


def test_a_stop_while_sending_is_told_at_the_next_start(post: Post) -> None:
    post.command()
    letter = post.messenger.letters.next_due(NOON)
    assert letter is not None
    post.messenger.letters.claim(letter, NOON)
    post.messenger = post.made()
    assert post.states() == ["taken", "unknown"]
    assert "1 texts were cut short" in post.told[0]


def test_its_state_says_how_it_is_and_nothing_of_people(post: Post, device: StandInModem) -> None:
    post.command()
    waiting = post.messenger.state()
    assert (waiting.ready, waiting.signal_dbm, waiting.waiting, waiting.sent_today) == (True, -79, 1, 0)
    post.until(lambda: len(device.sent) == 1)
    assert (post.messenger.state().waiting, post.messenger.state().sent_today) == (0, 1)


def test_an_echo_and_answers_in_pieces_change_nothing(start: Callable[..., Post], device: StandInModem) -> None:
    device.behaviour.pieces = 2
    post = start()
    post.messenger.step()
    for number in range(5):
        device.behaviour.faults.append("noise")
        post.command(f"m{number}")
    assert post.until(lambda: post.states().count("delivered") == 5, turns=30)
    assert len(device.sent) == 5


@pytest.mark.parametrize("content", ["", "ab", "zz" * 32])
def test_a_key_that_is_none_stops_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content, encoding="ascii")
    with pytest.raises(ConfigurationError, match="64 hex digits"):
        read_command_key(file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_command_key(tmp_path / "absent")


def test_a_behaviour_of_its_own_is_not_shared() -> None:
    assert Behaviour().faults is not Behaviour().faults


def test_a_wrong_wall_clock_that_the_cloud_vouches_against_hinders_no_text(post: Post, device: StandInModem) -> None:
    post.outbox.timekeeper.told_by_cloud(NOON, post.outbox.clock.uptime_s())
    post.now = NOON - timedelta(days=60)
    post.command(valid_until=NOON + timedelta(hours=6))
    assert post.until(lambda: post.states() == ["taken", "sent", "delivered"])
    assert device.sent[0].validity_code in (70, 71), "six hours by the time that is believed"
    assert {(report.at or post.now).date() for report in post.reports()} == {NOON.date()}
    device.text("+212611111111", "1")
    assert post.until(lambda: len(post.inbound()) == 1)


def test_a_leap_of_the_clock_that_nobody_vouches_for_sends_nothing(post: Post, device: StandInModem) -> None:
    post.command("m1")
    post.now = NOON + timedelta(days=60)
    post.command("m2", valid_until=NOON + timedelta(days=61))
    post.until(lambda: False, turns=3)
    assert device.sent == []
    assert (post.reports()[-1].reason, post.reports()[-1].at) == ("the gateway's clock cannot be believed", None)
    device.ring("+212611111113")
    assert post.until(lambda: len(post.inbound()) == 1)
    assert post.inbound()[0].received_at is None
