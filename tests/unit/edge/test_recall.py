from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract import Detection, Quality
from edge.drift import ColourMemory, Colours
from edge.finding import DetectionResult
from edge.frame import Frame
from edge.history import CameraMemory
from edge.recall import CameraReference, recalled

MORNING = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
PLAIN = Colours(frame_red=-0.1, frame_blue=-0.3, leaf_red=-0.1, leaf_blue=-0.3, contrast=-1.0)
TINTED = Colours(frame_red=0.4, frame_blue=-0.3, leaf_red=0.4, leaf_blue=-0.3, contrast=-1.0)


def view(seed: int, moment: int = 0) -> NDArray[np.uint8]:
    """A synthetic view at a moment: the same pattern, with some light and wind of the moment."""
    random = np.random.default_rng(seed)
    light = np.zeros((144, 192), np.float32)
    for cells in (6, 20):
        light += cv2.resize(random.normal(size=(cells, cells)).astype(np.float32), (192, 144))
    light += 0.3 * cv2.resize(
        np.random.default_rng([seed, moment]).normal(size=(24, 24)).astype(np.float32), (192, 144)
    )
    level = np.clip(110 + 30 * light, 0, 255)
    return np.stack([level * 0.8, level, level * 0.5], axis=-1).astype(np.uint8)


def frame_of(rgb: NDArray[np.uint8] | None, taken_at: datetime | None, sha256: str = "") -> Frame:
    name = sha256 or f"{abs(hash(taken_at)) % 16**24:024x}"
    return Frame(path=Path("a.jpg"), sha256=name, width=192, height=144, rgb=rgb, taken_at=taken_at)


def result_of(frame: Frame, **fields: object) -> DetectionResult:
    content: dict[str, Any] = {
        "opinion": True,
        "wilting_score": 0.2,
        "wilting_probability": 0.1,
        "wilting_low": 1,
        "wilting_high": 2,
    }
    content |= {"canopy_cover_fraction": 0.9, "reasons": ("crop_unknown",), "quality": Quality(exposure=0.5)}
    detection = Detection(path="a.jpg", sha256=frame.sha256, model=None, taken_at=frame.taken_at, **(content | fields))
    return DetectionResult(detection=detection, mask=np.full((144, 192), 255, np.uint8))


