"""A forecast corrected by an archive and aged: causal, region by region, told, and never usable when it was not."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import xarray as xr

from cloud.variables import Floats
from cloud.weather.outlook.calibrate import CALIBRATED, Calibration, Pairs, calibration_of
from cloud.weather.outlook.climatology import day_of_year
from cloud.weather.outlook.correct import Memory, calibrated
from cloud.weather.outlook.mature import matured
from cloud.weather.outlook.pairs import came_on, daily_of, longest_at, nearest, pairs_of, statistics_of
from cloud.weather.outlook.working import begin, member_reference

DAYS = np.arange(np.datetime64("2021-01-01"), np.datetime64("2026-05-01"))
ISSUED = "2026-05-01T18:00:00"
TODAY = np.datetime64("2026-05-01")
MEMBERS = 8
LEADS = 4
PLACES = {
    "latitude": ("site", [32.3, 35.0]),
    "longitude": ("site", [-6.4, -2.0]),
    "elevation_m": ("site", [500.0, 100.0]),
}
WARM = (3.0, -2.0)
"""What the forecasts of the two regions are wrong by [degC]."""


def weather() -> dict[str, Floats]:
    generator = np.random.default_rng(8)
    warmth = -np.cos(2.0 * np.pi * day_of_year(DAYS) / 365.25)[:, None]
    shape = (DAYS.size, 2)
    tmin = 10.0 + 7.0 * warmth + generator.normal(0.0, 2.0, shape)
    wet = generator.random(shape) < 0.3
    return {
        "tmin_c": tmin,
        "tmax_c": tmin + 11.0 + generator.normal(0.0, 1.0, shape),
        "rain_mm": np.where(wet, generator.gamma(0.8, 7.0, shape) + 0.2, 0.0),
    }


def past() -> xr.Dataset:
    values = {name: (("time", "site"), series) for name, series in weather().items()}
    return xr.Dataset(values, coords={"time": DAYS.astype("datetime64[ns]"), **PLACES})


def issues(count: int) -> xr.Dataset:
    """The last ``count`` issues, wrong by WARM and too sure of themselves."""
    generator = np.random.default_rng(9)
    issued = np.arange(TODAY - np.timedelta64(count, "D"), TODAY)
    row = (issued[:, None] + np.arange(LEADS).astype("timedelta64[D]") - DAYS[0]).astype(int)
    inside = np.minimum(row, DAYS.size - 1)
    truth = weather()
    values = {}
    for name in ("tmin_c", "tmax_c"):
        said = truth[name][inside] + np.array(WARM) + generator.normal(0.0, 0.8, (*inside.shape, 2))
        values[name] = said[:, :, None, :] + generator.normal(0.0, 0.2, (count, LEADS, MEMBERS, 2))
    rain = truth["rain_mm"][inside][:, :, None, :] * generator.lognormal(0.0, 0.5, (count, LEADS, MEMBERS, 2))
    return xr.Dataset(
        {name: (("issued_at", "lead", "member", "site"), each) for name, each in {**values, "rain_mm": rain}.items()},
        coords={
            "issued_at": (issued + np.timedelta64(18, "h")).astype("datetime64[ns]"),
            "lead": np.arange(LEADS),
            **PLACES,
        },
    )


def forecasts(count: int) -> xr.Dataset:
    return statistics_of(issues(count))


def forecast(days: int = LEADS, *, issued: str = ISSUED) -> xr.Dataset:
    generator = np.random.default_rng(10)
    shape = (days, MEMBERS, 2)
    tmin = 14.0 + generator.normal(0.0, 0.2, shape)
    order = ("time", "member", "site")
    first = np.datetime64(issued[:10])
    return xr.Dataset(
        {
            "tmin_c": (order, tmin),
            "tmax_c": (order, tmin + 12.0 + generator.normal(0.0, 0.2, shape)),
            "rain_mm": (order, np.maximum(generator.normal(0.0, 2.0, shape), 0.0)),
        },
        coords={
            "time": np.arange(first, first + days).astype("datetime64[ns]"),
            "member": np.arange(MEMBERS),
            **PLACES,
        },
        attrs={"issued_at": issued, "source": "ahead.nc", "sha256": "0" * 64},
    )


def test_each_region_loses_the_error_of_its_own() -> None:
    done = calibrated(forecast(), Memory(past=past(), forecasts=forecasts(200)))
    moved = (done.forecast["tmin_c"] - forecast()["tmin_c"]).mean(("time", "member")).values
    # Towards the season too: the ensemble is not all that is known.
    assert moved[0] == pytest.approx(-WARM[0], abs=0.8)
    assert moved[1] == pytest.approx(-WARM[1], abs=0.8)
    spread = done.forecast["tmin_c"].std("member").mean().item()
    assert spread == pytest.approx(0.8, abs=0.25)
    (note,) = done.notes
    assert note.startswith("ahead.nc: corrected by earlier forecasts and what came: tmin_c from ")
    assert "days" in note
    assert done.forecast.attrs["history"] == note
    assert done.forecast.attrs["sha256"] == "0" * 64
    assert done.learned_sha256 is not None
    assert (done.forecast["tmin_c"] <= done.forecast["tmax_c"]).all()
    assert done.forecast["tmin_c"].attrs["units"] == "degC"


def test_members_keep_their_order_and_the_answer_is_always_the_same() -> None:
    memory = Memory(past=past(), forecasts=forecasts(200))
    first, second = calibrated(forecast(), memory), calibrated(forecast(), memory)
    assert first.forecast.equals(second.forecast)
    assert first.learned_sha256 == second.learned_sha256
    before, after = (np.argsort(one["tmin_c"].values, axis=1) for one in (forecast(), first.forecast))
    assert (before == after).all()
    fewer = calibrated(forecast(), Memory(past=past(), forecasts=forecasts(150)))
    assert fewer.learned_sha256 != first.learned_sha256


def test_reference_et_is_corrected_where_it_was_archived() -> None:
    archived = issues(200)
    first = archived["issued_at"].values.astype("datetime64[D]")
    derived = np.stack(
        [
            member_reference(
                archived.isel(issued_at=row, drop=True)
                .rename(lead="time")
                .assign_coords(time=(first[row] + np.arange(LEADS)).astype("datetime64[ns]"))
            )
            for row in range(first.size)
        ]
    )
    archived["et0_mm"] = (("issued_at", "lead", "member", "site"), derived)
    done = calibrated(forecast(), Memory(past=past(), forecasts=statistics_of(archived)))
    raw = begin(forecast()).values["et0_mm"]
    assert "et0_mm from" in done.notes[0]
    assert (done.forecast["et0_mm"].std("member").mean() > raw.std(axis=1).mean()).item()
    plain = calibrated(forecast(), Memory(past=past(), forecasts=forecasts(200)))
    np.testing.assert_allclose(plain.forecast["et0_mm"].values, raw)


@pytest.mark.parametrize("count", [20, 32])
def test_a_short_archive_changes_nothing_and_says_so(count: int) -> None:
    done = calibrated(forecast(), Memory(past=past(), forecasts=forecasts(count)))
    if count < 30:
        assert done.forecast.identical(forecast())
        assert done.learned_sha256 is None
        assert done.notes[0].endswith("it is used as it was issued")
    else:
        moved = np.abs((done.forecast["tmin_c"] - forecast()["tmin_c"]).values)
        assert 0.0 < moved.max() < 1.5  # a little: the raw ensemble has most of the say


def test_only_what_was_known_at_the_issue_counts() -> None:
    later = forecasts(200)
    spoiled = later.copy(deep=True)
    after = spoiled["issued_at"].values.astype("datetime64[D]") >= np.datetime64("2026-03-01")
    spoiled["tmin_c_mean"][after] = 40.0
    came = past()
    came["tmin_c"][came["time"].values >= np.datetime64("2026-03-01")] = -20.0
    early = forecast(issued="2026-03-01T18:00:00")
    honest = calibrated(early, Memory(past=past(), forecasts=later))
    assert calibrated(early, Memory(past=came, forecasts=spoiled)).forecast.equals(honest.forecast)


def test_without_an_issue_or_anything_earlier_it_stays(recwarn: pytest.WarningsRecorder) -> None:
    memory = Memory(past=past(), forecasts=forecasts(200))
    nameless = forecast()
    del nameless.attrs["issued_at"]
    assert "does not say when it was issued" in calibrated(nameless, memory).notes[0]
    first = forecast(issued="2020-01-01T18:00:00")
    assert "no earlier forecast is archived" in calibrated(first, memory).notes[0]
    recent = calibrated(forecast(), memory, window_days=10)
    assert "fewer than 30 earlier forecasts" in recent.notes[0]
    assert not recwarn.list


def test_a_place_that_nobody_watched_learns_nothing() -> None:
    elsewhere = forecast().assign_coords(latitude=("site", [20.0, 35.0]))
    done = calibrated(elsewhere, Memory(past=past(), forecasts=forecasts(200)))
    assert np.array_equal(done.forecast["tmin_c"].values[..., 0], elsewhere["tmin_c"].values[..., 0])
    assert not np.array_equal(done.forecast["tmin_c"].values[..., 1], elsewhere["tmin_c"].values[..., 1])


def test_unknown_members_stay_unknown() -> None:
    partly = forecast()
    partly["tmin_c"][1, 3, 0] = np.nan
    done = calibrated(partly, Memory(past=past(), forecasts=forecasts(200)))
    assert np.array_equal(done.forecast["tmin_c"].values[1, :, 0], partly["tmin_c"].values[1, :, 0], equal_nan=True)
    assert np.isfinite(done.forecast["tmin_c"].values[0]).all()


def test_a_single_place_need_not_say_where_it_lies() -> None:
    def one(dataset: xr.Dataset) -> xr.Dataset:
        return dataset.isel(site=[0])

    placeless = one(forecasts(200)).assign_coords(latitude=("site", [np.nan]), longitude=("site", [np.nan]))
    done = calibrated(one(forecast()), Memory(past=one(past()), forecasts=placeless))
    assert done.learned_sha256 is not None


def test_pairs_join_what_was_said_and_what_came() -> None:
    archived, came = forecasts(40), past()
    pairs = pairs_of("tmin_c", archived, came)
    assert pairs.mean.shape == (40, LEADS, 2)
    day = pairs.issued_on[5] + 2
    row = int((day - DAYS[0]).astype(int))
    assert pairs.observed[5, 2].tolist() == came["tmin_c"].values[row].tolist()
    assert np.isnan(pairs.observed[-1, 1]).all()  # not over yet
    assert np.isnan(daily_of("wind_2m_m_s", came)).all()
    assert np.isfinite(daily_of("et0_mm", came)).all()
    assert np.isnan(daily_of("et0_mm", came.assign_coords(latitude=("site", [np.nan, 35.0])))).all()
    far = archived.assign_coords(latitude=("site", [10.0, 35.0]))
    assert nearest(far, came).tolist() == [-1, 1]
    assert np.isnan(came_on(DAYS[None, :1], came, came["tmin_c"].values, np.array([-1]))).all()


def test_every_variable_can_do_without_a_climate() -> None:
    archived, came = forecasts(120), past().isel(time=slice(-200, None))
    for name in CALIBRATED:
        if f"{name}_mean" not in archived:
            continue
        fit = calibration_of(name, pairs_of(name, archived, came), None)
        assert isinstance(fit, Calibration)
        assert set(fit.leads) == set(range(LEADS))
        raw = forecast()[name].transpose("time", "member", "site").values
        members = fit.members(raw, TODAY + np.arange(LEADS), list(range(LEADS)), None)
        assert np.isfinite(members).all()
        assert not np.array_equal(members, raw)


def test_many_issues_of_few_days_are_few_days() -> None:
    pairs = pairs_of("tmin_c", forecasts(200), past())
    repeated = replace(pairs, issued_on=np.repeat(pairs.issued_on[:20], 10))
    assert calibration_of("tmin_c", repeated, None).leads == {}


def test_nothing_came_and_nothing_is_learned() -> None:
    empty = np.full((40, 1, 1), np.nan)
    pairs = Pairs(issued_on=DAYS[:40], leads=(1,), mean=empty, spread=empty, wet_fraction=empty, observed=empty.copy())
    assert calibration_of("rain_mm", pairs, None).leads == {}


class TestMatured:
    def test_a_forecast_of_yesterday_or_today_stays(self) -> None:
        for day in (date(2026, 5, 1), date(2026, 5, 2)):
            done = matured(forecast(), day, past(), oldest_days=3)
            assert done.forecast.identical(forecast())
            assert done.notes == ()

    def test_an_older_one_widens_and_reaches_as_far_as_a_fresh_one(self) -> None:
        done = matured(forecast(6), date(2026, 5, 4), past(), oldest_days=3)
        assert done.forecast.sizes["time"] == 8
        assert done.forecast.attrs["issued_at"] == ISSUED  # no younger
        assert "3 days old: 50% of its members" in done.notes[0]
        before, after = forecast(6)["tmin_c"], done.forecast["tmin_c"].isel(time=slice(6))
        for share in (0.1, 0.25, 0.75, 0.9):
            wider = after.quantile(share, "member").values - before.quantile(share, "member").values
            assert (wider <= 0.0).all() if share < 0.5 else (wider >= 0.0).all()
        added = done.forecast["tmax_c"].values[6:]
        assert np.isfinite(added).all()
        assert np.isfinite(done.forecast["et0_mm"].values).all()
        assert (done.forecast["tmin_c"] <= done.forecast["tmax_c"]).all()

    def test_too_old_stays_too_old(self) -> None:
        done = matured(forecast(), date(2026, 5, 5), past(), oldest_days=3)
        assert done.forecast.identical(forecast())

    def test_one_that_does_not_reach_the_next_day_is_not_made_to(self) -> None:
        short = forecast(3)  # its last day is the day of the advice
        done = matured(short, date(2026, 5, 3), past(), oldest_days=3)
        assert np.isnan(done.forecast["rain_mm"].values[3:]).all()
        gap = forecast(5)
        gap["rain_mm"][3, :, 0] = np.nan
        continued = matured(gap, date(2026, 5, 3), past(), oldest_days=3).forecast["rain_mm"].values
        assert np.isnan(continued[3:, :, 0]).any()
        assert np.isfinite(continued[:, :, 1]).all()

    def test_without_three_years_it_is_told(self) -> None:
        for known in (past().isel(time=slice(-700, None)), past().isel(time=slice(0, 0))):
            done = matured(forecast(), date(2026, 5, 3), known, oldest_days=3)
            assert done.forecast.identical(forecast())
            assert "not 3 whole years of past weather are known; it is used as it was issued" in done.notes[0]

    def test_a_place_without_a_past_stays_and_holds_up_nobody(self) -> None:
        elsewhere = forecast(6).assign_coords(latitude=("site", [20.0, 35.0]))
        done = matured(elsewhere, date(2026, 5, 4), past(), oldest_days=3).forecast
        assert np.array_equal(done["tmin_c"].values[:6, ::3, 0], elsewhere["tmin_c"].values[..., 0])
        assert "at 1 of 2 places it is used as it was issued" in done.attrs["history"]
        assert np.isnan(done["tmin_c"].values[6:, :, 0]).all()
        assert np.isfinite(done["tmin_c"].values[..., 1]).all()

    @pytest.mark.parametrize("members", [1, 3])
    def test_few_members_widen_as_much_as_is_told(self, members: int) -> None:
        few = forecast(6).isel(member=slice(members))
        done = matured(few, date(2026, 5, 3), past(), oldest_days=3)
        told = float(done.notes[0].split(" days old: ")[1].split("%", maxsplit=1)[0])
        before, after = few["tmin_c"].values, done.forecast["tmin_c"].values[:6]
        changed = (np.abs(after[:, :, None] - before[:, None]) > 1e-9).all(axis=2).mean(axis=1)
        assert 20.0 <= told <= 25.0
        assert changed.max() == pytest.approx(told / 100.0, abs=0.006)
        assert (after.max(axis=1) - after.min(axis=1) > before.max(axis=1) - before.min(axis=1)).all()


def test_a_single_place_far_from_a_single_place_is_another_place() -> None:
    here, far = (past().isel(site=[site]) for site in (0, 1))
    assert nearest(here, here).tolist() == [0]
    assert nearest(here, far).tolist() == [-1]
    assert nearest(here, far.assign_coords(latitude=("site", [np.nan]))).tolist() == [0]
    far_away = Memory(past=far, forecasts=forecasts(200).isel(site=[1]))
    assert calibrated(forecast().isel(site=[0]), far_away).learned_sha256 is None


def test_each_site_takes_the_past_that_knows_more_of_it() -> None:
    long, short = past().isel(site=[0]), past().isel(time=slice(-30, None))
    several = longest_at(forecast(), (long, short))
    assert sorted(several["latitude"].values.tolist()) == [32.3, 35.0]
    known = np.isfinite(several["tmin_c"].transpose("time", "site").values).sum(axis=0)
    assert dict(zip(several["latitude"].values.tolist(), known.tolist(), strict=True)) == {32.3: DAYS.size, 35.0: 30}
    nobody = past().assign_coords(latitude=("site", [0.0, 1.0]))
    assert longest_at(forecast(), (nobody,)) is nobody
