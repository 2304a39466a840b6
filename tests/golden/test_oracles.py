"""Independent programs as oracles: refet, pyet and pyfao56."""

import csv
import warnings
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import pytest

from cloud.agronomy.et0 import DailyWeather, penman_monteith_mm, reference_et, wind_at_2m_m_s
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import CropParameters, IrrigationEvent, IrrigationSystem, Parcel, Soil
from cloud.variables import Floats
from cloud.weather.forcing import Forcing

DAYS = 10_000


def random_weather(seed: int) -> tuple[DailyWeather, Floats]:
    """Plausible days at one place, and their vapour pressure [kPa]."""
    generator = np.random.default_rng(seed)
    tmin = generator.uniform(-5.0, 28.0, DAYS)
    dew = tmin - generator.uniform(0.0, 10.0, DAYS)
    unknown = np.full(DAYS, np.nan)
    day_of_year = generator.integers(1, 366, DAYS).astype(np.float64)
    weather = DailyWeather(
        day_of_year=day_of_year,
        latitude_deg=np.full(DAYS, 32.34),
        elevation_m=np.full(DAYS, 550.0),
        tmin_c=tmin,
        tmax_c=tmin + generator.uniform(2.0, 20.0, DAYS),
        rh_mean_percent=unknown,
        rh_min_percent=unknown,
        rh_max_percent=unknown,
        dewpoint_c=dew,
        wind_2m_m_s=generator.uniform(0.1, 7.0, DAYS),
        radiation_mj_m2=generator.uniform(4.0, 31.0, DAYS),
        sunshine_h=unknown,
        et0_mm=unknown,
    )
    return weather, 0.6108 * np.exp(17.27 * dew / (dew + 237.3))


def test_refet_agrees_on_ten_thousand_days() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refet = pytest.importorskip("refet", reason="needs an oracle of the extra [dev]: refet")
    weather, vapour = random_weather(1)
    oracle = refet.Daily(
        tmin=weather.tmin_c,
        tmax=weather.tmax_c,
        ea=vapour,
        rs=weather.radiation_mj_m2,
        uz=weather.wind_2m_m_s,
        zw=2.0,
        elev=550.0,
        lat=32.34,
        doy=weather.day_of_year,
        method="asce",
    ).eto()
    difference = np.abs(reference_et(weather).et0_mm - np.maximum(np.asarray(oracle), 0.0))
    assert difference.max() <= 0.005


def test_pyet_agrees_on_ten_thousand_days() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyet = pytest.importorskip("pyet", reason="needs an oracle of the extra [dev]: pyet")
        pandas = pytest.importorskip("pandas", reason="needs an oracle of the extra [dev]: pandas")
        weather, vapour = random_weather(2)
        # pyet reads the day of the year from the index, so the days are taken in the order of a calendar.
        index = pandas.date_range("1990-01-01", periods=DAYS, freq="D")
        mean = (weather.tmin_c + weather.tmax_c) / 2.0
        oracle = pyet.pm_fao56(
            pandas.Series(mean, index),
            pandas.Series(weather.wind_2m_m_s, index),
            rs=pandas.Series(weather.radiation_mj_m2, index),
            elevation=550.0,
            lat=np.radians(32.34),
            tmax=pandas.Series(weather.tmax_c, index),
            tmin=pandas.Series(weather.tmin_c, index),
            ea=pandas.Series(vapour, index),
        ).to_numpy()
    calendar = index.dayofyear.to_numpy(dtype=np.float64)
    fields = {name: getattr(weather, name) for name in DailyWeather.__slots__}
    ours = penman_monteith_mm(DailyWeather(**{**fields, "day_of_year": calendar}), vapour)
    assert np.abs(ours - np.maximum(oracle, 0.0)).max() <= 0.005


