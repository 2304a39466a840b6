from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.adapters.files.replies import read_replies
from cloud.errors import InputError


def write(folder: Path, text: str) -> Path:
    path = folder / "replies.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("begin", ["", "\ufeff"])
@pytest.mark.parametrize("mark", [",", ";"])
def test_answers_are_read_whatever_wrote_the_file(tmp_path: Path, begin: str, mark: str) -> None:
    lines = ["farmer,text,received_at,parcel_id", "f1,\u0662,2026-06-01T18:30,p1", "f2, STOP ,2026-06-01T18:30:00Z,"]
    read = read_replies(write(tmp_path, begin + "\n".join(lines).replace(",", mark)))
    first, second = read.records
    assert (first.farmer_id, first.text, first.parcel_id) == ("f1", "\u0662", "p1")
    assert first.received_at.astimezone(UTC) == datetime(2026, 6, 1, 17, 30, tzinfo=UTC)
    assert (second.text, second.parcel_id, second.received_at) == (
        "STOP",
        None,
        datetime(2026, 6, 1, 18, 30, tzinfo=UTC),
    )
    assert read.problems == ()


def test_in_ramadan_the_districts_clock_has_no_offset(tmp_path: Path) -> None:
    read = read_replies(write(tmp_path, "farmer,text,received_at\nf1,1,2026-03-01T18:30\n"))
    assert read.records[0].received_at.astimezone(UTC) == datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    rows = ("f1,,2026-06-01T18:30,x", ",1,2026-06-01T18:30,x", "f1,1,noon,x", "f1,1", "f2,2,2026-06-02,x")
    read = read_replies(write(tmp_path, "farmer,text,received_at,note\n" + "\n".join(rows)))
    assert [one.farmer_id for one in read.records] == ["f2"]
    assert [problem.partition(":")[0] for problem in read.problems] == [f"replies.csv line {n}" for n in (2, 3, 4, 5)]
    assert read.ignored_fields == ("note",)


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected columns farmer, text, received_at, parcel_id, got none of farmer"):
        read_replies(write(tmp_path, "who,text,received_at\n"))
    with pytest.raises(InputError, match="got none of farmer, text, received_at"):
        read_replies(write(tmp_path, ""))


def test_a_cell_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected CSV, got field larger than field limit"):
        read_replies(write(tmp_path, f"farmer,text,received_at\nf1,{'a' * 200_000},2026-06-02\n"))
