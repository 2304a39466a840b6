"""Views to learn from: augmentation, drawn pictures, and field photos spoilt on purpose."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")

from edge.errors import UnreadableFrameError
from edge.quality import judge_photo
from models.scene.augment import changed, plain
from models.scene.drawn import HEIGHT, KINDS, WIDTH
from models.scene.photos import FieldPhoto, read_fields, read_rgb
from models.scene.spoil import Harm, harms, without_plants

Photo = NDArray[np.uint8]


def field(width: int = 384, height: int = 288) -> Photo:
    """Synthetic: green and brown patches with fine texture."""
    random = np.random.default_rng(5)
    coarse = cv2.resize(
        random.normal(0, 1, (height // 12, width // 12)), (width, height), interpolation=cv2.INTER_CUBIC
    )
    tone = 115 + 45 * coarse + random.normal(0, 22, (height, width))
    return np.clip(np.stack([tone * 0.85, tone * 1.05, tone * 0.6], axis=-1), 0, 255).astype(np.uint8)


def test_a_plain_view_is_the_photo_at_the_networks_size() -> None:
    photo = np.full((288, 384, 3), (51, 102, 204), dtype=np.uint8)
    mask = np.zeros((288, 384), dtype=bool)
    mask[:144] = True
    view = plain(photo, mask)
    assert view.image.shape == (144, 192, 3)
    assert view.image[0, 0] == pytest.approx([0.2, 0.4, 0.8])
    assert view.cover is not None
    assert view.cover.mean() == pytest.approx(0.5)


def test_a_changed_view_is_another_picture_and_its_mask_moves_with_it() -> None:
    photo = field()
    photo[:, :192] = (20, 160, 30)
    mask = np.zeros((288, 384), dtype=bool)
    mask[:, :192] = True
    random = np.random.default_rng(1)
    for _ in range(10):
        view = changed(photo, mask, random)
        assert view.image.shape == (144, 192, 3)
        assert view.image.min() >= 0
        assert view.image.max() <= 1
        assert view.cover is not None
        green = view.image[..., 1] - view.image[..., 0]
        if 0.1 < view.cover.mean() < 0.9:
            assert green[view.cover > 0.9].mean() > green[view.cover < 0.1].mean()


def test_the_same_seed_gives_the_same_view() -> None:
    one, two = (changed(field(), None, np.random.default_rng(7)).image for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, changed(field(), None, np.random.default_rng(8)).image)


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_pictures_differ_and_have_the_promised_size(kind: str) -> None:
    random = np.random.default_rng(2)
    one, two = KINDS[kind](random), KINDS[kind](random)
    assert one.shape == (HEIGHT, WIDTH, 3)
    assert one.dtype == np.uint8
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("harm", [pytest.param(harm, id=f"{harm.kind} {harm.severity}") for harm in harms()])
def test_every_harm_changes_the_photo_and_keeps_its_form(harm: Harm) -> None:
    photo = field()
    before = photo.copy()
    spoilt = harm.spoil(photo, np.random.default_rng(3))
    assert spoilt.shape == photo.shape
    assert spoilt.dtype == np.uint8
    assert not np.array_equal(spoilt, photo)
    assert np.array_equal(photo, before)


def test_the_worst_of_each_kind_is_refused_with_the_right_reason() -> None:
    assert judge_photo(field()).reasons == ()
    for harm in {harm.kind: harm for harm in harms()}.values():
        spoilt = harm.spoil(field(), np.random.default_rng(3))
        assert harm.right & set(judge_photo(spoilt).reasons), harm.kind


def test_light_doubled_is_clipped_and_never_wraps() -> None:
    (double,) = [harm for harm in harms() if harm.severity == "light x 2"]
    spoilt = double.spoil(np.full((20, 30, 3), 200, np.uint8), np.random.default_rng(0))
    assert spoilt.min() == 255


def test_a_window_without_plants_is_mirrored_out_to_the_whole_photo() -> None:
    photo = field()
    mask = np.zeros((288, 384), dtype=bool)
    mask[:60, :60] = True
    photo[:60, :60] = (0, 255, 0)
    soil = without_plants(photo, mask)
    assert soil is not None
    assert soil.shape == photo.shape
    assert not (soil == (0, 255, 0)).all(axis=2).any()
    assert without_plants(photo, np.ones((288, 384), dtype=bool)) is None


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("models.registry.listing_sha256", lambda dataset, _: dataset.sha256_of_listing)
    soybean, peanut = tmp_path / "imagery" / "soybean_wilting", tmp_path / "imagery" / "peanut_seg"
    for folder in (soybean / "img", peanut / "images", peanut / "masks"):
        folder.mkdir(parents=True)
    for name in ("a.jpg", "b.jpg"):
        cv2.imwrite(str(soybean / "img" / name), field(64, 48))
    (soybean / "labels.csv").write_text("file,hour,episode\na.jpg,12,A\nb.jpg,20,B\n", encoding="utf-8")
    cv2.imwrite(str(peanut / "images" / "0001.jpg"), field(64, 48))
    cv2.imwrite(str(peanut / "masks" / "0001.png"), np.eye(96, 128, dtype=np.uint8))
    return tmp_path


def test_field_photos_know_their_set_their_light_and_their_mask(data: Path) -> None:
    one, two, three = read_fields(data)
    assert (one.group, one.daylight, one.mask) == ("soybean A", True, None)
    assert (two.group, two.daylight) == ("soybean B", False)
    assert (three.group, three.hour, three.daylight) == ("peanut", None, True)
    assert three.mask is not None
    assert three.mask.shape == (48, 64)


def test_a_photo_without_its_mask_and_a_broken_photo_are_told(data: Path) -> None:
    (data / "imagery" / "peanut_seg" / "masks" / "0001.png").unlink()
    with pytest.raises(UnreadableFrameError, match="expected a mask beside the photo"):
        read_fields(data)
    broken = data / "broken.jpg"
    broken.write_bytes(b"nothing")
    with pytest.raises(UnreadableFrameError, match="expected a photo, got none"):
        read_rgb(broken)


def test_an_unknown_hour_counts_as_daylight() -> None:
    photo = FieldPhoto(group="peanut", name="x", hour=None, image=field(64, 48))
    assert photo.daylight
