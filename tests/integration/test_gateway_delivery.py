"""The real uplink against a real broker: whatever dies in between, nothing is lost and nothing counts twice."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edge.config import GatewayConfig
from edge.contract import Detection
from edge.errors import UplinkUnavailableError
from edge.evidence import Sighting
from edge.gateway import Gateway
from edge.metadata import FrameMetadata
from edge.sources.folder import Drop
from edge.voice import Voice
from edge.wire import decode_detection

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto, SmallIngest

pytestmark = pytest.mark.system("mosquitto")


def look(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
    assert metadata is None
    detection = Detection(
        sha256=f"{int(drop.path.stem):08x}".ljust(64, "0"),
        model=None,
        opinion=True,
        canopy_cover_fraction=0.5,
        taken_at=datetime(2026, 7, 1, 12, tzinfo=UTC),
    )
    return Sighting(detection=detection)


def settings(folder: Path, port: int, **more: Any) -> GatewayConfig:  # noqa: ANN401 -- any setting, checked when it is made
    (folder / "photos").mkdir(exist_ok=True)
    return GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw-01",
            "data_dir": folder / "data",
            "poll_interval_s": 0.05,
            "settle_s": 0.0,
            "watch": [{"folder": folder / "photos", "parcel_id": "P1"}],
            "delivery": {"ack_timeout_s": 0.5},
            **more,
            "broker": {"port": port, **more.get("broker", {})},
        }
    )


def drop(folder: Path, *numbers: int) -> None:
    (folder / "photos").mkdir(exist_ok=True)
    for number in numbers:
        # Renamed into place: with a settling time of 0 a half-written file would be taken for a whole one.
        part = folder / "photos" / f"{number}.part"
        part.write_bytes(str(number).encode())
        part.rename(part.with_suffix(".jpg"))


@contextmanager
def running(config: GatewayConfig, told: list[str] | None = None) -> Iterator[Gateway]:
    """A daemon at work in a thread."""
    stop = threading.Event()
    voice = Voice((told if told is not None else []).append)
    with Gateway(config, look, voice=voice) as gateway:
        thread = threading.Thread(target=gateway.run, args=(stop,))
        thread.start()
        try:
            yield gateway
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()


def numbers_of(ingest: "SmallIngest") -> list[int]:
    """Numbers of the photos whose detections arrived, each as often as it was stored."""
    return sorted(int(decode_detection("gw", payload)[1].sha256[:8], 16) for _, payload in ingest.stored.values())


def wait(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def is_empty(gateway: Gateway) -> bool:
    return gateway.outbox.counts().messages == 0


def test_detections_arrive_and_leave_the_queue(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    ingest = start_ingest(mosquitto.port)
    drop(tmp_path, *range(30))
    with running(settings(tmp_path, mosquitto.port)) as gateway:
        wait(lambda: len(ingest.stored) == 30 and is_empty(gateway))
        assert gateway.uplink.protocol == "v5"
    assert numbers_of(ingest) == list(range(30))
    wait(lambda: ingest.heartbeats[-1]["online"] is False)
    assert ingest.heartbeats[0]["online"] is True


def test_nothing_is_lost_when_the_broker_is_killed_and_comes_back(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    ingest = start_ingest(mosquitto.port)
    told: list[str] = []
    with running(settings(tmp_path, mosquitto.port), told) as gateway:
        drop(tmp_path, *range(40))
        wait(lambda: len(ingest.stored) >= 5)
        mosquitto.kill()
        drop(tmp_path, *range(40, 80))
        wait(lambda: gateway.uplink.trouble is not None)
        ingest.ready.clear()
        mosquitto.start()
        assert ingest.ready.wait(20.0)
        wait(lambda: len(ingest.stored) == 80 and is_empty(gateway), 60.0)
    assert numbers_of(ingest) == list(range(80))
    assert len(told) == 2, "the trouble is told once, and its end once"


def test_an_absent_ingest_costs_time_not_messages(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    drop(tmp_path, *range(30))
    with running(settings(tmp_path, mosquitto.port)) as gateway:
        wait(lambda: gateway.uplink.ready and gateway.outbox.counts().messages == 30)
        time.sleep(1.5)
        assert gateway.outbox.counts().messages == 30, "a broker's receipt is not the ingest's word"
        ingest = start_ingest(mosquitto.port)
        wait(lambda: is_empty(gateway), 60.0)
    assert numbers_of(ingest) == list(range(30))


def test_lost_acknowledgements_bring_duplicates_which_change_nothing(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    ingest = start_ingest(mosquitto.port)
    ingest.deaf = 12
    drop(tmp_path, *range(12))
    with running(settings(tmp_path, mosquitto.port)) as gateway:
        wait(lambda: len(ingest.stored) == 12 and is_empty(gateway), 60.0)
    assert ingest.duplicates >= 12
    assert numbers_of(ingest) == list(range(12))


def test_a_gateway_that_dies_and_starts_again_sends_the_same_names(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    drop(tmp_path, *range(10))
    config = settings(tmp_path, mosquitto.port)
    with running(config) as gateway:
        wait(lambda: gateway.outbox.counts().messages == 10)
        waiting = {(message.name.boot, message.name.sequence) for message in gateway.outbox.pending(99)}
    ingest = start_ingest(mosquitto.port)
    with running(config) as gateway:
        wait(lambda: is_empty(gateway))
    assert {(boot, sequence) for _, boot, sequence in ingest.stored} == waiting
    assert numbers_of(ingest) == list(range(10))


def test_once_until_empty_delivers_and_stops(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    ingest = start_ingest(mosquitto.port)
    drop(tmp_path, *range(5))
    with Gateway(settings(tmp_path, mosquitto.port), look) as gateway:
        assert gateway.run_once(threading.Event(), 20.0) == 0
        assert is_empty(gateway)
    assert numbers_of(ingest) == list(range(5))


def test_once_until_empty_names_a_silent_ingest(tmp_path: Path, mosquitto: "Mosquitto") -> None:
    drop(tmp_path, 1)
    with Gateway(settings(tmp_path, mosquitto.port), look) as gateway:
        with pytest.raises(UplinkUnavailableError, match="1 messages wait after 1 s: the ingest did not say"):
            gateway.run_once(threading.Event(), 1.0)
        assert gateway.outbox.counts().messages == 1


def test_a_vanished_gateway_is_announced_by_its_will(
    tmp_path: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    ingest = start_ingest(mosquitto.port)
    with Gateway(settings(tmp_path, mosquitto.port), look) as gateway:
        wait(lambda: gateway.uplink.step() and gateway.uplink.ready)
        wait(lambda: ingest.heartbeats and ingest.heartbeats[-1]["online"])
        link = gateway.uplink._link
        assert link is not None
        link._client.socket().close()  # type: ignore[attr-defined]  # paho types it loosely; as a power cut does
        wait(lambda: ingest.heartbeats[-1]["online"] is False)
