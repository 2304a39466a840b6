"""The command itself, as a service runs it: real models, a real broker, killed without warning."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edge.card import packaged_models
from edge.wire import decode_detection, decode_evidence

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto, SmallIngest

PHOTOS = 24
RSS_LIMIT_MB = 200.0

pytestmark = [
    pytest.mark.system("mosquitto"),
    pytest.mark.skipif(
        not (packaged_models() / "wilting" / "wilting.onnx").exists(), reason="needs the packaged models"
    ),
]


def photos(folder: Path) -> None:
    """Pictures of leaf-like texture, each another one (synthetic)."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(PHOTOS):
        chance = np.random.default_rng(number)
        coarse = chance.integers(40, 180, (60, 80, 3), dtype=np.uint8)
        coarse[..., 1] = np.clip(coarse[..., 1].astype(int) + 60, 0, 255)
        photo = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
        assert cv2.imwrite(str(folder / f"{number}.png"), photo)


def start(base: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "seguia", "gateway", *arguments],
        cwd=base,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    shown, told = process.communicate(timeout=60)
    return process.returncode, shown, told


@pytest.fixture
def base(tmp_path: Path, mosquitto: "Mosquitto") -> Path:
    code, _, told = finish(
        start(
            tmp_path, "init", "--organisation", "demo", "--gateway", "gw-01", "--parcel", "P1", "--crop", "soybean",
            "--broker", f"127.0.0.1:{mosquitto.port}",
        )
    )  # fmt: skip
    assert code == 0, told
    config = tmp_path / "gateway.toml"
    text = config.read_text()
    for old, new in (
        ("poll_interval_s = 2.0", "poll_interval_s = 0.05"),
        ('policy = "onset"', 'policy = "always"'),
        ("ack_timeout_s = 30.0", "ack_timeout_s = 1.0"),
        ("daily_budget_kb = 300.0", "daily_budget_kb = 100000.0"),
    ):
        assert old in text
        text = text.replace(old, new)
    config.write_text(text)
    return tmp_path


def test_a_gateway_killed_again_and_again_loses_nothing_and_doubles_nothing(
    base: Path, start_ingest: "Callable[[int], SmallIngest]", mosquitto: "Mosquitto"
) -> None:
    ingest = start_ingest(mosquitto.port)
    photos(base / "photos" / "P1")
    for life in range(4):
        process = start(base, "run")
        seen = len(ingest.stored)
        deadline = time.monotonic() + 30
        while len(ingest.stored) < seen + 5 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02 * (life + 1))
        process.kill()
        process.communicate()
    code, _, told = finish(start(base, "run", "--until-empty", "40"))
    assert code == 0, told
    kinds = [kind for kind, _ in ingest.stored.values()]
    assert kinds.count("detection") == PHOTOS
    assert kinds.count("evidence") == PHOTOS
    hashes = {decode_detection("gw", body)[1].sha256 for kind, body in ingest.stored.values() if kind == "detection"}
    assert len(hashes) == PHOTOS
    named = {(boot, sequence) for (_, boot, sequence), (kind, _) in ingest.stored.items() if kind == "detection"}
    pictures = [decode_evidence("gw", body)[1] for kind, body in ingest.stored.values() if kind == "evidence"]
    assert {(picture.detection_boot, picture.detection_sequence) for picture in pictures} == named


def test_the_daemon_stays_small_and_ends_cleanly_when_told(
    base: Path, start_ingest: "Callable[[int], SmallIngest]", mosquitto: "Mosquitto"
) -> None:
    ingest = start_ingest(mosquitto.port)
    photos(base / "photos" / "P1")
    (base / "photos" / "P1" / "text.jpg").write_text("no photo")
    process = start(base, "run")
    deadline = time.monotonic() + 40
    while len(ingest.stored) < 2 * PHOTOS and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    peak_mb = peak_memory_mb(process.pid)
    process.send_signal(signal.SIGTERM)
    code, _, told = finish(process)
    assert code == 0
    assert "text.jpg" in told
    assert "Traceback" not in told
    assert peak_mb < RSS_LIMIT_MB
    deadline = time.monotonic() + 10
    while ingest.heartbeats[-1]["online"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ingest.heartbeats[-1]["online"] is False
    # The last acknowledgements may have been on their way when the daemon went.
    assert finish(start(base, "run", "--until-empty", "20"))[0] == 0
    code, shown, _ = finish(start(base, "receipt", "--json"))
    receipt = json.loads(shown)
    assert code == 0
    assert (receipt["frames_queued"], receipt["frames_rejected"]) == (PHOTOS, 1)
    assert receipt["queued_messages"] == 0
    assert receipt["processor_s_per_frame"] > 0


def peak_memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise AssertionError("the system does not say how much memory the daemon took")


def test_check_finds_everything_well(base: Path) -> None:
    code, shown, told = finish(start(base, "check"))
    assert code == 0, told
    assert "lets this gateway in (MQTT v5)" in shown
    assert "WRONG" not in shown
