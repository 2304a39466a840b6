"""Water carried through files: the options --state-in, --state-out and --state of balance, advise and judge."""

import csv
import io
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import seguia
from tests.synthetic_season import write_ahead, write_past

TOML = "id = 'plot'\ncrop = 'maize'\nplanted_on = 2024-04-01\nlatitude = 32.34\nlongitude = -6.35\n"
FIRST = date(2024, 3, 20)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Run":
    return Run(monkeypatch, capsys)


class Run:
    """The command as a user calls it: exit code, standard output and standard error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["seguia", *map(str, arguments)])
        code = 0
        try:
            seguia.main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = self.capsys.readouterr()
        return code, said.out, said.err


def weather(path: Path, days: range) -> Path:
    rows = [f"{FIRST + timedelta(days=day)},{10 + day % 5},{26 + day % 7},{6 if day % 17 == 0 else 0}" for day in days]
    path.write_text("date,tmin_c,tmax_c,rain_mm\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def events(path: Path) -> Path:
    lines = [f"2024-{month:02d}-{day:02d}T08:00:00+00:00,35,meter" for month in (4, 5, 6) for day in (5, 15, 25)]
    path.write_text("started_at,depth_mm,source\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def probes(path: Path) -> Path:
    lines = [
        f"2024-{month:02d}-{day:02d}T12:00:00+00:00,soil_water_fraction,{0.17 + day / 500:.3f},0.02,0.0,0.4,probe"
        for month in (5, 6)
        for day in (4, 12, 20, 28)
    ]
    path.write_text(
        "observed_at,kind,value,sigma,depth_from_m,depth_to_m,source\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    return path


@pytest.fixture
def plot(tmp_path: Path) -> list[str | Path]:
    parcel = tmp_path / "plot.toml"
    parcel.write_text(TOML, encoding="utf-8")
    return [
        "balance",
        "--parcel",
        parcel,
        "--irrigation",
        events(tmp_path / "events.csv"),
        "--observations",
        probes(tmp_path / "probes.csv"),
    ]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_season_in_parts_has_the_rows_of_the_season(run: Run, plot: list[str | Path], tmp_path: Path) -> None:
    code, whole, _ = run(*plot, "--weather", weather(tmp_path / "all.csv", range(100)))
    assert code == 0
    parts: list[dict[str, str]] = []
    state: list[str | Path] = []
    short = False
    for number, days in enumerate((range(41), range(41, 70), range(70, 100))):
        after = tmp_path / f"S{number}.nc"
        code, out, err = run(*plot, "--weather", weather(tmp_path / "part.csv", days), *state, "--state-out", after)
        assert code == 0
        assert ("in the state already" in err) is bool(number)
        since = f"since {rows(out)[0]['date']}, as far as this run goes"
        assert (since in err) is bool(number and "of the yield" in err)
        short = short or "of the yield" in err
        parts += rows(out)
        state = ["--state-in", str(after)]
    assert short
    assert parts == rows(whole)


def test_weather_that_overlaps_the_state_is_lived_once(run: Run, plot: list[str | Path], tmp_path: Path) -> None:
    everything = weather(tmp_path / "all.csv", range(100))
    _, whole, _ = run(*plot, "--weather", everything)
    _, first, _ = run(*plot, "--weather", weather(tmp_path / "part.csv", range(50)), "--state-out", tmp_path / "S.nc")
    _, second, _ = run(*plot, "--weather", everything, "--state-in", tmp_path / "S.nc")
    assert rows(first) + rows(second) == rows(whole)


def test_a_state_that_cannot_serve_is_refused_in_one_line(run: Run, plot: list[str | Path], tmp_path: Path) -> None:
    state = tmp_path / "S.nc"
    part = weather(tmp_path / "part.csv", range(50))
    run(*plot, "--weather", part, "--state-out", state)

    def refused(*options: str | Path) -> tuple[int, str]:
        code, _, err = run(*plot, *options)
        assert "Traceback" not in err
        return code, err.splitlines()[-1]

    code, line = refused("--weather", part, "--state-in", state, "--profile-depth", "1.0")
    assert code == 2
    assert "expected profile depth [m] 1.0, got 0.0" in line
    code, line = refused("--weather", part, "--state-in", state, "--fixed-parameters")
    assert code == 2
    assert "expected members 1, got 64" in line
    code, line = refused("--weather", part, "--state-in", state)
    assert code == 1
    assert "expected weather after 2024-05-08, the day of the state" in line
    code, line = refused("--weather", weather(tmp_path / "early.csv", range(20)), "--state-in", state)
    assert code == 1
    assert "expected a state of 2024-04-08" in line
    code, line = refused("--weather", part, "--state-in", tmp_path / "none.nc")
    assert code == 1
    assert "no such file" in line


def test_a_gap_after_the_state_is_told_and_the_water_starts_anew(
    run: Run, plot: list[str | Path], tmp_path: Path
) -> None:
    state = tmp_path / "S.nc"
    run(*plot, "--weather", weather(tmp_path / "part.csv", range(50)), "--state-out", state)
    code, out, err = run(*plot, "--weather", weather(tmp_path / "late.csv", range(53, 80)), "--state-in", state)
    assert code == 0
    assert "weather of 2024-05-09 and 2 more days after the state is missing" in err
    assert rows(out)[0]["date"] == "2024-05-12"


def test_the_next_season_starts_with_what_was_learned(run: Run, plot: list[str | Path], tmp_path: Path) -> None:
    state = tmp_path / "S.nc"
    run(*plot, "--weather", weather(tmp_path / "part.csv", range(100)), "--state-out", state)
    (tmp_path / "next.toml").write_text(TOML.replace("2024-04-01", "2025-04-01"), encoding="utf-8")
    again: list[str | Path] = [
        "balance",
        "--parcel",
        tmp_path / "next.toml",
        "--weather",
        weather(tmp_path / "n.csv", range(366, 420)),
    ]
    _, prior, _ = run(*again)
    code, learned, err = run(*again, "--state-in", state)
    assert code == 0
    assert "was planted on 2024-04-01 in the state of 2024-06-27, now on 2025-04-01; a new season" in err
    one, other = (float(rows(text)[0]["total_available_mm"]) for text in (prior, learned))
    assert one != pytest.approx(other, rel=0.02)
    assert len(rows(prior)) == len(rows(learned))


def feature(identifier: str, west: float) -> dict[str, object]:
    corners = [[west, 32.3], [west + 0.001, 32.3], [west + 0.001, 32.301], [west, 32.301], [west, 32.3]]
    given = {
        "id": identifier,
        "crop": "maize",
        "planted_on": "2026-03-25",
        "irrigation": {"method": "sprinkler", "flow_m3_h": 30},
        "soil": {"texture": "loam"},
    }
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [corners]}, "properties": given}


def farm(path: Path, *names: str) -> Path:
    features = [feature(name, -6.4 + 0.01 * place) for place, name in enumerate(names)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def advised(run: Run, day: date, folder: Path, parcels: Path, *more: str | Path) -> tuple[list[dict[str, Any]], str]:
    code, out, err = run(
        "advise",
        *("--day", str(day), "--parcels", parcels),
        *("--weather", write_past(folder / "past.csv", day - timedelta(days=1))),
        *("--forecast", write_ahead(folder / "ahead.csv", day)),
        *more,
    )
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()], err


def without_inputs(verdict: dict[str, Any]) -> dict[str, Any]:
    """All that a verdict says, save which files it rests on and how many they are."""
    return {
        **verdict,
        **{name: {**verdict[name], "inputs": None} for name in ("proposed", "recommendation")},
        "checks": [check for check in verdict["checks"] if check["name"] != "inputs_named"],
    }


def test_advice_from_a_state_is_the_advice_from_the_season(run: Run, tmp_path: Path) -> None:
    parcels, state = farm(tmp_path / "farm.geojson", "one", "two"), tmp_path / "S.nc"
    advised(run, date(2026, 6, 5), tmp_path, parcels, "--state-out", state)
    whole, _ = advised(run, date(2026, 6, 10), tmp_path, parcels)
    resumed, _ = advised(run, date(2026, 6, 10), tmp_path, parcels, "--state", state)
    assert [without_inputs(one) for one in resumed] == [without_inputs(one) for one in whole]
    named = next(one for one in resumed[0]["proposed"]["inputs"] if one["name"] == "water state S.nc")
    assert named["age_days"] == 6.0
    assert len(named["sha256"]) == 64


def test_strangers_and_newcomers_are_told(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "S.nc"
    advised(run, date(2026, 6, 5), tmp_path, farm(tmp_path / "one.geojson", "one", "gone"), "--state-out", state)
    parcels = farm(tmp_path / "two.geojson", "one", "new")
    resumed, err = advised(run, date(2026, 6, 10), tmp_path, parcels, "--state", state)
    whole, _ = advised(run, date(2026, 6, 10), tmp_path, parcels)
    assert "1 parcels in it were not asked for" in err
    assert "parcel new: is not in the state of 2026-06-04; it starts from priors" in err
    assert [without_inputs(one) for one in resumed] == [without_inputs(one) for one in whole]


def test_the_judge_takes_the_state_and_is_not_moved_by_it(run: Run, tmp_path: Path) -> None:
    parcels, state, out = farm(tmp_path / "farm.geojson", "one"), tmp_path / "S.nc", tmp_path / "R.jsonl"
    advised(run, date(2026, 6, 10), tmp_path, parcels, "--state-out", state, "--unjudged", "--out", out)
    same: list[str | Path] = ["judge", out, "--parcels", parcels, "--weather", tmp_path / "past.csv"]
    same += ["--forecast", tmp_path / "ahead.csv"]
    code, without, _ = run(*same)
    assert code == 0
    code, given, err = run(*same, "--state", state)
    assert code == 0
    assert given == without
    assert "the state changes nothing" in err


def test_a_farm_that_was_held_keeps_nothing(run: Run, tmp_path: Path) -> None:
    parcels = farm(tmp_path / "farm.geojson", "one")
    code, _, err = run(
        "advise",
        *("--day", "2026-07-20", "--parcels", parcels, "--state-out", tmp_path / "S.nc"),
        *("--weather", write_past(tmp_path / "past.csv", date(2026, 6, 9))),
    )
    assert code == 1
    assert "S.nc: expected the water of some parcel to keep, got none" in err
    assert not (tmp_path / "S.nc").exists()
