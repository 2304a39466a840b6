from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.daily import DayDecision, DayInputs, decide, judge_inputs
from cloud.records import CanalTurn, InputReference, IrrigationEvent, Observation, Pump, Quota, Recommendation
from edge.contract import Detection, ModelReference
from tests.synthetic_season import ahead, parcel, past, series

DAY = date(2026, 6, 10)
EVE = date(2026, 6, 9)


def day_inputs(**changes: object) -> DayInputs:
    given: dict[str, object] = {
        "day": DAY,
        "parcels": (parcel(initial_depletion_mm=10.0),),
        "weather": past(EVE),
        "forecast": ahead(DAY),
        "code_version": "test",
        "members": 32,
        **changes,
    }
    return DayInputs(**given)  # type: ignore[arg-type]  # any field, by name


def watered(
    identifier: str = "plot", *, every: int = 4, until: date = EVE, depth_mm: float = 26.0
) -> tuple[IrrigationEvent, ...]:
    """Irrigations since sowing, the last at most ``every`` days before ``until``."""
    days = range(0, (until - date(2026, 4, 10)).days + 1, every)
    return tuple(
        IrrigationEvent(
            parcel_id=identifier,
            started_at=datetime(2026, 4, 10, 18, tzinfo=UTC) + timedelta(days=day),
            depth_mm=depth_mm,
            source="meter",
        )
        for day in days
    )


def only(decision: DayDecision) -> Recommendation:
    (recommendation,) = decision.recommendations
    return recommendation


def test_a_dry_field_is_irrigated_and_the_numbers_agree() -> None:
    one = only(decide(day_inputs(events=watered(every=6, until=date(2026, 6, 3)))))
    assert one.action == "irrigate"
    assert one.depth_mm is not None
    assert one.volume_m3 == pytest.approx(10.0 * one.depth_mm.p50 * 2.0, abs=0.5)
    assert one.duration_h is not None
    assert one.volume_m3 is not None
    assert one.duration_h == pytest.approx(one.volume_m3 / 40.0, abs=1.0 / 24.0)
    assert one.start_window is not None
    assert one.start_window[0].isoformat() == "2026-06-10T18:00:00+01:00"
    assert one.next_check_day is not None
    assert one.next_check_day > DAY


def test_the_names_and_ages_of_the_inputs_are_told() -> None:
    extra = InputReference(name="p.geojson", sha256="c" * 64)
    one = only(decide(day_inputs(inputs=(extra,), forecast=ahead(date(2026, 6, 8), starts=date(2026, 6, 8)))))
    assert [(item.name, item.age_days) for item in one.inputs] == [
        ("past.csv", 1.0),
        ("ahead.csv", 2.0),
        ("p.geojson", None),
    ]


def test_the_same_inputs_give_the_same_bytes() -> None:
    first, second = decide(day_inputs()), decide(day_inputs())
    assert [one.model_dump_json() for one in first.verdicts] == [one.model_dump_json() for one in second.verdicts]


def test_weather_after_the_day_changes_nothing() -> None:
    values = series()
    wild = {name: data.copy() for name, data in values.items()}
    wild["rain_mm"][(DAY - date(2026, 1, 1)).days + 1 :] = 300.0
    calm = decide(day_inputs(weather=past(DAY + timedelta(days=20))))
    storm = decide(day_inputs(weather=past(DAY + timedelta(days=20), values=wild)))
    assert calm.verdicts == storm.verdicts


def test_a_cold_spring_keeps_the_season_open() -> None:
    # Potatoes of 5 January: by the calendar ripe 125 days later, by the warmth of so cold a spring not nearly.
    values = series()
    cold = {name: data - 12.0 if name in {"tmin_c", "tmax_c"} else data for name, data in values.items()}
    early = parcel("plot", crop="potato", planted_on=date(2026, 1, 5))
    usual, late = (
        only(decide(day_inputs(parcels=(early,), weather=past(DAY, values=one)))).reason_code for one in (values, cold)
    )
    assert usual == "season_over"
    assert late != "season_over"


def test_a_well_watered_field_waits_and_followed_equals_ignored() -> None:
    one = only(decide(day_inputs(events=watered(every=2), parcels=(parcel(initial_depletion_mm=10.0),))))
    assert one.action == "wait"
    assert one.reason_code == "soil_has_water"
    assert one.depth_mm is None
    assert one.stress_probability_if_followed == one.stress_probability_if_ignored


