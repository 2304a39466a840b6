from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.heartbeat import UpdateState
from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.troubles import Troubles
from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.durable import Disk
from edge.updates.journal import HEARD_FILE, Journal, heard_lately, note_heard, read_journal, write_journal
from edge.updates.slots import Refusal, Slots
from edge.updates.surroundings import Bearing, updates_of
from edge.updates.trial import Health
from edge.updates.worker import Surroundings, Updates
from edge.voice import Voice
from edge.worker import Station

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Look:
    """A look at the repository under way."""

    code: int | None = None
    ended: bool = False

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.ended = True


@dataclass
class World:
    """A gateway around the worker, and its clock."""

    folder: Path
    seconds: float = 0.0
    health: Health = field(default_factory=lambda: Health(sound=True, heard=True))
    power: bool = True
    looks: list[Look] = field(default_factory=list)
    restarts: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def config(self) -> GatewayConfig:
        updates = {"url": "http://127.0.0.1:1/", "root_file": self.folder / "root.json"}
        return GatewayConfig.model_validate(
            {"organisation": "demo", "gateway_id": "gw-01", "data_dir": self.folder, "updates": updates}
        )

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: NOW, monotonic_s=lambda: self.seconds)

    def begin(self) -> Updates:
        def look() -> Look:
            self.looks.append(Look())
            return self.looks[-1]

        around = Surroundings(
            look=look, health=lambda: self.health, restart=self.restarts.append, may_look=lambda: self.power
        )
        return Updates(self.config, around, clock=self.clock, voice=Voice(self.told.append))

    def pass_minutes(self, worker: Updates, minutes: int) -> None:
        for _ in range(minutes):
            self.seconds += 60
            assert worker.step() is False

    def slots(self) -> Slots:
        return Slots(self.folder / "updates", "config")

    def place(self, slot: str, release: str) -> None:
        folder = self.folder / "updates" / "config" / slot
        folder.mkdir(parents=True)
        bundle = bundle_of("config", release, {"gateway.toml": release.encode()})
        (folder / launcher.COMPLETE).write_bytes(bundle.listed)
        self.slots().put_on_trial(slot, heard_before=True)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_look_is_begun_two_minutes_after_the_start_and_once_a_day(world: World) -> None:
    worker = world.begin()
    world.pass_minutes(worker, 1)
    assert world.looks == []
    world.pass_minutes(worker, 1)
    assert len(world.looks) == 1
    world.pass_minutes(worker, 24 * 60 + 5)
    assert len(world.looks) == 1, "one at a time"
    world.looks[0].code = 0
    world.pass_minutes(worker, 1)
    assert len(world.looks) == 2


def test_without_power_no_look_is_begun(world: World) -> None:
    world.power = False
    worker = world.begin()
    world.pass_minutes(worker, 60)
    assert world.looks == []
    world.power = True
    world.pass_minutes(worker, 1)
    assert len(world.looks) == 1


def test_a_look_may_be_asked_for(world: World) -> None:
    worker = world.begin()
    assert worker.ask_now() is None
    worker.step()
    assert len(world.looks) == 1
    assert worker.ask_now() == "a look at the repository is under way"
    worker.close()
    assert world.looks[0].ended
    worker.close()


def test_an_unreachable_repository_is_told_once_and_tried_again_after_an_hour(world: World) -> None:
    worker = world.begin()
    world.pass_minutes(worker, 2)
    write_journal(world.folder / "updates", Journal(outcome="http://x: cannot be reached"), Disk())
    world.looks[0].code = 3
    world.pass_minutes(worker, 59)
    assert len(world.looks) == 1
    world.pass_minutes(worker, 3)
    assert len(world.looks) == 2
    world.looks[1].code = 3
    world.pass_minutes(worker, 1)
    assert world.told == ["updates: http://x: cannot be reached; what runs now stays"]
    world.pass_minutes(worker, 70)
    world.looks[2].code = 0
    world.pass_minutes(worker, 1)
    assert world.told[1:] == ["updates: the repository is in order again"]


