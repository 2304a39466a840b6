"""The scene gate: what counts as a view of a crop, with a tiny model whose answers are known by hand."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.card import packaged_models
from edge.errors import ModelRefusedError
from edge.gate import VIEW_LIMIT, SceneGate, SceneView, bare_soil
from edge.photo import refusals

Photo = NDArray[np.uint8]


@pytest.fixture(scope="module")
def gate(repository: Path) -> SceneGate:
    return SceneGate(repository / "tests" / "fixtures" / "models")


def view(other: float, limit: float = 0.35) -> SceneView:
    return SceneView(plants=(1 - other) * 0.8, soil=(1 - other) * 0.2, other=other, limit=limit)


def plain(red: int, green: int, blue: int) -> Photo:
    return np.full((48, 64, 3), (red, green, blue), dtype=np.uint8)


def test_shares_are_what_the_model_says(gate: SceneGate) -> None:
    seen = gate.view(plain(100, 150, 102))
    powers = [1.0, math.exp(-2), math.exp(20 * (102 - 150) / 255 - 3)]
    assert seen.plants == pytest.approx(powers[0] / sum(powers), abs=1e-4)
    assert seen.soil == pytest.approx(powers[1] / sum(powers), abs=1e-4)
    assert seen.crop_view == pytest.approx((powers[0] + powers[1]) / sum(powers), abs=1e-4)
    assert seen.limit == VIEW_LIMIT
    assert gate.reference.name == "scene"


def test_a_blue_picture_shows_no_crop(gate: SceneGate) -> None:
    assert gate.view(plain(60, 90, 200)).reasons(()) == ["not_a_crop_view"]
    assert gate.view(plain(60, 190, 100)).reasons(()) == []


def test_the_limit_itself_still_counts() -> None:
    assert view(0.65).reasons(()) == []
    assert view(0.66).reasons(()) == ["not_a_crop_view"]


def test_nothing_is_said_of_a_picture_taken_in_the_dark() -> None:
    assert view(0.99).reasons(("dark", "low_contrast")) == []


@pytest.mark.parametrize("quality", ["overexposed", "glare", "lens_covered", "no_colour", "low_contrast"])
def test_other_faults_do_not_hide_that_no_crop_is_seen(quality: str) -> None:
    assert refusals((quality,), view(0.99), bare=False) == (quality, "not_a_crop_view")


def test_bare_soil_is_told_only_of_a_fair_view() -> None:
    assert refusals((), view(0.1), bare=True) == ("soil_only",)
    assert refusals((), view(0.1), bare=False) == ()
    assert refusals((), view(0.9), bare=True) == ("not_a_crop_view",)
    assert refusals(("dark",), view(0.1), bare=True) == ("dark",)


def patch(share: float, colour: tuple[int, int, int]) -> tuple[Photo, Photo]:
    """Brown soil with a patch of a colour, and the mask of that patch."""
    photo, mask = np.full((100, 200, 3), (120, 100, 80), np.uint8), np.zeros((100, 200), np.uint8)
    photo[:100, : round(200 * share)] = colour
    mask[:100, : round(200 * share)] = 255
    return photo, mask


def test_a_little_canopy_counts_only_where_it_is_green() -> None:
    photo, mask = patch(0.03, (70, 140, 60))
    assert not bare_soil(photo, mask, 0.03)
    photo, mask = patch(0.03, (150, 140, 120))
    assert bare_soil(photo, mask, 0.03)
    photo, mask = patch(0.005, (70, 140, 60))
    assert bare_soil(photo, mask, 0.005)


def test_a_brown_canopy_that_fills_the_picture_is_no_soil() -> None:
    photo, mask = patch(0.5, (150, 140, 120))
    assert not bare_soil(photo, mask, 0.5)


def test_the_mask_may_be_larger_than_the_photo_that_was_read() -> None:
    photo, mask = patch(0.03, (70, 140, 60))
    assert not bare_soil(photo, np.repeat(np.repeat(mask, 8, axis=0), 8, axis=1), 0.03)


def test_answers_that_are_no_shares_are_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = SceneGate(repository / "tests" / "fixtures" / "models")
    for answer in (np.full(3, np.nan, np.float32), np.zeros(2, np.float32)):
        monkeypatch.setattr(gate._network, "run", lambda _, answer=answer: answer)
        with pytest.raises(ModelRefusedError, match="expected 3 finite shares"):
            gate.view(plain(1, 2, 3))


def test_a_folder_without_a_scene_model_is_refused(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository / "tests" / "fixtures" / "models" / "canopy", tmp_path / "canopy")
    with pytest.raises(ModelRefusedError, match=r"scene/card\.toml: expected the card of a model"):
        SceneGate(tmp_path)


def test_the_installed_gate_refuses_a_drawn_wall_and_a_page() -> None:
    gate = SceneGate(packaged_models())
    random = np.random.default_rng(3)
    wall = np.clip(random.normal((180, 170, 150), 3, (240, 320, 3)), 0, 255).astype(np.uint8)
    page = np.full((240, 320, 3), 245, dtype=np.uint8)
    page[::12, 20:300] = 30
    for picture in (wall, page):
        assert gate.view(picture).reasons(()) == ["not_a_crop_view"]
