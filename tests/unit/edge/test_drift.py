from datetime import date, timedelta

import numpy as np
import pytest

from edge.drift import (
    CHROMA_LIMIT,
    CONTRAST_LIMIT,
    FEWEST_SAMPLES,
    MOST_SAMPLES,
    REFERENCE_PAGES,
    ColourMemory,
    Colours,
    colours_of,
    drift_of,
    with_colours,
)

DAY = date(2026, 7, 1)
PLAIN = Colours(frame_red=-0.1, frame_blue=-0.3, leaf_red=-0.1, leaf_blue=-0.3, contrast=-1.0)


def day_of(memory: ColourMemory, day: int, colours: Colours, photos: int = FEWEST_SAMPLES) -> ColourMemory:
    for _ in range(photos):
        memory = with_colours(memory, colours, DAY + timedelta(days=day))
    return memory


def after(reference: Colours, later: Colours, days: int = 5) -> ColourMemory:
    """Three days of the reference, then days of other colours, the last of them still being written."""
    memory = ColourMemory()
    for day in range(REFERENCE_PAGES):
        memory = day_of(memory, day, reference)
    for day in range(REFERENCE_PAGES, REFERENCE_PAGES + days):
        memory = day_of(memory, day, later)
    return memory


def changed(**by: float) -> Colours:
    return Colours(**{name: getattr(PLAIN, name) + by.get(name, 0.0) for name in Colours.model_fields})


def test_colours_by_hand() -> None:
    picture = np.zeros((72, 96, 3), np.uint8)
    picture[:, :48] = (99, 199, 49)
    picture[:, 48:] = (199, 99, 99)
    mask = np.zeros((72, 96), np.uint8)
    mask[:, :48] = 255
    colours = colours_of(picture[:, :60], mask[:, :60])
    assert colours is not None
    assert colours.leaf_red == pytest.approx(np.log(100 / 200), abs=1e-3)
    assert colours.leaf_blue == pytest.approx(np.log(50 / 200), abs=1e-3)
    assert colours.frame_red == colours.leaf_red  # leaves are the greater part
    right = colours_of(picture, 255 - mask)
    assert right is not None
    assert right.leaf_red == pytest.approx(np.log(200 / 100), abs=1e-3)


def test_a_view_without_leaves_tells_no_colours() -> None:
    assert colours_of(np.full((72, 96, 3), 80, np.uint8), np.zeros((72, 96), np.uint8)) is None


def test_nothing_is_said_before_there_is_a_past_and_a_present() -> None:
    assert drift_of(ColourMemory()) is None
    assert drift_of(after(PLAIN, PLAIN, days=1)) is None
    assert drift_of(after(PLAIN, PLAIN, days=2)) == 0.0


def test_a_tint_moves_picture_and_leaves_and_counts_by_its_limit() -> None:
    memory = after(PLAIN, changed(frame_red=CHROMA_LIMIT, leaf_red=1.5 * CHROMA_LIMIT))
    assert drift_of(memory) == pytest.approx(1.0, abs=1e-3)
    assert drift_of(after(PLAIN, changed(frame_blue=-0.5, leaf_blue=-0.4))) == pytest.approx(
        0.4 / CHROMA_LIMIT, rel=1e-3
    )


def test_a_growing_canopy_is_no_drift() -> None:
    assert drift_of(after(PLAIN, changed(frame_red=-0.4, frame_blue=0.3))) == 0.0
    assert drift_of(after(PLAIN, changed(frame_red=-0.4, leaf_red=0.1))) == 0.0


def test_lost_contrast_is_dirt_and_gained_contrast_is_not() -> None:
    assert drift_of(after(PLAIN, changed(contrast=-2 * CONTRAST_LIMIT))) == pytest.approx(2.0, abs=1e-3)
    assert drift_of(after(PLAIN, changed(contrast=0.5))) == 0.0


def test_single_photos_with_another_white_balance_are_no_drift() -> None:
    memory = after(PLAIN, PLAIN, days=1)
    for day in (4, 5, 6):
        memory = day_of(memory, day, PLAIN, photos=FEWEST_SAMPLES)
        memory = with_colours(memory, changed(frame_blue=0.6, leaf_blue=0.6), DAY + timedelta(days=day))
    assert drift_of(memory) == 0.0


def test_a_camera_that_takes_few_photos_fills_a_page_over_days() -> None:
    memory = ColourMemory()
    for day in range(2 * FEWEST_SAMPLES + 1):
        memory = with_colours(memory, PLAIN, DAY + timedelta(days=day))
    assert (len(memory.reference), len(memory.samples)) == (2, 1)


def test_an_earlier_day_changes_nothing_and_a_page_is_bounded() -> None:
    memory = day_of(ColourMemory(), 3, PLAIN, photos=MOST_SAMPLES + 5)
    assert len(memory.samples) == MOST_SAMPLES
    assert with_colours(memory, PLAIN, DAY) is memory


def test_the_reference_stays_and_the_present_follows() -> None:
    memory = after(PLAIN, changed(contrast=-1.0), days=4)
    for day in range(20, 25):
        memory = day_of(memory, day, PLAIN)
    assert drift_of(memory) == 0.0
    assert memory.reference == (PLAIN,) * REFERENCE_PAGES
