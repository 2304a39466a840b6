import json
from datetime import UTC, datetime

import pytest

from cloud.errors import InputError
from cloud.weather.services.ecmwf import (
    IndexedField,
    fields_request,
    index_request,
    names_at,
    newest_runs,
    parts,
    read_index,
    steps_h,
)

RUN = datetime(2026, 6, 9, 12, tzinfo=UTC)


def line(**changes: object) -> str:
    usual = {"type": "pf", "levtype": "sfc", "param": "2t", "number": "7", "_offset": 100, "_length": 50}
    return json.dumps({**usual, **changes})


def at(first: int, last: int) -> IndexedField:
    return IndexedField(name="2t", member=1, first=first, last=last)


def test_the_newest_run_is_eight_hours_old() -> None:
    assert next(newest_runs(datetime(2026, 6, 9, 19, 59, tzinfo=UTC))) == RUN.replace(hour=0)
    runs = newest_runs(datetime(2026, 6, 9, 20, tzinfo=UTC))
    assert [next(runs) for _ in range(3)] == [RUN, RUN.replace(hour=0), RUN.replace(day=8)]


def test_steps_are_those_that_exist_and_cover_the_days() -> None:
    short = steps_h(RUN, 2)
    assert (short[:3], short[-1]) == ((0, 3, 6), 60)
    long = steps_h(RUN.replace(hour=0), 10)
    assert long[-1] == 264
    assert [one for one in long if 138 <= one <= 156] == [138, 141, 144, 150, 156]


def test_sums_are_wanted_where_a_day_ends() -> None:
    assert names_at(RUN, 3) == {"2t"}
    assert names_at(RUN, 6) == {"2t", "2d", "10u", "10v"}
    assert names_at(RUN, 12) == {"2t", "2d", "10u", "10v", "tp", "ssrd"}
    assert "tp" not in names_at(RUN, 24)
    assert "tp" not in names_at(RUN.replace(hour=0), 0)


def test_an_index_names_members_at_the_ground() -> None:
    body = "\n".join([line(), line(levtype="pl"), line(type="em"), "", line(type="cf", number=None)[:-1] + "}"])
    body = body.replace('"number": null, ', "")
    found = read_index(body.encode(), "index")
    assert found == (
        IndexedField(name="2t", member=7, first=100, last=149),
        IndexedField(name="2t", member=0, first=100, last=149),
    )


@pytest.mark.parametrize(
    "bad",
    [
        "<html>",
        "{}",
        line(_length=0),
        line(_length=10**9),
        line(_offset=-1),
        line(_offset="x"),
        line(number="x"),
        line(number=-1),
        line(number=10**6),
        line(number=[]),
        line(type=[]),
        line().replace('"7"', "1e400"),
        line(_offset=1e30),
        line(_offset=10**400),
        line(_length=10**400),
        line().replace("100", "1e400"),
        line().replace("100", "NaN"),
        line().replace('"7"', "9" * 5000),
        "[" * 1_900,
        "[" * 100_000,
        '{"a":' * 100_000,
        "[1]",
    ],
)
def test_an_index_that_names_no_bytes_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="index line 2: expected a field"):
        read_index(f"{line()}\n{bad}\n".encode(), "index")


@pytest.mark.parametrize(
    "odd", [line(param=[]), line(param={}), "[" * 100_000, '{"param":' * 100_000, "[]", "7", "\x00", "9" * 5000]
)
def test_lines_that_make_no_sense_stay_to_be_refused_by_name(odd: str) -> None:
    shortened = index_request(RUN, 6).shortened
    assert shortened is not None
    body = "\n".join([line(), odd, line(param="msl")])
    assert shortened(body.encode()) == f"{line()}\n{odd}".encode()


def test_neighbours_are_fetched_together() -> None:
    assert list(parts([at(500_000, 500_999), at(0, 999), at(1000, 1999)])) == [(0, 1999), (500_000, 500_999)]
    assert list(parts([at(0, 999), at(60_000, 60_999), at(100, 200)])) == [(0, 60_999)]
    assert list(parts([])) == []


def test_addresses_are_those_of_the_documented_names() -> None:
    assert index_request(RUN, 6).path == "/forecasts/20260609/12z/ifs/0p25/enfo/20260609120000-6h-enfo-ef.index"
    request = fields_request(RUN, 6, [at(5, 9)], "here", bytes)
    assert request.path == "/forecasts/20260609/12z/ifs/0p25/enfo/20260609120000-6h-enfo-ef.grib2"
    assert (request.ranges, request.settled_at, request.query) == (((5, 9),), RUN, ())
