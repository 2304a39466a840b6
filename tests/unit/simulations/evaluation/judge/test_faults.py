from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from cloud.daily import DayInputs, decide
from cloud.records import IrrigationEvent, Recommendation
from models.job import Job
from simulations.evaluation.judge import run
from simulations.evaluation.judge.advice_faults import ADVICE_FAMILIES
from simulations.evaluation.judge.district import STATION, Climate, climate_of
from simulations.evaluation.judge.faults import Family, halves, struck
from simulations.evaluation.judge.fresh_faults import FRESH_FAMILIES
from simulations.evaluation.judge.input_faults import INPUT_FAMILIES
from simulations.evaluation.judge.later_faults import LATER_FAMILIES
from simulations.evaluation.judge.scoring import Tally
from simulations.evaluation.judge.season import SeasonDay, season
from simulations.evaluation.judge.unseen_faults import UNSEEN_FAMILIES

FIRST = date(2004, 4, 10)
FAMILIES = (*INPUT_FAMILIES, *ADVICE_FAMILIES)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn record in the form of the station's file: a dry spring, one day missing."""
    folder = tmp_path_factory.mktemp("data")
    path = folder / STATION
    path.parent.mkdir(parents=True)
    generator = np.random.default_rng(5)
    lines = ["DATE,ALLSKY_SFC_SW_DWN,PRECTOT,RH2M,T2M,T2MDEW,T2M_MAX,T2M_MIN,WS2M"]
    for number in range(1376):
        mean = 14.0 + 8.0 * np.sin((number - 60) / 58.0) + generator.normal(0.0, 1.5)
        rain = generator.gamma(1.0, 6.0) if generator.random() < 0.1 else 0.0
        sun = -99.0 if number == 3 else 16.0 + 7.0 * np.sin((number - 60) / 58.0) + generator.normal(0.0, 1.0)
        wind = 1.8 + generator.normal(0.0, 0.2)
        values = (sun, rain, 50.0 + generator.normal(0.0, 3.0), mean, mean - 8.0, mean + 7.0, mean - 7.0, wind)
        lines.append(",".join([str(date(2000, 9, 1) + timedelta(days=number)), *(f"{value:.2f}" for value in values)]))
    path.write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def climate(record: Path) -> Climate:
    return climate_of(record / STATION)


@pytest.fixture(scope="module")
def day(climate: Climate) -> SeasonDay:
    """The third sound day of a small season."""
    days: Iterator[SeasonDay] = season(climate, FIRST, FIRST + timedelta(days=2), copies=1, seed=1)
    return list(days)[-1]


def test_a_missing_value_is_unknown_and_weather_ends_the_day_before(climate: Climate, day: SeasonDay) -> None:
    assert np.isnan(climate.columns["radiation_mj_m2"][3])
    assert day.inputs.weather["time"].values[-1] == np.datetime64(day.inputs.day) - 1
    assert day.inputs.forecast is not None
    assert day.inputs.forecast["time"].values[0] == np.datetime64(day.inputs.day)
    assert {one.proposed.day for one in day.inputs.history} == {FIRST, FIRST + timedelta(days=1)}


def test_there_are_forty_families_and_each_is_in_one_half() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES) >= 40
    split = halves(FAMILIES)
    assert not {family.name for family in LATER} & set(split)
    assert len({family.name for family in LATER}) == len(LATER)
    assert abs(list(split.values()).count("judging") - len(FAMILIES) / 2) <= 4
    assert {family.kind for family in FAMILIES} == {"weather", "forecast", "parcel", "events", "photos", "advice"}
    assert all((family.inputs is None) != (family.advice is None) for family in FAMILIES)


def test_a_third_of_the_parcels_is_struck_and_always_the_same(day: SeasonDay) -> None:
    family = next(family for family in FAMILIES if not family.everyone)
    names = [parcel.id for parcel in day.inputs.parcels]
    one, other = (struck(names, family, np.random.default_rng(4)) for _ in range(2))
    assert one == other
    assert 2 <= len(one) < len(names)


def changed_inputs(family: Family, day: SeasonDay) -> DayInputs:
    assert family.inputs is not None
    names = frozenset(parcel.id for parcel in day.inputs.parcels)
    return family.inputs(day.inputs, names, np.random.default_rng(0))


def same(one: DayInputs, other: DayInputs) -> bool:
    assert one.forecast is not None
    assert other.forecast is not None
    return (
        one.weather.identical(other.weather)
        and one.forecast.identical(other.forecast)
        and one.parcels == other.parcels
        and one.events == other.events
        and one.detections == other.detections
    )


LATER = (*FRESH_FAMILIES, *LATER_FAMILIES, *UNSEEN_FAMILIES)
FRESH_INPUTS = tuple(family for family in LATER if family.inputs is not None)
FRESH_ADVICE = tuple(family for family in LATER if family.advice is not None)


