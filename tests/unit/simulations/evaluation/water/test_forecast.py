"""The forecast part: synthetic ensembles have the faults they are said to have, and scores are told honestly."""

from pathlib import Path

import numpy as np
import pytest

from cloud.variables import Floats
from cloud.weather.outlook.score import covered, ensemble_crps
from edge.errors import ConfigurationError
from models.job import Job
from simulations.evaluation.water import forecast
from simulations.evaluation.water.forecast_scores import Trial, gain_on, on_days, pairs_made, seasons
from simulations.evaluation.water.forecast_town import power_days
from simulations.evaluation.water.synthetic_forecasts import MEMBERS, SKILL, make

DAYS = np.arange(np.datetime64("1984-01-01"), np.datetime64("2000-01-01"))


def weather() -> dict[str, Floats]:
    generator = np.random.default_rng(11)
    warmth = -np.cos(2.0 * np.pi * (DAYS - DAYS.astype("datetime64[Y]")).astype(float) / 365.25)
    wet = generator.random(DAYS.size) < 0.2 * (1.1 - warmth)
    tmin = 10.0 + 8.0 * warmth + generator.normal(0.0, 2.5, DAYS.size)
    return {
        "tmin_c": tmin,
        "tmax_c": tmin + 12.0 + generator.normal(0.0, 1.5, DAYS.size),
        "et0_mm": 4.0 + 2.5 * warmth + generator.normal(0.0, 0.5, DAYS.size),
        "rain_mm": np.where(wet, generator.gamma(0.8, 7.0, DAYS.size) + 0.2, 0.0),
    }


def test_synthetic_errors_grow_are_biased_and_too_sure() -> None:
    truth = weather()
    made = make(DAYS, truth, np.random.default_rng(1))
    members, came = made.members["tmin_c"], made.observed["tmin_c"]
    assert members.shape == (DAYS.size - len(SKILL), len(SKILL), MEMBERS)
    assert came[0].tolist() == truth["tmin_c"][1:11].tolist()
    error = members.mean(axis=2) - came
    rmse = np.sqrt((error**2).mean(axis=0))
    assert (np.diff(rmse) > 0.0).all()
    assert (error.mean(axis=0) > 0.1).all()  # warm
    spread = members.std(axis=2, ddof=1).mean(axis=0)
    assert (spread < 0.75 * np.sqrt(error.var(axis=0))).all()  # too sure
    rain = made.members["rain_mm"]
    assert rain.min() == 0.0
    assert (rain[:, -1] > 0.0).mean() > 1.15 * (made.observed["rain_mm"][:, -1] > 0.0).mean()  # drizzle


def test_honest_members_scatter_as_what_comes_does() -> None:
    made = make(DAYS, weather(), np.random.default_rng(1), honest=True)
    for name in ("tmin_c", "rain_mm"):
        inside = covered(made.members[name], made.observed[name]).mean(axis=0)
        assert (inside > 0.74).all()
    error = (made.members["tmax_c"].mean(axis=2) - made.observed["tmax_c"]).mean(axis=0)
    assert (np.abs(error) < 0.15).all()


def test_a_trial_tells_scores_gains_and_their_intervals() -> None:
    generator = np.random.default_rng(2)
    came = generator.normal(size=600)
    came[5] = np.nan
    trial = Trial(
        valid=DAYS[:600],
        observed=came,
        raw=generator.normal(3.0, 1.0, (600, 20)),
        calibrated=np.broadcast_to(np.quantile(generator.normal(size=9999), (np.arange(20) + 0.5) / 20), (600, 20)),
        climatology=generator.normal(0.0, 2.0, (600, 30)),
    )
    row = trial.row(generator)
    assert row["forecasts"] == 599
    assert row["crps_calibrated"] < row["crps_climatology"] < row["crps_raw"]
    assert row["gain_on_raw_low"] > 0.0
    assert row["gain_on_raw_low"] <= row["gain_on_raw"] <= row["gain_on_raw_high"]
    assert 0.75 <= row["coverage_80"] <= 0.85
    assert row["coverage_80_raw"] < 0.2
    raw = ensemble_crps(members=trial.raw[:5], observed=came[:5], fair=True)
    assert row["crps_raw"] == pytest.approx(float(raw.mean()), rel=0.2)


def test_months_are_drawn_whole() -> None:
    months = np.repeat(np.arange(10), 30)
    together = np.repeat(np.random.default_rng(3).normal(size=10), 30)
    found = gain_on("raw", together, months, np.random.default_rng(4))
    # Ten months say no more than ten values, however many days they hold.
    assert found["gain_on_raw_high"] - found["gain_on_raw_low"] > 3.0 * together.std() / np.sqrt(together.size)


def test_the_season_is_what_came_around_the_day_in_earlier_years() -> None:
    values = np.arange(DAYS.size, dtype=np.float64)
    members = seasons(DAYS, values)
    assert members.shape == (366, 70)
    days = DAYS[on_days(members, np.array(["1999-07-01"], dtype="datetime64[D]"))[0].astype(int)]
    assert {str(day)[:4] for day in days} == {str(year) for year in range(1985, 1999)}
    assert {str(day)[5:7] for day in days} == {"06", "07"}


def test_pairs_are_those_of_the_issues_asked_for() -> None:
    made = make(DAYS, weather(), np.random.default_rng(5))
    pairs = pairs_made("rain_mm", made, np.arange(100, 140))
    assert pairs.mean.shape == (40, 10, 1)
    assert pairs.issued_on[0] == DAYS[100]
    known = pairs.until(DAYS[105]).observed[:, :, 0]
    assert np.isfinite(known[0, 3])  # issued on day 100, for day 104
    assert np.isnan(known[0, 4])
    assert np.isnan(known[5:]).all()


def test_the_part_scores_unseen_years(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "YEARS", range(1998, 2000))
    monkeypatch.setattr(forecast, "HISTORIES_DAYS", (90,))
    monkeypatch.setattr(forecast, "EVERY_DAYS", 15)
    told: list[str] = []
    figures = forecast.run(Job(data=shared_data, out=tmp_path, steps=None, threads=1, told=told.append))
    assert told
    assert len(figures["rows"]) == 40
    assert {row["state"] for row in figures["bars"]} <= {"met", "missed"}
    assert all(row["gain_on_raw"] > 0.0 for row in figures["rows"] if row["variable"] != "rain_mm")
    assert all(row["gain_on_climatology"] > 0.0 for row in figures["town_as_forecast"])
    assert [row["archived_days"] for row in figures["archive_length"]] == [90]
    torn = {row["ensemble"]: row["coverage_80"] for row in figures["five_days"] if row["variable"] == "et0_mm"}
    assert torn["calibrated, members torn apart"] < torn["calibrated"]
    assert len(figures["ranks"]) == 8
    assert all(-0.1 < gain < 0.1 for gain in figures["already_honest"][0].values())
    assert "no archive of real forecasts" in figures["synthetic"]


def test_absent_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected the weather of Beni Mellal, got no file"):
        power_days(tmp_path)
