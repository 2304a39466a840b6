"""A gateway's sense of time over power cuts, with a clock of the test's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.belief import Believed
from edge.clock import SOFTWARE_BORN_AT, Clock, kernel_boot, utc_now
from edge.database import Database
from edge.errors import StoreUnavailableError
from edge.logbook import Logbook
from edge.timekeeper import FRESH_S, Timekeeper

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


class Machine:
    """A machine whose clocks the test turns."""

    def __init__(self) -> None:
        self.wall, self.up_s, self.name, self.synchronised = NOW, 50.0, "boot-1", False

    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.wall,
            monotonic_s=lambda: self.up_s,
            synchronised=lambda: self.synchronised,
            boot=lambda: self.name,
        )

    def passes(self, seconds: float) -> None:
        self.up_s += seconds
        self.wall += timedelta(seconds=seconds)

    def starts_anew(self, name: str, wall: datetime) -> None:
        self.name, self.up_s, self.wall, self.synchronised = name, 1.0, wall, False


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "queue.sqlite", tell=lambda _: None)
    yield opened
    opened.close()


def test_time_goes_on_over_a_power_cut_that_sent_the_clock_back(database: Database) -> None:
    machine = Machine()
    keeper = Timekeeper(database, machine.clock())
    assert keeper.note() == Believed(NOW, "kept")
    machine.starts_anew("boot-2", datetime(2020, 1, 1, tzinfo=UTC))
    assert keeper.believed_now() == Believed(NOW, "floor")
    machine.passes(60)
    assert Timekeeper(database, machine.clock()).note() == Believed(NOW + timedelta(seconds=60), "floor")
    assert keeper.floor() == NOW
    assert keeper.moment_of("boot-2", 1.0) is None
    machine.wall, machine.synchronised = NOW + timedelta(days=2), True
    assert keeper.believed_now() == Believed(NOW + timedelta(days=2), "network")
    assert keeper.moment_of("boot-2", 1.0) == NOW + timedelta(days=2, seconds=-60)
    assert keeper.moment_of("boot-1", 1.0) is None


def test_a_floor_written_by_a_wrong_clock_yields_to_network_time(database: Database) -> None:
    machine = Machine()
    machine.wall = NOW + YEAR
    keeper = Timekeeper(database, machine.clock())
    keeper.note()
    machine.starts_anew("boot-2", NOW)
    assert keeper.believed_now().quality == "floor"
    assert Logbook(database).last_time() == NOW + YEAR
    machine.synchronised = True
    assert keeper.note() == Believed(NOW, "network")
    assert Logbook(database).last_time() == NOW


def test_the_cloud_sets_a_clock_right_that_has_no_network_time(database: Database) -> None:
    machine = Machine()
    keeper = Timekeeper(database, machine.clock())
    Logbook(database).note_time(NOW + YEAR)
    assert keeper.believed_now().quality == "floor"
    asked_s = machine.up_s
    machine.passes(4)
    off = keeper.told_by_cloud(NOW - timedelta(days=10), asked_s)
    assert off == timedelta(days=10, seconds=2)
    believed = keeper.believed_now()
    assert believed == Believed(NOW - timedelta(days=10) + timedelta(seconds=2), "cloud")
    assert keeper.floor() == believed.at
    machine.synchronised = True
    assert keeper.believed_now().quality == "cloud"


def test_a_clock_that_agrees_with_the_cloud_stays_as_fine_as_it_is(database: Database) -> None:
    machine = Machine()
    keeper = Timekeeper(database, machine.clock())
    off = keeper.told_by_cloud(NOW + timedelta(seconds=10), machine.up_s)
    assert off == timedelta(seconds=-10)
    assert keeper.believed_now() == Believed(NOW, "cloud")


def test_a_late_answer_of_the_cloud_raises_the_floor_alone(database: Database) -> None:
    machine = Machine()
    keeper = Timekeeper(database, machine.clock())
    asked_s = machine.up_s
    machine.passes(FRESH_S + 1)
    assert keeper.told_by_cloud(NOW + timedelta(days=2), asked_s) is None
    assert keeper.believed_now() == Believed(NOW + timedelta(days=2), "floor")
    assert keeper.told_by_cloud(NOW - YEAR, asked_s) is None
    assert keeper.told_by_cloud(NOW - YEAR, machine.up_s + 1) is None
    assert keeper.floor() == NOW + timedelta(days=2)


def test_an_operator_may_forgive(database: Database) -> None:
    machine = Machine()
    keeper = Timekeeper(database, machine.clock())
    Logbook(database).note_time(NOW + YEAR)
    assert keeper.believed_now().quality == "floor"
    assert keeper.forgive() == Believed(NOW, "kept")
    assert keeper.floor() == NOW


def test_it_answers_from_memory_when_the_store_cannot_be_used(database: Database) -> None:
    machine = Machine()
    keeper = Timekeeper(database, machine.clock())
    machine.synchronised = True
    keeper.note()
    with database.transaction() as connection:
        connection.execute("DROP TABLE remembered")
    machine.passes(5)
    machine.wall = NOW - YEAR
    assert keeper.believed_now() == Believed(NOW + timedelta(seconds=5), "network")
    with pytest.raises(StoreUnavailableError):
        keeper.note()


@pytest.mark.parametrize(
    "rubbish", ["", "{", "[]", "7", '{"boot": "boot-1"}', '{"boot":"boot-1","zero":1e300,"by":"x"}']
)
def test_rubbish_in_a_salvaged_store_is_as_nothing(database: Database, rubbish: str) -> None:
    with database.transaction() as connection:
        for name in ("time_anchor", "last_time", "time_by_cloud"):
            connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (name, rubbish))
    keeper = Timekeeper(database, Machine().clock())
    assert keeper.floor() == SOFTWARE_BORN_AT
    assert keeper.believed_now() == Believed(NOW, "kept")


def test_a_slewed_clock_is_no_write_each_time(database: Database) -> None:
    machine = Machine()
    machine.synchronised = True
    keeper = Timekeeper(database, machine.clock())
    keeper.believed_now()
    before = database.rows("PRAGMA data_version"), database.rows("SELECT value FROM remembered")
    for _ in range(10):
        machine.passes(1.001)
        machine.wall += timedelta(milliseconds=1)
        keeper.believed_now()
    assert (database.rows("PRAGMA data_version"), database.rows("SELECT value FROM remembered")) == before


def test_the_real_clocks_of_this_machine(tmp_path: Path) -> None:
    clock = Clock()
    assert clock.uptime_s() <= clock.uptime_s()
    assert isinstance(clock.is_synchronised(), bool)
    assert not Clock(now=lambda: utc_now()).is_synchronised()  # noqa: PLW0108 -- another function than the system's
    assert Clock(monotonic_s=lambda: 7.0).uptime_s() == 7.0
    assert kernel_boot(tmp_path / "none") == ""
    assert clock.boot() == clock.boot() != ""