class Camera:
    """Walks a memory through photos."""

    def __init__(self, memory: CameraMemory | None = None) -> None:
        self.memory = memory or CameraMemory(camera_id="C")

    def see(self, seed: int, minutes: int, **fields: object) -> Detection:
        frame = frame_of(view(seed, minutes // 15), MORNING + timedelta(minutes=minutes))
        return self.show(frame, **fields)

    def show(self, frame: Frame, **fields: object) -> Detection:
        after = recalled(result_of(frame, **fields), frame, CameraReference(memory=self.memory))
        assert after.memory is not None
        self.memory = after.memory
        return after.detection

    def settle(self, seed: int = 1) -> "Camera":
        for n in range(4):
            assert self.see(seed, 15 * n).opinion
        assert self.memory.place.settled
        return self


def test_a_moved_camera_gives_no_opinion_until_it_has_a_new_reference() -> None:
    camera = Camera().settle()
    moved = [camera.see(2, 60 + 15 * n) for n in range(2)]
    assert [(one.opinion, one.reasons) for one in moved] == [(False, ("moved_camera", "crop_unknown"))] * 2
    assert {moved[0].wilting_score, moved[0].canopy_cover_fraction, moved[0].wilting_low} == {None}
    assert moved[0].quality == Quality(exposure=0.5)
    anew = camera.see(2, 90)
    assert (anew.opinion, anew.reasons) == (True, ("crop_unknown",))
    assert camera.memory.dawn is not None
    assert camera.memory.dawn.taken_at == MORNING + timedelta(minutes=90)  # the old view's dawn is gone


def test_a_frozen_frame_gives_no_opinion_and_is_not_learned_from() -> None:
    camera = Camera().settle()
    before = camera.memory
    frame = frame_of(view(1, 3), MORNING + timedelta(minutes=60))
    assert camera.show(frame).reasons == ("frozen_frame", "crop_unknown")
    assert camera.memory == before


def test_the_rise_since_dawn_is_that_of_the_same_camera_and_local_day() -> None:
    camera = Camera().settle()
    assert camera.memory.dawn is not None
    noon = camera.see(1, 360, wilting_score=2.9)
    assert noon.wilting_since_dawn == pytest.approx(2.7)
    tomorrow = camera.see(1, 24 * 60 + 360, wilting_score=2.9)
    assert tomorrow.wilting_since_dawn is None


def test_the_dawn_itself_and_a_photo_without_wilting_have_no_rise() -> None:
    camera = Camera().settle()
    assert camera.see(1, 24 * 60).wilting_since_dawn is None
    unseen = camera.see(1, 24 * 60 + 300, wilting_score=None, wilting_probability=None)
    assert unseen.wilting_since_dawn is None


def test_dawn_is_counted_on_the_cameras_own_clock() -> None:
    frame = frame_of(view(1), MORNING)
    far = CameraReference(memory=CameraMemory(camera_id="C"), zone=timezone(timedelta(hours=6)))
    here = CameraReference(memory=CameraMemory(camera_id="C"))
    memories = [recalled(result_of(frame), frame, reference).memory for reference in (far, here)]
    assert [memory is not None and memory.dawn is not None for memory in memories] == [False, True]


def test_a_camera_without_a_view_of_its_own_has_no_rise() -> None:
    camera = Camera()
    camera.see(1, 0)
    assert camera.see(5, 360, wilting_score=3.0).wilting_since_dawn is None


def test_a_dawn_seen_before_the_camera_was_put_up_is_forgotten() -> None:
    camera = Camera()
    camera.see(5, 0)  # another view, at dawn
    assert camera.memory.dawn is not None
    for n in range(3):
        camera.see(1, 240 + 15 * n)
    assert camera.memory.place.settled
    assert camera.memory.dawn is None
    assert camera.see(1, 360, wilting_score=3.0).wilting_since_dawn is None


def test_a_camera_carried_about_and_put_up_again_has_neither_colours_nor_dawn_of_before() -> None:
    camera = Camera().settle()
    colours = ColourMemory(reference=(PLAIN,) * 3, recent=(TINTED,) * 3, day=MORNING.date())
    camera.memory = camera.memory.model_copy(update={"colours": colours})
    for n in range(16):
        camera.see(10 + n, 60 + 15 * n)
    assert not camera.memory.place.settled
    put_up = [camera.see(1, 360 + 15 * n, wilting_score=3.0) for n in range(4)]
    assert camera.memory.place.settled
    assert [("camera_drifted" in one.reasons, one.wilting_since_dawn) for one in put_up] == [(False, None)] * 4


def test_drifted_colours_are_told_and_widen_what_is_said() -> None:
    camera = Camera().settle()
    colours = ColourMemory(reference=(PLAIN,) * 3, recent=(TINTED,) * 3, day=MORNING.date())
    camera.memory = camera.memory.model_copy(update={"colours": colours})
    drifted = camera.see(1, 60, stress_index=0.4, stress_sigma=0.1)
    assert drifted.opinion
    assert drifted.reasons == ("crop_unknown", "camera_drifted")
    assert drifted.quality is not None
    assert drifted.quality.drift == pytest.approx(0.5 / np.log(1.2), rel=1e-3)
    assert (drifted.wilting_low, drifted.wilting_high) == (0, 3)
    assert drifted.stress_sigma == 0.1  # the model's own; who weighs it reads the drift
    bare = camera.see(1, 75, wilting_low=None, wilting_high=None, quality=None)
    assert (bare.wilting_low, bare.wilting_high) == (None, None)
    assert bare.quality is not None


def test_a_slight_drift_is_told_and_changes_nothing_else() -> None:
    camera = Camera().settle()
    camera.memory = camera.memory.model_copy(
        update={"colours": ColourMemory(reference=(PLAIN,) * 3, recent=(PLAIN,) * 3, day=MORNING.date())}
    )
    still = camera.see(1, 60)
    assert still.quality is not None
    assert (still.quality.drift, still.reasons, still.wilting_high) == (0.0, ("crop_unknown",), 2)


def test_a_late_file_is_judged_and_undoes_nothing() -> None:
    camera = Camera().settle()
    before = camera.memory
    assert camera.see(1, 37).opinion
    assert camera.see(2, 38).reasons[0] == "moved_camera"
    assert camera.memory == before


def test_the_same_photo_again_says_the_same() -> None:
    camera = Camera().settle()
    first, second = camera.see(1, 360, wilting_score=2.0), camera.see(1, 360, wilting_score=2.0)
    assert first == second


@pytest.mark.parametrize("spoilt", ["no opinion", "no moment", "no photo"])
def test_what_cannot_be_compared_is_left_as_it_is(spoilt: str) -> None:
    memory = Camera().settle().memory
    rgb = None if spoilt == "no photo" else view(2)
    frame = frame_of(rgb, None if spoilt == "no moment" else MORNING + timedelta(hours=2), "c" * 24)
    result = result_of(frame, opinion=spoilt != "no opinion", reasons=("dark",))
    after = recalled(result, frame, CameraReference(memory=memory))
    assert after.detection == result.detection
    assert after.memory is memory


def test_a_soil_view_leaves_no_colours_behind() -> None:
    frame = frame_of(view(1), MORNING)
    result = result_of(frame)
    bare = DetectionResult(detection=result.detection, mask=np.zeros((144, 192), np.uint8))
    memory = recalled(bare, frame, CameraReference(memory=CameraMemory(camera_id="C"))).memory
    assert memory is not None
    assert memory.colours.samples == ()
