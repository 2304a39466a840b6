"""``seguia advise`` and ``seguia explain`` from files to verdicts, as a user calls them."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import seguia
from tests.synthetic_season import write_ahead, write_past

DAY = date(2026, 6, 10)


def square(west: float, south: float, side: float = 0.001) -> list[list[list[float]]]:
    east, north = west + side, south + side
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(identifier: str, west: float, **properties: object) -> dict[str, object]:
    given = {
        "id": identifier,
        "crop": "maize",
        "planted_on": "2026-03-25",
        "irrigation": {"method": "sprinkler", "flow_m3_h": 30},
        "soil": {"texture": "loam"},
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": square(west, 32.3)},
        "properties": {**given, **properties},
    }


def farm(path: Path, *features: dict[str, object]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    parcels = farm(tmp_path / "farm.geojson", feature("one", -6.4), feature("two", -6.39, name="Second"))
    return {
        "--day": "2026-06-10",
        "--parcels": str(parcels),
        "--weather": str(write_past(tmp_path / "past.csv", date(2026, 6, 9))),
        "--forecast": str(write_ahead(tmp_path / "ahead.csv", DAY)),
    }


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["seguia", *arguments])
    try:
        seguia.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def advise(files: dict[str, str], monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    options = [part for pair in files.items() for part in pair]
    return run("advise", *options, *more, monkeypatch=monkeypatch)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_verdict_a_line_in_the_order_of_the_parcels(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "V.jsonl"
    assert advise(files, monkeypatch, "--out", str(out)) == 0
    verdicts = lines(out.read_text(encoding="utf-8"))
    assert [verdict["proposed"]["parcel_id"] for verdict in verdicts] == ["one", "two"]
    keys = {"proposed", "recommendation", "decision", "checks", "reviewer", "explanation", "valid_until"}
    assert all(set(verdict) == keys for verdict in verdicts)
    proposed = verdicts[0]["proposed"]
    assert isinstance(proposed, dict)
    assert proposed["action"] == "irrigate"
    assert [one["name"] for one in proposed["inputs"]] == ["past.csv", "ahead.csv", "farm.geojson"]


def test_the_same_call_gives_the_same_bytes(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for _ in range(2):
        assert advise(files, monkeypatch) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_unjudged_gives_bare_recommendations(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advise(files, monkeypatch, "--unjudged") == 0
    bare = lines(capsys.readouterr().out)
    assert all("decision" not in one and one["day"] == "2026-06-10" for one in bare)


def test_parcels_that_cannot_be_used_are_named_and_the_others_advised(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    crossing = feature("bow", -6.38)
    crossing["geometry"] = {
        "type": "Polygon",
        "coordinates": [[[-6.4, 32.3], [-6.39, 32.31], [-6.39, 32.3], [-6.4, 32.31], [-6.4, 32.3]]],
    }
    parcels = farm(tmp_path / "bad.geojson", feature("good", -6.4), crossing, feature("odd", -6.39, crop="maiz"))
    assert advise({**files, "--parcels": str(parcels)}, monkeypatch) == 1
    seen = capsys.readouterr()
    assert [one["proposed"]["parcel_id"] for one in lines(seen.out)] == ["good"]
    assert "bow" in seen.err
    assert "edges" in seen.err
    assert "unknown name" in seen.err
    assert "Traceback" not in seen.err


def test_stale_weather_holds_every_parcel_and_exits_one(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write_past(tmp_path / "old.csv", date(2026, 6, 1))
    assert advise({**files, "--weather": str(old)}, monkeypatch) == 1
    seen = capsys.readouterr()
    recommendations = [one["recommendation"] for one in lines(seen.out)]
    assert all(one["action"] == "hold" and one["depth_mm"] is None for one in recommendations)
    assert all(one["reason_code"] == "weather_stale" for one in recommendations)
    assert "expected temperature and rain of 2026-06-07 or later" in seen.err


def test_a_forecast_of_later_days_only_holds_and_is_named(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    later = write_ahead(tmp_path / "later.csv", date(2026, 6, 20))
    assert advise({**files, "--forecast": str(later)}, monkeypatch) == 1
    seen = capsys.readouterr()
    assert "expected an issue not after 2026-06-10" in seen.err
    assert all(one["proposed"]["reason_code"] == "no_forecast" for one in lines(seen.out))


def test_weather_in_kelvin_is_refused(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path(files["--weather"]).read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in text[5:]]
    hot = [",".join([row[0], *(f"{float(cell) + 273.15:.2f}" for cell in row[1:3]), *row[3:]]) for row in rows]
    kelvin = tmp_path / "kelvin.csv"
    kelvin.write_text("\n".join([*text[:5], *hot]) + "\n", encoding="utf-8")
    assert advise({**files, "--weather": str(kelvin)}, monkeypatch) == 1
    seen = capsys.readouterr()
    assert "kelvin" in seen.err
    assert not seen.out


def test_a_state_that_is_not_there_is_refused_with_the_way_out(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advise(files, monkeypatch, "--state", "state.nc") == 1
    assert "state.nc: expected a water state, got no such file; correct the path" in capsys.readouterr().err


def test_model_hashes_are_recorded(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "models" / "canopy"
    folder.mkdir(parents=True)
    (folder / "canopy.onnx").write_bytes(b"weights")
    assert advise(files, monkeypatch, "--models", str(tmp_path / "models"), "--unjudged") == 0
    names = [one["name"] for one in lines(capsys.readouterr().out)[0]["inputs"]]
    assert "model canopy.onnx" in names
    assert advise(files, monkeypatch, "--models", str(tmp_path / "nowhere")) == 2


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01"])
def test_a_day_that_is_none_is_wrong_use(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    assert advise({**files, "--day": day}, monkeypatch) == 2
    assert "expected a date like" in capsys.readouterr().err


def test_tables_and_detections_are_read(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = {
        "--events": "parcel_id,started_at,depth_mm,source\none,2026-06-09T18:00:00+01:00,60,meter\n",
        "--turns": "canal,group,parcel_id,starts_at,ends_at,flow_m3_h\n"
        "G1,,two,2026-06-10T08:00:00+01:00,2026-06-10T20:00:00+01:00,60\n",
        "--quota": "parcel_id,canal,from,to,volume_m3\ntwo,,2026-01-01,2026-12-31,100000\n",
        "--pumps": "pump,flow_m3_h,from_hour,to_hour\nwell,30,6,20\n",
        "--detections": json.dumps(
            {
                "parcel_id": "one",
                "taken_at": "2026-06-09T12:00:00Z",
                "sha256": "d" * 64,
                "model": {"name": "wilting", "version": "1", "sha256": "e" * 64},
                "opinion": True,
                "wilting_score": 2.5,
            }
        )
        + "\n",
    }
    more = dict(files)
    for option, content in contents.items():
        path = tmp_path / option.strip("-")
        path.write_text(content, encoding="utf-8")
        more[option] = str(path)
    assert advise(more, monkeypatch, "--unjudged") == 0
    seen = capsys.readouterr()
    one, two = lines(seen.out)
    assert any(fact["kind"] == "wilting_score" and fact["value"] == 2.5 for fact in one["evidence"])
    assert "shown, not assimilated" in seen.err
    assert two["start_window"][0] == "2026-06-10T08:00:00+01:00"


def test_a_site_without_a_place_stands_at_the_first_parcel(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--weather", "--forecast"):
        path = Path(files[option])
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert advise(files, monkeypatch) == 0
    first = capsys.readouterr()
    assert "the place of parcel one is taken" in first.err
    shuffled = farm(Path(files["--parcels"]), feature("two", -6.39, name="Second"), feature("one", -6.4))
    assert shuffled.exists()
    assert advise(files, monkeypatch) == 0
    numbers = [
        {key: one["proposed"][key] for key in ("parcel_id", "depletion_mm", "depth_mm", "volume_m3")}
        for text in (first.out, capsys.readouterr().out)
        for one in map(json.loads, text.splitlines())
    ]
    assert numbers[:2] == numbers[:1:-1]


def test_a_station_without_a_height_stands_as_high_as_the_parcel(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    farm(Path(files["--parcels"]), feature("one", -6.4, elevation_m=1500))
    answers = []
    for height in ("", "# elevation: 1500"):
        for option in ("--weather", "--forecast"):
            path = Path(files[option])
            kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("# elev")]
            path.write_text("\n".join([height, *kept]) + "\n", encoding="utf-8")
        assert advise(files, monkeypatch) == 0
        answers.append(json.loads(capsys.readouterr().out)["proposed"]["depletion_mm"])
    assert answers[0] == answers[1]


def test_explain_tells_each_number_its_source_and_its_age(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "V.jsonl"
    assert advise(files, monkeypatch, "--out", str(out)) == 0
    capsys.readouterr()
    assert run("explain", "two", "--day", "2026-06-10", "--verdicts", str(out), monkeypatch=monkeypatch) == 0
    text = capsys.readouterr().out
    assert "Parcel Second (two), 2026-06-10" in text
    assert "past.csv, 1 day old" in text
    assert "Probability of stress" in text


def test_drip_whose_emitters_are_known_is_told_in_hours(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drip = {"method": "drip", "emitters_per_ha": 10000, "emitter_flow_l_h": 2}
    farm(tmp_path / "farm.geojson", feature("drip", -6.4, irrigation=drip))
    out = tmp_path / "V.jsonl"
    assert advise(files, monkeypatch, "--out", str(out)) == 0
    (verdict,) = lines(out.read_text(encoding="utf-8"))
    told = verdict["recommendation"]
    assert (verdict["decision"], told["action"]) == ("release", "irrigate")
    # 20 m3/h on a hectare are 2 mm an hour; minutes are told by fives.
    assert told["duration_h"] == pytest.approx(told["depth_mm"]["p50"] / 2.0, abs=0.5)
    assert {check["name"]: check["passed"] for check in verdict["checks"]}["duration_is_volume_over_flow"]
    capsys.readouterr()
    assert run("explain", "drip", "--day", "2026-06-10", "--verdicts", str(out), monkeypatch=monkeypatch) == 0
    assert "for a time that no known flow tells" not in capsys.readouterr().out


def test_explain_of_an_unknown_parcel_names_the_known(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "V.jsonl"
    assert advise(files, monkeypatch, "--out", str(out)) == 0
    assert run("explain", "three", "--day", "2026-06-10", "--verdicts", str(out), monkeypatch=monkeypatch) == 1
    assert "it holds one, two" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["advise", "judge", "explain"])
def test_help_carries_an_example(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, "--help", monkeypatch=monkeypatch) == 0
    assert f"Example: seguia {command}" in capsys.readouterr().out


def test_a_probe_changes_the_advice_and_is_named_among_its_inputs(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    probes = tmp_path / "probes.csv"
    probes.write_text(
        "parcel_id,observed_at,kind,value,sigma\n"
        "one,2026-06-08T09:00:00+00:00,depletion_mm,40,5\n"
        "nobody,2026-06-08T09:00:00+00:00,depletion_mm,40,5\n",
        encoding="utf-8",
    )
    assert advise(files, monkeypatch) == 0
    before = lines(capsys.readouterr().out)
    out = tmp_path / "V.jsonl"
    assert advise(files, monkeypatch, "--observations", str(probes), "--out", str(out)) == 1
    assert "probes.csv line 3: parcel_id: expected a known parcel, got 'nobody'" in capsys.readouterr().err
    after = lines(out.read_text(encoding="utf-8"))
    dry, wet = (one[0]["proposed"]["depletion_mm"]["p50"] for one in (before, after))
    assert wet < dry - 5.0
    assert before[1]["proposed"]["depletion_mm"] == after[1]["proposed"]["depletion_mm"]
    assert [one["name"] for one in after[0]["proposed"]["inputs"]][-2:] == ["farm.geojson", "probes.csv"]
    # The judge takes the same options, and looks at no reading.
    rest = [part for name, value in files.items() if name != "--day" for part in (name, value)]
    judged = []
    for more in (["--observations", str(probes)], []):
        assert run("judge", str(out), *rest, *more, monkeypatch=monkeypatch) == (1 if more else 0)
        judged.append(capsys.readouterr().out)
    assert judged[0] == judged[1]
