"""Rendered scenes: reproducible, labelled, greener when fresh than when wilted."""

import numpy as np

from simulations.scene.drawing import SceneSettings, render


def green_share(picture: np.ndarray) -> float:
    blue, green, red = (picture[:, :, band].astype(float) for band in range(3))
    return float(np.mean((green > red + 10) & (green > blue + 10)))


def test_the_same_state_gives_the_same_picture() -> None:
    first = render(SceneSettings(), np.random.default_rng(3))
    second = render(SceneSettings(), np.random.default_rng(3))
    assert first.shape == (480, 640, 3)
    assert np.array_equal(first, second)


def test_another_state_gives_another_picture() -> None:
    assert not np.array_equal(
        render(SceneSettings(), np.random.default_rng(3)), render(SceneSettings(), np.random.default_rng(4))
    )


def test_wilted_plants_show_less_green() -> None:
    shares = [green_share(render(SceneSettings(wilting=w), np.random.default_rng(5))) for w in (0.0, 0.5, 1.0)]
    assert shares[0] > 0.2
    assert shares[0] > shares[1] > shares[2]


def test_every_picture_carries_its_label() -> None:
    picture = render(SceneSettings(rows=1), np.random.default_rng(6))
    corner = picture[4:22, 6:150]
    assert np.count_nonzero(corner.min(axis=2) > 240) > 60
