"""Greeley's season as its files tell it, an independent program beside it, and covers foreseen before they are seen."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from models.job import Job
from simulations.evaluation.water import greeley
from simulations.evaluation.water.greeley import Season, balance_with_canopy, covers, followed, oracle_with_canopy


@pytest.fixture(scope="module")
def job(shared_data: Path) -> Job:
    return Job(data=shared_data, out=shared_data, steps=None, threads=1, told=lambda _: None)


@pytest.fixture(scope="module")
def season(job: Job) -> Season:
    return greeley.season_of(job)


def test_the_season_is_read_as_its_files_tell_it(season: Season) -> None:
    assert (season.first, season.last) == (date(2022, 5, 5), date(2022, 10, 7))
    assert len(season.cover) == 20
    assert season.cover[date(2022, 6, 10)] == 0.0449
    assert set(season.days) <= set(season.kcb)
    # What the module says of the file: its coefficient is a straight line of the cover, cut at 0.96.
    for day, cover in season.cover.items():
        assert season.kcb[day] == pytest.approx(min(0.15 + 1.01 * cover, 0.96), abs=0.001)


def test_two_programs_told_the_same_canopy_agree(season: Season) -> None:
    theirs = oracle_with_canopy(season, "S")["Dr"]
    assert np.abs(balance_with_canopy(season) - theirs).max() < 1.0
    unlike = replace(season, kcb=dict.fromkeys(season.kcb, 0.6))
    assert np.abs(balance_with_canopy(unlike) - theirs).max() > 5.0


def test_a_cover_is_foreseen_from_earlier_ones_only(season: Season) -> None:
    every = sorted(season.cover)
    changed = replace(season, cover={**season.cover, every[10]: 0.1})
    before, after = (followed(one, covers(one, every, 0.05)).effects for one in (season, changed))
    expected = [[one.expected for one in effects] for effects in (before, after)]
    assert expected[0][:11] == expected[1][:11]
    assert expected[0][11] != expected[1][11]


def test_a_reading_without_weight_changes_nothing(season: Season) -> None:
    every = sorted(season.cover)
    silent = followed(season, covers(season, every, greeley.UNSEEN_SIGMA))
    np.testing.assert_allclose(silent.columns["depletion_mm"], followed(season, ()).columns["depletion_mm"], atol=0.1)


def test_the_figures_say_what_they_are(job: Job) -> None:
    figures = greeley.run(job)
    assert figures["bars"]["rows"][0]["state"] == "met"
    assert "no soil water" in figures["told"]
    rows = {row["mode"]: row for row in figures["canopy"]}
    assert [row["covers"] for row in rows.values()] == [20, 20, 10, 10]
    assert rows["each cover foreseen from those before it"]["cover_rmse"] < rows["calendar only"]["cover_rmse"]
    assert len(figures["covers"]) == 20