def test_an_irrigation_lowers_the_probability_of_stress() -> None:
    one = only(decide(day_inputs(events=watered(every=6, until=date(2026, 6, 3)))))
    assert one.stress_probability_if_followed is not None
    assert one.stress_probability_if_ignored is not None
    assert one.stress_probability_if_followed < one.stress_probability_if_ignored


def test_water_given_today_is_not_given_again() -> None:
    today = IrrigationEvent(
        parcel_id="plot", started_at=datetime(2026, 6, 10, 6, tzinfo=UTC), depth_mm=4.0, source="reply"
    )
    one = only(decide(day_inputs(events=(today,))))
    assert (one.action, one.reason_code, one.next_check_day) == ("wait", "irrigated_today", date(2026, 6, 11))


@pytest.mark.parametrize(
    ("changes", "action", "reason", "check"),
    [
        ({"planted_on": date(2026, 6, 20)}, "wait", "not_planted", date(2026, 6, 20)),
        ({"planted_on": date(2025, 3, 1)}, "wait", "season_over", None),
        ({"planted_on": DAY}, "hold", "just_planted", date(2026, 6, 11)),
    ],
)
def test_outside_the_season_there_is_no_water(
    changes: dict[str, object], action: str, reason: str, check: date | None
) -> None:
    decision = decide(day_inputs(parcels=(parcel("plot", **changes), parcel("other"))))
    one = decision.recommendations[0]
    assert (one.action, one.reason_code, one.next_check_day) == (action, reason, check)
    assert decision.recommendations[1].action == "irrigate"


@pytest.mark.parametrize("starts", [date(2025, 3, 1), date(2026, 3, 1), date(2026, 9, 1)])
def test_an_orchard_stands_before_its_yearly_cycle_begins(starts: date) -> None:
    olives = parcel(crop="olive", planted_on=None, season_starts_on=starts, initial_depletion_mm=10.0)
    decision = decide(day_inputs(parcels=(olives,)))
    assert only(decision).depletion_mm is not None
    assert decision.history is not None
    assert decision.history.rows(0)[0].day == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("planted_on", "action", "reason"), [(date(2026, 9, 1), "wait", "not_planted"), (DAY, "hold", "just_planted")]
)
def test_trees_not_yet_planted_get_no_water(planted_on: date, action: str, reason: str) -> None:
    decision = decide(day_inputs(parcels=(parcel(crop="olive", planted_on=planted_on),)))
    assert (only(decision).action, only(decision).reason_code) == (action, reason)
    assert decision.verdicts[0].decision == ("release" if action == "wait" else "hold")


def test_a_harvested_neighbours_water_counts_against_the_canals_quota() -> None:
    shared = {"canal": "G1"}
    fields = (
        parcel(water=shared),
        parcel("wheat", crop="wheat", planted_on=date(2025, 10, 1), water=shared, area_ha=3.0),
    )
    given = IrrigationEvent(
        parcel_id="wheat", started_at=datetime(2026, 4, 1, 6, tzinfo=UTC), depth_mm=40.0, source="meter"
    )
    quota = Quota(canal="G1", valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31), volume_m3=1500.0)
    alone = decide(day_inputs(parcels=fields[:1], quotas=(quota,))).recommendations[0]
    shared_out = decide(day_inputs(parcels=fields, quotas=(quota,), events=(given,))).recommendations[0]
    # 10 * 40 mm * 3 ha = 1200 m3 are gone, 300 m3 are left: 15 mm on 2 ha.
    assert alone.volume_m3 is not None
    assert alone.volume_m3 > 300.0
    assert shared_out.volume_m3 == 300.0


def test_stale_weather_holds_and_is_told() -> None:
    decision = decide(day_inputs(weather=past(date(2026, 6, 6))))
    one = only(decision)
    assert (one.action, one.reason_code) == ("hold", "weather_stale")
    assert decision.history is None
    assert "expected temperature and rain of 2026-06-07 or later" in decision.problems[0]
    assert decision.verdicts[0].decision == "hold"


def test_weather_that_begins_after_the_day_is_no_weather() -> None:
    decision = decide(day_inputs(day=date(2025, 12, 1)))
    assert only(decision).reason_code in {"weather_stale", "not_planted"}
    assert decision.problems


def test_three_days_without_weather_are_bridged_and_told() -> None:
    decision = decide(day_inputs(weather=past(date(2026, 6, 7))))
    assert only(decision).action == "irrigate"
    assert decision.history is not None
    assert decision.history.state.day == EVE
    assert any("2 missing days" in note for note in decision.notes)


