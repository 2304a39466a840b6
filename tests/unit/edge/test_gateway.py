import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Ack, Detection
from edge.errors import StoreUnavailableError, UnreadableFrameError, UplinkUnavailableError
from edge.evidence import Sighting
from edge.gateway import QUEUE, Gateway
from edge.heartbeat import Heartbeat, UpdateState
from edge.link import Accepted, Event, Heard, LinkOrder, Lost, Subscribed
from edge.logbook import Logbook
from edge.metadata import FrameMetadata
from edge.outbox import QueueId
from edge.sources.folder import Drop
from edge.voice import Voice
from edge.wire import encode, peek_message_id

PICTURE = np.full((30, 40, 3), 90, dtype=np.uint8)


def look(drop: Drop, _metadata: FrameMetadata | None) -> Sighting:
    if drop.path.name.startswith("bad"):
        raise UnreadableFrameError(f"{drop.path}: expected a JPEG, got text")
    detection = Detection(sha256="a" * 64, model=None, opinion=True, wilting_probability=0.9)
    return Sighting(detection=detection, picture=PICTURE)


class EchoLink:
    """A broker with an ingest behind it that acknowledges everything at once, unless told to be deaf."""

    deaf = False
    absent = False

    def __init__(self, order: LinkOrder) -> None:
        self.events: list[Event] = [Accepted(), Subscribed(granted=True, reason="")]
        if self.absent:
            self.events = [Lost("Connection refused", opened=False)]
        self.order = order

    def open(self) -> None:
        """Nothing to do."""

    def turn(self, wait_s: float) -> tuple[Event, ...]:
        happened = tuple(self.events)
        self.events.clear()
        if not happened:
            threading.Event().wait(min(wait_s, 0.01))
        return happened

    def publish(self, _topic: str, payload: bytes) -> bool:
        name = peek_message_id("gw", payload)
        if name is not None and not self.deaf:
            self.events.append(Heard(encode(Ack(stored=((name.boot, name.sequence),)))))
        return True

    def close(self) -> None:
        """Nothing to do."""


class DeafLink(EchoLink):
    deaf = True


class AbsentLink(EchoLink):
    absent = True


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    (tmp_path / "photos").mkdir()
    return GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw-01",
            "data_dir": tmp_path / "data",
            "poll_interval_s": 0.05,
            "settle_s": 0.0,
            "watch": [{"folder": tmp_path / "photos", "parcel_id": "P1"}],
        }
    )


def opened(
    config: GatewayConfig, told: list[str], link: type[EchoLink] = EchoLink, clock: Clock | None = None
) -> Gateway:
    return Gateway(config, look, models=("canopy 1",), voice=Voice(told.append), make_link=link, clock=clock)


def drop(config: GatewayConfig, name: str) -> None:
    part = config.watch[0].folder / f"{name}.part"
    part.write_bytes(name.encode())
    part.rename(config.watch[0].folder / name)


def test_once_queues_what_is_there_and_delivers_nothing(config: GatewayConfig) -> None:
    drop(config, "a.jpg")
    drop(config, "bad.jpg")
    told: list[str] = []
    with opened(config, told) as gateway:
        assert gateway.run_once(threading.Event()) == 1
        assert gateway.outbox.counts().messages == 2
        assert gateway.uplink.ready is False
    assert len(told) == 1


def test_until_empty_delivers_everything(config: GatewayConfig) -> None:
    drop(config, "a.jpg")
    with opened(config, []) as gateway:
        assert gateway.run_once(threading.Event(), 5.0) == 0
        assert gateway.outbox.counts().messages == 0


@pytest.mark.parametrize(("link", "cause"), [(DeafLink, "the ingest did not say"), (AbsentLink, "was not reached")])
def test_until_empty_says_what_is_missing_and_keeps_everything(
    config: GatewayConfig, link: type[EchoLink], cause: str
) -> None:
    drop(config, "a.jpg")
    with opened(config, [], link) as gateway:
        with pytest.raises(UplinkUnavailableError, match=f"2 messages wait after 0.3 s: .*{cause}"):
            gateway.run_once(threading.Event(), 0.3)
        assert gateway.outbox.counts().messages == 2


