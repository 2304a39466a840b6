"""A gateway with cameras of its own: a real stream, a card, and one that is not there, by the real daemon."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.contract import Detection
from edge.evidence import Sighting
from edge.frame import load_frame
from edge.gateway import Gateway
from edge.logbook import Logbook
from edge.metadata import FrameMetadata
from edge.sources.folder import Drop
from edge.troubles import Troubles
from edge.voice import Voice
from tests.rtsp_server import RtspServer


def look(drop: Drop, metadata: FrameMetadata | None) -> Sighting:
    """Reads the picture for real; its opinion is the test's."""
    frame = load_frame(drop.path, camera=drop.camera, metadata=metadata)
    detection = Detection(
        sha256=frame.sha256, model=None, opinion=True, taken_at=frame.taken_at, clock_quality=frame.clock_quality
    )
    return Sighting(detection=detection, picture=frame.rgb)


def until(gateway: Gateway, queued: int, seconds: float = 60.0) -> None:
    """Run the daemon until so many photos are queued."""
    stop, end_s = threading.Event(), time.monotonic() + seconds
    daemon = threading.Thread(target=gateway.run, args=(stop,))
    daemon.start()
    book = Logbook(gateway.outbox.database)
    try:
        while book.counters().get("frames_queued", 0) < queued and time.monotonic() < end_s:
            time.sleep(0.1)
    finally:
        stop.set()
        daemon.join(30)
    assert not daemon.is_alive()


def test_pictures_of_a_stream_and_of_a_card_are_queued_though_a_third_camera_is_gone(tmp_path: Path) -> None:
    media = tmp_path / "media" / "DCIM" / "100MEDIA"
    media.mkdir(parents=True)
    for number in range(2):
        cv2.imwrite(str(media / f"DJI_{number}.JPG"), np.full((60, 80, 3), 40 + 90 * number, np.uint8))
    (media / "DJI_2.JPG").touch()
    told: list[str] = []
    with RtspServer() as server:
        config = GatewayConfig.model_validate(
            {
                "organisation": "demo",
                "gateway_id": "gw",
                "data_dir": tmp_path / "data",
                "poll_interval_s": 0.1,
                "settle_s": 0.1,
                "broker": {"port": 9},
                "camera": [
                    {"camera_id": "gone", "kind": "v4l2", "parcel_id": "P01", "device": "/dev/none", "every_s": 60},
                    {"camera_id": "net", "kind": "rtsp", "parcel_id": "P02", "url": server.url, "every_s": 60},
                    {"camera_id": "drone", "kind": "card", "parcel_id": "P03", "folder": tmp_path / "media"},
                ],
            }
        )
        with Gateway(config, look, voice=Voice(told.append)) as gateway:
            until(gateway, queued=3)
            rows = gateway.outbox.database.rows("SELECT path, outcome, reason FROM seen")
            standing = {trouble.part: trouble.text for trouble in Troubles(gateway.outbox.database).standing()}
            parcels = [
                row[0] for row in gateway.outbox.database.rows("SELECT subject FROM outbox WHERE kind = 'detection'")
            ]
    assert sorted(parcels) == ["P02", "P03", "P03"]
    assert {outcome for _, outcome, _ in rows} == {"queued"}
    assert "camera gone: /dev/none: expected a camera, got none" in standing["camera gone"]
    assert any("3 pictures on the card, 3 of them new, all taken in; the card may be pulled" in line for line in told)
    (empty,) = [line for line in told if "DJI_2.JPG" in line]
    assert "got an empty file (0 bytes)" in empty
    assert list((tmp_path / "data" / "rejected" / "drone").glob("*DJI_2.JPG")), "set aside, with its reason"


def test_captures_wait_through_a_restart(tmp_path: Path) -> None:
    with RtspServer() as server:
        config = GatewayConfig.model_validate(
            {
                "organisation": "demo",
                "gateway_id": "gw",
                "data_dir": tmp_path / "data",
                "settle_s": 0.0,
                "camera": [{"camera_id": "net", "kind": "rtsp", "parcel_id": "P02", "url": server.url}],
            }
        )
        with Gateway(config, look, voice=Voice(lambda _: None)) as gateway:
            assert gateway.hands.cameras.names == ("net",)
            assert gateway.hands.cameras.step()
            assert not gateway.hands.cameras.step()
        with Gateway(config, look, voice=Voice(lambda _: None)) as gateway:
            assert gateway.take_in(threading.Event()) == 0
            assert gateway.outbox.counts().messages >= 1
            assert gateway.take_in(threading.Event()) == 0
            assert Logbook(gateway.outbox.database).counters()["frames_queued"] == 1


@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        (datetime(2026, 7, 1, 12, 40, tzinfo=UTC), True),  # solar noon at 8 degrees west
        (datetime(2026, 7, 1, 1, 0, tzinfo=UTC), False),
        (datetime(1970, 1, 1, tzinfo=UTC), True),  # a clock that cannot be believed knows no night
    ],
)
def test_where_the_gateway_stands_says_when_its_cameras_look(tmp_path: Path, moment: datetime, *, asked: bool) -> None:
    config = GatewayConfig.model_validate(
        {
            "organisation": "demo",
            "gateway_id": "gw",
            "data_dir": tmp_path / "data",
            "power": {"latitude": 31.6, "longitude": -8.0},
            "camera": [{"camera_id": "north", "kind": "v4l2", "parcel_id": "P01", "device": "/dev/none"}],
        }
    )
    clock = Clock(now=lambda: moment, synchronised=lambda: True)
    with Gateway(config, look, clock=clock, voice=Voice(lambda _: None)) as gateway:
        assert gateway.hands.cameras.step() is asked
