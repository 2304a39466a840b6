"""``seguia explain`` from the store of an installation and from a file, as a user calls it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import seguia
from cloud.commands.cloud_site import configuration, open_store
from cloud.config import FILE_NAME
from cloud.records import IrrigationSystem, Parcel, Recommendation, Verdict
from cloud.water_day import ObservedChange, Spread, WaterDay

DAY = date(2026, 8, 31)


def verdict(parcel: str, day: date = DAY, explanation: str = "within every limit") -> Verdict:
    advice = Recommendation(
        parcel_id=parcel,
        parcel_name=f"Field {parcel}",
        timezone="Africa/Casablanca",
        day=day,
        action="wait",
        reason_code="soil_has_water",
        code_version="0.1.0",
    )
    return Verdict(
        proposed=advice,
        recommendation=advice,
        decision="release",
        checks=(),
        explanation=explanation,
        valid_until=datetime(day.year, day.month, day.day, 23, tzinfo=UTC),
    )


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The front door, called in this process as the installed command calls it."""

    def called(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["seguia", *map(str, arguments)])
        code: object = 0
        try:
            seguia.main()
        except SystemExit as leaving:
            code = leaving.code or 0
        said = capsys.readouterr()
        assert isinstance(code, int)
        return Done(code=code, out=said.out, err=said.err)

    return called


@pytest.fixture
def empty(tmp_path: Path, run: Run) -> Path:
    """A new installation that has decided nothing yet."""
    folder = tmp_path / "cloud"
    assert run("cloud", "init", "--data", folder).code == 0
    return folder


@pytest.fixture
def site(empty: Path) -> Path:
    """An installation with two parcels; one has three days, the last of them decided twice."""
    days = (DAY - timedelta(days=8), DAY - timedelta(days=1), DAY)
    with open_store(configuration(empty, None)) as store:
        for day in days:
            store.save_day(day, (), [verdict("north", day, "first word")])
        store.save_day(DAY, (), [verdict("north", DAY, "second word"), verdict("south")])
    return empty


def test_the_store_tells_the_latest_word_of_the_day(site: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-31", "--data", site)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "Parcel Field north (north), 2026-08-31, Africa/Casablanca"
    assert "Decision of the judge: release. second word" in done.out
    earlier = run("explain", "north", "--day", "2026-08-30", "--config", site / FILE_NAME)
    assert (earlier.code, earlier.err) == (0, "")
    assert "first word" in earlier.out


def test_without_options_the_usual_configuration_is_taken(
    site: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(site)
    assert "Field south" in run("explain", "south", "--day", "2026-08-31").out
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGUIA_CLOUD_CONFIG", str(site / FILE_NAME))
    assert "Field south" in run("explain", "south", "--day", "2026-08-31").out
    monkeypatch.delenv("SEGUIA_CLOUD_CONFIG")
    lost = run("explain", "south", "--day", "2026-08-31")
    assert (lost.code, lost.out) == (2, "")
    assert "seguia-cloud.toml: no such file; make one with: seguia cloud init" in lost.err


@pytest.mark.parametrize(
    ("asked", "nearest"), [("2026-09-30", "2026-08-31"), ("2026-08-26", "2026-08-23"), ("2026-08-27", "2026-08-30")]
)
def test_another_day_is_answered_with_the_nearest(site: Path, run: Run, asked: str, nearest: str) -> None:
    done = run("explain", "north", "--day", asked, "--data", site)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"seguia: parcel north on {asked}: expected a verdict of that day in the store, got none;"
        f" the nearest is of {nearest}: use --day {nearest}\n"
    )


def test_an_unknown_parcel_is_answered_with_the_known_likeliest_first(site: Path, run: Run) -> None:
    done = run("explain", "sout", "--day", "2026-08-31", "--data", site)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "seguia: parcel sout: expected a parcel with a verdict in the store, got none under that id;"
        " it holds south, north\n"
    )


