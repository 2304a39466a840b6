"""A quota over its horizon: kept for the stage where a millimetre is worth most, and told with its price."""

from collections.abc import Sequence
from datetime import date

import pytest

from cloud.advice.access import Constraints
from cloud.advice.joint.answers import Served
from cloud.advice.joint.problem import Later
from cloud.advice.joint.serve import serve
from cloud.records import Parcel, Quota
from tests.district import book, field, wanting

MAY = {"valid_from": date(2026, 5, 1), "valid_to": date(2026, 8, 31)}


def later(name: str, stage: str, volume_m3: float, money: float, *, is_next: bool = False) -> Later:
    return Later(parcel_id=name, stage=stage, volume_m3=volume_m3, money_per_m3=money, is_next=is_next)


def served_with(
    uses: Sequence[Later], volume_m3: float, *, value: float = 3.0, names: tuple[str, ...] = ("plot",)
) -> dict[str, Served]:
    """Parcels of one hectare that want 40 mm (400 m3), each worth ``value`` and costing 1 a millimetre."""
    quota = Quota(canal="G1", volume_m3=volume_m3, **MAY)
    constraints = Constraints(quotas=(quota,))
    intents = [wanting(field(name, canal="G1"), constraints, curve=((40.0, value),)) for name in names]

    def later_of(parcel: Parcel, last: date | None) -> tuple[Later, ...]:
        assert last == MAY["valid_to"]
        return tuple(one for one in uses if one.parcel_id == parcel.id)

    return serve(intents, book(intents, constraints.quotas), later_of)


def facts(served: Served) -> dict[str, tuple[float | None, str]]:
    return {fact.kind: (fact.value, fact.source) for fact in served.evidence}


def test_where_there_is_enough_for_all_stages_a_cubic_metre_more_is_worth_nothing() -> None:
    served = served_with([later("plot", "flowering", 500.0, 9.0)], 1000.0)["plot"]
    assert served.dose is not None
    assert served.dose.volume_m3 == 400.0
    assert facts(served) == {
        "quota_left_m3": (1000.0, "quota of canal G1"),
        "quota_need_m3": (900.0, "quota of canal G1"),
        "quota_shadow_price": (0.0, "quota of canal G1"),
    }


def test_a_scarce_quota_is_kept_for_flowering_and_says_what_it_costs() -> None:
    # A millimetre is worth 2 beyond its cost today, 0.2 a cubic metre; at flowering 0.9.
    served = served_with([later("plot", "flowering", 500.0, 0.9)], 450.0)["plot"]
    assert served.refusal == "quota_kept"
    assert facts(served)["quota_shadow_price"] == (0.9, "quota of canal G1, at flowering")


def test_what_flowering_leaves_is_given_today() -> None:
    served = served_with([later("plot", "flowering", 500.0, 0.9)], 700.0)["plot"]
    assert served.dose is not None
    assert served.dose.volume_m3 == 200.0
    # The last cubic metre serves today.
    assert facts(served)["quota_shadow_price"][0] == pytest.approx(0.2)


def test_water_that_is_needed_soon_anyway_is_not_put_off() -> None:
    # Today's millimetre serves the days after as well: worth 0.5 a cubic metre there, as much as the second parcel's.
    uses = [later("plot", "development", 0.0, 0.5, is_next=True), later("plot", "ripening", 300.0, 0.5)]
    served = served_with(uses, 400.0)["plot"]
    assert served.dose is not None
    assert served.dose.volume_m3 == 400.0


@pytest.mark.parametrize(("area_ha", "wanted_mm"), [(1.0, 6.0), (0.51, 14.4), (0.92, 21.6), (0.06, 9.3)])
def test_a_quota_that_suffices_is_not_kept_for_its_rounding_or_the_smallest_event(
    area_ha: float, wanted_mm: float
) -> None:
    # The smallest event is 8 mm: it would be no smaller in the days after, and volumes are told to a cubic metre.
    quota = Quota(canal="G1", volume_m3=5_000.0, **MAY)
    constraints = Constraints(quotas=(quota,))
    plot = field("plot", area_ha=area_ha, canal="G1")
    intent = wanting(plot, constraints, wanted_mm=wanted_mm, curve=((wanted_mm, 3.0),))
    uses = (later("plot", "initial stage", 40.0, 5.0, is_next=True), later("plot", "flowering", 900.0, 2.0))
    served = serve([intent], book([intent], constraints.quotas), lambda _parcel, _last: uses)["plot"]
    assert served.refusal is None
    assert served.dose is not None
    assert served.dose.depth_mm.p50 == max(8.0, round(wanted_mm))
    assert facts(served)["quota_shadow_price"][0] == 0.0


def test_neighbours_share_by_worth_over_the_season() -> None:
    uses = [later("late", "flowering", 300.0, 2.0), later("early", "ripening", 300.0, 0.1)]
    served = served_with(uses, 800.0, names=("early", "late"))
    volumes = [one.dose.volume_m3 if one.dose else 0.0 for one in served.values()]
    # 300 m3 stay for the flowering of one; 500 m3 serve today.
    assert sum(volumes) == 500.0


def test_two_quotas_bind_together() -> None:
    own = Quota(parcel_id="plot", volume_m3=300.0, **MAY)
    canal = Quota(canal="G1", volume_m3=900.0, **MAY)
    constraints = Constraints(quotas=(own, canal))
    intents = [wanting(field(name, canal="G1"), constraints) for name in ("plot", "other")]

    def later_of(parcel: Parcel, last: date | None) -> tuple[Later, ...]:
        return (later(parcel.id, "flowering", 250.0, 0.9),)

    served = serve(intents, book(intents, constraints.quotas), later_of)
    # The parcel's own quota keeps 250 for its flowering; 50 m3 are below its smallest event. The canal's keeps both.
    assert served["plot"].dose is None
    assert served["other"].dose is not None
    assert served["other"].dose.volume_m3 == 400.0