def test_a_look_that_died_without_a_word_is_told_by_its_code(world: World) -> None:
    worker = world.begin()
    world.pass_minutes(worker, 2)
    world.looks[0].code = -9
    world.pass_minutes(worker, 1)
    assert world.told == ["updates: the look ended with -9; what runs now stays"]


def test_a_release_put_in_place_is_started_and_only_then_judged(world: World) -> None:
    worker = world.begin()
    world.place("a", "1")
    world.pass_minutes(worker, 20)
    assert world.restarts == ["updates: another release of config is in place; the gateway starts anew"]
    trial = world.slots().trial()
    assert trial is not None
    assert trial.good == 0, "it does not run yet"


def test_a_release_that_is_well_for_a_quarter_of_an_hour_stays(world: World) -> None:
    world.place("a", "1")
    worker = world.begin()
    world.pass_minutes(worker, 14)
    assert worker.state() == UpdateState(running={"config": "1"}, trial=("config",))
    world.pass_minutes(worker, 1)
    assert world.slots().trial() is None
    assert world.told == ["updates: config 1 passed its trial and stays"]
    assert world.restarts == []
    assert worker.state() == UpdateState(running={"config": "1"})


def test_a_trial_goes_on_where_a_restart_left_it(world: World) -> None:
    world.place("a", "1")
    world.pass_minutes(world.begin(), 10)
    world.pass_minutes(world.begin(), 5)
    assert world.slots().trial() is None


def test_a_release_that_does_harm_is_taken_back_and_what_ran_before_is_started(world: World) -> None:
    world.place("a", "1")
    world.slots().keep()
    world.place("b", "2")
    worker = world.begin()
    world.health = Health(sound=False, heard=True, text="sending: stands still")
    world.pass_minutes(worker, 3)
    assert world.slots().current == "a"
    assert world.told == ["updates: config 2 is taken back: sending: stands still"]
    assert len(world.restarts) == 1
    assert worker.state().refused == "2: sending: stands still"