def test_a_store_with_many_parcels_names_some_and_counts_the_rest(empty: Path, run: Run) -> None:
    with open_store(configuration(empty, None)) as store:
        store.save_day(DAY, (), [verdict(f"p{number:02d}") for number in range(12)])
    err = run("explain", "other", "--day", "2026-08-31", "--data", empty).err
    assert "it holds p00, p01, p02, p03, p04, p05, p06, p07 and 4 more" in err


def test_an_empty_store_says_what_to_do(empty: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-31", "--data", empty)
    assert (done.code, done.out) == (1, "")
    assert "expected a verdict in the store, got no verdict at all; run: seguia cloud nightly" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_file_answers_alike(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "V.jsonl"
    told = [verdict("north", DAY, "first word"), verdict("north", DAY, "second word"), verdict("south").proposed]
    path.write_text("".join(one.model_dump_json() + "\n" for one in told), encoding="utf-8")
    assert "second word" in run("explain", "north", "--day", "2026-08-31", "--verdicts", path).out
    other_day = run("explain", "north", "--day", "2026-08-01", "--verdicts", path)
    assert other_day.code == 1
    assert "in V.jsonl, got none; the nearest is of 2026-08-31: use --day 2026-08-31" in other_day.err
    unjudged = run("explain", "south", "--day", "2026-08-31", "--verdicts", path)
    assert unjudged.code == 1
    assert "it holds north" in unjudged.err


def test_a_bad_line_of_a_file_is_named_after_the_answer(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "V.jsonl"
    path.write_text(verdict("north").model_dump_json() + "\n{broken\n", encoding="utf-8")
    done = run("explain", "north", "--day", "2026-08-31", "--verdicts", path)
    assert done.code == 1
    assert "Field north" in done.out
    assert done.err.startswith("seguia explain: V.jsonl line 2: expected JSON, got ")


def rows(parcel: str, days: int = 40) -> list[WaterDay]:
    """Rows up to the eve of the day, 2 mm used each day, a rain, an irrigation and a sighting among them."""
    made, depletion = [], 5.0
    names = [name for name in WaterDay.model_fields if not name.startswith("profile") and name != "observations"]
    for back in range(days, 0, -1):
        flows = {"etc_adj_mm": 2.0, "rain_mm": 7.5 if back == 9 else 0.0, "irrigation_mm": 30.04 if back == 6 else 0.0}
        seen = (SIGHTING,) if back == 3 else ()
        correction = sum(one.correction_mm for one in seen)
        depletion += 2.0 - flows["rain_mm"] - flows["irrigation_mm"] + correction
        content = dict.fromkeys(names, 0.0) | flows | {"root_depth_m": 0.7, "correction_mm": correction}
        content |= {"total_available_mm": 120.0, "readily_available_mm": 60.0, "kcb": 0.9, "ke": 0.1, "ks": 1.0}
        content |= {"depletion_mm": depletion, "depletion_p10_mm": depletion - 5.0, "depletion_p90_mm": depletion + 5.0}
        day = {"parcel_id": parcel, "day": DAY - timedelta(days=back), "observations": seen}
        made.append(WaterDay.model_validate(content | day))
    return made


SIGHTING = ObservedChange(
    observed_at=datetime(2026, 8, 28, 11, tzinfo=UTC),
    kind="stress_index",
    source="camera north",
    seen=0.42,
    sigma=0.1,
    expected=0.18,
    expected_sigma=0.08,
    correction_mm=6.27,
)


@pytest.fixture
def told_site(empty: Path) -> Path:
    """An installation that kept the water behind its advice."""
    parcel = Parcel(id="north", crop="maize", latitude=32.3, longitude=-6.4, irrigation=IrrigationSystem(method="drip"))
    with open_store(configuration(empty, None)) as store:
        store.save_parcels([parcel])
        store.save_day(DAY, rows("north"), [verdict("north")])
        store.save_spreads(
            [Spread(parcel_id="north", day=DAY - timedelta(days=1), sigma_mm=4.0, shares={"soil": 0.7, "rest": 0.3})]
        )
    return empty


def test_the_store_tells_how_the_water_came_to_be_and_the_words_add_up(told_site: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-31", "--data", told_site)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("Water missing from the root zone"))
    end = next(place for place, line in enumerate(lines) if line.startswith("  = "))
    tenths = [(line[2], round(10 * float(line.split()[-1]))) for line in lines[begin + 1 : end + 1]]
    assert sum({" ": 1, "+": 1, "-": -1, "=": -1}[sign] * amount for sign, amount in tenths) == 0
    assert "missing on the evening of 2026-08-16, 14 days earlier" in lines[begin + 1]
    assert any("camera north, thirst of the crop" in line and line.endswith(": +6.3") for line in lines)
    assert "   70%  how much water the soil can hold" in lines
    assert "How the advice follows: no soil water is known for 2026-08-31, so nothing is advised from it." in lines


def test_the_account_may_begin_on_another_day(told_site: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-31", "--since", "2026-07-25", "--data", told_site)
    assert "    missing on the evening of 2026-07-24, 37 days earlier" in done.out
    season = run("explain", "north", "--day", "2026-08-31", "--since", "2026-01-01", "--data", told_site)
    assert "    missing on the evening of 2026-07-21, where the record begins" in season.out


def test_a_day_with_water_but_without_advice_is_told_too(told_site: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-20", "--data", told_site)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Parcel north (north), 2026-08-20, Africa/Casablanca\nWater missing from the root zone")
    assert "the share of each cause was not kept for this day" in done.out


def test_the_explanation_as_data(told_site: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-31", "--json", "--data", told_site)
    told = json.loads(done.out)
    account = told["account"]
    moved = sum(round(10 * one["depth_mm"]) for one in account["movements"])
    assert round(10 * account["opening_mm"]) + moved == round(10 * account["closing_mm"])
    assert [one["source"] for one in told["observations"]] == ["camera north"]
    assert told["spread"]["shares"] == {"soil": 0.7, "rest": 0.3}
    assert told["lines"] == run("explain", "north", "--day", "2026-08-31", "--data", told_site).out.splitlines()


def test_the_figure_is_a_file_and_the_same_each_time(told_site: Path, run: Run, tmp_path: Path) -> None:
    for name, start in (("a.svg", b"<?xml"), ("b.PNG", b"\x89PNG")):
        path = tmp_path / name
        assert run("explain", "north", "--day", "2026-08-31", "--figure", path, "--data", told_site).code == 0
        first = path.read_bytes()
        assert first.startswith(start)
        run("explain", "north", "--day", "2026-08-31", "--figure", path, "--data", told_site)
        assert path.read_bytes() == first


def test_a_figure_that_cannot_be_is_told(told_site: Path, site: Path, run: Run, tmp_path: Path) -> None:
    wrong = run("explain", "north", "--day", "2026-08-31", "--figure", "f.pdf", "--data", told_site)
    assert wrong.code == 2
    assert "expected a name that ends in .svg or .png" in wrong.err
    nowhere = tmp_path / "none" / "f.svg"
    lost = run("explain", "north", "--day", "2026-08-31", "--figure", nowhere, "--data", told_site)
    assert lost.code == 1
    assert "expected a file that can be written, got No such file or directory" in lost.err
    empty = run("explain", "south", "--day", "2026-08-31", "--figure", tmp_path / "f.svg", "--data", site)
    assert empty.code == 1
    assert "not drawn, since no day of soil water is known up to 2026-08-31" in empty.err
    assert "Field south" in empty.out


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A parcel, 40 days of weather, an irrigation and a probe's reading."""
    weather = ["# latitude: 32.34", "# longitude: -6.35", "# elevation_m: 470", "date,tmin_c,tmax_c,rain_mm"]
    weather += [f"{date(2026, 5, 1) + timedelta(days=n)},13,29,{4 if n == 8 else 0}" for n in range(40)]
    texts = {
        "parcel.toml": 'id = "plot-7"\ncrop = "maize"\nplanted_on = 2026-04-10\nlatitude = 32.34\nlongitude = -6.35\n'
        '[soil]\ntexture = "clay loam"\n[irrigation]\nmethod = "basin"\n',
        "weather.csv": "\n".join(weather) + "\n",
        "events.csv": "started_at,depth_mm,source\n2026-05-20T08:00:00+01:00,40,meter\n",
        "seen.csv": "observed_at,kind,value,sigma,source\n2026-05-24T09:00Z,soil_water_fraction,0.26,0.02,probe\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name.partition(".")[0]: tmp_path / name for name in texts}


def test_files_alone_tell_the_water_without_an_advice(files: dict[str, Path], run: Run, tmp_path: Path) -> None:
    figure = tmp_path / "f.svg"
    inputs = ("--parcel", files["parcel"], "--weather", files["weather"], "--irrigation", files["events"])
    done = run("explain", *inputs, "--observations", files["seen"], "--day", "2026-05-28", "--figure", figure)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "Parcel plot-7 (plot-7), 2026-05-28, Africa/Casablanca"
    assert any(
        line.startswith("  - irrigation that reached the soil") and float(line.split()[-1]) > 5 for line in lines
    )
    assert any("probe, water in the soil [m3 per m3]: seen 0.26" in line for line in lines)
    assert any(line.startswith("What is uncertain: ") and "may be off by" in line for line in lines)
    assert b"plot-7" in figure.read_bytes()
    balance = run("balance", *inputs, "--observations", files["seen"]).out.splitlines()
    header, row = balance[0].split(","), next(line for line in balance if line.startswith("2026-05-28")).split(",")
    depletion = float(dict(zip(header, row, strict=True))["depletion_mm"])
    closing = next(line for line in lines if line.startswith("  = ")).split()[-1]
    assert float(closing) == pytest.approx(depletion, abs=0.05 + 1e-9)


def test_files_that_do_not_suffice_are_told(files: dict[str, Path], run: Run) -> None:
    alone = run("explain", "--parcel", files["parcel"], "--day", "2026-05-28")
    assert alone.code == 2
    assert "expected --weather FILE beside it" in alone.err
    early = run("explain", "--parcel", files["parcel"], "--weather", files["weather"], "--day", "2026-04-20")
    assert early.code == 1
    assert "expected weather up to 2026-04-20, got none before" in early.err
    lines = files["weather"].read_text(encoding="utf-8").splitlines()
    files["weather"].write_text("\n".join([*lines[:10], *lines[25:]]) + "\n", encoding="utf-8")
    torn = run("explain", "--parcel", files["parcel"], "--weather", files["weather"], "--day", "2026-05-28")
    assert torn.code == 1
    assert "expected temperature and rain on every day of the season" in torn.err


def test_what_must_be_said_is_asked_for(run: Run, files: dict[str, Path]) -> None:
    for arguments, words in (
        (("--day", "2026-05-28"), "expected either PARCEL, the id of a parcel, or --parcel FILE"),
        (("north", "--parcel", files["parcel"], "--day", "2026-05-28"), "expected either PARCEL"),
        (("north",), "expected --day, the local day of the advice"),
    ):
        done = run("explain", *arguments)
        assert (done.code, done.out) == (2, "")
        assert words in " ".join(done.err.split())


@pytest.mark.parametrize("option", ["--data", "--config"])
def test_a_file_and_a_store_at_once_is_wrong_use(option: str, tmp_path: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-31", "--verdicts", tmp_path / "V.jsonl", option, tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "got --verdicts and a store (--data, --config); leave one out" in done.err