@pytest.mark.parametrize(
    ("forecast", "reason"),
    [
        (None, "no_forecast"),
        (ahead(date(2026, 6, 5), starts=DAY), "forecast_stale"),
        (ahead(DAY, days=1), "forecast_too_short"),
        (ahead(DAY, starts=date(2026, 6, 13)), "forecast_too_short"),
    ],
)
def test_without_a_usable_forecast_the_parcel_is_held(forecast: object, reason: str) -> None:
    decision = decide(day_inputs(forecast=forecast))
    assert (only(decision).action, only(decision).reason_code) == ("hold", reason)
    assert decision.verdicts[0].decision == "hold"
    (problem,) = decision.problems
    assert problem.startswith("forecast of 2026-06-10: expected ")
    assert problem.endswith("; held: plot")


def test_a_gap_in_the_forecast_is_not_read_as_dry() -> None:
    forecast = ahead(DAY)
    forecast["rain_mm"][1] = np.nan
    assert only(decide(day_inputs(forecast=forecast))).reason_code == "forecast_too_short"


def test_a_long_gap_in_the_season_holds_that_parcel_and_names_the_days() -> None:
    weather = past(EVE)
    weather["tmin_c"][120:135] = np.nan
    decision = decide(day_inputs(weather=weather))
    assert (only(decision).action, only(decision).reason_code) == ("hold", "weather_incomplete")
    assert "complete the file" in decision.problems[0]


def test_rain_to_come_makes_the_dose_smaller_or_spares_it() -> None:
    events = watered(every=6, until=date(2026, 6, 3))
    parcels = (parcel(irrigation={"method": "sprinkler", "flow_m3_h": 400.0, "max_mm": 300.0}),)
    dry = only(decide(day_inputs(parcels=parcels, events=events, forecast=ahead(DAY, rain_mm=0.0))))
    wet = only(decide(day_inputs(parcels=parcels, events=events, forecast=ahead(DAY, rain_mm=25.0))))
    assert dry.volume_m3 is not None
    assert (wet.volume_m3 or 0.0) < dry.volume_m3


def test_photos_move_the_balance_and_are_shown() -> None:
    photo = Detection(
        parcel_id="plot",
        sha256="d" * 64,
        taken_at=datetime(2026, 6, 9, 12, tzinfo=UTC),
        model=ModelReference(name="canopy", version="1", sha256="e" * 64),
        opinion=True,
        canopy_cover_fraction=0.35,
        looks_down=True,
    )
    with_photo, without = decide(day_inputs(detections=(photo,))), decide(day_inputs())
    assert [one.kind for one in with_photo.observations] == ["canopy_cover_fraction"]
    one = only(with_photo)
    assert any(fact.kind == "canopy_cover_fraction" and fact.value == 0.35 for fact in one.evidence)
    assert one.inputs[-1].name == "detection dddddddddddd"
    assert one.inputs[-1].age_days == 1.0
    assert one.depletion_mm != only(without).depletion_mm


def test_a_probe_reading_of_the_future_does_not_count() -> None:
    def probe(day: int) -> Observation:
        return Observation(
            parcel_id="plot",
            observed_at=datetime(2026, 6, day, 12, tzinfo=UTC),
            kind="depletion_mm",
            value=5.0,
            sigma=2.0,
            source="probe",
        )

    without, future, now = (decide(day_inputs(observations=seen)) for seen in ((), (probe(20),), (probe(9),)))
    assert only(future).depletion_mm == only(without).depletion_mm
    assert only(now).depletion_mm != only(without).depletion_mm


def test_what_comes_after_the_day_changes_nothing() -> None:
    future = tuple(
        IrrigationEvent(
            parcel_id="plot", started_at=datetime(2026, 6, day, 6, tzinfo=UTC), depth_mm=40.0, source="meter"
        )
        for day in (11, 12)
    )
    photo = Detection(
        parcel_id="plot",
        sha256="d" * 64,
        taken_at=datetime(2026, 6, 12, 12, tzinfo=UTC),
        model=ModelReference(name="wilting", version="1", sha256="e" * 64),
        opinion=True,
        wilting_score=3.0,
        wilting_probability=0.9,
    )
    calm, later = decide(day_inputs()), decide(day_inputs(events=future, detections=(photo,)))
    assert only(calm).action == "irrigate"
    assert later.verdicts == calm.verdicts
    assert "2 irrigations after 2026-06-10 were not used" in later.notes


