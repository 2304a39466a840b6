"""Wishes in whole millimetres, and who shares with whom."""

import pytest

from cloud.advice.access import Constraints
from cloud.advice.joint.problem import components, range_of
from cloud.advice.joint.wishes import wishes_of
from cloud.records import Pump, Quota
from tests.district import DAY, book, field, turn, wanting

ENDLESS = 10**6


@pytest.mark.parametrize(
    ("area_ha", "wanted_mm", "volume_m3", "longest", "expected"),
    [
        (1.0, 40.0, 1e6, ENDLESS, (8, 40)),
        (1.0, 40.5, 1e6, ENDLESS, (8, 41)),
        (1.0, 90.0, 1e6, ENDLESS, (8, 60)),
        # Less than the smallest event is wanted: the smallest event.
        (1.0, 3.0, 1e6, ENDLESS, (8, 8)),
        # 255 m3 hold 25 mm of a hectare; two hours of 100 m3/h 20 mm.
        (1.0, 40.0, 255.0, ENDLESS, (8, 25)),
        (1.0, 40.0, 1e6, 24, (8, 20)),
        # 70 m3 are less than the smallest event.
        (1.0, 40.0, 70.0, ENDLESS, (8, 7)),
    ],
)
def test_what_a_parcel_can_be_given(
    area_ha: float, wanted_mm: float, volume_m3: float, longest: int, expected: tuple[int, int]
) -> None:
    intent = wanting(field("plot", area_ha=area_ha, canal="G1"), Constraints(turns=(turn(),)), wanted_mm=wanted_mm)
    assert range_of(intent, volume_m3=volume_m3, longest=longest) == expected


def test_a_parcel_too_small_for_a_cubic_metre_can_be_given_nothing() -> None:
    intent = wanting(field("plot", area_ha=0.0004), Constraints(), wanted_mm=40.0)
    least, most = range_of(intent, volume_m3=1e6, longest=ENDLESS)
    assert least > most


def test_worth_falls_piece_by_piece_and_ends_where_nothing_more_is_wanted() -> None:
    constraints = Constraints(turns=(turn(),))
    intent = wanting(
        field("plot", canal="G1", area_ha=2.0), constraints, curve=((10.0, 5.0), (20.0, 2.0)), wanted_mm=30.0
    )
    (wish,) = wishes_of([intent], book([intent])).wishes
    # Two hectares; a millimetre costs 1 of the 5 and of the 2 that it brings.
    assert wish.worth(10) == pytest.approx(80.0)
    assert wish.worth(20) == pytest.approx(100.0)
    assert wish.worth(30) == pytest.approx(100.0, abs=1e-3)
    assert wish.worth(0) == 0.0
    assert (wish.volume_m3(10), wish.steps(10)) == (200.0, 24)


def test_groups_share_nothing_with_each_other() -> None:
    wells = tuple(Pump(pump=name, flow_m3_h=40.0) for name in ("w1", "w2"))
    quota = Quota(canal="G1", valid_from=DAY, valid_to=DAY, volume_m3=900.0)
    constraints = Constraints(pumps=wells, quotas=(quota,))
    fields = [
        field("a", pump="w1"),
        field("b", pump="w1", canal="G1"),
        field("c", pump="w2"),
        field("d", canal="G1"),
        field("e"),
    ]
    intents = [wanting(one, constraints) for one in fields]
    asked = wishes_of(intents, book(intents, constraints.quotas))
    groups = components(asked.wishes, asked.places, asked.stores)
    # b shares its pump with a and its quota with d.
    assert [sorted(wish.name for wish in group.wishes) for group in groups] == [["a", "b", "d"], ["c"], ["e"]]
    assert set(groups[0].places) == {"pump w1", "parcel d"}
    assert set(groups[0].stores) == {"quota of canal G1 #0"}