def test_code_is_judged_only_where_it_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After failed starts the launcher starts older code; that it is well says nothing of the newer."""
    folder = world.folder / "updates" / "code" / "b"
    folder.mkdir(parents=True)
    (folder / launcher.COMPLETE).write_bytes(bundle_of("code", "0.2", {"seguia.py": b""}).listed)
    slots = Slots(world.folder / "updates", "code")
    slots.put_on_trial("b", heard_before=False)
    (slots.folder / launcher.STARTS).write_text("2", encoding="ascii")
    for runs in ("installed", "a", None):
        monkeypatch.delenv(launcher.CODE_SLOT, raising=False)
        if runs is not None:
            monkeypatch.setenv(launcher.CODE_SLOT, runs)
        worker = world.begin()
        world.pass_minutes(worker, 20)
        trial = slots.trial()
        assert trial is not None
        assert (trial.good, worker.state().running) == (0, {})
        assert world.restarts == [], "older code runs on"
        assert (slots.folder / launcher.STARTS).exists()
    monkeypatch.setenv(launcher.CODE_SLOT, "b")
    worker = world.begin()
    world.pass_minutes(worker, 15)
    assert slots.trial() is None
    assert worker.state().running == {"code": "0.2"}
    assert not (slots.folder / launcher.STARTS).exists()


def test_that_the_ingest_answers_is_remembered_for_two_days(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert not heard_lately(tmp_path / "updates", NOW.date())
    world.pass_minutes(world.begin(), 1)
    assert heard_lately(tmp_path / "updates", NOW.date())
    assert not heard_lately(tmp_path / "updates", datetime(2026, 11, 25, tzinfo=UTC).date())
    (tmp_path / "updates" / HEARD_FILE).write_bytes(b"never")
    assert not heard_lately(tmp_path / "updates", NOW.date())
    steps: list[str] = []
    note_heard(tmp_path / "updates", NOW.date(), Disk())
    note_heard(tmp_path / "updates", NOW.date(), Disk(steps.append))
    assert steps == [], "flash wears: once a day"


def test_the_journal_keeps_time_and_bytes_and_an_unreadable_one_is_begun_anew(tmp_path: Path) -> None:
    today, tomorrow = NOW.date(), datetime(2026, 11, 23, tzinfo=UTC).date()
    journal = Journal().spend(today, 10).spend(today, 5)
    assert (journal.spent_on(today), journal.spent_on(tomorrow)) == (15, 0)
    assert journal.spend(tomorrow, 1).spent == 1
    vouched = journal.vouched(NOW)
    assert vouched.floor() == NOW
    assert vouched.vouched(datetime(2026, 1, 1, tzinfo=UTC)) is vouched
    assert vouched.vouched(None) is vouched
    write_journal(tmp_path, vouched, Disk())
    assert read_journal(tmp_path) == vouched
    for content in (b"[]", b"{", b'{"spent": "many"}', b'{"signed_at": 5}'):
        (tmp_path / "journal.json").write_bytes(content)
        assert read_journal(tmp_path) == Journal()
    assert Journal(signed_at="2026-11-22T12:00:00").floor() is None


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite", cap_bytes=1_000_000, now=lambda: NOW, tell=lambda _: None)


def test_a_gateway_is_sound_without_troubles_of_its_own(outbox: Outbox) -> None:
    bearing, troubles = Bearing(outbox), Troubles(outbox.database, lambda: NOW)
    assert bearing() == Health(sound=True, heard=True)
    troubles.open("camera", "gives no picture")
    troubles.open("broker", "not reached")
    assert bearing() == Health(sound=True, heard=False)
    troubles.open("sending itself", "sending stumbled")
    assert bearing() == Health(sound=False, heard=False, text="sending stumbled")


def test_a_gateway_is_heard_when_what_waits_is_taken(outbox: Outbox) -> None:
    with outbox.database.transaction() as connection:
        connection.execute("UPDATE total SET value = 3 WHERE name = 'queued'")
    bearing = Bearing(outbox)
    assert not bearing().heard, "three messages wait, and nobody took any since the start"
    Logbook(outbox.database).count(messages_stored=1)
    assert bearing().heard


def test_only_where_a_repository_is_named_somebody_looks(
    outbox: Outbox, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, told = world.config, list[str]()
    station = Station(config=config, outbox=outbox, clock=world.clock, voice=Voice(told.append))
    plain = Station(
        config=config.model_copy(update={"updates": None}), outbox=outbox, clock=world.clock, voice=Voice(told.append)
    )
    assert updates_of(plain, Path("gateway.toml"), lambda: "normal") is None
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda *signal: killed.append(signal))
    begun: list[Path] = []

    def begin(path: Path) -> Look:
        begun.append(path)
        return Look()

    monkeypatch.setattr("edge.updates.surroundings.begin_look", begin)
    mode = ["survive"]
    worker = updates_of(station, Path("gateway.toml"), lambda: mode[0])  # type: ignore[arg-type,return-value]
    assert worker is not None
    worker.ask_now()
    worker.step()
    assert begun == []
    mode[0] = "normal"
    worker.step()
    assert begun == [Path("gateway.toml")]
    world.place("a", "1")
    worker.step()
    worker.step()
    assert len(killed) == 1
    assert told == ["updates: another release of config is in place; the gateway starts anew"]


def test_a_heartbeat_stays_small_with_long_reasons(world: World) -> None:
    worker = world.begin()
    Slots(world.folder / "updates", "models").refuse(Refusal(digest="d", release="r" * 40, why="w" * 1000))
    write_journal(world.folder / "updates", Journal(outcome="o" * 400), Disk())
    state = worker.state()
    assert len(state.model_dump_json()) < 300
    assert state.refused is not None
