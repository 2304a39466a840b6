"""``seguia cloud import`` and ``nightly``: from files to verdicts and queued messages, with the real store."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.errors import CloudError, ConfigurationError, InputError
from cloud.replay.kept import REFERENCE
from tests.office import (
    CROSSING,
    DAY,
    NUMBER,
    change,
    cloud,
    feature,
    furnish,
    new_office,
    store_of,
    write_farm,
)
from tests.synthetic_season import write_past


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return new_office(tmp_path)


@pytest.fixture
def farm(data: Path) -> Path:
    furnish(data)
    return data


def refused(kind: type[CloudError], *arguments: object) -> str:
    result = cloud(*arguments)
    assert isinstance(result.exception, kind), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_bad_rows_are_named_and_the_others_taken(data: Path) -> None:
    crossing = feature("bow", -6.38)
    crossing["geometry"] = {"type": "Polygon", "coordinates": CROSSING}
    parcels = write_farm(
        data / "farm.geojson", feature("one", -6.4), crossing, feature("odd", -6.37, crop="maiz"), feature("two", -6.39)
    )
    farmers, events = data / "farmers.csv", data / "events.csv"
    farmers.write_text(
        "id,name,phone_number,language,remark\n"
        f"f1,Aicha,{NUMBER},en,x\n"
        "f2,Brahim,12,fr,x\n"
        "f3,Chadia,+212612345679,xx,x\n"
        "f4,Driss,+212522345678,ar,x\n"
        "f5,Emma\n",
        encoding="utf-8",
    )
    events.write_text(
        "parcel_id,started_at,depth_mm,source\n"
        "one,2026-06-01T06:00:00+01:00,12,reply\n"
        "nobody,2026-06-01T06:00:00+01:00,12,reply\n"
        "two,yesterday,12,reply\n",
        encoding="utf-8",
    )
    done = cloud("import", "--data", data, "--parcels", parcels, "--farmers", farmers, "--events", events)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "parcels: 2 of farm.geojson",
        "farmers: 1 of farmers.csv",
        "irrigations: 1 of events.csv",
    ]
    told = done.stderr
    for named in (
        "farmers.csv: unknown fields remark were ignored",
        "parcel bow: geometry: expected edges that do not cross",
        "parcel odd: crop 'maiz': expected a known crop",
        "farmers.csv line 3: phone_number cannot be used",
        "farmers.csv line 4: language cannot be used",
        "farmers.csv line 6: phone_number, language cannot be used",
        "farmer f4",
        "events.csv line 3: parcel_id: expected a known parcel, got 'nobody'",
        "events.csv line 4: started_at: expected an ISO date",
    ):
        assert told.count(named) == 1, (named, told)
    assert len(told.splitlines()) == 9
    for private in ("Brahim", "Chadia", "Driss", "612345679", "522345678"):
        assert private not in told
    with store_of(data) as store:
        assert [parcel.id for parcel in store.parcels()] == ["one", "two"]
        assert [event.parcel_id for event in store.events()] == ["one"]
        aicha = store.farmer("f1")
        assert aicha is not None
        assert (aicha.name, aicha.phone_number) == ("Aicha", NUMBER)
        assert store.farmer("f4") is None


def test_taken_twice_nothing_doubles(farm: Path) -> None:
    again = ("--parcels", farm / "farm.geojson", "--farmers", farm / "farmers.csv")
    assert cloud("import", "--data", farm, *again).exit_code == 0
    with store_of(farm) as store:
        assert [parcel.id for parcel in store.parcels()] == ["one", "two"]


def test_a_table_without_its_columns_and_a_call_without_a_file_are_told(data: Path) -> None:
    table = data / "farmers.csv"
    table.write_text("id,name\nf1,Aicha\n", encoding="utf-8")
    told = refused(InputError, "import", "--data", data, "--farmers", table)
    assert told.startswith("farmers.csv: expected the columns id, name, phone_number, language, got no phone_number")
    table.write_text("", encoding="utf-8")
    assert "got no id, name" in refused(InputError, "import", "--data", data, "--farmers", table)
    assert "expected a readable file" in refused(InputError, "import", "--data", data, "--farmers", data / "none")
    assert "name a file" in refused(ConfigurationError, "import", "--data", data)


def test_a_night_decides_keeps_and_queues_once(farm: Path) -> None:
    for queued in (2, 0):  # what is told already is not told again
        done = cloud("nightly", "--data", farm, "--day", DAY)
        assert done.exit_code == 0, done.output
        assert "irrigate (release): 2" in done.stdout
        assert f"messages queued: {queued}" in done.stdout
    with store_of(farm) as store:
        verdicts = store.verdicts(DAY)
        assert sorted(verdict.recommendation.parcel_id for verdict in verdicts) == ["one", "two"]
        names = [reference.name for reference in verdicts[0].proposed.inputs]
        assert names == ["past.csv", "ahead.csv", "2 parcels of the store", REFERENCE]
        series = store.water_series("one")
        assert (series[0].day.isoformat(), series[-1].day.isoformat()) == ("2026-03-25", "2026-06-09")
        log = store.message_log()
    assert len(log) == 2
    assert all("irrigate" in entry.message.text.lower() for entry in log)
    report = json.loads(cloud("audit", "verify", "--data", farm).stdout)
    assert report["intact"] is True


def test_limits_of_water_are_read_and_what_is_wrong_in_them_is_named(farm: Path) -> None:
    (farm / "quota.csv").write_text(
        "parcel_id,from,to,volume_m3\none,2026-01-01,2026-12-31,0\nnobody,x,y,3\n", encoding="utf-8"
    )
    change(farm, "# quota_path = ", "quota_path = ")
    change(farm, "constraints/quota.csv", "quota.csv")
    done = cloud("nightly", "--data", farm, "--day", DAY)
    assert done.exit_code == 1
    assert "quota.csv line 3" in done.stderr
    with store_of(farm) as store:
        spoken = {verdict.recommendation.parcel_id: verdict.recommendation for verdict in store.verdicts(DAY)}
    assert spoken["two"].action == "irrigate"
    assert spoken["one"].action != "irrigate"


def test_a_farmer_nobody_imported_keeps_nobody_else_waiting(farm: Path) -> None:
    parcels = write_farm(farm / "more.geojson", feature("aaa", -6.41, farmer="ghost"))
    assert cloud("import", "--data", farm, "--parcels", parcels).exit_code == 0
    done = cloud("nightly", "--data", farm, "--day", DAY)
    assert done.exit_code == 1
    assert "messages queued: 2" in done.stdout
    (line,) = done.stderr.splitlines()
    assert "message for parcel aaa: expected a known farmer, got ghost; save the farmer first" in line
    with store_of(farm) as store:
        assert len(store.verdicts(DAY)) == 3


def test_weather_too_old_holds_every_parcel_and_is_named(farm: Path) -> None:
    write_past(farm / "past.csv", DAY - timedelta(days=9))
    done = cloud("nightly", "--data", farm, "--day", DAY)
    assert done.exit_code == 1
    assert "hold (hold): 2" in done.stdout
    assert done.stderr.count("held until they arrive") == 2


def test_a_night_without_weather_is_wrong_use_and_a_farm_without_parcels_is_quiet(data: Path) -> None:
    assert "weather.past_path: expected the file" in refused(ConfigurationError, "nightly", "--data", data)
    write_past(data / "past.csv", DAY)
    change(data, "[weather]\n", '[weather]\npast_path = "past.csv"\n')
    done = cloud("nightly", "--data", data)
    assert (done.exit_code, done.stdout) == (0, "messages queued: 0\n")
    (data / "past.csv").unlink()
    assert "past.csv" in refused(CloudError, "nightly", "--data", data)
    (data / "past.csv").write_text("date,tmin_c\n2026-06-09,12\n", encoding="utf-8")
    assert "rename the columns" in refused(InputError, "nightly", "--data", data)


def test_readings_that_cannot_be_used_are_named_and_the_others_taken_once(farm: Path) -> None:
    table = farm / "probes.csv"
    table.write_text(
        "parcel_id,observed_at,kind,value,unit,depth_from_m,depth_to_m\n"
        "one,2026-06-01T06:00:00+01:00,soil_water_fraction,21,percent,0.1,0.3\n"
        "one,2026-06-01T06:00:00+01:00,soil_water_fraction,0.9,,0.3,0.5\n"
        "nobody,2026-06-01,soil_water_fraction,0.2,,,\n",
        encoding="utf-8",
    )
    told = []
    for _ in range(2):
        done = cloud("import", "--data", farm, "--observations", table)
        assert done.exit_code == 1
        assert "probes.csv line 3: soil_water_fraction: expected at most 0.7" in done.stderr
        assert "probes.csv line 4: parcel_id: expected a known parcel, got 'nobody'" in done.stderr
        told.append(done.stdout.splitlines())
    # The same readings in a file of another name count once all the same.
    shutil.copy(table, farm / "again.csv")
    assert cloud("import", "--data", farm, "--observations", farm / "again.csv").stdout.endswith(": 0\n")
    assert told[0] == ["observations: 1 of probes.csv", "observations new or corrected: 1"]
    assert told[1] == ["observations: 1 of probes.csv", "observations new or corrected: 0"]
    with store_of(farm) as store:
        (one,) = store.observations(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert (one.parcel_id, one.value, one.depth_to_m, one.source) == ("one", 0.21, 0.3, "unnamed")


def test_a_head_that_was_copied_in_part_is_wrong_use_and_no_alarm(farm: Path) -> None:
    head = json.loads(cloud("audit", "verify", "--data", farm).stdout)["head"]
    assert cloud("audit", "verify", "--data", farm, "--head", f" {head.upper()}\n").exit_code == 0
    part = cloud("audit", "verify", "--data", farm, "--head", head[:16])
    assert isinstance(part.exception, ConfigurationError)
    assert "expected the 64 digits" in str(part.exception)
    assert cloud("audit", "verify", "--data", farm, "--head", "0" * 64).exit_code == 1
