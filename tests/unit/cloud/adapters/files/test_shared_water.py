from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from cloud.adapters.files.shared_water import pump_notes, without_overlaps
from cloud.adapters.files.tables import read_pumps, read_quotas, read_turns
from cloud.advice.access import Constraints, access_on
from cloud.records import CanalTurn, Parcel, Pump, WaterSource

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


TURNS = """canal,group,starts_at,ends_at,flow_m3_h
G1,n,2026-05-14T12:00:00+01:00,2026-05-14T20:00:00+01:00,100
G1,n,2026-05-14T08:00:00+01:00,2026-05-14T14:00:00+01:00,100
G1,s,2026-05-14T08:00:00+01:00,2026-05-14T14:00:00+01:00,100
G1,n,2026-05-14T14:00:00+01:00,2026-05-14T16:00:00+01:00,100
G1,n,2026-05-15T08:00:00+01:00,2026-05-15T08:00:00+01:00,100
"""


def test_of_overlapping_turns_the_earlier_counts_and_the_other_is_named(write: Write) -> None:
    read = read_turns(write("turns.csv", TURNS))
    assert [(turn.group, turn.starts_at.hour) for turn in read.records] == [("n", 8), ("s", 8), ("n", 14), ("n", 8)]
    empty, overlap = read.problems
    assert empty == (
        "turns.csv turn of canal G1 for group n from 2026-05-15T08:00:00+01:00: ends_at: expected a later time, got"
        " 2026-05-15T08:00:00+01:00; it gives no water, correct it"
    )
    assert overlap.startswith("turns.csv turn of canal G1 for group n from 2026-05-14T12:00:00+01:00: expected turns")


def test_overlaps_are_found_whatever_the_order() -> None:
    def turn(first: int, last: int) -> CanalTurn:
        begin, end = (datetime.fromisoformat(f"2026-05-14T{hour:02d}:00:00+01:00") for hour in (first, last))
        return CanalTurn(canal="G1", parcel_id="a", starts_at=begin, ends_at=end, flow_m3_h=1.0)

    rows = [turn(12, 20), turn(8, 14), turn(14, 16)]
    kept, told = without_overlaps(rows)
    assert kept == (rows[1], rows[2])
    assert set(without_overlaps(rows[::-1])[0]) == set(kept)
    assert "for parcel a" in told[0]


PUMPS = """pump,flow_m3_h,power_kw,energy,price_per_kwh,tank_m3,capacity_m3_day,from_hour,to_hour
well,30,11,electricity,-1.2,20,400,22,6
dead,0,,,,,,,
slow,-3,,,,,,,
odd,20,x,electricity,1.0,,,,
"""


def test_a_pump_keeps_what_can_be_used_of_it(write: Write) -> None:
    read = read_pumps(write("pumps.csv", PUMPS))
    well, dead, slow, odd = read.records
    assert (well.power_kw, well.price_per_kwh, well.tank_m3, well.capacity_m3_day) == (11.0, None, 20.0, 400.0)
    assert (dead.flow_m3_h, slow.flow_m3_h, odd.power_kw) == (0.0, 0.0, None)
    told = "\n".join(read.problems)
    assert "pump slow flow_m3_h: expected a number from 0 on, got '-3'; taken as 0" in told
    assert "pump well price_per_kwh: expected a number from 0 on, got '-1.2'" in told
    assert "pump odd power_kw: expected a number from 0 on, got 'x'" in told
    assert "pump dead flow_m3_h: expected a flow above 0, got 0" in told


def test_what_has_no_effect_is_told() -> None:
    rows = [
        Pump(pump="a", flow_m3_h=30.0, energy="fioul", price_per_kwh=1.0),
        Pump(pump="b", flow_m3_h=30.0, energy="pv", power_kw=5.0, price_per_unit=40.0),
        Pump(pump="c", flow_m3_h=30.0, from_hour=22.0, to_hour=6.0),
        Pump(pump="c", flow_m3_h=25.0, from_hour=5.0, to_hour=7.0),
        Pump(pump="d", flow_m3_h=30.0, energy="butane", power_kw=5.0, price_per_unit=40.0),
    ]
    assert list(pump_notes(rows)) == [
        "pump a: energy 'fioul' is none of electricity, pv, diesel, butane; only price_per_kwh counts",
        "pump a: a price without power_kw has no effect",
        "pump b: price_per_unit is of a litre of diesel or a bottle of butane; it has no effect",
        "pump c: its rows have different flows; the smallest counts in all its hours",
        "pump c: hours of its rows overlap; the cheaper row counts in them",
    ]


def test_a_quota_may_carry_over(write: Write) -> None:
    read = read_quotas(write("q.csv", "canal,from,to,volume_m3,carry_over\nG1,2026-05-01,2026-05-31,900,0.5\n"))
    assert (read.records[0].carry_over, read.ignored_fields) == (0.5, ())


def test_a_turn_may_be_swapped_where_the_table_says_so(write: Write) -> None:
    text = TURNS.splitlines()
    table = "\n".join([f"{text[0]},may_swap", f"{text[1]},yes", f"{text[3]},"])
    assert [turn.may_swap for turn in read_turns(write("turns.csv", table)).records] == [True, False]


def test_a_canal_whose_turns_are_all_empty_still_goes_by_turns_and_lends_none(write: Write) -> None:
    text = (
        "canal,group,parcel_id,starts_at,ends_at,flow_m3_h,may_swap\n"
        "G1,n,a,2026-05-14T08:00:00+01:00,2026-05-14T08:00:00+01:00,100,yes\n"
        "G1,n,a,2026-05-15T12:00:00+01:00,2026-05-15T06:00:00+01:00,100,yes\n"
    )
    read = read_turns(write("turns.csv", text))
    assert [turn.may_swap for turn in read.records] == [False, False]
    assert len(read.problems) == 2
    water = WaterSource(canal="G1", group="n")
    grove = Parcel(id="a", crop="olive", latitude=32.0, longitude=-6.0, area_ha=2.0, water=water)
    access = access_on(date(2026, 5, 14), grove, Constraints(turns=read.records))
    assert access.by_turn
    assert access.opens_at is None
    assert access.next_day is None


@pytest.mark.parametrize("flow", ["-5", "abc"])
def test_a_pump_with_a_flow_that_cannot_be_stands_still_and_does_not_leave_the_table(write: Write, flow: str) -> None:
    read = read_pumps(write("pumps.csv", f"pump,flow_m3_h,energy\nPV,{flow},pv\n"))
    assert [pump.flow_m3_h for pump in read.records] == [0.0]
    assert read.problems[0] == f"pumps.csv pump PV flow_m3_h: expected a number from 0 on, got '{flow}'; taken as 0"
    assert "no parcel of it is given water" in read.problems[1]
