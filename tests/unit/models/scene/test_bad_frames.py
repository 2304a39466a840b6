"""The bench of bad frames: what it counts, with a view whose answer is known."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")

from edge.canopy import CanopyReader
from edge.gate import SceneView
from models.job import Job
from models.scene import bad_frames
from models.scene.bad_frames import PhotoPath, bad_row, good_rows, judging_pictures, other_rows, together
from models.scene.photos import FieldPhoto
from models.scene.sources import JUDGING, Picture

Photo = NDArray[np.uint8]


def blue_is_other(rgb: Photo) -> SceneView:
    blue = float(rgb[..., 2].mean() > rgb[..., 1].mean())
    return SceneView(plants=1 - blue, soil=0.0, other=blue, limit=0.35)


def leaves(seed: int = 1) -> Photo:
    """Synthetic: green on brown, textured."""
    tone = 120 + np.random.default_rng(seed).normal(0, 42, (120, 160, 1))
    image: NDArray[np.float64] = tone * np.array([1.1, 0.95, 0.75])
    image[:, :80] = (tone * np.array([0.7, 1.3, 0.55]))[:, :80]
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def path(repository: Path) -> PhotoPath:
    return PhotoPath(view=blue_is_other, canopy=CanopyReader(repository / "tests" / "fixtures" / "models"))


def test_the_whole_path_gives_its_reasons(path: PhotoPath) -> None:
    assert path.reasons(leaves()) == ()
    assert path.reasons(np.roll(leaves(), 1, axis=2)) == ("not_a_crop_view",)
    assert path.reasons(np.zeros((120, 160, 3), np.uint8))[0] == "dark"
    soil = leaves()
    soil[:, :80] = soil[:, 80:]
    assert path.reasons(soil) == ("soil_only",)


def test_a_row_counts_refusals_and_right_reasons(path: PhotoPath) -> None:
    frames = [leaves(), np.roll(leaves(), 1, axis=2), np.zeros((120, 160, 3), np.uint8)]
    row = bad_row(path, "night", "black", frozenset({"dark"}), frames)
    assert row == {"kind": "night", "severity": "black", "frames": 3, "abstained": 0.6667, "right_reason": 0.3333}


def test_rows_together_weigh_by_their_frames() -> None:
    rows: list[bad_frames.Row] = [
        {"frames": 3, "abstained": 1.0, "right_reason": 0.0},
        {"frames": 1, "abstained": 0.0, "right_reason": 1.0},
        {"frames": 0},
    ]
    whole = together(rows)
    assert (whole["frames"], whole["abstained"], whole["right_reason"]) == (4, 0.75, 0.25)
    assert together([]) == {"kind": "all", "severity": "all", "frames": 0}


def test_good_photos_are_counted_by_set_light_and_hour(path: PhotoPath) -> None:
    night = FieldPhoto(group="soybean A", name="b", hour=20, image=np.zeros((120, 160, 3), np.uint8))
    photos = [FieldPhoto(group="soybean A", name="a", hour=12, image=leaves()), night]
    rows = {row["group"]: row for row in good_rows(path, photos)}
    assert rows["all, daylight"]["refused"] == 0.0
    assert rows["soybean A, dawn or dusk"]["refused"] == 1.0
    assert "dark" in str(rows["soybean, 20 h"]["reasons"])
    assert rows["soybean, 12 h"]["frames"] == 1


def test_pictures_are_counted_by_where_they_came_from(path: PhotoPath) -> None:
    blue = np.roll(leaves(), 1, axis=2)
    pictures = [Picture(source=name, name="x", image=image) for name, image in (("a", blue), ("b", leaves()))]
    rows = {row["severity"]: row for row in other_rows(path, pictures)}
    assert (rows["a"]["right_reason"], rows["b"]["abstained"]) == (1.0, 0.0)


def test_a_package_that_is_not_there_is_named_and_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUIA_PACKAGES", str(tmp_path))
    told: list[str] = []
    job = Job(data=tmp_path, out=tmp_path, steps=None, threads=1, told=told.append)
    assert list(judging_pictures(job)) == []
    assert len(told) == len(JUDGING)
    assert "opencv-doc" in told[0]


def test_both_tables_come_out_of_the_installed_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.zeros((120, 160), dtype=bool)
    mask[:, :80] = True
    photos = (
        FieldPhoto(group="soybean A", name="a", hour=12, image=leaves()),
        FieldPhoto(group="peanut", name="b", hour=None, image=leaves(), mask=mask),
    )

    def few(random: np.random.Generator, each: int) -> Iterator[Picture]:
        yield Picture(source="drawn: sky", name="0", image=np.full((60, 80, 3), (150, 180, 230), np.uint8))

    monkeypatch.setattr(bad_frames, "read_fields", lambda _: photos)
    monkeypatch.setattr(bad_frames, "drawn_pictures", few)
    monkeypatch.setenv("SEGUIA_PACKAGES", str(tmp_path))
    found = bad_frames.run(Job(data=tmp_path, out=tmp_path, steps=None, threads=1, told=lambda _: None))
    bad, good = found["bad_frames"], found["good_frames"]
    assert isinstance(bad, list)
    assert isinstance(good, list)
    assert bad[0]["kind"] == "all"
    assert bad[0]["frames"] == sum(row["frames"] for row in bad[1:])
    kinds = {row["kind"] for row in bad}
    assert {"night", "blur", "fog", "glare", "lens cap", "dirty lens", "soil only", "no crop"} <= kinds
    assert {row["group"] for row in good} >= {"peanut, daylight", "soybean, 12 h"}