def test_water_of_the_day_itself_is_not_told_as_unused() -> None:
    today = IrrigationEvent(
        parcel_id="plot", started_at=datetime(2026, 6, 10, 6, tzinfo=UTC), depth_mm=24.0, source="meter"
    )
    decision, without = decide(day_inputs(events=(today,))), decide(day_inputs())
    assert not any("not used" in note for note in decision.notes)
    before, after = only(without).depletion_mm, only(decision).depletion_mm
    assert before is not None
    assert after is not None
    # Sprinklers bring 75 % of the water into the soil.
    assert before.p50 - after.p50 == pytest.approx(18.0, abs=2.5)


def test_turns_are_shared_and_everyone_gets_an_answer() -> None:
    turn = CanalTurn(
        canal="G1",
        starts_at=datetime(2026, 6, 10, 6, tzinfo=UTC),
        ends_at=datetime(2026, 6, 10, 18, tzinfo=UTC),
        flow_m3_h=70.0,
    )
    parcels = tuple(
        parcel(name, water={"canal": "G1"}, irrigation={"method": "sprinkler"}, area_ha=1.0) for name in "abc"
    )
    decision = decide(day_inputs(parcels=parcels, turns=(turn,)))
    doses = [one for one in decision.recommendations if one.action == "irrigate"]
    assert doses
    assert sum(one.duration_h or 0.0 for one in doses) <= 12.0
    assert {one.parcel_id for one in decision.recommendations} == {"a", "b", "c"}


def test_the_judge_gets_the_raw_inputs() -> None:
    inputs = day_inputs()
    seen = judge_inputs(inputs)
    assert seen.weather is inputs.weather
    assert seen.forecast_issued_on == DAY


def test_no_parcel_is_no_verdict() -> None:
    assert decide(day_inputs(parcels=())).verdicts == ()


def test_every_verdict_carries_its_checks_and_an_end() -> None:
    decision = decide(day_inputs(events=watered(every=6, until=date(2026, 6, 3))))
    (verdict,) = decision.verdicts
    assert verdict.decision in {"release", "shrink", "hold"}
    assert len(verdict.checks) > 20
    assert verdict.valid_until > datetime(2026, 6, 10, tzinfo=UTC)


def test_weather_without_rain_is_not_read_as_dry() -> None:
    decision = decide(day_inputs(weather=past(EVE).drop_vars("rain_mm")))
    assert only(decision).reason_code == "weather_stale"
    assert "expected temperature and rain" in decision.problems[0]


def test_a_clock_that_is_years_ahead_holds_and_does_not_run_for_ever() -> None:
    decision = decide(day_inputs(day=date(2126, 6, 10), parcels=(parcel(planted_on=date(2126, 4, 1)),)))
    (verdict,) = decision.verdicts
    assert verdict.decision == "hold"
    assert verdict.proposed.reason_code == "weather_stale"


def test_held_parcels_are_named_and_many_are_counted() -> None:
    fields = tuple(parcel(f"p{index}") for index in range(8))
    (problem,) = decide(day_inputs(parcels=fields, forecast=None)).problems
    assert problem.endswith("held: p0, p1, p2, p3, p4 and 3 more")


def test_a_dose_cut_short_by_the_pumps_hours_is_released() -> None:
    # Eight hours at 30 m3/h are 12 mm on two hectares: far below the need, for a reason that the judge can see.
    pump = Pump(pump="well", flow_m3_h=30.0, from_hour=9.0, to_hour=17.0)
    decision = decide(day_inputs(parcels=(parcel(water={"pump": "well"}),), pumps=(pump,)))
    assert only(decision).duration_h == 8.0
    assert decision.verdicts[0].decision == "release", decision.verdicts[0].explanation


def test_rows_without_values_do_not_make_weather_fresh() -> None:
    weather = past(EVE)
    for name in weather.data_vars:
        weather[name][-2:] = np.nan
    (reference, *_) = only(decide(day_inputs(weather=weather))).inputs
    assert (reference.name, reference.age_days) == ("past.csv", 3.0)


def test_an_orchards_quota_binds_without_a_date_of_its_own() -> None:
    olives = parcel(crop="olive", planted_on=None, water={"quota_m3": 200.0}, initial_depletion_mm=10.0)
    decision = decide(day_inputs(parcels=(olives,)))
    assert only(decision).volume_m3 == 200.0
    assert decision.verdicts[0].decision == "release", decision.verdicts[0].explanation


