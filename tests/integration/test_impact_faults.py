"""``seguia impact`` on SYNTHETIC trials as the field returns them: faulty meters, lost groups, late advice."""

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import seguia
from tests.synthetic_trial import (
    FIRST,
    SEASONS,
    Trial,
    parcel_ids,
    write_design,
    write_parcels,
    write_rows,
    write_trial,
)

TRIAL = Trial(groups=12)
Rows = list[dict[str, str]]


def run(*arguments: str | Path) -> tuple[dict[str, Any], str, int]:
    result = CliRunner().invoke(seguia.app, ["impact", *map(str, arguments)])
    return (json.loads(result.stdout) if result.stdout else {}), result.stderr + str(result.exception), result.exit_code


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("kit")
    parcels, design = write_parcels(place, TRIAL), write_design(place)
    _, told, code = run("design", "--parcels", parcels, "--design", design, "--out", place / "kit")
    assert code == 0, told
    return place / "kit"


@pytest.fixture(scope="module")
def starts(kit: Path) -> dict[str, str | None]:
    content = json.loads((kit / "registration.json").read_text(encoding="utf-8"))["content"]
    return {one["parcel_id"]: one["starts"] for one in content["assignment"]}


@pytest.fixture
def data(tmp_path: Path, starts: dict[str, str | None]) -> Path:
    write_trial(tmp_path / "data", TRIAL, starts)
    return tmp_path / "data"


