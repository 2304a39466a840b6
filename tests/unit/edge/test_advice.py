"""Hand-made plans: looking up, keeping within limits, filling."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.advice import Given, Measured, advise, level_of, room_mm, standing_on, step_within
from edge.plan import DoseStep, HardLimits, Plan, PlanDay, ProbeTable, RainClass, Sayings
from edge.plan_words import fill, number

FIRST = date(2026, 7, 1)
MIDNIGHT = datetime(2026, 6, 30, 23, tzinfo=UTC)
LEVELS = (0.0, 20.0, 40.0, 60.0)


def plan_day(ahead: int, **changes: object) -> PlanDay:
    begins = MIDNIGHT + timedelta(days=ahead)
    content: dict[str, object] = {
        "day": FIRST + timedelta(days=ahead),
        "begins_at": begins,
        "starts_from": begins + timedelta(hours=18),
        "starts_to": begins + timedelta(hours=22),
        "use_mm": (4.0, 6.0, 8.0),
        "usual_from_c": 30.0,
        "hot_from_c": 35.0,
        "rain_mm": 1.0,
        "spread_mm": 5.0 + ahead,
        "most_mm": 60.0,
        "limit_use_mm": 6.0,
        "limit_most_mm": 70.0,
        "doses_mm": (0, 0, 30, 50),
    }
    return PlanDay.model_validate({**content, **changes})


def limits(**changes: object) -> HardLimits:
    content: dict[str, object] = {
        "smallest_mm": 10.0,
        "largest_mm": 45.0,
        "longest_run_h": 24.0,
        "efficiency": 0.8,
        "margin_mm": 8.0,
        "margin_fraction": 0.25,
        "useful_rain": 0.85,
        "refill_from": 0.8,
        "refill_least_mm": 8.0,
        "refill_keeps": 0.5,
        "missing_mm": 30.0,
    }
    return HardLimits.model_validate({**content, **changes})


def plan(**changes: object) -> Plan:
    content: dict[str, object] = {
        "parcel_id": "p",
        "made_at": MIDNIGHT,
        "missing_mm": 30.0,
        "total_mm": 100.0,
        "efficiency": 0.8,
        "levels_mm": LEVELS,
        "steps": tuple(DoseStep(depth_mm=mm, volume_m3=10.0 * mm, duration_h=mm / 4.0) for mm in range(5, 61, 5)),
        "rain": (RainClass(from_mm=2.0, counts_mm=1.0), RainClass(from_mm=10.0, counts_mm=8.0)),
        "limits": limits(),
        "days": tuple(plan_day(ahead) for ahead in range(10)),
        "doubt_mm": 9.0,
    }
    return Plan.model_validate({**content, **changes})


DRY = {FIRST + timedelta(days=ahead): Measured(rain_mm=0.0) for ahead in range(10)}


def test_days_add_up_by_their_warmth() -> None:
    measured = {
        FIRST: Measured(rain_mm=0.0, highest_c=29.9),
        FIRST + timedelta(days=1): Measured(rain_mm=0.0, highest_c=30.0),
        FIRST + timedelta(days=2): Measured(rain_mm=0.0, highest_c=35.0),
        FIRST + timedelta(days=3): Measured(rain_mm=0.0),
        FIRST + timedelta(days=4): Measured(rain_mm=0.0),
    }
    assert standing_on(plan(), FIRST + timedelta(days=4), measured, ()).missing_mm == pytest.approx(30 + 4 + 6 + 8 + 6)


def test_a_day_without_limits_of_warmth_is_usual() -> None:
    days = (plan_day(0, usual_from_c=None), plan_day(1))
    hot = {FIRST: Measured(rain_mm=0.0, highest_c=44.0)}
    assert standing_on(plan(days=days), FIRST + timedelta(days=1), hot, ()).missing_mm == pytest.approx(36.0)


@pytest.mark.parametrize(("rain_mm", "counted_mm"), [(1.9, 0.0), (2.0, 1.0), (9.9, 1.0), (10.0, 8.0), (90.0, 8.0)])
def test_rain_counts_by_its_class(rain_mm: float, counted_mm: float) -> None:
    measured = {FIRST: Measured(rain_mm=rain_mm)}
    missing = standing_on(plan(), FIRST + timedelta(days=1), {**DRY, **measured}, ()).missing_mm
    assert missing == pytest.approx(36.0 - counted_mm)


def test_without_a_gauge_what_was_to_be_expected_counts_and_missing_is_never_zero() -> None:
    assert standing_on(plan(), FIRST + timedelta(days=2), {}, ()).missing_mm == pytest.approx(30 + 2 * 6 - 2 * 1)


def test_the_days_own_rain_so_far_counts_and_its_use_does_not() -> None:
    measured = {**DRY, FIRST: Measured(rain_mm=12.0)}
    assert standing_on(plan(), FIRST, measured, ()).missing_mm == pytest.approx(22.0)
    assert standing_on(plan(), FIRST, {}, ()).missing_mm == pytest.approx(30.0)


def test_given_water_moves_the_lookup_and_never_below_nothing_missing() -> None:
    small = [Given(day=FIRST, depth_mm=20.0)]
    large = [Given(day=FIRST, depth_mm=200.0)]
    tomorrow = FIRST + timedelta(days=1)
    assert standing_on(plan(), tomorrow, DRY, small).missing_mm == pytest.approx(36.0 - 16.0)
    assert standing_on(plan(), tomorrow, DRY, large).missing_mm == 0.0
    assert standing_on(plan(counted=0.5), tomorrow, DRY, small).missing_mm == pytest.approx(36.0 - 8.0)


def test_no_more_is_missing_than_the_soil_holds() -> None:
    assert standing_on(plan(total_mm=40.0), FIRST + timedelta(days=9), DRY, ()).missing_mm == 40.0


def test_a_probe_moves_what_is_missing_into_its_class_and_no_further() -> None:
    probe = ProbeTable(depth_from_m=0.0, depth_to_m=0.6, upto_fraction=(0.30, 0.26, 0.22, 0.18))

    def missing(reading: float) -> float:
        seen = {**DRY, FIRST: Measured(rain_mm=0.0, soil_fraction=reading)}
        return standing_on(plan(probe=probe), FIRST + timedelta(days=1), seen, ()).missing_mm

    assert missing(0.25) == pytest.approx(36.0)  # 20 to 40: it agrees
    assert missing(0.35) == pytest.approx(20.0)
    assert missing(0.20) == pytest.approx(40.0)
    assert missing(0.10) == pytest.approx(60.0)


def test_the_dose_is_that_of_the_level_that_is_reached() -> None:
    assert [level_of(plan(), mm) for mm in (0.0, 19.9, 20.0, 59.9, 60.0, 500.0)] == [0, 0, 1, 2, 3, 3]
    waits = advise(plan(), FIRST, DRY, ())
    assert waits is not None
    assert (waits.kind, waits.reason, waits.dose) == ("wait", "water_left", None)
    gives = advise(plan(), FIRST + timedelta(days=2), DRY, ())
    assert gives is not None
    assert gives.dose == DoseStep(depth_mm=30, volume_m3=300.0, duration_h=7.5)
    assert gives.limited_by is None


def test_outside_of_its_days_a_plan_says_nothing() -> None:
    assert advise(plan(), FIRST - timedelta(days=1), {}, ()) is None
    assert advise(plan(), FIRST + timedelta(days=10), {}, ()) is None


@pytest.mark.parametrize(
    ("changes", "by", "depth_mm"),
    [
        ({"limits": limits(largest_mm=22.0)}, "largest", 20),
        ({"days": tuple(plan_day(one, most_mm=26.0) for one in range(10))}, "day", 25),
        ({"limits": limits(missing_mm=0.0)}, "room", 30),
        ({"limits": limits(left_m3=170.0)}, "quota", 15),
        ({"limits": limits(longest_run_h=5.0)}, None, 20),
    ],
)
def test_a_dose_is_cut_by_every_limit(changes: dict[str, object], by: str | None, depth_mm: int) -> None:
    advice = advise(plan(missing_mm=50.0, **changes), FIRST + timedelta(days=2), DRY, ())
    assert advice is not None
    assert advice.dose is not None
    assert advice.dose.depth_mm == depth_mm
    assert advice.limited_by == by or by is None


def test_below_the_smallest_event_it_waits_in_doubt() -> None:
    for changed, reason in ((limits(left_m3=40.0), "quota"), (limits(smallest_mm=30.0, largest_mm=30.0), None)):
        advice = advise(plan(missing_mm=50.0, limits=changed), FIRST, DRY, ())
        assert advice is not None
        if reason is not None:
            assert (advice.kind, advice.reason, advice.in_doubt) == ("wait", reason, True)
        else:
            assert advice.dose is not None
            assert advice.dose.depth_mm == 30
    short = tuple(plan_day(one, most_mm=7.0) for one in range(3))
    advice = advise(plan(missing_mm=50.0, days=short), FIRST, DRY, ())
    assert advice is not None
    assert (advice.kind, advice.reason, advice.in_doubt) == ("wait", "below_smallest", True)


def test_water_already_given_and_days_without_water_are_told_apart() -> None:
    given = [Given(day=FIRST, depth_mm=2.0)]
    today = advise(plan(missing_mm=60.0), FIRST, DRY, given)
    assert today is not None
    assert today.reason == "given_today"
    closed = tuple(plan_day(one, starts_from=None, starts_to=None, most_mm=0.0) for one in range(3))
    none = advise(plan(missing_mm=60.0, days=closed), FIRST, DRY, ())
    assert none is not None
    assert none.reason == "no_water_today"


def test_a_wait_is_in_doubt_where_the_judges_bucket_is_dry() -> None:
    dry = plan(missing_mm=0.0, limits=limits(missing_mm=70.0))
    advice = advise(dry, FIRST, DRY, ())
    assert advice is not None
    assert (advice.kind, advice.in_doubt) == ("wait", True)
    wet = advise(plan(missing_mm=0.0), FIRST, DRY, ())
    assert wet is not None
    assert not wet.in_doubt


def test_doubt_comes_with_age() -> None:
    young, old = advise(plan(), FIRST, DRY, ()), advise(plan(), FIRST + timedelta(days=5), DRY, ())
    assert young is not None
    assert old is not None
    assert (young.in_doubt, old.in_doubt) == (False, True)
    assert old.spread_mm > young.spread_mm


def test_a_refill_leaves_the_judges_bucket_as_the_judge_leaves_it() -> None:
    one = plan(limits=limits(missing_mm=30.0))
    refill = standing_on(one, FIRST, DRY, [Given(day=FIRST, depth_mm=30.0)]).limit_missing_mm
    assert refill == pytest.approx(0.5 * (30.0 - 24.0 + 6.0))
    part = standing_on(one, FIRST, DRY, [Given(day=FIRST, depth_mm=20.0)]).limit_missing_mm
    assert part == pytest.approx(30.0 - 16.0 + 6.0)


SAYINGS = Sayings(
    irrigate="P: irrigate {when} for {duration} ({volume} m3, {depth} mm).",
    irrigate_in_doubt="P: irrigate {when} for {duration} ({volume} m3, {depth} mm). Look.",
    wait="P: do not irrigate on {day}.",
    wait_in_doubt="P: do not irrigate on {day}. Look.",
    when=tuple(f"day {ahead}" for ahead in range(10)),
    days=tuple(f"D{ahead}" for ahead in range(10)),
    durations=tuple(f"{place} h" for place in range(12)),
)


def test_slots_are_filled_with_what_was_looked_up() -> None:
    gives = advise(plan(), FIRST + timedelta(days=2), DRY, ())
    assert gives is not None
    assert fill(plan(), SAYINGS, gives) == "P: irrigate day 2 for 5 h (300 m3, 30 mm)."
    waits = advise(plan(missing_mm=0.0), FIRST + timedelta(days=5), DRY, ())
    assert waits is not None
    assert fill(plan(), SAYINGS, waits) == "P: do not irrigate on D5. Look."


@pytest.mark.parametrize(("value", "said"), [(300.0, "300"), (12.5, "12.5"), (0.25, "0.25"), (7.0, "7")])
def test_numbers_are_written_as_the_cloud_writes_them(value: float, said: str) -> None:
    assert number(value) == said


@settings(max_examples=200, deadline=None)
@given(
    missing=st.floats(0, 100),
    limit=st.floats(0, 70),
    rain=st.lists(st.floats(0, 60), min_size=10, max_size=10),
    came=st.lists(st.floats(0, 80), min_size=0, max_size=4),
    largest=st.floats(10, 60),
)
def test_whatever_is_measured_no_dose_passes_a_limit(
    missing: float, limit: float, rain: list[float], came: list[float], largest: float
) -> None:
    one = plan(missing_mm=missing, limits=limits(missing_mm=limit, largest_mm=largest))
    measured = {FIRST + timedelta(days=day): Measured(rain_mm=fallen) for day, fallen in enumerate(rain)}
    water = [Given(day=FIRST + timedelta(days=day), depth_mm=depth) for day, depth in enumerate(came)]
    for ahead in range(10):
        day = FIRST + timedelta(days=ahead)
        advice = advise(one, day, measured, water)
        assert advice is not None
        if advice.dose is None:
            continue
        standing = standing_on(one, day, measured, water)
        assert advice.dose.depth_mm <= largest
        assert advice.dose.depth_mm <= room_mm(one, standing.limit_missing_mm) + 1e-9
        assert advice.dose.depth_mm >= one.limits.smallest_mm
        assert advice.dose in one.steps


@settings(max_examples=100, deadline=None)
@given(drier=st.floats(0, 100), wetter=st.floats(0, 100))
def test_a_drier_field_is_never_told_less(drier: float, wetter: float) -> None:
    low, high = sorted((drier, wetter))
    doses = []
    for missing in (low, high):
        advice = advise(plan(missing_mm=missing), FIRST, DRY, ())
        assert advice is not None
        doses.append(0 if advice.dose is None else advice.dose.depth_mm)
    assert doses[0] <= doses[1]


def test_no_step_fits_below_the_first() -> None:
    assert step_within(plan(), 4.9) is None
    step = step_within(plan(), 1000.0)
    assert step is not None
    assert step.depth_mm == 60
