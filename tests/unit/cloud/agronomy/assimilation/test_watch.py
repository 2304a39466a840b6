"""What was concluded of a parcel's water outlives the night in which it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from cloud.adapters.water_states import read_state, write_state
from cloud.agronomy.assimilation.claims import Claims, InferredIrrigation
from cloud.agronomy.assimilation.watch import KEPT_DAYS, Watch
from cloud.agronomy.carrying.carried import CarriedWater, carry
from cloud.agronomy.plots import plots_of
from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import WaterSettings, simulate
from cloud.explanation.doubts import doubts_of
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.weather.forcing import Forcing

MakeForcing = Callable[..., Forcing]
FIRST: Final = date(2024, 5, 20)
DAYS: Final = 60
HIDDEN: Final = 35
FALSE: Final = 30
SETTINGS: Final = WaterSettings()


def at(row: int, hour: int) -> datetime:
    day = FIRST + timedelta(days=row)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def told(row: int) -> IrrigationEvent:
    return IrrigationEvent(parcel_id="maize", started_at=at(row, 5), depth_mm=56.25, source="reply")


class Season:
    """A season in which one irrigation was told to nobody and one that was told never came."""

    def __init__(self, field: Parcel, forcing: Forcing) -> None:
        self.field, self.forcing = field, forcing
        really = [told(row) for row in (8, 17, 26, HIDDEN, 44, 53)]
        plain = WaterSettings(fixed_parameters=True, profile_depth_m=1.0)
        water = simulate([field], forcing, really, [], settings=plain).columns["profile_water_mm"][:, 0] / 1000.0
        self.events = [one for one in (*really, told(FALSE)) if one.started_at != at(HIDDEN, 5)]
        noise = 0.002 * np.random.default_rng(5).standard_normal(DAYS)
        self.seen = [
            Observation(
                parcel_id="maize",
                observed_at=at(row, 18),
                kind="soil_water_fraction",
                value=float(water[row] + noise[row]),
                sigma=0.02,
                source="probe north",
                depth_from_m=0.0,
                depth_to_m=1.0,
            )
            for row in range(1, DAYS, 2)
        ]

    def until(self, row: int, folder: Path = Path(), nights: tuple[int, ...] = ()) -> WaterHistory:
        """The season up to a day, in one go or night after night through files."""
        carried = None
        for night in nights:
            kept = carry(self.one(night, carried).state, [self.field], seed=SETTINGS.seed, profile_depth_m=None)
            write_state(folder / "S.nc", kept, "1")
            carried = read_state(folder / "S.nc").carried
        return self.one(row, carried)

    def one(self, row: int, carried: CarriedWater | None) -> WaterHistory:
        """One run up to a day."""
        forcing = self.forcing.until(np.datetime64(FIRST) + row)
        return simulate([self.field], forcing, self.events, self.seen, settings=SETTINGS, carried=carried)


@pytest.fixture
def season(field: Parcel, make_forcing: MakeForcing) -> Season:
    return Season(field, make_forcing(FIRST, [5.0] * DAYS))


def recent(history: WaterHistory) -> tuple[object, object]:
    since = history.state.day - timedelta(days=KEPT_DAYS)
    inferred = [one for one in history.inferred if one.last_day >= since]
    return inferred, [one for one in history.doubted if one.last_day >= since]


def test_nights_that_go_on_from_files_know_what_one_run_knows(season: Season, tmp_path: Path) -> None:
    whole = season.until(DAYS - 1)
    parts = season.until(DAYS - 1, tmp_path, (33, 40, 41, 50))
    assert any(one.probability > 0.8 for one in whole.inferred)
    assert any(one.probability > 0.3 for one in whole.doubted)
    assert recent(parts) == recent(whole)
    assert doubts_of(parts) == doubts_of(whole)
    assert parts.state.concluded.tolist() == whole.state.concluded.tolist()
    assert np.array_equal(parts.state.claims, whole.state.claims)
    assert any("nobody told of it" in line for line in parts.notes)


def test_a_state_of_the_day_itself_is_not_silent(season: Season, tmp_path: Path) -> None:
    whole = season.until(45)
    again = season.until(45, tmp_path, (45,))
    assert len(again.days) == 0
    assert recent(again) == recent(whole)
    assert again.suspects == whole.suspects
    assert doubts_of(again) == doubts_of(whole) != {}


def test_nothing_is_kept_where_nothing_was_concluded(season: Season) -> None:
    assert season.until(7).state.concluded.tolist() == [""]


def test_history_is_let_go_but_not_what_is_still_weighed(field: Parcel) -> None:
    claims = Claims.none(plots_of([field], FIRST))
    found = InferredIrrigation(
        parcel_id="maize",
        first_day=FIRST,
        last_day=FIRST,
        depth_p10_mm=1.0 / 3.0,
        depth_p50_mm=30.0,
        depth_p90_mm=40.0,
        probability=0.7,
        evidence="probe nörth says 0.3",
    )
    day = int(np.datetime64(FIRST).astype(np.int64))
    watch = Watch(claims=claims, inferred={("maize", day): found})
    (kept,) = watch.concluded(["maize"], FIRST + timedelta(days=KEPT_DAYS)).tolist()
    texts = np.array([kept, ""], dtype=object)
    twice = np.repeat(claims.stacked(), 2, axis=0)
    again = Watch.kept(["maize", "other"], twice, np.array(["", ""], dtype=object), texts)
    assert again.inferred == {("maize", day): found}
    late = FIRST + timedelta(days=KEPT_DAYS + 1)
    assert watch.concluded(["maize"], late).tolist() == [""]
    weighed = replace(claims, guess_mm=np.array([20.0]), guess_on=np.array([float(day)]))
    assert replace(watch, claims=weighed).concluded(["maize"], late).tolist() == [kept]
