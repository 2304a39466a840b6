"""The command at work while its store breaks under it: set aside, told, and everything arrives once all the same."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edge.wire import decode_detection

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto, SmallIngest

pytestmark = pytest.mark.system("mosquitto")


def photo(folder: Path, number: int) -> None:
    """A picture of leaf-like texture (synthetic), renamed into place."""
    chance = np.random.default_rng(number)
    coarse = chance.integers(40, 180, (60, 80, 3), dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{number}.jpg"
    assert cv2.imwrite(str(hidden), cv2.resize(coarse, (640, 480)))
    hidden.rename(folder / f"{number}.jpg")


@pytest.fixture
def base(tmp_path: Path, mosquitto: "Mosquitto") -> Path:
    (tmp_path / "gateway.toml").write_text(
        'organisation = "demo"\ngateway_id = "gw-01"\npoll_interval_s = 0.2\nsettle_s = 0.0\n'
        f'[broker]\nport = {mosquitto.port}\n[delivery]\nack_timeout_s = 1.0\n[evidence]\npolicy = "never"\n'
        '[[watch]]\nfolder = "photos"\nparcel_id = "P1"\n'
    )
    (tmp_path / "photos").mkdir()
    return tmp_path


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def digests(ingest: "SmallIngest") -> list[str]:
    return sorted(decode_detection("gw", payload)[1].sha256 for kind, payload in ingest.stored.values())


def test_a_store_that_breaks_at_work_is_set_aside_and_every_photo_arrives(
    base: Path, mosquitto: "Mosquitto", start_ingest: "Callable[[int], SmallIngest]"
) -> None:
    ingest = start_ingest(mosquitto.port)
    log = (base / "log").open("w")
    command = [sys.executable, "-m", "seguia", "gateway", "run", "--config", str(base / "gateway.toml")]
    process = subprocess.Popen(command, stderr=log, stdout=log)
    try:
        for number in range(4):
            photo(base / "photos", number)
        until(lambda: len(ingest.stored) == 4)
        break_the_file(base / "data" / "outbox.sqlite")
        for number in range(4, 8):
            photo(base / "photos", number)
        until(lambda: len(set(digests(ingest))) == 8)
        assert (base / "data" / "outbox.sqlite.corrupt-1").exists()
        said = (base / "log").read_text()
        assert "the gateway begins anew" in said, said
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        log.close()
    assert process.returncode == 0, (base / "log").read_text()


def break_the_file(path: Path) -> None:
    """Overwrite pages of the open file, as a failing card does."""
    reader = sqlite3.connect(path)
    reader.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (size,) = reader.execute("PRAGMA page_size").fetchone()
    pages = [row[0] for row in reader.execute("SELECT rootpage FROM sqlite_master WHERE name IN ('seen', 'counter')")]
    reader.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)
