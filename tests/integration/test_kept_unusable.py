"""Records that an older release kept and this one cannot read: named, left out, and replaced when imported again."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cloud.adapters.ledger import verify
from cloud.adapters.store.tables import EVENTS, OBSERVATIONS, PARCEL_STATE
from cloud.records import Observation
from tests.office import DAY, cloud, feature, furnish, new_office, store_of, write_farm
from tests.synthetic_season import write_past

MADE_UP = {"parcel_id": "one", "started_at": "2026-06-01T06:00:00Z", "depth_mm": -5.0, "source": "meter"}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    data = new_office(tmp_path)
    furnish(data)
    return data


def write_event(data: Path, number: int = 0, **changes: object) -> None:
    """A row as an older release would have written it: through the one writer, past today's bounds."""
    body = MADE_UP | changes
    with store_of(data) as store, store.writing() as writer:
        row = {
            "parcel_id": body["parcel_id"],
            "started_at": store._clock() - timedelta(days=number),
            "digest": f"{number:064d}",
            "body": json.dumps(body),
        }
        writer.add("event", [row])


def night(data: Path, day: date = DAY) -> tuple[int, list[str], str]:
    write_past(data / "past.csv", day - timedelta(days=1))
    done = cloud("nightly", "--data", data, "--day", day)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stderr.splitlines(), done.stdout


def said_of(lines: list[str], subject: str) -> list[str]:
    return [line.removeprefix("seguia cloud nightly: ") for line in lines if subject in line]


def test_a_kept_event_that_cannot_be_read_is_named_and_the_night_goes_on(office: Path) -> None:
    sound = night(office)
    assert (sound[0], said_of(sound[1], "as it was kept")) == (0, [])
    write_event(office)
    code, lines, out = night(office)
    assert code == 1
    (line,) = said_of(lines, "irrigation of one on")
    assert "as it was kept: depth_mm: " in line
    assert line.endswith("got -5.0; it is left out; correct it and import it again: seguia cloud import --events FILE")
    assert "messages queued: " in out
    with store_of(office) as store:
        assert len(store.verdicts(DAY)) == 2
        assert verify(store).problems == ()
        with store.reading() as connection:
            assert len(connection.execute(select(EVENTS)).all()) == 1


def test_many_are_named_in_few_lines(office: Path) -> None:
    for number in range(8):
        write_event(office, number)
    code, lines, _ = night(office)
    told = said_of(lines, "left out")
    assert (code, len(told)) == (1, 6)
    assert told[-1] == "3 more kept records of this kind cannot be read and are left out"


def test_an_event_told_again_of_the_same_moment_takes_the_place_of_the_broken_one(office: Path) -> None:
    write_event(office)
    with store_of(office) as store, store.reading() as connection:
        started = connection.execute(select(EVENTS.c.started_at)).scalar_one()
    again = office / "events.csv"
    again.write_text(f"parcel_id,started_at,depth_mm\none,{started.isoformat()},25\n", encoding="utf-8")
    assert cloud("import", "--data", office, "--events", again).exit_code == 0
    assert said_of(night(office)[1], "as it was kept") == []
    with store_of(office) as store:
        assert [event.depth_mm for event in store.events()] == [25.0]


def test_a_kept_parcel_that_cannot_be_read_leaves_the_others_their_advice(office: Path) -> None:
    with store_of(office) as store, store.writing() as writer:
        body = json.loads(store.parcels()[0].model_dump_json()) | {"planted_on": "0026-03-25"}
        (place,) = writer.add(
            "parcel", [{"parcel_id": "one", "digest": "0" * 64, "version": 2, "body": json.dumps(body)}]
        )
        writer.connection.execute(update(PARCEL_STATE).where(PARCEL_STATE.c.parcel_id == "one").values(parcel=place))
    write_event(office, depth_mm=20.0)
    code, lines, _ = night(office)
    assert code == 1
    (line,) = said_of(lines, "parcel one, as it was kept: ")
    assert "planted_on" in line
    assert line.endswith("seguia cloud import --parcels FILE")
    with store_of(office) as store:
        assert [verdict.recommendation.parcel_id for verdict in store.verdicts(DAY)] == ["two"]
    # Readings for it cannot be placed: both are said.
    events = office / "events.csv"
    events.write_text("parcel_id,started_at,depth_mm\none,2026-06-02,20\ntwo,2026-06-02,20\n", encoding="utf-8")
    taken = cloud("import", "--data", office, "--events", events)
    assert taken.exit_code == 1
    assert "parcel one, as it was kept" in taken.stderr
    assert "expected a known parcel, got 'one'" in taken.stderr
    # Imported again, it is whole again.
    farm = write_farm(office / "farm.geojson", feature("one", -6.4), feature("two", -6.39))
    assert cloud("import", "--data", office, "--parcels", farm).exit_code == 0
    assert said_of(night(office)[1], "as it was kept") == []


def test_a_kept_reading_that_cannot_be_read_is_named(office: Path) -> None:
    reading = Observation(
        parcel_id="two",
        observed_at="2026-06-05T06:00:00Z",
        kind="soil_water_fraction",
        value=0.2,
        sigma=0.03,
        source="probe",
    )
    with store_of(office) as store:
        store.save_observations([reading])
        with store.writing() as writer:
            held = writer.connection.execute(select(OBSERVATIONS)).one()._mapping
            body = json.loads(held["body"]) | {"sigma": -1.0}
            row = {**held, "version": held["version"] + 1, "digest": "1" * 64, "body": json.dumps(body)}
            writer.add("observation", [{name: value for name, value in row.items() if name != "position"}])
    code, lines, _ = night(office)
    assert code == 1
    (line,) = said_of(lines, " of two on 2026-06-05, as it was kept: sigma")
    assert line.endswith("seguia cloud import --observations FILE")