def test_pictures_beyond_todays_budget_do_not_hold_up_the_end(config: GatewayConfig) -> None:
    drop(config, "a.jpg")
    told: list[str] = []
    with opened(config, told, DeafLink) as gateway:
        Logbook(gateway.outbox.database).spend(datetime.now(UTC).date(), 10**9)
        gateway.run_once(threading.Event())
        gateway.outbox.settle(Ack(stored=((gateway.outbox.boot, 1),)))
        gateway.run_once(threading.Event(), 5.0)
        assert [message.name for message in gateway.outbox.pending(9)] == [QueueId(gateway.outbox.boot, 2)]
    assert told == ["1 pictures wait for tomorrow: today's byte budget is used up"]


def test_once_waits_for_a_file_that_is_still_written(config: GatewayConfig) -> None:
    patient = config.model_copy(update={"settle_s": 0.3})
    drop(patient, "a.jpg")
    with opened(patient, []) as gateway:
        gateway.run_once(threading.Event())
        assert gateway.outbox.counts().messages == 2


def test_a_stop_ends_the_daemon_at_once_and_keeps_the_rest(config: GatewayConfig) -> None:
    drop(config, "a.jpg")
    stop = threading.Event()
    with opened(config, [], DeafLink) as gateway:
        thread = threading.Thread(target=gateway.run, args=(stop,))
        thread.start()
        while gateway.outbox.counts().messages < 2:
            threading.Event().wait(0.01)
        stop.set()
        thread.join(5)
        assert not thread.is_alive()
        assert gateway.outbox.counts().messages == 2


def test_a_stop_before_a_photo_leaves_it_for_the_next_start(config: GatewayConfig) -> None:
    drop(config, "a.jpg")
    stop = threading.Event()
    stop.set()
    with opened(config, []) as gateway:
        assert gateway.take_in(stop) == 0
        assert gateway.outbox.counts().messages == 0