def change(path: Path, each: Callable[[Rows], Rows]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = each(rows)
    write_rows(path, list(rows[0]), [list(row.values()) for row in kept])


def test_meters_that_are_set_back_and_replaced_leave_the_saving_and_widen_it(kit: Path, data: Path) -> None:
    whole, _, _ = run(data, "--design", kit / "design.toml")
    set_back, replaced = "g0p0", "g1p0"

    def spoil(rows: Rows) -> Rows:
        for row in rows:
            if row["parcel_id"] == set_back and row["read_at"] >= "2025-06-01":
                row["counter_m3"] = str(float(row["counter_m3"]) / 100.0 if row["read_at"] < "2025-06-20" else 1e5)
            if row["parcel_id"] == replaced and row["read_at"] >= "2025-06-01":
                row["meter_id"] = "m2"
        return [row for row in rows if not (row["parcel_id"] == set_back and row["read_at"] >= "2025-06-20")]

    change(data / "readings.csv", spoil)
    report, told, code = run(data, "--design", kit / "design.toml")
    assert code == 1
    assert f"parcel {set_back} season 2026: expected a meter that saw 75 %" in told
    assert f"parcel {replaced} season 2025: meter replaced" in told
    assert report["saved"] is True
    assert report["saved_fraction"] == pytest.approx(whole["saved_fraction"], abs=0.02)
    assert report["gaps"]["with_gaps"] > 0
    assert report["water_gaps_at_worst"]["saved_fraction"] < report["water_gaps_at_best"]["saved_fraction"]


def test_single_events_say_what_counters_say(kit: Path, data: Path, starts: dict[str, str | None]) -> None:
    rows = []
    for number, name in enumerate(parcel_ids(TRIAL)):
        for season in SEASONS:
            start = starts[name]
            follows = start is not None and season >= start
            for step in range(12):
                day = FIRST[season] + timedelta(days=10 * step)
                depth = (50.0 if number % 2 else 40.0) * (0.7 if follows else 1.0) * (1.0 + 0.01 * (number % 5))
                rows.append((name, f"{day}T08:00:00+01:00", round(depth * (1.0 + 0.02 * (step % 3)), 2), "meter"))
    (data / "readings.csv").unlink()
    write_rows(data / "events.csv", ("parcel_id", "started_at", "depth_mm", "source"), rows)
    write_rows(data / "outages.csv", ("parcel_id", "from", "to"), [("g0p0", date(2025, 5, 1), date(2025, 5, 12))])
    report, told, code = run(data, "--design", kit / "design.toml")
    assert code == 0, told
    assert report["saved_fraction"] == pytest.approx(0.3, abs=0.01)
    assert report["gaps"]["with_gaps"] == 1
    assert set(report["inputs"]) >= {"events.csv", "outages.csv"}


def test_a_loss_of_yield_is_not_proven_whatever_the_water(kit: Path, tmp_path: Path, starts: dict[str, Any]) -> None:
    write_trial(tmp_path, Trial(groups=12, yield_loss=0.06), starts)
    report, told, _ = run(tmp_path, "--design", kit / "design.toml")
    assert report["saved"] is False
    assert report["yield_change"]["change_fraction"] == pytest.approx(-0.06, abs=0.02)
    assert "not proven: yield changed by -" in told


def test_without_yields_nothing_is_proven(kit: Path, data: Path) -> None:
    (data / "yields.csv").unlink()
    report, _, _ = run(data, "--design", kit / "design.toml")
    assert report["reasons"] == ["no yields to exclude a loss of more than 2 % with"]
    assert report["verdict"].endswith("weigh the yields of both groups")


def test_a_group_that_loses_its_meters_is_not_proven(kit: Path, tmp_path: Path, starts: dict[str, Any]) -> None:
    first = [name for name, start in starts.items() if start == "2025"]
    write_trial(tmp_path, Trial(groups=12, lost=tuple(first[:8])), starts)
    report, _, code = run(tmp_path, "--design", kit / "design.toml")
    assert code == 1
    assert report["saved"] is False
    assert any("points more of the advised were lost" in reason for reason in report["reasons"])
    assert report["attrition"]["advised_lost"] == 16


def test_advice_that_came_too_early_and_too_late_is_told_and_does_not_move_anybody(
    kit: Path, data: Path, starts: dict[str, str | None]
) -> None:
    before, _, _ = run(data, "--design", kit / "design.toml")
    early = next(name for name, start in starts.items() if start is None)

    def move(rows: Rows) -> Rows:
        late = next(row for row in rows if row["advised_from"].startswith("2025"))
        late["advised_from"] = "2026-04-15"
        return [*rows, {"parcel_id": early, "advised_from": "2025-04-15", "followed_fraction": "1"}]

    change(data / "advised.csv", move)
    report, _, _ = run(data, "--design", kit / "design.toml")
    assert report["compliance"]["advised_before_their_turn"] == 2
    assert report["compliance"]["advised_as_assigned"] == report["compliance"]["assigned_parcel_seasons"] - 1
    assert report["compliance"]["saved_fraction_where_advised"] is None
    assert report["water"] == before["water"]


def test_one_season_before_is_not_enough_where_nobody_was_drawn(data: Path, tmp_path: Path) -> None:
    design = write_design(tmp_path / "observed", "observed")
    design.write_text(design.read_text(encoding="utf-8").replace('"2023", "2024"', '"2024"'), encoding="utf-8")
    report, told, _ = run(data, "--design", design)
    assert report["saved"] is False
    assert report["before_the_trial"] is None
    assert "two seasons before the trial are needed" in told


def test_evaluate_impact_writes_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulations.evaluation.impact import run as study  # noqa: PLC0415 -- only this test opens the study

    monkeypatch.setattr(study, "TRIALS", 2)
    monkeypatch.setattr(study, "_PROMISES", 1)
    monkeypatch.setattr(study, "WORLDS", {name: study.WORLDS[name] for name in ("stepped start", "matched pairs")})
    out = tmp_path / "report.html"
    result = CliRunner().invoke(seguia.app, ["evaluate", "impact", "--out", str(out)])
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["parts"]["trials"]
    assert found["synthetic"] is True
    assert found["figures"]["label"].startswith("SYNTHETIC")
    assert "Impact figures, rebuilt" in out.read_text(encoding="utf-8")
