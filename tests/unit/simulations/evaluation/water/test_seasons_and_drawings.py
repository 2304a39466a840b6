"""Visits as rows, quarters of a season by hand, and drawings that show what the rows hold."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from cloud.weather.outlook.score import ensemble_crps
from simulations.evaluation.water.drawings import drawings_of
from simulations.evaluation.water.scores import Series, normal_crps, row_of
from simulations.evaluation.water.seasons import by_season, series_rows

FIRST = date(2018, 5, 1)


def plot(name: str, errors: list[float], scored: list[bool] | None = None, half: float = 10.0) -> Series:
    measured = np.linspace(200.0, 160.0, len(errors))
    estimated = measured + np.array(errors)
    return Series(
        plot=name,
        measured=measured,
        estimated=estimated,
        low=estimated - half,
        high=estimated + half,
        scored=np.array(scored or [True] * len(errors)),
        days=tuple(FIRST + timedelta(days=10 * place) for place in range(len(errors))),
    )


def without_interval(one: Series) -> Series:
    unknown = np.full(one.measured.size, np.nan)
    return Series(
        plot=one.plot,
        measured=one.measured,
        estimated=one.estimated,
        low=unknown,
        high=unknown,
        scored=one.scored,
        days=one.days,
    )


def test_a_quarter_counts_its_own_visits() -> None:
    # Eight visits over 71 days: two in each quarter; those of the last quarter lie outside the interval.
    rows = by_season({"blind": [plot("a", [3.0, 4.0, 0.0, 0.0, -1.0, -1.0, 20.0, 20.0])]})
    assert [row["quarter"] for row in rows] == [1, 2, 3, 4]
    assert [row["readings"] for row in rows] == [2, 2, 2, 2]
    assert rows[0]["rmse_mm"] == pytest.approx(np.sqrt((9.0 + 16.0) / 2.0))
    assert [row["bias_mm"] for row in rows] == pytest.approx([3.5, 0.0, -1.0, 20.0])
    assert [row["coverage_80"] for row in rows] == [1.0, 1.0, 1.0, 0.0]


def test_a_quarter_without_scored_visits_is_left_out_and_no_interval_is_no_coverage() -> None:
    first_half = [True] * 4 + [False] * 4
    rows = by_season({"half": [without_interval(plot("a", [1.0] * 8, first_half))]})
    assert [row["quarter"] for row in rows] == [1, 2]
    assert {row["coverage_80"] for row in rows} == {None}
    assert by_season({"none": []}) == []


def test_visits_are_told_to_a_tenth_and_unknown_stays_unknown() -> None:
    (row,) = series_rows("blind", [without_interval(plot("a", [0.04, 1.26], [True, False]))])
    assert row["days"] == ["2018-05-01", "2018-05-11"]
    assert row["measured_mm"] == [200.0, 160.0]
    assert row["estimated_mm"] == [200.0, 161.3]
    assert row["low_mm"] == [None, None]
    assert row["scored"] == [True, False]


def figures() -> Mapping[str, Any]:
    scored = [place % 2 == 1 for place in range(8)]
    modes = {
        "blind": [plot(name, [2.0, -3.0, 5.0, 1.0, 0.0, -2.0, 30.0, 4.0]) for name in ("p1", "p2")],
        "assimilated": [plot(name, [1.0] * 8, scored) for name in ("p1", "p2")],
        "pyfao56": [without_interval(plot("p1", [40.0] * 8))],
    }
    return {
        "series": [row for mode, several in modes.items() for row in series_rows(mode, several)],
        "by_season": by_season(modes),
    }


def test_a_part_is_drawn_plot_by_plot_pooled_and_through_the_season() -> None:
    drawn = {one.caption: one.svg.decode() for one in drawings_of(figures())}
    assert [caption.partition(":")[0] for caption in drawn] == [
        "blind",
        "assimilated",
        "All scored readings",
        "Change of soil water from one scored reading of a plot to its next",
        "Honesty",
        "Error through the season",
    ]
    every = list(drawn.values())
    assert all("soil water [mm]" in svg and "p2" in svg for svg in every[:2])
    assert "measured, assimilated" in every[1]
    assert "RMSE 40.0 mm, 8 readings" in every[2]
    assert "RMSE 0.0 mm, 6 readings" in every[3]
    # Two plots of eight visits, one visit of each 30 mm off: 14 of 16 inside.
    assert "blind: 88% of 16" in every[4]
    assert "pyfao56" not in every[4]
    assert "quarter of the season" in every[5]


def test_honesty_is_drawn_at_every_level_that_is_known() -> None:
    scores = {"mode": "blind", "coverage_50": 0.6, "coverage_80": 0.85, "coverage_95": 0.97}
    plain, levels = drawings_of(figures())[4], drawings_of({**figures(), "rows": [scores]})[4]
    assert plain.svg != levels.svg
    other = drawings_of({**figures(), "rows": [{**scores, "mode": "not drawn"}, {"mode": "pyfao56"}]})[4]
    assert other.svg == plain.svg


def test_drawings_are_the_same_each_time_and_a_part_without_visits_has_none() -> None:
    known = figures()
    assert [one.svg for one in drawings_of(known)] == [one.svg for one in drawings_of(known)]
    assert drawings_of({"rows": [{"mode": "blind"}]}) == []


def test_plots_without_a_scored_visit_are_drawn_all_the_same() -> None:
    known = {"series": series_rows("blind", [plot("a", [1.0, 2.0], [False, False])])}
    drawn = drawings_of(known)
    assert len(drawn) == 4
    assert "0 readings" in drawn[1].svg.decode()


def test_crps_of_members_by_hand_and_beside_the_normal_one() -> None:
    # Members 0 and 2, truth 3: mean distance 2, mean distance of all pairs 1, halved.
    assert ensemble_crps(members=np.array([[2.0, 0.0]]), observed=np.array([3.0]))[0] == pytest.approx(2.0 - 0.5)
    generator = np.random.default_rng(1)
    members = generator.normal(5.0, 2.0, (1, 20_000))
    exact = normal_crps(np.array([6.0]), np.array([5.0]), np.array([2.0]))[0]
    assert ensemble_crps(members=members, observed=np.array([6.0]))[0] == pytest.approx(exact, abs=0.03)


def test_members_give_their_own_levels() -> None:
    one = plot("a", [0.0, 0.0])
    members = one.measured[:, None] + np.linspace(-10.0, 10.0, 41)[None, :]
    members[1] += 8.0
    row = row_of(
        "mode",
        [
            Series(
                plot="a",
                measured=one.measured,
                estimated=members.mean(axis=1),
                low=np.quantile(members, 0.1, axis=1),
                high=np.quantile(members, 0.9, axis=1),
                scored=one.scored,
                members=members,
            )
        ],
    )
    # The second reading lies at the 10th percentile: inside 95 %, at the edge of 80 %, outside 50 %.
    assert row["coverage_50"] == 0.5
    assert row["coverage_95"] == 1.0
    assert row["crps_mm"] == pytest.approx(ensemble_crps(members=members, observed=one.measured).mean())


def test_covers_are_drawn_beside_what_was_foreseen() -> None:
    rows = [{"day": f"2022-07-{day:02d}", "measured": 0.1 * day, "calendar only": 0.3} for day in (1, 5, 9)]
    (one,) = drawings_of({"covers": rows})
    assert one.caption.startswith("Ground cover")
    assert "calendar only" in one.svg.decode()


def test_forecasts_are_drawn_by_lead_and_rank_and_say_that_they_are_synthetic() -> None:
    rows = [
        {
            "variable": variable,
            "lead_days": lead,
            "crps_raw": 0.5 + 0.1 * lead,
            "crps_calibrated": 0.4,
            "crps_climatology": 1.5,
            "coverage_80": 0.8,
            "coverage_80_raw": 0.4,
        }
        for variable in ("tmin_c", "rain_mm")
        for lead in (1, 2, 3)
    ]
    tenths = {f"{10 * place}-{10 * place + 10} %": 7 for place in range(10)}
    ranks = [
        {"variable": name, "ensemble": kind, **tenths} for name in ("tmin_c", "rain_mm") for kind in ("raw", "new")
    ]
    leads, places = drawings_of({"rows": rows, "ranks": ranks[:3], "synthetic": "ensembles drawn around weather"})
    assert "(ensembles drawn around weather; SYNTHETIC)" in leads.caption
    for words in ("tmin_c", "rain_mm", "lead [days]", "climatology", "corrected by earlier forecasts"):
        assert words in leads.svg.decode()
    assert "SYNTHETIC" in places.caption
    assert "tenth of the ensemble" in places.svg.decode()
    assert "SYNTHETIC" not in drawings_of({"rows": rows, "ranks": ranks})[0].caption
