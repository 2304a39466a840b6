"""Nights that go on from kept states, through the real command and the real store: the same verdicts, sooner."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.state_ladder import FOLDER
from edge.contract import Detection, MessageId, ModelReference
from tests.office import change, cloud, furnish, new_office, store_of
from tests.synthetic_season import write_ahead, write_past

FIRST = date(2026, 6, 4)
WHOLE = (
    "water of 2 parcels is followed from 2026-01-01 on, the first day of the weather:"
    " no state kept of an earlier night stands for them"
)


@pytest.fixture
def farms(tmp_path: Path) -> tuple[Path, Path]:
    """One office that keeps states, and its double that keeps none."""
    kept = new_office(tmp_path)
    furnish(kept)
    double = tmp_path / "double"
    shutil.copytree(kept, double)
    with (double / "seguia-cloud.toml").open("a", encoding="utf-8") as file:
        file.write("\n[water]\nstates_kept = 0\n")
    return kept, double


def photo(data: Path, number: int, day: date, *, late_days: int = 0) -> None:
    taken = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    detection = Detection(
        parcel_id="one",
        camera_id="cam-1",
        taken_at=taken,
        sha256=f"{number:064d}",
        model=ModelReference(name="canopy", version="1.0.0", sha256="c" * 64),
        opinion=True,
        canopy_cover_fraction=0.35 + 0.02 * number,
        looks_down=True,
    )
    arrived = taken + timedelta(days=late_days, hours=1)
    with store_of(data) as store:
        store.add_detection(MessageId(gateway="g1", boot="b", sequence=number), "office", detection, arrived)


def watered(data: Path, day: date) -> None:
    path = data / "events.csv"
    path.write_text(f"parcel_id,started_at,depth_mm,source\ntwo,{day}T06:00:00+00:00,18,meter\n", encoding="utf-8")
    assert cloud("import", "--data", data, "--events", path).exit_code == 0


def night(data: Path, day: date, *more: str) -> tuple[int, list[str], str]:
    write_past(data / "past.csv", day - timedelta(days=1))
    write_ahead(data / "ahead.csv", day)
    done = cloud("nightly", "--data", data, "--day", day, *more)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, [line for line in done.stdout.splitlines() if line.startswith("water ")], done.stderr


def said(data: Path, day: date) -> list[str]:
    with store_of(data) as store:
        return [verdict.digest() for verdict in store.verdicts(day)]


def water(data: Path) -> list[str]:
    with store_of(data) as store:
        return [row.digest() for name in ("one", "two") for row in store.water_series(name)]


def test_nights_from_states_say_what_whole_seasons_say(farms: tuple[Path, Path]) -> None:
    kept, double = farms
    days = [FIRST + timedelta(days=number) for number in range(5)]
    told = []
    for number, day in enumerate(days):
        for data in farms:
            photo(data, number, day - timedelta(days=1))
            if number == 3:
                # Irrigation of two days ago, and photos that came in time and too late.
                watered(data, day - timedelta(days=3))
                photo(data, 10, day - timedelta(days=3), late_days=2)
                photo(data, 11, day - timedelta(days=6), late_days=5)
        code, lines, _ = night(kept, day)
        assert code == 0
        told.append(lines)
        _, whole, _ = night(double, day)
        assert whole == [WHOLE, "water states kept: 0, 0.0 MB"]
        assert said(kept, day) == said(double, day)
        assert water(kept) == water(double)
    assert told[0][0] == WHOLE
    assert told[1][0] == "water of 2 parcels goes on from the state of 2026-06-03"
    assert told[3][0] == "water of 2 parcels goes on from the state of 2026-06-03"
    assert told[4][0] == "water of 2 parcels goes on from the state of 2026-06-06"
    assert told[4][1].startswith("water states kept: 5, ")
    assert not (double / FOLDER).exists()


def test_lost_or_damaged_states_change_nothing_but_time(farms: tuple[Path, Path]) -> None:
    kept, double = farms
    for day in (FIRST, FIRST + timedelta(days=1)):
        for data in farms:
            night(data, day)
    newest = kept / FOLDER / "2026-06-04.nc"
    content = bytearray(newest.read_bytes())
    content[len(content) // 2 :] = b""
    newest.write_bytes(bytes(content))
    day = FIRST + timedelta(days=2)
    code, lines, err = night(kept, day)
    assert code == 1
    assert "2026-06-04.nc: expected a water state, got a file that cannot be read" in err
    assert lines[0] == "water of 2 parcels goes on from the state of 2026-06-03"
    night(double, day)
    assert said(kept, day) == said(double, day)
    # The night itself again, then a night after all states are gone.
    again = said(kept, day)
    assert night(kept, day)[1][0] == "water of 2 parcels goes on from the state of 2026-06-05"
    code, lines, err = night(kept, day, "--rebuild-state")
    assert code == 0
    assert "kept water states were given up" in err
    assert lines[0] == WHOLE
    assert said(kept, day) == again == said(double, day)


def test_a_state_that_cannot_be_kept_is_named_and_the_night_is_done(farms: tuple[Path, Path]) -> None:
    kept, _ = farms
    (kept / FOLDER).write_text("a file where the folder should be", encoding="utf-8")
    code, lines, err = night(kept, FIRST)
    assert code == 1
    assert "the water state cannot be written" in err
    assert lines == [WHOLE]
    assert len(said(kept, FIRST)) == 2


def test_the_numbers_of_states_are_the_operators(farms: tuple[Path, Path]) -> None:
    kept, _ = farms
    with (kept / "seguia-cloud.toml").open("a", encoding="utf-8") as file:
        file.write("\n[water]\nstates_kept = 2\nmonthly_states_kept = 0\n")
    for number in range(3):
        night(kept, FIRST + timedelta(days=number))
    assert sorted(path.name for path in (kept / FOLDER).glob("*.nc")) == ["2026-06-04.nc", "2026-06-05.nc"]
    change(kept, "states_kept = 2", "states_kept = -1")
    done = cloud("nightly", "--data", kept, "--day", FIRST)
    assert "water.states_kept" in str(done.exception)


def probed(data: Path, day: date, value: float) -> None:
    path = data / f"probe-{day}-{value}.csv"
    path.write_text(
        f"parcel_id,observed_at,kind,value,sigma\ntwo,{day}T10:00:00+00:00,depletion_mm,{value},5\n",
        encoding="utf-8",
    )
    done = cloud("import", "--data", data, "--observations", path)
    assert done.exit_code == 0
    assert "observations new or corrected: 1" in done.stdout


def depletion(data: Path, name: str) -> float:
    with store_of(data) as store:
        return store.water_series(name)[-1].depletion_mm


def test_a_probe_changes_the_night_however_late_it_is_imported(farms: tuple[Path, Path]) -> None:
    kept, double = farms
    for number in range(2):
        for data in farms:
            night(data, FIRST + timedelta(days=number))
    before = {name: depletion(kept, name) for name in ("one", "two")}
    for data in farms:
        probed(data, FIRST - timedelta(days=20), 25)
    # The night again: only the parcel with the probe is followed anew, as if its reading had always been there.
    day = FIRST + timedelta(days=1)
    code, lines, err = night(kept, day)
    assert code == 0, err
    assert "water of 1 parcels goes on from the state of 2026-06-04" in lines
    assert WHOLE.replace("2 parcels", "1 parcels") in lines
    night(double, day)
    assert said(kept, day) == said(double, day)
    assert depletion(kept, "one") == before["one"]
    assert abs(depletion(kept, "two") - before["two"]) > 1.0
    with store_of(kept) as store:
        names = [one.name for one in store.verdicts(day)[0].recommendation.inputs]
    assert "1 observations of the store" in names
    # The next night, with a reading of the eve, goes on from this one.
    for data in farms:
        probed(data, day, 60)
    following = day + timedelta(days=1)
    _, lines, _ = night(kept, following)
    assert lines[0] == "water of 2 parcels goes on from the state of 2026-06-04"
    night(double, following)
    assert said(kept, following) == said(double, following)
    assert water(kept)[-1] == water(double)[-1]
