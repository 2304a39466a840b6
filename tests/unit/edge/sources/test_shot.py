import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.errors import CaptureError
from edge.settings.camera import CaptureConfig
from edge.sources import shot as shot_module
from edge.sources.shot import ShotCamera
from edge.sources.spool import Spool

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
# A capture process of the tests: what it writes is what it is told to write by its device's name.
SIMULATED = """
import cv2, numpy as np
from edge.sources.shutter import Shot, serve

def shoot(order):
    whole = cv2.imencode(".jpg", np.full((20, 30, 3), 90, np.uint8))[1].tobytes()
    content = {"whole": whole, "empty": b"", "half": whole[:100], "text": b"no picture"}[order.device]
    return Shot(content=content, suffix=".jpg", said={"ffc_age_s": 2.0})

serve(shoot)
"""


def camera(tmp_path: Path, device: str) -> ShotCamera:
    script = tmp_path / "simulated.py"
    script.write_text(SIMULATED, encoding="utf-8")
    table = CaptureConfig(camera_id="north", kind="csi", parcel_id="P01", device=Path(device), timeout_s=20)
    return ShotCamera(table, Spool(tmp_path / "captures", cap_bytes=10**6), (sys.executable, str(script)))


def test_a_whole_picture_lies_in_the_spool_beside_what_is_said_of_it(tmp_path: Path) -> None:
    path = camera(tmp_path, "whole").capture(NOW)
    assert path is not None
    assert path.name == "north-20260701T120000Z.jpg"
    assert path.with_suffix(".json").read_text(encoding="utf-8") == '{"ffc_age_s": 2.0}\n'


@pytest.mark.parametrize(
    ("device", "words"), [("empty", "0 bytes"), ("half", "expected a whole"), ("text", "bytes that begin")]
)
def test_a_picture_that_is_not_whole_never_lies_in_the_spool(tmp_path: Path, device: str, words: str) -> None:
    with pytest.raises(CaptureError, match=words) as refused:
        camera(tmp_path, device).capture(NOW)
    assert refused.value.trouble == "cut"
    assert str(refused.value).startswith("camera north: ")
    assert list((tmp_path / "captures").iterdir()) == []


def test_a_picture_too_large_for_a_gateway_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shot_module, "_MAX_PICTURE_BYTES", 100)
    with pytest.raises(CaptureError, match="expected at most 100 bytes"):
        camera(tmp_path, "whole").capture(NOW)