def test_names_that_meet_nothing_are_told() -> None:
    dates = {"valid_from": DAY, "valid_to": DAY, "volume_m3": 100.0}
    quotas = (Quota(parcel_id="plto", **dates), Quota(canal="G2", **dates), Quota(canal="G1", **dates))
    fields = (parcel(water={"pump": "weel"}), parcel("other", water={"canal": "G1"}))
    pumps = (Pump(pump="well", flow_m3_h=40.0),)
    notes = decide(day_inputs(parcels=fields, quotas=quotas, pumps=pumps)).notes
    assert [note.partition(":")[0] for note in notes] == ["canal G2", "parcel plto", "pump weel"]
    assert not decide(day_inputs(parcels=fields)).notes


def test_a_reading_moves_the_water_and_one_that_the_weather_does_not_reach_waits() -> None:
    def read(day: date, identifier: str = "plot") -> Observation:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return Observation(
            parcel_id=identifier, observed_at=noon, kind="depletion_mm", value=20.0, sigma=5.0, source="probe"
        )

    without = decide(day_inputs(events=watered()))
    with_probe = decide(day_inputs(events=watered(), observations=(read(EVE), read(DAY), read(EVE, "nobody"))))
    before, after = only(without).depletion_mm, only(with_probe).depletion_mm
    assert before is not None
    assert after is not None
    assert after.p50 < before.p50 - 5.0
    assert [line for line in with_probe.notes if "after 2026-06-09" in line] == [
        "1 observations after 2026-06-09, the last day of the weather, were not used"
    ]
    assert not [line for line in with_probe.notes if "nobody" in line]
    held = decide(day_inputs(weather=past(EVE).where(cond=False), observations=(read(EVE),)))
    assert held.history is None
    assert not [line for line in held.notes if "observations after" in line]


def test_a_gap_inside_a_forecast_is_a_problem_that_names_its_day() -> None:
    forecast = ahead(DAY).copy(deep=True)
    forecast["rain_mm"].values[4] = np.nan
    decision = decide(day_inputs(forecast=forecast))
    assert only(decision).reason_code not in {"forecast_incomplete", "forecast_too_short"}
    assert any("got a gap on 2026-06-14" in line and line.endswith("plot") for line in decision.problems)
    assert not any("gap" in line for line in decide(day_inputs()).problems)


def test_a_canal_that_the_table_of_turns_does_not_know_is_named_with_the_number_of_its_parcels() -> None:
    start = datetime(2026, 6, 12, 6, tzinfo=UTC)
    turn = CanalTurn(canal="known", starts_at=start, ends_at=start + timedelta(hours=4), flow_m3_h=60.0)
    land = (
        parcel("a", water={"canal": "lost"}),
        parcel("b", water={"canal": "lost"}),
        parcel("c", water={"canal": "known"}),
        parcel("d"),
    )
    said = "canal lost: has no turn in the table of turns; its 2 parcels are advised as if they had water at will"
    notes = decide(day_inputs(parcels=land, turns=(turn,))).notes
    assert [line for line in notes if "table of turns" in line] == [said]
    assert not any("table of turns" in line for line in decide(day_inputs(parcels=land)).notes)


def test_two_quotas_of_one_holder_are_told_apart_by_their_last_day() -> None:
    periods = ((date(2026, 3, 1), date(2026, 8, 1), 4000.0), (date(2026, 5, 1), date(2026, 7, 1), 3000.0))
    quotas = tuple(
        Quota(parcel_id="plot", valid_from=first, valid_to=last, volume_m3=volume) for first, last, volume in periods
    )

    def told(given: tuple[Quota, ...]) -> dict[str, float | None]:
        land = (parcel(water={"canal": "G1"}),)
        shared = Quota(canal="G1", valid_from=date(2026, 3, 1), valid_to=date(2026, 8, 1), volume_m3=9000.0)
        one = only(decide(day_inputs(parcels=land, quotas=(*given, shared))))
        return {fact.source: fact.value for fact in one.evidence if fact.kind == "quota_left_m3"}

    assert told(quotas) == {
        "quota of parcel plot until 2026-08-01": 4000.0,
        "quota of parcel plot until 2026-07-01": 3000.0,
        "quota of canal G1": 9000.0,
    }
    # One alone needs no more than its holder.
    assert told(quotas[:1]) == {"quota of parcel plot": 4000.0, "quota of canal G1": 9000.0}
