"""The part ``blend``: what is held out, what is made up and says so, and what is told of towns."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import xarray as xr

from cloud.weather.blend import boosted
from cloud.weather.blend.pairs import pairs_of
from edge.errors import ConfigurationError
from models.job import Job
from simulations.evaluation.water import blend, towns


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted, "ROUNDS", 80)
        patch.setattr(boosted, "ROUNDS_OF_ENDS", 10)
        yield


def weather(first: str, last: str, seed: int = 1, place: tuple[float, float] = (32.3, -6.4)) -> xr.Dataset:
    """Weather of a made-up place."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D"))
    chance = np.random.default_rng(seed)
    wave = -np.cos(2.0 * np.pi * (days - days.astype("datetime64[Y]")).astype(np.float64) / 365.25)
    tmax = 24.0 + 9.0 * wave + 3.0 * np.random.default_rng(0).standard_normal(days.size)
    own = 0.5 * chance.standard_normal(days.size)
    series = {
        "tmin_c": tmax - 12.0 + own,
        "tmax_c": tmax + own,
        "rh_mean_percent": 55.0 - 15.0 * wave + own,
        "dewpoint_c": 8.0 + 3.0 * wave + own,
        "wind_2m_m_s": 1.8 + 0.2 * wave,
        "radiation_mj_m2": 18.0 + 8.0 * wave + 0.3 * own,
    }
    return xr.Dataset(
        {name: (("time", "site"), values[:, None]) for name, values in series.items()},
        coords={
            "time": days.astype("datetime64[ns]"),
            "latitude": ("site", [place[0]]),
            "longitude": ("site", [place[1]]),
            "elevation_m": ("site", [500.0]),
        },
        attrs={"source": "made up", "sha256": "", "notes": "", "problems": ""},
    )


def job(folder: Path) -> Job:
    return Job(data=folder, out=folder, steps=None, threads=1, told=lambda _: None)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"beni_mellal_daily\.csv: expected a weather file, got none"):
        blend.run(job(tmp_path))


def test_the_made_up_product_is_in_whole_degrees_and_changes_only_where_it_should() -> None:
    reference = weather("1999-01-01", "2001-01-01")
    plain, changed = (blend.noisy(reference, shift, np.random.default_rng(7)) for shift in (0.0, 1.0))
    assert (plain["tmax_c"].values == np.round(plain["tmax_c"].values)).all()
    difference = changed["tmax_c"].values - plain["tmax_c"].values
    assert not difference[:365].any()
    assert difference[365:] == pytest.approx(4.0 * np.ones_like(difference[365:]))
    drier = changed["rh_mean_percent"].values - plain["rh_mean_percent"].values
    assert drier[365:] == pytest.approx(-16.0 * np.ones_like(drier[365:]))


def test_the_guard_takes_off_what_a_changed_product_added_and_leaves_another_alone() -> None:
    rows = blend.changed_product(weather("1984-01-01", "2003-01-01"))
    by = {(row["product"], row["guard"]): row for row in rows}
    changed = "4 K warmer and 16 % drier from 2000"
    assert by[changed, "with the guard"]["rmse_mm_d"] < by[changed, "without"]["rmse_mm_d"]
    assert abs(by["unchanged", "with the guard"]["bias_mm_d"]) < 0.2
    assert {row["days"] for row in rows} == {1096}


def test_a_town_is_told_by_its_neighbours_and_every_rival_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"beni-mellal": (32.3, -6.4), "khouribga": (32.9, -6.9), "azilal": (32.0, -6.6), "demnate": (31.7, -7.0)}
    seeds = {"beni-mellal": 1, "khouribga": 2, "azilal": 3, "demnate": 3}
    several = {name: weather("2011-01-01", "2015-01-01", seeds[name], place) for name, place in places.items()}
    monkeypatch.setattr(towns, "TARGETS", ("khouribga",))
    rows = towns.between_towns(several, lambda _: None)
    assert {row["town"] for row in rows} == {"khouribga"}
    by = {row["way"]: row for row in rows if row["variable"] == "et0_mm"}
    assert len(by) == 6
    assert all(row["days"] == 365 for row in by.values())
    best = by["blend, learned on other years"]["rmse"]
    assert best < by["normal year of the town"]["rmse"]
    assert by["nearest town as it is"]["rmse"] < 0.5


def test_a_town_that_is_held_out_tells_no_other_town(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"khouribga": (32.9, -6.9), "azilal": (32.0, -6.6), "demnate": (31.7, -7.0), "twin": (32.8, -6.9)}
    several = {
        name: weather("2011-01-01", "2011-02-01", seed, at)
        for (name, at), seed in zip(places.items(), (1, 2, 3, 1), strict=True)
    }
    heard: list[tuple[str, set[str]]] = []
    monkeypatch.setattr(towns, "_case", lambda name, known: heard.append((name, set(known))))
    towns._cases_without("khouribga", several)
    assert heard == [("azilal", {"azilal", "demnate"}), ("demnate", {"azilal", "demnate"})]


def test_the_same_day_of_the_year_is_near_across_new_year() -> None:
    days = np.array(["2011-12-30", "2012-01-05", "2012-07-01"], dtype="datetime64[D]")
    found = towns._day_of_year_mean(days, np.array([1.0, 3.0, 9.0]), np.array(["2013-01-01"], dtype="datetime64[D]"))
    assert found.tolist() == [2.0]


def test_real_years_that_were_not_seen_are_told_better_than_by_plain_conversion(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blend, "REGION", ("beni-mellal", "kasba-tadla"))
    whole = pairs_of
    monkeypatch.setattr(blend, "pairs_of", lambda *parts: blend.only(whole(*parts), "et0_mm"))
    monkeypatch.setattr(blend, "between_towns", lambda *_: [])
    monkeypatch.setattr(blend, "changed_product", lambda _: [])
    heard = MappingProxyType(dict(blend.run(job(shared_data))))
    for row in heard["bars"]["rows"]:
        assert 0.3 < row["value"] < 0.65
        assert "plain conversion 0." in row["note"]
    assert [row["note"].partition(";")[0] for row in heard["bars"]["rows"][:3]] == [
        "towns of the region, 2009 held out",
        "towns of the region, 2010 held out",
        "towns of the region, both years",
    ]
    years = {row["year"]: row for row in heard["consistency_of_later_years"]}
    assert set(years) == {str(year) for year in range(2009, 2026)}
    assert all(abs(years[str(year)]["anomaly_mm_d"]) < 0.4 for year in range(2011, 2017))