@pytest.mark.parametrize("family", [*INPUT_FAMILIES, *FRESH_INPUTS], ids=lambda family: family.name)
def test_a_fault_spoils_its_copy_and_leaves_the_sound_day_alone(family: Family, day: SeasonDay) -> None:
    given = IrrigationEvent(
        parcel_id=day.inputs.parcels[0].id,
        started_at=day.inputs.history[0].valid_until,
        depth_mm=20.0,
        source="meter",
    )
    other = given.model_copy(update={"parcel_id": day.inputs.parcels[1].id, "depth_mm": 11.0})
    earlier = given.model_copy(update={"started_at": given.started_at - timedelta(days=3)})
    forecast = day.inputs.forecast
    assert forecast is not None
    sound = SeasonDay(
        inputs=DayInputs(
            **{
                **{name: getattr(day.inputs, name) for name in DayInputs.__dataclass_fields__},
                "events": (earlier, given, other),
                "forecast": forecast.assign(rain_mm=forecast["rain_mm"] + 1.0 + forecast["time"].dt.day),
            }
        ),
        decision=day.decision,
    )
    before = sound.inputs.weather.copy(deep=True)
    spoilt = changed_inputs(family, sound)
    assert not same(spoilt, sound.inputs)
    assert sound.inputs.weather.identical(before)


@pytest.mark.parametrize("family", [*ADVICE_FAMILIES, *FRESH_ADVICE], ids=lambda family: family.name)
def test_a_fault_of_the_advice_changes_some_record(family: Family, day: SeasonDay) -> None:
    assert family.advice is not None
    sound: tuple[Recommendation, ...] = day.decision.recommendations
    told = family.advice(sound, frozenset(one.parcel_id for one in sound), np.random.default_rng(0))
    assert list(sound) != told


def test_the_whole_run_gives_bars_and_a_row_for_each_family(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(family for family in FAMILIES if family.name in {"area tenfold", "dose tenfold", "station stuck"})
    fresh = tuple(family for family in FRESH_FAMILIES if family.name == "dose a third")
    monkeypatch.setattr(run, "FAMILIES", few)
    unseen = tuple(family for family in UNSEEN_FAMILIES if family.name == "dose four times")
    monkeypatch.setattr(run, "FRESH_FAMILIES", fresh)
    monkeypatch.setattr(run, "LATER_FAMILIES", ())
    monkeypatch.setattr(run, "UNSEEN_FAMILIES", unseen)
    monkeypatch.setattr(run, "SETTLING_DAYS", 0)
    days = (FIRST, FIRST + timedelta(days=1))
    monkeypatch.setattr(run, "SEASONS", {"even": (days,), "odd": (days,)})
    monkeypatch.setattr(run, "DISTRICT", (FIRST, FIRST))
    monkeypatch.setattr(run, "DISTRICT_COPIES", 2)
    monkeypatch.setattr(run, "COPIES", 1)
    monkeypatch.setattr(run, "TRIED_EVERY_DAYS", 2)
    figures = run.run(Job(data=record, out=record, steps=None, threads=1, told=lambda _: None))
    assert {row["family"] for row in figures["rows"]} == {family.name for family in (*few, *fresh, *unseen)}
    assert {(row["half"], row["years"]) for row in figures["rows"]} >= {("fresh", "odd"), ("choosing", "even")}
    assert all(row["tried"] > 0 for row in figures["rows"])
    assert figures["sound"]["odd"]["days"] == 2
    assert figures["sound"]["odd"]["verdicts"] == 2 * 9
    assert figures["learned"] is None
    asked = [str(bar["what"]) for bar in figures["bars"]]
    assert sum("scored once" in what for what in asked) == 4
    assert sum("2,000 ha" in what for what in asked) == 2
    area = next(row for row in figures["rows"] if row["family"] == "area tenfold")
    assert area["harmless_held_share"] == 1.0 or area["caught_share"] == 1.0


def test_a_day_that_is_refused_is_counted_as_such(day: SeasonDay) -> None:
    crop = next(family for family in INPUT_FAMILIES if family.name == "another crop")
    refused: dict[str, int] = {"another crop": 0}
    tally = Tally()
    run.tried(crop, day, tally, refused)
    assert refused["another crop"] + tally.tried > 0


def test_the_same_day_again_is_decided_alike(day: SeasonDay) -> None:
    assert decide(day.inputs).recommendations == day.decision.recommendations


def test_kept_states_change_no_advice_and_serve_the_later_days(climate: Climate) -> None:
    *_, last = season(climate, FIRST, FIRST + timedelta(days=4), copies=1, seed=1)
    assert last.inputs.kept is not None
    assert last.inputs.kept.shelves.checkpoints.days()
    anew = decide(replace(last.inputs, kept=None))
    assert anew.recommendations == last.decision.recommendations
    followed = decide(last.inputs).followed
    assert followed is not None
    assert any("goes on from the state" in note for note in followed.notes)


def test_a_dose_of_a_fault_is_rounded_as_any_other(day: SeasonDay) -> None:
    family = next(one for one in LATER_FAMILIES if one.name == "dose up by half")
    assert family.advice is not None
    sound = day.decision.recommendations
    told = family.advice(sound, frozenset(one.parcel_id for one in sound), np.random.default_rng(0))
    doses = [(one, two) for one, two in zip(sound, told, strict=True) if one.depth_mm is not None]
    for one, two in doses:
        assert one.depth_mm is not None
        assert two.depth_mm is not None
        assert two.depth_mm.p50 == round(two.depth_mm.p50)
        assert two.depth_mm.p50 == pytest.approx(1.5 * one.depth_mm.p50, abs=0.51)
        assert two.volume_m3 == round(two.volume_m3 or 0.0)
