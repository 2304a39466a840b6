from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.agronomy.carrying.carried import carry
from cloud.agronomy.crops.stage_deficit import (
    OVER,
    StageDeficits,
    deficit_lines,
    season_end_lines,
    stage_deficits,
    stage_numbers,
    stages_of,
)
from cloud.agronomy.crops.yield_response import relative_yield
from cloud.agronomy.plots import plots_of
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import CropParameters, IrrigationEvent, Parcel
from cloud.weather.forcing import Forcing

MakeForcing = Callable[..., Forcing]
PLAIN = WaterSettings(fixed_parameters=True)


def by_calendar(maize: Parcel) -> Parcel:
    return maize.model_copy(update={"crop_parameters": CropParameters(stage_lengths_days=(10, 10, 10, 10))})


def weekly(days: int) -> list[IrrigationEvent]:
    first = datetime(2024, 4, 1, 8, tzinfo=UTC).timestamp()
    return [
        IrrigationEvent(
            parcel_id="maize",
            started_at=datetime.fromtimestamp(first + day * 86_400, UTC),
            depth_mm=45.0,
            source="meter",
        )
        for day in range(0, days, 4)
    ]


def test_stages_follow_the_calendar_where_their_lengths_are_given(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 3, 30), [5.0] * 50)
    numbers = stage_numbers(plots_of([by_calendar(maize)], date(2024, 3, 30)), forcing)[:, 0]
    assert numbers[:3].tolist() == [-1, -1, 0]
    # Sown on row 2: stages of ten days end after rows 11, 21, 31 and 41, and with the last one the season.
    assert [int(numbers[row]) for row in (11, 12, 22, 32, 41, 42, 49)] == [0, 1, 2, 3, 3, OVER, OVER]


def test_warmth_hurries_the_stages(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 60)
    warm = Forcing(
        **{
            **{name: getattr(forcing, name) for name in Forcing.__slots__},
            "tmin_c": forcing.tmin_c + 12.0,
            "tmax_c": forcing.tmax_c + 6.0,
        }
    )
    plots = plots_of([maize], date(2024, 4, 1))
    assert (stage_numbers(plots, warm) >= stage_numbers(plots, forcing)).all()
    assert stage_numbers(plots, warm).sum() > stage_numbers(plots, forcing).sum()


def test_a_crop_left_dry_at_flowering_loses_there_and_most(maize: Parcel, make_forcing: MakeForcing) -> None:
    parcel = by_calendar(maize)
    forcing = make_forcing(date(2024, 4, 1), [7.0] * 40)
    early = [one for one in weekly(40) if one.started_at < datetime(2024, 4, 18, tzinfo=UTC)]
    watered, left_dry = (simulate([parcel], forcing, events, [], settings=PLAIN) for events in (weekly(40), early))
    full, short = (
        stage_deficits(history, [parcel], stages_of(history, [parcel], forcing)) for history in (watered, left_dry)
    )
    assert full.relative_et[0] == pytest.approx(np.ones(4), abs=0.08)
    assert short.relative_et[0, 0] == pytest.approx(full.relative_et[0, 0])
    assert short.relative_et[0, 3] < short.relative_et[0, 2] < 0.9
    assert short.relative_yield[0] == pytest.approx(
        float(relative_yield("maize", short.relative_et[0], short.wanted_mm[0]))
    )
    assert short.relative_yield[0] < full.relative_yield[0]


def test_a_stage_to_come_is_unknown_and_costs_nothing(maize: Parcel, make_forcing: MakeForcing) -> None:
    parcel, forcing = by_calendar(maize), make_forcing(date(2024, 4, 1), [5.0] * 8)
    history = simulate([parcel], forcing, [], [], settings=PLAIN)
    found = stage_deficits(history, [parcel], stages_of(history, [parcel], forcing))
    assert np.isnan(found.relative_et[0, 1:]).all()
    assert found.relative_yield[0] == pytest.approx(1.0, abs=0.02)


def test_a_season_that_has_not_begun_has_no_yield_to_tell(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 1, 1), [2.0] * 10)
    history = simulate([maize], forcing, [], [], settings=PLAIN)
    found = stage_deficits(history, [maize], stages_of(history, [maize], forcing))
    assert np.isnan(found.relative_et).all()
    assert np.isnan(found.relative_yield).all()
    assert deficit_lines(found, [maize]) == ()


def test_only_a_parcel_that_went_short_is_told_in_words(maize: Parcel) -> None:
    found = StageDeficits(
        relative_et=np.array([[1.0, 0.999, np.nan, np.nan], [1.0, 0.9, 0.5, np.nan]]),
        wanted_mm=np.full((2, 4), 100.0),
        relative_yield=np.array([1.0, 0.24]),
    )
    (line,) = deficit_lines(found, [maize, maize.model_copy(update={"id": "dry"})])
    assert line.startswith("parcel dry: ")
    assert "initial 100%, development 90%, mid-season 50%; this leaves 24% of the yield" in line
    assert "FAO-33" in line


def test_days_after_the_season_are_told_once_and_do_not_count(maize: Parcel, make_forcing: MakeForcing) -> None:
    parcel, short = by_calendar(maize), make_forcing(date(2024, 4, 1), [5.0] * 40)
    long = make_forcing(date(2024, 4, 1), [5.0] * 140)
    whole, longer = (simulate([parcel], forcing, [], [], settings=PLAIN) for forcing in (short, long))
    of_whole, of_longer = stages_of(whole, [parcel], short), stages_of(longer, [parcel], long)
    assert season_end_lines(whole, [parcel], of_whole) == ()
    (line,) = season_end_lines(longer, [parcel], of_longer)
    assert "its season ended on 2024-05-10 by the table (by the calendar); the 100 rows after it" in line
    counted, same = stage_deficits(whole, [parcel], of_whole), stage_deficits(longer, [parcel], of_longer)
    assert same.relative_et == pytest.approx(counted.relative_et)
    assert counted.relative_et[0, 3] < 0.9


def test_a_season_that_followed_warmth_ends_by_it_and_an_orchard_never(
    maize: Parcel, make_forcing: MakeForcing
) -> None:
    olives = maize.model_copy(update={"id": "olives", "crop": "olive", "planted_on": None})
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 400, parcels=2)
    history = simulate([maize, olives], forcing, [], [], settings=PLAIN)
    lines = season_end_lines(history, [maize, olives], stages_of(history, [maize, olives], forcing))
    assert len(lines) == 1
    assert lines[0].startswith("parcel maize: its season ended on 2024-")
    assert "(by warmth)" in lines[0]


def test_a_part_of_a_season_has_the_stages_of_the_whole(maize: Parcel, make_forcing: MakeForcing) -> None:
    settings, whole = WaterSettings(members=4), make_forcing(date(2024, 4, 1), [5.0] * 90)
    whole.tmax_c[:] = 36.0
    early, late = whole.until(np.datetime64("2024-05-15")), whole.since(np.datetime64("2024-05-16"))
    first = simulate([maize], early, [], [], settings=settings)
    carried = carry(first.state, [maize], seed=settings.seed, profile_depth_m=None)
    expected = stage_numbers(plots_of([maize], date(2024, 4, 1)), whole)[45:]
    for forcing in (late, whole):
        part = simulate([maize], forcing, [], [], settings=settings, carried=carried)
        assert stages_of(part, [maize], forcing, first.state).tolist() == expected.tolist()
        deficits = stage_deficits(part, [maize], expected)
        (line,) = deficit_lines(deficits, [maize], part.days[0].item())
        assert line.startswith("parcel maize: since 2024-05-16, as far as this run goes, evapotranspiration over")
