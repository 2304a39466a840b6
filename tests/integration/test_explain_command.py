"""``seguia explain`` from the store of an installation and from a file, as a user calls it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import seguia
from cloud.commands.cloud_site import configuration, open_store
from cloud.config import FILE_NAME
from cloud.records import Recommendation, Verdict

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


@pytest.mark.parametrize("option", ["--data", "--config"])
def test_a_file_and_a_store_at_once_is_wrong_use(option: str, tmp_path: Path, run: Run) -> None:
    done = run("explain", "north", "--day", "2026-08-31", "--verdicts", tmp_path / "V.jsonl", option, tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "expected --verdicts or a store (--data, --config), got both; leave one out" in done.err


def test_help_opens_no_library_of_the_store(repository: Path) -> None:
    heavy = ("sqlalchemy", "pydantic", "numpy", "xarray")
    program = f"import sys; import cloud.commands.explain;print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []
