"""The untrained rules on pictures whose vegetation is known exactly."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from models.canopy.classical import Mask, excess_green_mask, lab_mask, otsu_above

GREEN, SOIL = (60, 150, 50), (140, 100, 70)
Rule = Callable[[NDArray[np.uint8]], Mask]


@pytest.mark.parametrize("rule", [lab_mask, excess_green_mask])
def test_green_square_on_soil_is_found_exactly(rule: Rule) -> None:
    image = np.full((40, 60, 3), SOIL, dtype=np.uint8)
    image[10:30, 20:50] = GREEN
    truth = np.zeros((40, 60), dtype=bool)
    truth[10:30, 20:50] = True
    assert (rule(image) == truth).all()


@pytest.mark.parametrize("rule", [lab_mask, excess_green_mask])
def test_an_untrained_rule_always_splits_even_where_all_is_plant(rule: Rule) -> None:
    random = np.random.default_rng(4)
    image = (np.array(GREEN) + random.integers(-20, 20, (40, 60, 3))).astype(np.uint8)
    assert 0.1 < rule(image).mean() < 0.9, "the reason a learned mask is worth its weights"


def test_a_flat_field_is_no_vegetation() -> None:
    assert not otsu_above(np.full((8, 8), 3.0, dtype=np.float32)).any()
