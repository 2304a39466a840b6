"""The study of the verdict, small: SYNTHETIC trials whose saving is known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.job import Job
from simulations.evaluation.impact import run as study
from simulations.evaluation.impact.run import tried
from simulations.evaluation.impact.world import World, lived

FEW = 40


@pytest.mark.parametrize("world", [World(saving=0.0), World(saving=0.0, kind="pairs"), World(saving=0.0, dry=True)])
def test_no_saving_is_rarely_called_one(world: World) -> None:
    tally = tried(world, FEW, (500, 0), FEW)
    # More than six of forty would come by chance once in a hundred times were the rate 5 %.
    assert sum(tally.saved) <= 6
    assert np.mean(tally.covered) >= 0.85
    assert abs(np.mean(tally.errors)) < 0.03


def test_a_saving_is_found_without_bias() -> None:
    row = tried(World(saving=0.25), FEW, (501, 25), 5).row()
    assert row["trials"] == FEW
    assert row["verdicts"] == 5
    assert abs(row["bias"]) < 0.025
    assert row["water_interval_above_zero"] > 0.8


def test_neighbours_who_copy_hide_a_saving_unless_a_buffer_keeps_them_out() -> None:
    copied = World(saving=0.3, spill=0.5, blocks=48, per_block=3)
    bare = tried(copied, 25, (502, 30), 0)
    guarded = tried(replace(copied, buffer_m=1000.0), 25, (502, 30), 0)
    assert np.mean(bare.errors) < -0.03
    assert abs(np.mean(guarded.errors)) < abs(np.mean(bare.errors))


def test_a_saving_that_costs_yield_is_not_proven() -> None:
    assert not any(tried(World(saving=0.3, yield_loss=0.06), 8, (503, 30), 8).saved)


def test_the_thrifty_choose_themselves_and_faulty_meters_leave_gaps() -> None:
    random = np.random.default_rng(1)
    chosen = lived(World(chosen=True, saving=0.0), random).panel
    before = chosen.used_mm[:, :2].mean(axis=1)
    assert before[chosen.start == 2].mean() < before[chosen.start == 4].mean()
    faulty = lived(World(gaps=0.5), random).panel
    wide = faulty.high_mm > faulty.low_mm + 1e-6
    assert 0.2 < wide.mean() < 0.6
    known = np.isfinite(faulty.used_mm)
    assert (faulty.low_mm[known] <= faulty.used_mm[known] + 1e-6).all()
    assert (faulty.used_mm[known] <= faulty.high_mm[known] + 1e-6).all()


def test_the_true_saving_is_that_of_the_very_trial() -> None:
    one = lived(World(saving=0.0), np.random.default_rng(2))
    assert one.saving == pytest.approx(0.0)
    assert 0.05 < lived(World(saving=0.2), np.random.default_rng(2)).saving < 0.35


def test_the_study_has_a_bar_for_each_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "WORLDS", {name: study.WORLDS[name] for name in ("stepped start", "matched pairs")})
    monkeypatch.setattr(study, "_PROMISES", 1)
    told: list[str] = []
    figures: dict[str, Any] = dict(study.run(Job(data=tmp_path, out=tmp_path, steps=3, threads=1, told=told.append)))
    assert figures["label"].startswith("SYNTHETIC")
    assert len(figures["worlds"]) == 6
    assert len(told) == 4
    words = [str(row["what"]) for row in figures["bars"]]
    assert "stepped start, no saving: verdict saved" in words
    assert "matched pairs: saving seen in the water" in words
    assert not any("no buffer" in word for word in words)
    assert 0.0 < figures["promised_power_for_water"]["stepped start"] <= 1.0
