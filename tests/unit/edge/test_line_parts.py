"""The parts of a gateway's line: ways, watch, pulse; and the words for what a broker says against us."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.bound_client import network_reason
from edge.clock import Clock
from edge.contract import CloudTime
from edge.errors import ConfigurationError
from edge.heartbeat import Heartbeat
from edge.line_watch import HUNG_UP_MANY, TAKEN_OVER_WITHIN_S, LineWatch
from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.pulse import ASK_AFTER_S, QUESTIONS, Pulse
from edge.routes import BETTER_FIRST_S, BETTER_LAST_S, Routes
from edge.settings.broker import BrokerConfig
from edge.settings.uplink import UplinkConfig
from edge.tls import certificate_end, context_of, words_of
from edge.voice import Voice
from edge.wire import encode
from tests.authority import Authority

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WAYS = (
    UplinkConfig(name="ethernet", interface="eth0", daily_budget_kb=10_000),
    UplinkConfig(name="lte", interface="wwan0", host="far.example.org", port=8884),
)


def test_without_ways_there_is_one_that_is_never_left() -> None:
    routes = Routes(BrokerConfig(host="b"))
    assert (routes.name, routes.interface, routes.daily_budget_kb, routes.broker.host) == (None, None, None, "b")
    assert not routes.failed()
    routes.opened(0.0)
    assert not routes.better_is_due(1e9)


def test_ways_are_tried_in_their_order_and_then_from_the_first() -> None:
    routes = Routes(BrokerConfig(host="near", port=8883), WAYS)
    assert (routes.name, routes.broker.host, routes.daily_budget_kb) == ("ethernet", "near", 10_000)
    assert routes.failed()
    assert (routes.name, routes.interface, routes.broker.host, routes.broker.port) == (
        "lte",
        "wwan0",
        "far.example.org",
        8884,
    )
    assert not routes.failed()
    assert routes.name == "ethernet"


def test_a_better_way_is_sought_ever_more_seldom_until_it_works() -> None:
    routes, now_s, pauses = Routes(BrokerConfig(), WAYS), 0.0, []
    for _ in range(8):
        routes.failed()
        routes.opened(now_s)
        began_s = now_s
        while not routes.better_is_due(now_s):
            now_s += 60.0
        pauses.append(now_s - began_s)
        routes.try_better()
        assert routes.name == "ethernet"
    assert pauses[0] == BETTER_FIRST_S
    assert pauses == sorted(pauses)
    assert pauses[-1] == BETTER_LAST_S
    routes.opened(now_s)
    assert not routes.better_is_due(1e9)
    routes.failed()
    routes.opened(now_s)
    assert routes.better_is_due(now_s + BETTER_FIRST_S)


class Machine:
    """Clocks, a voice and a queue of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.wall, self.up_s, self.boot = NOW, 100.0, "k" * 50
        self.told: list[str] = []
        self.clock = Clock(now=lambda: self.wall, monotonic_s=lambda: self.up_s, boot=lambda: self.boot)
        self.outbox = Outbox(folder / "outbox.sqlite", boot="b1", clock=self.clock)
        self.voice = Voice(self.told.append)

    def watch(self, certificate: Path | None = None) -> LineWatch:
        return LineWatch(certificate, "seguia-demo-gw-01", self.clock, self.voice)

    def pulse(self) -> Pulse:
        return Pulse(
            self.outbox, self.watch(), self.clock, self.voice, heartbeat=lambda: Heartbeat(online=True, queued=3)
        )

    def passes(self, seconds: float) -> None:
        self.up_s += seconds
        self.wall += timedelta(seconds=seconds)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.outbox.close()


def test_being_taken_over_twice_is_told_once_and_once_more_when_it_is_over(machine: Machine) -> None:
    watch = machine.watch()
    watch.taken_over()
    assert machine.told == []
    watch.taken_over()
    watch.taken_over()
    assert len(machine.told) == 1
    assert "two of one name" in machine.told[0]
    watch.connected()
    state = watch.state(NOW, instance="b1", route=None, sent_bytes=1500)
    assert (state.taken_over, state.connections, state.sent_today_kb, state.certificate_days) == (3, 1, 1.5, None)
    watch.look(NOW)
    assert len(machine.told) == 1
    machine.passes(TAKEN_OVER_WITHIN_S + 1)
    watch.look(NOW)
    assert "any more" in machine.told[1]


