"""Sun and shade inside a canopy are told apart only where there are two lights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.radiometry.sunlit import sunlit

GREEN = np.array([0.5, 1.0, 0.35])
SIDE = 40
EVERYWHERE = np.ones((SIDE, SIDE), dtype=bool)


def leaves(sun: float, shade: float, *, sunlit_rows: int = 20, noise: float = 6.0) -> NDArray[np.uint8]:
    light = np.full((SIDE, SIDE), shade)
    light[:sunlit_rows] = sun
    grain = np.random.default_rng(3).normal(0.0, noise, (SIDE, SIDE))
    return np.asarray(np.clip((light + grain)[..., None] * GREEN, 0, 255), dtype=np.uint8)


def test_the_sunlit_half_is_found() -> None:
    found = sunlit(leaves(200, 70), EVERYWHERE)
    assert found is not None
    assert found[:20].mean() > 0.99
    assert found[20:].mean() < 0.01


def test_bright_soil_beside_the_canopy_changes_nothing() -> None:
    photo = leaves(200, 70)
    canopy = EVERYWHERE.copy()
    canopy[:, :15] = False
    plain = sunlit(photo, canopy)
    photo[:, :15] = 255
    beside = sunlit(photo, canopy)
    assert plain is not None
    assert beside is not None
    assert np.array_equal(plain, beside)
    assert not (beside & ~canopy).any()


@pytest.mark.parametrize(
    ("photo", "canopy"),
    [
        pytest.param(leaves(120, 120, noise=20), EVERYWHERE, id="one light, as under cloud"),
        pytest.param(leaves(120, 105, noise=2), EVERYWHERE, id="two leaf colours in one light"),
        pytest.param(leaves(120, 120, noise=0), EVERYWHERE, id="no contrast at all"),
        pytest.param(leaves(200, 70, sunlit_rows=1), EVERYWHERE, id="a sliver of sun"),
        pytest.param(leaves(200, 70), np.zeros((SIDE, SIDE), dtype=bool), id="no canopy"),
        pytest.param(leaves(200, 70), np.indices((SIDE, SIDE)).sum(axis=0) < 10, id="too small a canopy"),
    ],
)
def test_no_split_where_there_are_no_two_lights(photo: NDArray[np.uint8], canopy: NDArray[np.bool_]) -> None:
    assert sunlit(photo, canopy) is None


@given(sun=st.integers(150, 240), rows=st.integers(6, 34), gain=st.floats(0.5, 1.0))
@settings(max_examples=25, deadline=None)
def test_the_split_outlasts_a_change_of_exposure(sun: int, rows: int, gain: float) -> None:
    photo = leaves(sun, sun / 3, sunlit_rows=rows, noise=3)
    darker = (photo * gain).astype(np.uint8)
    first, second = sunlit(photo, EVERYWHERE), sunlit(darker, EVERYWHERE)
    assert first is not None
    assert second is not None
    assert (first == second).mean() > 0.99
