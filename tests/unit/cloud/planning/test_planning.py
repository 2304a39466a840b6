"""Plans of a SYNTHETIC night: what is in them, what is left out of them, and what their words say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from cloud.daily import decide, judge_inputs
from cloud.errors import IntegrityError
from cloud.judge.hard_limits import bucket_ahead, limits_of_all
from cloud.planning.doses import ASKED_LEVELS, Answered, _between, _rising, _trigger
from cloud.planning.making import DAYS, PlansMade, make_plans, shares_of
from cloud.planning.use import RAIN_FALLEN_MM, RAIN_FROM_MM
from cloud.planning.weather_ahead import MEMBERS, weather_ahead
from cloud.planning.words import answers_known, prove, recipient_of
from cloud.records import (
    CanalTurn,
    CropParameters,
    IrrigationEvent,
    IrrigationSystem,
    Pump,
    Quota,
    Verdict,
    WaterSource,
)
from cloud.speech.readback import read_back
from cloud.speech.reply import WORDS, key_of
from cloud.speech.segments import fits_budget
from cloud.speech.voice import Voice
from edge.advice import advise
from edge.answers import folded
from edge.plan import Plan
from edge.plan_words import fill
from tests.plan_world import DAY, EVE, MADE_AT, farmer, night, planned
from tests.synthetic_season import ahead, parcel, past, series

LANGUAGES = ("en", "fr", "ar", "ary", "ary-Latn", "zgh", "zgh-Latn")


@pytest.fixture(scope="module")
def made() -> PlansMade:
    return planned(parcel(initial_depletion_mm=10.0), parcel("second", initial_depletion_mm=30.0))[1]


@pytest.fixture(scope="module")
def plan(made: PlansMade) -> Plan:
    return made.plans["plot"]


def test_a_plan_covers_the_day_of_the_night_and_thirty_more(plan: Plan) -> None:
    assert (plan.days[0].day, len(plan.days)) == (DAY, DAYS)
    assert plan.days[-1].day == DAY + timedelta(days=30)
    assert plan.made_at == MADE_AT


def test_the_same_night_gives_the_same_plans(made: PlansMade) -> None:
    again = planned(parcel(initial_depletion_mm=10.0), parcel("second", initial_depletion_mm=30.0))[1]
    assert again.plans == made.plans


def test_doses_rise_with_what_is_missing_and_bounds_widen_with_age(plan: Plan) -> None:
    for day in plan.days:
        assert list(day.doses_mm) == sorted(day.doses_mm)
        assert all(low <= high for low, high in zip(day.use_mm, day.use_mm[1:], strict=False))
    spreads = [day.spread_mm for day in plan.days]
    assert spreads == sorted(spreads)
    assert spreads[-1] > spreads[0]


def test_a_night_that_tells_to_irrigate_is_counted_as_its_farmer_may_be_expected_to_follow(plan: Plan) -> None:
    (given,) = plan.given
    assert given.day == DAY
    assert given.told_mm is not None
    assert 0.0 < given.depth_mm < given.told_mm


def test_rain_counts_by_class_no_more_than_falls(plan: Plan) -> None:
    assert tuple(one.from_mm for one in plan.rain) == RAIN_FROM_MM
    counts = [one.counts_mm for one in plan.rain]
    assert counts == sorted(counts)
    assert all(one.counts_mm <= most for one, most in zip(plan.rain, RAIN_FALLEN_MM, strict=True))


def test_a_probe_reads_field_capacity_where_nothing_is_missing(plan: Plan) -> None:
    assert plan.probe is not None
    assert 0.1 < plan.probe.upto_fraction[0] < 0.5
    assert list(plan.probe.upto_fraction) == sorted(plan.probe.upto_fraction, reverse=True)


def test_steps_are_doses_as_the_cloud_would_tell_them(plan: Plan) -> None:
    for step in plan.steps:
        assert step.volume_m3 == 20.0 * step.depth_mm
        assert step.duration_h == pytest.approx(step.volume_m3 / 40.0, abs=1 / 24)
    assert plan.steps[-1].duration_h is not None
    assert plan.steps[-1].duration_h <= 24.0


def test_the_judges_bucket_is_on_its_strict_side(plan: Plan) -> None:
    inputs, _ = night(parcel(initial_depletion_mm=10.0))
    extended, _ = weather_ahead(inputs.forecast, inputs.weather, DAY, 41)
    found = bucket_ahead(DAY, 31, replace(judge_inputs(inputs), forecast=extended))
    assert found is not None
    assert found.use_mm.shape == (31, 1)
    assert plan.limits.missing_mm == pytest.approx(float(found.missing_mm[0]), abs=0.01)
    assert bucket_ahead(DAY, 31, replace(judge_inputs(inputs), forecast=None)) is None
    assert limits_of_all(inputs.parcels)[0].largest_mm == plan.limits.largest_mm


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_filling_reads_back_in_every_language(made: PlansMade, plan: Plan, language: str) -> None:
    person = recipient_of(plan, made.made["plot"], farmer(language), Voice(draft=True))
    for ahead_days in range(len(plan.days)):
        day = plan.days[ahead_days]
        advice = advise(plan, day.day, {}, ())
        assert advice is not None
        text = fill(plan, person.sayings, advice)
        heard = read_back(text, person.language, told_on=day.day)  # type: ignore[arg-type]
        assert heard.day == day.day
        assert fits_budget(text)
        if advice.dose is not None:
            assert heard.volume_m3 == advice.dose.volume_m3
            assert heard.depth_mm == advice.dose.depth_mm
            assert heard.duration_minutes == round(60 * (advice.dose.duration_h or 0.0))


def test_words_that_would_say_another_number_are_not_released(made: PlansMade, plan: Plan) -> None:
    voice = Voice(draft=True)
    person = recipient_of(plan, made.made["plot"], farmer("en"), voice)
    sayings, words = person.sayings, voice.words("en")
    for wrong in (
        sayings.model_copy(update={"irrigate": sayings.irrigate.replace("{depth}", "7")}),
        sayings.model_copy(update={"irrigate": sayings.irrigate.replace("{volume}", "{depth}")}),
        sayings.model_copy(update={"when": sayings.when[1:] + sayings.when[:1]}),
        sayings.model_copy(update={"durations": sayings.durations[1:] + sayings.durations[:1]}),
        sayings.model_copy(update={"days": sayings.days[1:] + sayings.days[:1]}),
        sayings.model_copy(update={"irrigate": sayings.irrigate + " x" * 60}),
    ):
        with pytest.raises(IntegrityError, match="words of its plan"):
            prove(plan, made.made["plot"], wrong, words)


def test_a_long_name_is_cut_and_a_brace_in_it_is_no_slot() -> None:
    long = parcel(initial_depletion_mm=10.0, name="The {depth} field of the great-grandmother by the river " * 3)
    plans = planned(long)[1]
    person = recipient_of(plans.plans["plot"], plans.made["plot"], farmer("en"), Voice(draft=True))
    assert person.sayings.irrigate.startswith("The (depth) field")
    assert person.sayings.irrigate.count("{depth}") == 1


def test_without_a_flow_the_words_tell_volume_alone() -> None:
    plans = planned(parcel(initial_depletion_mm=10.0, irrigation=IrrigationSystem(method="sprinkler")))[1]
    plan = plans.plans["plot"]
    assert all(step.duration_h is None for step in plan.steps)
    person = recipient_of(plan, plans.made["plot"], farmer("fr"), Voice(draft=True))
    assert "{duration}" not in person.sayings.irrigate


def test_turns_give_water_on_their_own_days_alone() -> None:
    zone = "+01:00"
    turns = tuple(
        CanalTurn(
            canal="C1",
            parcel_id="plot",
            starts_at=datetime.fromisoformat(f"{DAY + timedelta(days=days)}T08:00:00{zone}"),
            ends_at=datetime.fromisoformat(f"{DAY + timedelta(days=days)}T18:00:00{zone}"),
            flow_m3_h=100.0,
        )
        for days in (4, 14, 24)
    )
    own = parcel(initial_depletion_mm=10.0, water=WaterSource(canal="C1"), irrigation=IrrigationSystem(method="furrow"))
    inputs, _ = night(own)
    inputs = replace(inputs, turns=turns)
    plans = make_plans(inputs, decide(inputs), ["plot"], MADE_AT)
    plan = plans.plans["plot"]
    wet = [(day.day - DAY).days for day in plan.days if day.starts_from is not None]
    assert wet == [4, 14, 24]
    assert plan.days[4].most_mm == pytest.approx(10.0 * 0.75 * 100.0 / 20.0)
    assert max(plan.days[4].doses_mm) > 0
    assert plan.days[5].most_mm == 0.0


def test_a_pump_is_shared_by_area() -> None:
    one = parcel("one", water=WaterSource(pump="W"), area_ha=3.0)
    other = parcel("other", water=WaterSource(pump="W"), area_ha=1.0)
    assert shares_of([one, other, parcel("alone")]) == {"one": 0.75, "other": 0.25, "alone": 1.0}
    pumps = (Pump(pump="W", flow_m3_h=40.0, from_hour=8.0, to_hour=16.0),)
    inputs, _ = night(one, other)
    inputs = replace(inputs, pumps=pumps)
    made = make_plans(inputs, decide(inputs), ["one", "other"], MADE_AT)
    for name, area_ha, share in (("one", 3.0, 0.75), ("other", 1.0, 0.25)):
        if name in made.plans:
            expected = share * 6.0 * 40.0 / (10.0 * area_ha)
            assert made.plans[name].days[3].most_mm == pytest.approx(expected)


def test_what_is_left_of_a_quota_bounds_the_silence_and_is_shared_by_area() -> None:
    own = WaterSource(canal="C1", quota_m3=9000.0)
    land = (parcel("one", water=own, area_ha=3.0), parcel("two", water=WaterSource(canal="C1"), area_ha=1.0))
    quota = Quota(canal="C1", valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31), volume_m3=20_000.0)
    given = IrrigationEvent(
        parcel_id="two", started_at=datetime(2026, 6, 1, 8, tzinfo=UTC), depth_mm=40.0, source="meter"
    )
    inputs, _ = night(*land, events=(given,))
    inputs = replace(inputs, quotas=(quota,))
    plans = make_plans(inputs, decide(inputs), ["one", "two"], MADE_AT).plans
    left = {name: plan.limits.left_m3 for name, plan in plans.items()}
    expected = {"one": 9000.0, "two": (20_000.0 - 400.0) / 4.0}
    assert left
    for name, volume in left.items():
        assert volume == pytest.approx(expected[name])


def test_who_cannot_be_planned_is_named() -> None:
    inputs, decision = night(parcel(initial_depletion_mm=10.0), parcel("late", planted_on=date(2026, 8, 1)))
    held = tuple(
        Verdict.model_validate({**one.model_dump(), "decision": "hold"}) if one.proposed.parcel_id == "plot" else one
        for one in decision.verdicts
    )
    made = make_plans(inputs, replace(decision, verdicts=held), ["plot", "late", "stranger"], MADE_AT)
    assert made.plans == {}
    lines = "\n".join(made.problems)
    for word in ("held", "not followed", "no such parcel"):
        assert word in lines
    nobody = make_plans(inputs, replace(decision, history=None), ["plot"], MADE_AT)
    assert nobody.problems == ("plans: no parcel has usable weather tonight",)


def test_a_harvested_field_is_told_nothing_more() -> None:
    stages = CropParameters(stage_lengths_days=(20, 30, 40, 30))
    plan = planned(parcel(initial_depletion_mm=60.0, planted_on=date(2026, 2, 25), crop_parameters=stages))[1].plans[
        "plot"
    ]
    ends = (date(2026, 2, 25) + timedelta(days=120) - DAY).days
    assert any(plan.days[0].doses_mm)
    assert not any(dose for day in plan.days[ends:] for dose in day.doses_mm)


def test_weather_ahead_is_the_forecast_then_the_season() -> None:
    short, told = weather_ahead(ahead(DAY), past(EVE), DAY, 20)
    assert short.sizes == {"time": 20, "site": 1, "member": MEMBERS}
    assert "10 days of forecast" in told
    assert "not 3 whole years" in told
    assert float(short["rain_mm"].values[10:].max()) == 0.0
    assert np.isfinite(short["tmax_c"].values).all()
    without, told = weather_ahead(None, past(EVE), DAY, 20)
    assert "forecast" not in told
    assert without.sizes["time"] == 20


def test_years_that_are_known_are_the_weather_of_later_days() -> None:
    days = 4 * 365
    content = {name: np.resize(values, days) for name, values in series().items()}
    first = np.datetime64(EVE, "D") - np.timedelta64(days - 1, "D")
    template = past(EVE)
    known = xr.Dataset(
        {name: (("time", "site"), values[:, None]) for name, values in content.items()},
        coords={
            "time": first + np.arange(days),
            **{name: template[name] for name in ("latitude", "longitude", "elevation_m")},
        },
        attrs=template.attrs,
    )
    extended, told = weather_ahead(ahead(DAY), known, DAY, 25)
    assert "earlier years" in told
    assert float(extended["tmax_c"].values[15].std()) > 0.0


def test_answers_are_those_of_the_cloud_and_fold_alike() -> None:
    known = answers_known()
    assert known[key_of("سقيت")] == "done"
    assert set(known.values()) == {"done", "not_done", "half", "no_water", "rain", "stop", "start"}
    for word in [*WORDS, "C'est FAIT !", "\u0661", "  Oui.", "ⵢⴰⵀ"]:
        assert folded(word) == key_of(word)


def test_between_what_was_asked_the_table_goes_over_smoothly() -> None:
    levels = np.arange(0.0, 60.0, 5.0)
    first = Answered(place=0, levels_mm=np.array([10.0, 20.0, 40.0]), doses_mm=np.array([0.0, 10.0, 30.0]))
    last = Answered(place=10, levels_mm=np.array([10.0, 20.0, 40.0]), doses_mm=np.array([0.0, 0.0, 30.0]))
    assert (_trigger(first), _trigger(last)) == (15.0, 30.0)
    doses = _between([first, last], levels, 11)
    assert doses[0, 3] == pytest.approx(5.0)
    assert doses[0, 6] == pytest.approx(20.0)
    assert doses[10, 5] == 0.0
    assert doses[10, 8] == pytest.approx(30.0)
    assert (np.diff(doses, axis=1) >= 0.0).all()
    assert not _between([], levels, 3).any()
    never = Answered(place=0, levels_mm=np.array([10.0]), doses_mm=np.array([0.0]))
    assert not _between([never], levels, 2).any()


def test_asking_is_frugal_and_finds_the_first_dose() -> None:
    levels = 100.0 * np.array(ASKED_LEVELS)
    asked: list[float] = []

    def dose_at(level: float) -> float:
        asked.append(level)
        return 0.0 if level < 60.0 else min(level, 70.0)

    found = _rising(levels, dose_at, 70.0)
    assert (found > 0.0).tolist() == (levels >= 60.0).tolist()
    assert found[-1] == 70.0
    assert len(asked) <= 5
    assert not _rising(levels, lambda _: 0.0, 70.0).any()
