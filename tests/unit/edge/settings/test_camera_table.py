from typing import Any

import pytest
from pydantic import ValidationError

from edge.config import GatewayConfig
from edge.settings.camera import CaptureConfig

NORTH = {"camera_id": "north", "parcel_id": "P01"}


def table(**changes: object) -> CaptureConfig:
    return CaptureConfig.model_validate(NORTH | {"kind": "csi"} | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "v4l2"}, "kind v4l2 needs device"),
        ({"kind": "rtsp"}, "kind rtsp needs url"),
        ({"kind": "card"}, "kind card needs folder"),
        ({"kind": "mlx90640"}, "kind mlx90640 needs device"),
        ({"kind": "bands", "folder": "x"}, "needs band_files"),
        ({"kind": "rtsp", "url": "rtsp://a:b@h/1"}, "match pattern"),
        ({"kind": "rtsp", "url": "file:///etc/passwd"}, "match pattern"),
        ({"kind": "rtsp", "url": "rtsp://h/1", "username": "a"}, "belong together"),
        ({"username": "a:b", "password_file": "p"}, "expected no space"),
        ({"width_px": 640}, "belong together"),
        ({"panel_folder": "p"}, "needs panel_reflectance"),
        ({"camera_id": "../north"}, "match pattern"),
        ({"camera_id": ".hidden"}, "match pattern"),
    ],
)
def test_a_table_that_cannot_work_says_what_it_lacks(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        table(**changes)


def test_a_table_that_can_work_is_taken() -> None:
    assert table().is_shot
    assert table(kind="rtsp", url="rtsp://h:554/1", username="a", password_file="p").every_s == 900.0
    assert not table(kind="card", folder="/media/card").is_shot


def test_two_cameras_bear_two_names() -> None:
    whole = {"organisation": "demo", "gateway_id": "gw-1"}
    with pytest.raises(ValidationError, match="two tables bear one camera_id"):
        GatewayConfig.model_validate(whole | {"camera": [NORTH | {"kind": "csi"}] * 2})
    two = GatewayConfig.model_validate(
        whole | {"camera": [NORTH | {"kind": "csi"}, NORTH | {"kind": "csi", "camera_id": "south"}]}
    )
    assert [camera.camera_id for camera in two.camera] == ["north", "south"]
