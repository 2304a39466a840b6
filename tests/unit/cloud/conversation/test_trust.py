"""What meters make of a farmer's answers."""

from datetime import timedelta

import pytest

from cloud.conversation.reading import Reading
from cloud.conversation.trust import Trust, trust_of
from cloud.records import IrrigationEvent
from tests.unit.cloud.conversation.talk import BEGIN, only, told

DAY = timedelta(days=1)


def metered(depth_mm: float, days: float = 0.0, parcel_id: str = "P1") -> IrrigationEvent:
    return IrrigationEvent(parcel_id=parcel_id, started_at=BEGIN + days * DAY, depth_mm=depth_mm, source="meter")


def said(words: str) -> Reading:
    return only(words, told()).reading


@pytest.mark.parametrize(
    ("words", "meter", "right", "wrong"),
    [
        ("1", [metered(21.0)], 1, 0),
        ("1", [metered(21.0, 0.5)], 1, 0),
        ("1", [metered(9.0)], 0, 1),
        ("4", [metered(9.0)], 1, 0),
        ("2", [metered(18.0)], 0, 1),
        ("1", [metered(20.0, -5), metered(20.0, 4)], 0, 1),
        ("2", [metered(20.0, -5), metered(20.0, 4)], 1, 0),
        ("1", [metered(20.0, -5)], 0, 0),
        ("1", [metered(20.0, 4)], 0, 0),
        ("1", [metered(20.0, -40), metered(20.0, 40)], 0, 0),
        ("1", [metered(20.0, 0.0, "P2")], 0, 0),
        ("1", [], 0, 0),
    ],
)
def test_only_what_a_meter_could_see_is_checked(
    words: str, meter: list[IrrigationEvent], right: int, wrong: int
) -> None:
    assert trust_of([said(words)], meter) == Trust(right=right, wrong=wrong)


def test_of_several_words_about_one_irrigation_the_last_is_checked() -> None:
    assert trust_of([said("1"), said("2")], [metered(20.0)]) == Trust(wrong=1)
    assert trust_of([said("2"), said("1")], [metered(20.0)]) == Trust(right=1)
    assert trust_of([said("3")], [metered(20.0)]) == Trust()


def test_trust_moves_with_evidence_within_bounds() -> None:
    assert Trust().sigma_fraction(half=False) is None
    assert Trust().sigma_fraction(half=True) == 0.35
    better, worse = Trust(right=5).sigma_fraction(half=False), Trust(wrong=5).sigma_fraction(half=False)
    assert better is not None
    assert worse is not None
    # (2 + 0) / 15 and (2 + 5) / 15 beside the usual 0.2: 0.2 x 0.667 and 0.2 x 2.33, the latter bounded.
    assert better == pytest.approx(0.133, abs=1e-3)
    assert worse == 0.4
    assert Trust(right=8, wrong=2).probability == pytest.approx(0.8)
