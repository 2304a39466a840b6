from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.power import DUTIES, MODES, PowerMode
from edge.schedule import LIGHT_DEG, WINDOW, Watch, due
from edge.sun import Place, elevation_deg, solar_noon

PLACE = Place(latitude=32.34, longitude=-6.36)
DAY = datetime(2026, 7, 1, 12, tzinfo=UTC)
NOON = solar_noon(DAY, PLACE)
MOMENTS = st.integers(0, 2 * 365 * 1440).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def looks_of_a_day(mode: PowerMode, place: Place | None = PLACE, *, dated: bool = True) -> list[tuple[datetime, str]]:
    """Every look of a day at which somebody asks each minute."""
    taken: list[tuple[datetime, str]] = []
    begins = NOON.replace(hour=0, minute=0, second=0, microsecond=0)
    for minute in range(1440):
        now = begins + timedelta(minutes=minute)
        since_s = None if not taken else (now - taken[-1][0]).total_seconds()
        look = due(now if dated else None, since_s, Watch(place=place, mode=mode))
        if look.due:
            assert look.purpose is not None
            taken.append((now, look.purpose))
    return taken


def test_a_day_in_each_mode() -> None:
    counts = {mode: len(looks_of_a_day(mode)) for mode in MODES}
    # Normal: a dawn, seven or eight hours of daylight, seventeen of the window; survive: one; sleep: none.
    assert counts["sleep"] == 0
    assert counts["survive"] == 1
    assert 5 <= counts["lean"] <= 7
    assert 22 <= counts["normal"] <= 30


def test_the_window_lies_around_solar_noon_and_the_one_look_after_it() -> None:
    window = [at for at, purpose in looks_of_a_day("normal") if purpose == "cwsi"]
    assert min(window) - (NOON - WINDOW) < timedelta(minutes=61)
    assert abs(max(window) - (NOON + WINDOW)) < timedelta(minutes=16)
    ((at, purpose),) = looks_of_a_day("survive")
    assert purpose == "cwsi"
    assert timedelta() <= at - NOON < timedelta(minutes=2)


def test_one_look_at_dawn() -> None:
    for mode in ("normal", "lean"):
        dawn = [at for at, purpose in looks_of_a_day(mode) if purpose == "dawn"]
        assert len(dawn) == 1
        assert 2.0 <= elevation_deg(dawn[0], PLACE) <= 3.0


def test_without_sun_or_clock_looks_are_even_and_sleep_still_sleeps() -> None:
    for looks in (looks_of_a_day("normal", None), looks_of_a_day("normal", dated=False)):
        assert {purpose for _, purpose in looks} == {"interval"}
        assert len(looks) == 48
    assert looks_of_a_day("sleep", None, dated=False) == []
    assert len(looks_of_a_day("survive", None)) == 3


def test_an_interval_of_ones_own_is_kept_and_never_shortened_by_a_low_battery() -> None:
    just_before = NOON - timedelta(minutes=1)
    quick = Watch(place=PLACE, mode="normal", window_every_s=300.0)
    assert due(just_before, 299.0, quick).due is False
    assert due(just_before, 300.0, quick).due is True
    lean = Watch(place=PLACE, mode="lean", window_every_s=300.0)
    assert due(just_before, 3599.0, lean).due is False
    slow = Watch(place=PLACE, mode="lean", window_every_s=7200.0)
    assert due(just_before, 3600.0, slow).due is False


@settings(max_examples=150)
@given(now=MOMENTS, since=st.none() | st.floats(0, 1e6), mode=st.sampled_from(MODES), latitude=st.floats(-65, 65))
def test_never_in_the_dark_and_always_a_short_rest(
    now: datetime, since: float | None, mode: PowerMode, latitude: float
) -> None:
    place = Place(latitude=latitude, longitude=-6.36)
    look = due(now, since, Watch(place=place, mode=mode))
    assert 1.0 <= look.rest_s <= 60.0
    assert look.due == (look.purpose is not None)
    if look.due:
        assert elevation_deg(now, place) >= (2.0 if look.purpose == "dawn" else LIGHT_DEG)
        assert DUTIES[mode].looks_at_all


@settings(max_examples=100)
@given(now=MOMENTS, since=st.floats(0, 1e5), more=st.floats(0, 1e5), mode=st.sampled_from(MODES))
def test_longer_since_the_last_look_never_makes_one_less_due(
    now: datetime, since: float, more: float, mode: PowerMode
) -> None:
    watch = Watch(place=PLACE, mode=mode)
    assert due(now, since + more, watch).due >= due(now, since, watch).due
    assert due(now, None, watch).due >= due(now, since, watch).due


@pytest.mark.parametrize("mode", MODES)
def test_a_poorer_mode_never_looks_more_often(mode: PowerMode) -> None:
    poorer = MODES[MODES.index(mode) :]
    counts = [len(looks_of_a_day(each)) for each in poorer]
    assert counts == sorted(counts, reverse=True)
