from hypothesis import given
from hypothesis import strategies as st

from edge.reading import Quality
from edge.sensors.plausibility import EXPECTATIONS, NO_PAST, Past, expectation_of, judged, unrolled
from edge.settings.sensor import SensorConfig
from tests.sensor_site import meter, sensor


def told(one: SensorConfig, values: list[float], gap_s: float = 900.0) -> list[Quality]:
    past, qualities = NO_PAST, []
    for place, value in enumerate(values):
        quality, past = judged(value, None if place == 0 else gap_s, one, past)
        qualities.append(quality)
    return qualities


def test_nonsense_lies_outside_what_can_be() -> None:
    assert told(sensor(), [-5.0, 0.0, 0.019, 0.02, 0.7, 0.71, 655.35]) == [
        "implausible", "implausible", "implausible", "good", "good", "implausible", "implausible",
    ]  # fmt: skip


def test_the_settings_bounds_go_before_the_usual_ones() -> None:
    assert told(sensor(least=0.1, most=0.4), [0.09, 0.1, 0.4, 0.41]) == ["implausible", "good", "good", "implausible"]
    assert expectation_of(sensor()) == EXPECTATIONS["soil_water_fraction"]


def test_a_number_that_never_moves_is_stuck_and_good_again_when_it_does() -> None:
    probe = sensor(stuck_after_h=2.0)
    qualities = told(probe, [0.2] * 12 + [0.21])
    # Eight gaps of a quarter of an hour are two hours.
    assert qualities == ["good"] * 8 + ["stuck"] * 4 + ["good"]


def test_few_equal_numbers_are_no_proof_and_some_may_stand_still_for_ever() -> None:
    assert told(sensor(stuck_after_h=1.0), [0.2] * 4, gap_s=3600.0) == ["good"] * 4
    assert set(told(sensor(stuck_after_h=0.0), [0.2] * 50, gap_s=86400.0)) == {"good"}
    assert set(told(meter(), [100.0] * 50, gap_s=86400.0)) == {"good"}


def test_a_restart_makes_nothing_stuck() -> None:
    past = Past(good=0.2, last=0.2, still_s=0.0, still_count=50)
    assert judged(0.2, None, sensor(stuck_after_h=1.0), past)[0] == "good"


def test_a_spike_is_not_believed_and_what_follows_it_is() -> None:
    air = sensor(quantity="air_temperature_c", depth_from_m=None, depth_to_m=None)
    assert told(air, [25.0, 25.5, 55.0, 26.0]) == ["good", "good", "jump", "good"]
    # A change that lasts was one: the next number stands by it.
    assert told(air, [25.0, 40.0, 40.5, 41.0]) == ["good", "jump", "good", "good"]


def test_a_counter_that_begins_anew_says_so_once() -> None:
    assert told(meter(), [500.0, 510.0, 0.5, 1.5, 2.5]) == ["good", "good", "jump", "reset", "good"]


def test_one_wrong_number_of_a_counter_is_no_reset() -> None:
    assert told(meter(), [500.0, 510.0, 0.0, 511.0]) == ["good", "good", "jump", "good"]
    assert told(meter(), [500.0, 9000.0, 501.0]) == ["good", "jump", "good"]


def test_after_a_long_gap_a_counter_may_have_counted_much() -> None:
    assert told(meter(), [500.0, 1500.0], gap_s=86400.0) == ["good", "good"]
    assert told(meter(), [500.0, 1500.0], gap_s=3600.0) == ["good", "jump"]


def test_a_counter_turns_over_where_its_settings_say_so() -> None:
    pulses = meter(rolls_over_at=655.36)
    past, seen = NO_PAST, []
    for raw in (650.0, 655.0, 0.14, 5.0, 652.0, 1.0):
        value, past = unrolled(raw, pulses, past)
        quality, past = judged(value, 86400.0, pulses, past)
        seen.append((round(value, 2), quality))
    assert seen == [
        (650.0, "good"), (655.0, "good"), (655.5, "good"), (660.36, "good"), (1307.36, "good"), (1311.72, "good"),
    ]  # fmt: skip


def test_a_reset_is_no_turn() -> None:
    pulses = meter(rolls_over_at=655.36)
    assert unrolled(0.0, pulses, Past(good=300.0))[0] == 0.0
    assert unrolled(7.0, meter(), Past(good=650.0))[0] == 7.0


@given(values=st.lists(st.floats(-1e9, 1e9), max_size=30), gaps=st.floats(1.0, 1e5))
def test_a_counter_never_counts_backwards_between_good_numbers(values: list[float], gaps: float) -> None:
    qualities = told(meter(), values, gap_s=gaps)
    last = None
    for value, quality in zip(values, qualities, strict=True):
        if quality == "good":
            assert last is None or value >= last
        if quality in {"good", "reset"}:
            last = value