def test_fallon_year_of_2015_agrees_with_the_asce_standard(shared_vectors: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refet = pytest.importorskip("refet", reason="needs an oracle of the extra [dev]: refet")
    # The station's file is in degrees Fahrenheit, langleys and miles per hour; YM is the dew point.
    with (shared_vectors / "refet_fallon2015" / "FALN_Agrimet_daily_raw_2015.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if "NO RECORD" not in ",".join(row.values())]
    assert len(rows) > 300
    low, high, dew = ((np.array([float(row[name]) for row in rows]) - 32.0) / 1.8 for name in ("MN", "MX", "YM"))
    sun, wind = (
        np.array([float(row["SR"]) for row in rows]) * 0.041868,
        np.array([float(row["UA"]) for row in rows]) * 0.44704,
    )
    vapour = 0.6108 * np.exp(17.27 * dew / (dew + 237.3))
    dates = [date(int(row["YEAR"]), int(row["MONTH"]), int(row["DAY"])) for row in rows]
    day_of_year = np.array([float(one.timetuple().tm_yday) for one in dates])
    unknown = np.full(len(rows), np.nan)
    weather = DailyWeather(
        day_of_year=day_of_year,
        latitude_deg=np.full(len(rows), 39.4575),
        elevation_m=np.full(len(rows), 1208.5),
        tmin_c=low,
        tmax_c=high,
        rh_mean_percent=unknown,
        rh_min_percent=unknown,
        rh_max_percent=unknown,
        dewpoint_c=dew,
        wind_2m_m_s=wind_at_2m_m_s(wind, 3.0),
        radiation_mj_m2=sun,
        sunshine_h=unknown,
        et0_mm=unknown,
    )
    oracle = refet.Daily(
        tmin=low,
        tmax=high,
        ea=vapour,
        rs=sun,
        uz=wind,
        zw=3.0,
        elev=1208.5,
        lat=39.4575,
        doy=day_of_year,
        method="asce",
    ).eto()
    assert np.nanmax(np.abs(reference_et(weather).et0_mm - np.maximum(np.asarray(oracle), 0.0))) <= 0.01


def test_pyfao56_agrees_on_a_season_of_depletion() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fao = pytest.importorskip("pyfao56", reason="needs an oracle of the extra [dev]: pyfao56")
        pandas = pytest.importorskip("pandas", reason="needs an oracle of the extra [dev]: pandas")
        days = np.arange(np.datetime64("2019-04-18"), np.datetime64("2019-09-28"))
        generator = np.random.default_rng(3)
        keys = [day.item().strftime("%Y-%j") for day in days]
        frame = pandas.DataFrame(index=keys, dtype=float)
        for name in ("Srad", "Vapr", "Tdew", "RHmax"):
            frame[name] = np.nan
        frame["Tmax"], frame["Tmin"], frame["MorP"] = 38.0, 20.0, "M"
        frame["RHmin"] = generator.uniform(8.0, 60.0, len(days))
        frame["Wndsp"] = generator.uniform(0.5, 5.0, len(days))
        frame["Rain"] = np.where(generator.random(len(days)) < 0.08, generator.gamma(1.0, 8.0, len(days)), 0.0)
        frame["ETref"] = generator.uniform(4.0, 10.0, len(days))
        weather = fao.Weather()
        weather.rfcrp, weather.z, weather.lat, weather.wndht, weather.wdata = "S", 361.0, 33.07, 2.0, frame
        watering = fao.Irrigation()
        for row in range(5, len(days), 8):
            watering.addevent(days[row].item().year, int(keys[row][5:]), 24.0, 1.0)
        parameters = fao.Parameters(
            Kcbini=0.15, Kcbmid=1.225, Kcbend=0.5, Lini=30, Ldev=50, Lmid=50, Lend=30, hini=0.05, hmax=1.2,
            thetaFC=0.23, thetaWP=0.1, theta0=0.15, Zrini=0.3, Zrmax=1.4, pbase=0.65, Ze=0.1143, REW=9.0,
        )  # fmt: skip
        model = fao.Model(keys[0], keys[-1], parameters, weather, irr=watering)
        model.run()
    parcel = Parcel(
        id="cotton",
        crop="cotton",
        planted_on=date(2019, 4, 18),
        latitude=33.07,
        longitude=-111.97,
        timezone="UTC",
        soil=Soil(
            field_capacity=0.23,
            wilting_point=0.1,
            evaporable_water_mm=1000.0 * (0.23 - 0.05) * 0.1143,
            readily_evaporable_water_mm=9.0,
        ),
        irrigation=IrrigationSystem(method="basin", efficiency=1.0, wetted_fraction=1.0),
        crop_parameters=CropParameters(
            kcb_ini=0.15,
            kcb_mid=1.225,
            kcb_end=0.5,
            stage_lengths_days=(30, 50, 50, 30),
            height_m=1.2,
            root_depth_min_m=0.3,
            root_depth_max_m=1.4,
            depletion_fraction=0.65,
        ),
        initial_depletion_mm=1000.0 * (0.23 - 0.15) * 0.3,
    )
    events = [
        IrrigationEvent(
            parcel_id="cotton",
            started_at=datetime.combine(days[row].item(), time(8), UTC),
            depth_mm=24.0,
            source="meter",
        )
        for row in range(5, len(days), 8)
    ]

    def column(name: str) -> Floats:
        values: Floats = frame[name].to_numpy(dtype=np.float64)[:, None]
        return values

    forcing = Forcing(
        days=days,
        et0_mm=column("ETref"),
        rain_mm=column("Rain"),
        wind_2m_m_s=wind_at_2m_m_s(column("Wndsp"), 2.0),
        rh_min_percent=column("RHmin"),
        tmin_c=column("Tmin"),
        tmax_c=column("Tmax"),
        radiation_mj_m2=column("Srad"),
    )
    history = simulate([parcel], forcing, events, [], settings=WaterSettings(fixed_parameters=True))
    theirs = model.odata["Dr"].to_numpy(dtype=np.float64)
    assert theirs.max() > 60.0
    assert np.abs(history.columns["depletion_mm"][:, 0] - theirs).max() <= 0.001