def test_a_full_disk_is_told_once_and_waited_out(config: GatewayConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.worker._STORE_PAUSE_S", 0.02)
    drop(config, "a.jpg")
    stop = threading.Event()
    told: list[str] = []
    with opened(config, told) as gateway:
        gateway.outbox.database.rows("PRAGMA query_only = 1")
        thread = threading.Thread(target=gateway.run, args=(stop,))
        thread.start()
        while not any("taking in waits" in line for line in told):
            threading.Event().wait(0.01)
        gateway.outbox.database.rows("PRAGMA query_only = 0")
        while gateway.outbox.database.rows("SELECT count(*) FROM seen") == [(0,)]:
            threading.Event().wait(0.01)
        gateway.outbox.database.rows("PRAGMA query_only = 1")
        drop(config, "b.jpg")
        while len([line for line in told if "taking in waits" in line]) < 2:
            threading.Event().wait(0.01)
        threading.Event().wait(0.2)
        gateway.outbox.database.rows("PRAGMA query_only = 0")
        while gateway.outbox.database.rows("SELECT count(*) FROM seen") == [(1,)]:
            threading.Event().wait(0.01)
        while len([line for line in told if "taking in goes on" in line]) < 2:
            threading.Event().wait(0.01)
        stop.set()
        thread.join(5)
    assert len([line for line in told if "taking in waits" in line]) == 2, "once for each time the disk was full"


def test_an_uplink_that_stumbles_is_begun_again_and_photos_are_taken_in_meanwhile(
    config: GatewayConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.worker._PAUSES_S", (0.05,))
    drop(config, "a.jpg")
    told: list[str] = []
    stop = threading.Event()
    with opened(config, told) as gateway:
        healthy, stumbles = gateway.uplink.step, [1, 2]

        def stumble(wait_s: float = 0.1) -> bool:
            if stumbles:
                stumbles.pop()
                raise ZeroDivisionError("in a library")
            return healthy(wait_s)

        gateway.uplink.step = stumble  # type: ignore[method-assign]  # an uplink that stumbles
        thread = threading.Thread(target=gateway.run, args=(stop,))
        thread.start()
        while ("seguia gateway: sending goes on" not in told and gateway.outbox.counts().messages != 0) or stumbles:
            threading.Event().wait(0.01)
        stop.set()
        thread.join(5)
        assert not thread.is_alive()
    assert told[0] == "sending stumbled (ZeroDivisionError: in a library); it is begun again"


def test_two_gateways_never_share_a_data_folder(config: GatewayConfig) -> None:
    with opened(config, []), pytest.raises(StoreUnavailableError, match="another one at work"):
        opened(config, [])
    opened(config, []).close()


def test_a_data_folder_that_cannot_be_made_is_one_line(config: GatewayConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = config.model_copy(update={"data_dir": tmp_path / "file" / "data"})
    with pytest.raises(StoreUnavailableError, match="data folder that can be written"):
        opened(blocked, [])


def test_a_gateway_that_cannot_start_lets_go_of_its_folder(config: GatewayConfig) -> None:
    config.data_dir.mkdir()
    (config.data_dir / "outbox.sqlite").mkdir()
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        opened(config, [])
    (config.data_dir / "outbox.sqlite").rmdir()
    opened(config, []).close()


def test_a_clock_that_ran_back_is_told_and_a_good_one_noted(config: GatewayConfig) -> None:
    with opened(config, []) as gateway:
        gateway.run_once(threading.Event())
        assert Logbook(gateway.outbox.database).last_time() is not None
    backward = Clock(now=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    told: list[str] = []
    with opened(config, told, clock=backward) as gateway:
        gateway.run_once(threading.Event())
    assert len(told) == 1
    assert "clock: expected" in told[0]


class Manager:
    """A service manager's ear."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(str(path))
        self.ear.settimeout(0.3)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))

    def heard(self) -> list[str]:
        """Everything said until nothing is said for a moment, at most a hundred words."""
        words: list[str] = []
        with suppress(TimeoutError):
            while len(words) < 100:
                words.append(self.ear.recv(64).decode())
        return words


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    listening = Manager(tmp_path / "notify", monkeypatch)
    yield listening
    listening.ear.close()


class Ahead:
    """A monotonic clock that can be put forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.clock = Clock(monotonic_s=lambda: time.monotonic() + self.ahead_s)


def test_the_watchdog_is_fed_through_the_longest_pause_between_two_looks(
    config: GatewayConfig, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.gateway._ALIVE_S", 0.02)
    stop = threading.Event()
    with opened(config.model_copy(update={"poll_interval_s": 3600.0}), []) as gateway:
        thread = threading.Thread(target=gateway.run, args=(stop,))
        thread.start()
        words = [manager.ear.recv(64) for _ in range(6)]
        stop.set()
        thread.join(5)
    assert words[0] == b"READY=1"
    assert words[1:] == [b"WATCHDOG=1"] * 5
    assert "STOPPING=1" in manager.heard()


def test_a_detector_that_stumbles_over_every_photo_starves_the_watchdog(
    config: GatewayConfig, manager: Manager
) -> None:
    def stumble(drop: Drop, _metadata: FrameMetadata | None) -> Sighting:
        if drop.path.name.startswith("good"):
            return look(drop, None)
        raise MemoryError("in the runtime")

    ahead, told = Ahead(), list[str]()
    with Gateway(config, stumble, voice=Voice(told.append), make_link=EchoLink, clock=ahead.clock) as gateway:
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            drop(config, name)
        gateway.take_in(threading.Event())
        manager.heard()
        ahead.ahead_s += 121.0
        gateway.take_in(threading.Event())
        gateway._alive()
        assert manager.heard() == []
        assert told[-1] == "looking at photos: nothing is finished any more; a new start is wanted"
        drop(config, "good.jpg")
        gateway.take_in(threading.Event())
        assert manager.heard() == ["WATCHDOG=1"]
        assert told[-1] == "everything gets on again"


def test_files_that_cannot_be_used_starve_no_watchdog(config: GatewayConfig, manager: Manager) -> None:
    ahead = Ahead()
    with Gateway(config, look, voice=Voice(lambda _: None), make_link=EchoLink, clock=ahead.clock) as gateway:
        for number in range(5):
            drop(config, f"bad{number}.jpg")
        gateway.take_in(threading.Event())
        manager.heard()
        ahead.ahead_s += 121.0
        gateway.take_in(threading.Event())
        gateway._alive()
        assert manager.heard() == ["WATCHDOG=1"]


def test_a_card_full_of_photos_starves_no_watchdog(config: GatewayConfig, manager: Manager) -> None:
    ahead = Ahead()

    def slowly(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
        ahead.ahead_s += 100.0
        return look(drop, metadata)

    with Gateway(config, slowly, voice=Voice(lambda _: None), make_link=EchoLink, clock=ahead.clock) as gateway:
        for number in range(9):
            drop(config, f"{number}.jpg")
        gateway.take_in(threading.Event())
        assert manager.heard() == ["WATCHDOG=1"] * 9


def test_a_quiet_gateway_proves_its_queue_now_and_then(config: GatewayConfig, manager: Manager) -> None:
    ahead = Ahead()
    with Gateway(config, look, voice=Voice(lambda _: None), make_link=EchoLink, clock=ahead.clock) as gateway:

        def proof() -> list[tuple[str]]:
            return gateway.outbox.database.rows("SELECT value FROM remembered WHERE name = 'last_proof'")

        gateway._prove_the_queue()
        assert proof() == []
        ahead.ahead_s += 301.0
        gateway._prove_the_queue()
        assert len(proof()) == 1
        gateway.take_in(threading.Event())
        ahead.ahead_s += 601.0
        gateway.take_in(threading.Event())
        gateway._alive()
        assert manager.heard() == [], "a queue that proved nothing for ten minutes is not believed"


def test_an_observer_that_never_ends_starves_no_watchdog_and_is_told(config: GatewayConfig, manager: Manager) -> None:
    ahead, told = Ahead(), list[str]()
    with Gateway(config, look, voice=Voice(told.append), make_link=EchoLink, clock=ahead.clock) as gateway:
        gateway.progress.expect("metrics", 120.0, expendable=True)
        ahead.ahead_s += 100.0
        gateway.take_in(threading.Event())
        gateway.progress.made(QUEUE)
        ahead.ahead_s += 21.0
        manager.heard()
        gateway._alive()
        assert manager.heard() == ["WATCHDOG=1"]
        assert told[-1] == "metrics: nothing is finished any more; the rest goes on"
        gateway.progress.made("metrics")
        gateway._alive()
        assert told[-1] == "those who look at the gateway get on again"


def test_observers_see_what_the_updates_say(config: GatewayConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Callable[[], Heartbeat]] = []

    def watch(_station: object, heartbeat: Callable[[], Heartbeat]) -> tuple[()]:
        seen.append(heartbeat)
        return ()

    monkeypatch.setattr("edge.crew.observers", watch)

    class Told:
        def state(self) -> UpdateState:
            return UpdateState(running={"code": "1.2.3"})

        def ask_now(self) -> None:
            """Nobody asks here."""

    monkeypatch.setattr("edge.gateway.updates_of", lambda *_: Told())
    with opened(config, []) as gateway:
        gateway.follow_releases(config.data_dir / "gateway.toml")
        update = seen[-1]().update
        assert update is not None
        assert update.running == {"code": "1.2.3"}
