"""The rank of water status within a flight: its order, and everything it is silent about."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.radiometry import ranks

VIGOUR = [0.40, 0.38, 0.36, 0.34, 0.33, 0.41, 0.42, 0.39, 0.37]


def test_vigour_is_the_ninetieth_percentile_of_known_pixels() -> None:
    pixels = np.linspace(0, 1, 201, dtype=np.float32)
    assert ranks.crown_vigour(pixels) == pytest.approx(0.9, abs=0.001)
    assert ranks.crown_vigour(np.append(pixels, np.float32(np.nan))) == pytest.approx(0.9, abs=0.001)
    assert ranks.crown_vigour(pixels[:50]) is None


def test_the_least_vigorous_crown_is_the_driest() -> None:
    found, reason = ranks.rank_within_flight(VIGOUR, "pistachio")
    assert reason is None
    assert found is not None
    assert found.stress[4] == 1.0
    assert found.stress[6] == 0.0
    assert found.stress[0] == pytest.approx(2 / 8)
    assert 0 < found.confidence < 1


def test_a_crown_without_vigour_gets_no_rank_and_ties_share_theirs() -> None:
    found, _ = ranks.rank_within_flight([*VIGOUR, None, 0.33], "pistachio")
    assert found is not None
    assert np.isnan(found.stress[9])
    assert found.stress[4] == found.stress[10] == pytest.approx(8.5 / 9)


@pytest.mark.parametrize(
    ("vigour", "crop", "reason"),
    [
        (VIGOUR, None, "crop_unknown"),
        (VIGOUR, "almond", "crop_not_validated"),
        (VIGOUR[:7], "pistachio", "low_canopy"),
        ([*VIGOUR[:7], None, None], "pistachio", "low_canopy"),
        ([value + 0.3 for value in VIGOUR], "pistachio", "unlike_training"),
        ([0.40 + 0.0001 * place for place in range(12)], "pistachio", "low_contrast"),
    ],
)
def test_it_is_silent_where_it_was_not_measured(vigour: list[float | None], crop: str | None, reason: str) -> None:
    assert ranks.rank_within_flight(vigour, crop) == (None, reason)


def test_an_orchard_that_was_checked_is_ranked() -> None:
    found, reason = ranks.rank_within_flight([value + 0.3 for value in VIGOUR], "almond", checked_here=True)
    assert reason is None
    assert found is not None
    assert found.stress[4] == 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.30, 0.45), min_size=8, max_size=30))
def test_ranks_stay_in_bounds_and_fall_with_vigour(vigour: list[float]) -> None:
    found, reason = ranks.rank_within_flight(vigour, "pistachio")
    assert (found is None) == (reason is not None)
    if found is not None:
        assert (found.stress >= 0).all()
        assert (found.stress <= 1).all()
        order = np.argsort(vigour)
        assert (np.diff(found.stress[order]) <= 1e-12).all()
