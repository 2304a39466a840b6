from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.adapters.files.tables import read_events, read_observations, read_pumps, read_quotas, read_turns
from cloud.errors import InputError
from cloud.records import IrrigationSystem, Parcel

Write = Callable[[str], Path]


def parcel(name: str, **system: float) -> Parcel:
    return Parcel(
        id=name,
        crop="olive",
        latitude=32.0,
        longitude=-6.0,
        area_ha=2.0,
        irrigation=IrrigationSystem.model_validate({"method": "drip", **system}),
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writer(text: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


def test_depth_comes_from_millimetres_cubic_metres_or_hours(write: Write) -> None:
    parcels = [parcel("a", flow_m3_h=30.0), parcel("b", emitters_per_ha=1000.0, emitter_flow_l_h=4.0), parcel("c")]
    text = """parcel_id,started_at,depth_mm,volume_m3,hours,source
a,2024-05-01T06:00,20,,,meter
a,2024-05-02T06:00+01:00,,500,,reply
a,2024-05-03,,,4,agronomist
b,2024-05-03,,,5,
c,2024-05-03,,,5,meter
"""
    read = read_events(write(text), parcels)
    # 500 m3 over 2 ha; 4 h x 30 m3/h over 2 ha; 5 h x 1000/ha x 2 ha x 4 l/h over 2 ha.
    assert [event.depth_mm for event in read.records] == pytest.approx([20.0, 25.0, 6.0, 2.0])
    assert [event.source for event in read.records] == ["meter", "reply", "agronomist", "meter"]
    assert read.records[0].started_at.utcoffset() == timedelta(hours=1)
    assert read.records[2].started_at.hour == 12
    assert "flow_m3_h of parcel c" in read.problems[0]
    assert "emitters_per_ha and emitter_flow_l_h" in read.problems[0]


def test_bad_events_are_named_and_the_others_used(write: Write) -> None:
    text = """parcel_id,started_at,depth_mm,source,colour
a,2024-05-01,20,meter,x
z,2024-05-01,20,meter,x
,2024-05-01,20,meter,x
a,someday,20,meter,x
a,2024-05-01,1000,meter,x
a,2024-05-01,-3,meter,x
a,2024-05-01,much,meter,x
a,2024-05-01,,meter,x
a,2024-05-01,20,guess,x
"""
    read = read_events(write(text), [parcel("a"), parcel("b")])
    assert len(read.records) == 1
    assert read.ignored_fields == ("colour",)
    words = ("'z'", "name the parcel", "someday", "500 mm", "greater than", "'much'", "how much water", "source")
    assert len(read.problems) == len(words)
    for word, line in zip(words, read.problems, strict=True):
        assert word in line


def test_a_day_of_too_much_water_in_several_events_is_questioned_once(write: Write) -> None:
    text = """parcel_id,started_at,depth_mm,source
a,2024-05-01T05:00,250,meter
a,2024-05-01T22:30,200,meter
b,2024-05-01T22:30,200,meter
a,2024-05-02T05:00,150,meter
a,2024-05-02T06:00,250,meter
a,2024-05-03T06:00,450,meter
"""
    read = read_events(write(text), [parcel("a"), parcel("b")])
    (line,) = read.problems
    assert line == (
        "table.csv line 3: depth_mm: expected at most 400 mm on one day for parcel a, got 450 with the rows before;"
        " this row is not used: correct it"
    )
    # One event alone has the bound of an event, and the local day ends at the parcel's own midnight.
    assert [one.depth_mm for one in read.records] == [250.0, 200.0, 150.0, 250.0, 450.0]


def test_one_parcel_needs_no_name(write: Write) -> None:
    assert read_events(write("started_at,depth_mm\n2024-05-01,20\n"), [parcel("a")]).records[0].parcel_id == "a"
    with pytest.raises(InputError, match="column started_at"):
        read_events(write("date,depth_mm\n2024-05-01,20\n"), [parcel("a")])


def test_observations_keep_their_layer_and_error(write: Write) -> None:
    text = """observed_at,kind,value,sigma,depth_from_m,depth_to_m,source
2024-05-01T12:00,soil_water_fraction,0.22,0.02,0.0,0.2,probe
2024-05-01T12:00,stress_index,0.4,,,,camera
2024-05-01T12:00,depletion_mm,35,,,,
2024-05-01T12:00,soil_water_fraction,22,,,,probe
2024-05-01T12:00,colour,1,,,,
2024-05-01T12:00,cwsi,,,,,
"""
    read = read_observations(write(text), [parcel("a")])
    assert [one.kind for one in read.records] == ["soil_water_fraction", "stress_index", "depletion_mm"]
    assert [one.sigma for one in read.records] == [0.02, 0.20, 10.0]
    assert (read.records[0].depth_from_m, read.records[0].depth_to_m) == (0.0, 0.2)
    assert read.records[2].source == "table.csv"
    for word, line in zip(("divide a percentage", "kind", "complete the row"), read.problems, strict=True):
        assert word in line


def test_turns_quotas_and_pumps(write: Write) -> None:
    turns = read_turns(
        write("canal,group,starts_at,ends_at,flow_m3_h\nG,1,2024-05-01T06:00,2024-05-01T18:00,100\nG,1,x,y,1\n")
    )
    assert turns.records[0].ends_at - turns.records[0].starts_at == timedelta(hours=12)
    assert len(turns.problems) == 1
    quotas = read_quotas(write("parcel_id,from,to,volume_m3\na,2024-01-01,2024-12-31,9000\n,2024-01-01,2024-12-31,1\n"))
    assert quotas.records[0].volume_m3 == 9000.0
    assert "parcel_id or canal" in quotas.problems[0]
    pumps = read_pumps(write("pump,flow_m3_h,power_kw,energy\nP1,40,11,grid\nP2,-1,,\n"))
    assert pumps.records[0].energy == "grid"
    assert "flow_m3_h" in pumps.problems[0]


def test_a_quota_that_cannot_be_binds_as_nothing_left_and_is_told(write: Write) -> None:
    path = write("canal,from,to,volume_m3\nG1,2026-03-01,2026-06-01,-50\nG2,2026-03-01,2026-06-01,lots\n")
    read = read_quotas(path)
    assert [one.volume_m3 for one in read.records] == [0.0, 0.0]
    assert len(read.problems) == 2
    assert "quota of G1 volume_m3: expected a number from 0 on, got '-50'; taken as 0" in read.problems[0]


def test_layers_turns_and_quotas_that_end_before_they_begin_are_named(write: Write) -> None:
    observations = read_observations(
        write(
            "observed_at,kind,value,depth_from_m,depth_to_m\n"
            "2024-05-01,soil_water_fraction,0.2,0.3,0.3\n"
            "2024-05-01,soil_water_fraction,0.2,0.5,0.3\n"
            "2024-05-01,soil_water_fraction,0.2,,0.3\n"
        ),
        [parcel("a")],
    )
    assert len(observations.records) == 1
    assert [line.partition(":")[0] for line in observations.problems] == ["table.csv line 2", "table.csv line 3"]
    assert "depth_to_m 0.3 must be below depth_from_m 0.5" in observations.problems[1]
    turns = read_turns(
        write(
            "canal,starts_at,ends_at,flow_m3_h\nG1,2024-05-02T06:00,2024-05-01T06:00,30\nG1,2024-05-02,2024-05-03,30\n"
        )
    )
    assert len(turns.records) == 2
    assert "expected a later time, got 2024-05-01T06:00:00+01:00; it gives no water" in turns.problems[0]
    quotas = read_quotas(write("parcel_id,from,to,volume_m3\na,2024-12-31,2024-01-01,9000\n"))
    assert not quotas.records
    assert "expected a day not before 2024-12-31" in quotas.problems[0]


def test_a_decimal_comma_is_read_and_a_thousands_separator_refused(write: Write) -> None:
    text = "started_at;depth_mm;volume_m3\n2024-05-01;30,5;\n2024-05-02;;1,045\n2024-05-03;0,250;\n"
    read = read_events(write(text), [parcel("a")])
    assert [event.depth_mm for event in read.records] == [30.5, 0.25]
    (problem,) = read.problems
    assert "line 3: volume_m3: expected a number without separators, got '1,045'" in problem


def test_a_source_that_is_not_told_is_named_by_the_file_or_by_the_caller(write: Write) -> None:
    path = write("observed_at,kind,value,source\n2024-05-01,depletion_mm,20,\n2024-05-02,depletion_mm,20,p1\n")
    assert [one.source for one in read_observations(path, [parcel("a")]).records] == ["table.csv", "p1"]
    assert [one.source for one in read_observations(path, [parcel("a")], unnamed="x").records] == ["x", "p1"]