def test_a_broker_that_hangs_up_without_a_word_again_and_again_is_suspected_of_it(machine: Machine) -> None:
    watch = machine.watch()
    for _ in range(HUNG_UP_MANY - 1):
        watch.hung_up()
    assert machine.told == []
    machine.passes(TAKEN_OVER_WITHIN_S + 1)
    for _ in range(HUNG_UP_MANY):
        watch.hung_up()
    assert "probably two of one name" in machine.told[0]


@pytest.mark.parametrize(("days", "words"), [(10.5, "ends in 10 days"), (-2.5, "ended 3 days ago")])
def test_a_certificate_that_ends_is_told_and_one_that_was_renewed_too(
    machine: Machine, tmp_path: Path, days: float, words: str
) -> None:
    authority = Authority(tmp_path)
    file, _ = authority.issue("gw-01", days=days)
    watch, now = machine.watch(file), datetime.now(UTC)
    watch.look(now)
    watch.look(now)
    assert len(machine.told) == 1
    assert words in machine.told[0]
    authority.issue("gw-01", days=400)
    machine.passes(3601)
    watch.look(now)
    assert "lasts again" in machine.told[1]
    assert watch.certificate_days(now) == 399


def test_a_certificate_that_cannot_be_read_has_no_end(machine: Machine, tmp_path: Path) -> None:
    assert certificate_end(tmp_path / "none.pem") is None
    (tmp_path / "rubbish.pem").write_text("rubbish")
    watch = machine.watch(tmp_path / "rubbish.pem")
    watch.look(NOW)
    assert watch.certificate_days(NOW) is None
    assert machine.told == []


def test_a_gateway_that_knows_no_time_asks_soon_and_a_few_times(machine: Machine) -> None:
    Logbook(machine.outbox.database).note_time(NOW + timedelta(days=300))
    pulse = machine.pulse()
    pulse.begin()
    asked = 0
    for _ in range(40):
        if pulse.due():
            beat = pulse.next(900.0, route="lte", sent_bytes=0)
            assert beat.clock is not None
            assert (beat.clock.quality, beat.queued) == ("floor", 3)
            assert beat.clock.off_s is not None
            assert beat.clock.off_s < -299 * 86_400
            assert len(encode(beat)) <= 1024
            asked += 1
        machine.passes(30.0)
    assert asked == QUESTIONS + 1
    pulse.begin()
    assert pulse.due()


def test_whom_the_cloud_told_the_time_asks_no_more_for_hours(machine: Machine) -> None:
    pulse = machine.pulse()
    first = pulse.next(900.0, route=None, sent_bytes=0)
    assert first.clock is not None
    assert first.clock.ask
    pulse.told(CloudTime(at=NOW + timedelta(days=2), boot=first.clock.boot, uptime_s=first.clock.uptime_s))
    assert "behind the cloud's" in machine.told[0]
    second = pulse.next(900.0, route=None, sent_bytes=0)
    assert second.clock is not None
    assert (second.clock.quality, second.clock.ask, second.clock.off_s) == ("cloud", False, -172_800.0)
    machine.wall += timedelta(days=2)
    pulse.told(CloudTime(at=machine.wall, boot=first.clock.boot, uptime_s=machine.up_s))
    assert "agrees" in machine.told[1]
    machine.passes(ASK_AFTER_S + 1)
    third = pulse.next(900.0, route=None, sent_bytes=0)
    assert third.clock is not None
    assert third.clock.ask


def test_the_time_told_to_another_start_of_the_machine_is_no_answer(machine: Machine) -> None:
    pulse = machine.pulse()
    pulse.told(CloudTime(at=NOW + timedelta(days=2), boot="another", uptime_s=machine.up_s))
    pulse.told(CloudTime(at=NOW + timedelta(days=2), boot="k" * 40, uptime_s=0.0))
    assert machine.told == []
    assert machine.outbox.timekeeper.believed_now().quality == "floor", "late, it raised the floor alone"


def test_what_a_broker_says_against_us_has_words() -> None:

    error = ssl.SSLError(1, "x")
    assert words_of(error) == "x"
    assert network_reason(OSError(111, "Connection refused")) == "Connection refused"
    assert network_reason(ValueError("odd")) == "odd"
    assert network_reason(ValueError()) == "ValueError"


def test_files_that_do_not_fit_together_are_a_configuration_error(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, _ = authority.issue("gw-01")
    _, other = authority.issue("gw-02")
    broker = BrokerConfig(ca_file=authority.file, certificate_file=certificate, key_file=other)
    with pytest.raises(ConfigurationError, match="fit together"):
        context_of(broker)
    with pytest.raises(ConfigurationError):
        context_of(BrokerConfig(ca_file=tmp_path / "none.pem"))
