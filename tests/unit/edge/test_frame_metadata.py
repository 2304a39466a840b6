"""Metadata tables and sidecars: what is said beside frames, and rows that cannot be used."""

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.errors import ConfigurationError, UnreadableFrameError
from edge.metadata import FrameMetadata, parse_moment, read_sidecar, read_table

CASABLANCA = timezone(timedelta(hours=1))


def table_file(folder: Path, text: str) -> Path:
    path = folder / "M.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_is_found_by_path_by_folder_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "day").mkdir()
    text = (
        "path, taken_at, camera_id, parcel_id\n"
        "day/a.jpg, 2024-05-01T12:00:00+01:00, north, P1\n"
        "b.jpg, 2024-05-01 13:00, ,\n"
    )
    table = read_table(table_file(tmp_path, text), CASABLANCA)
    assert table.problems == ()
    assert table.ignored_columns == ()
    noon = datetime(2024, 5, 1, 11, tzinfo=UTC)
    expected = FrameMetadata(taken_at=noon, camera_id="north", parcel_id="P1", clock_quality="metadata")
    assert table.of(tmp_path / "day" / "a.jpg") == expected
    monkeypatch.chdir(tmp_path)
    assert table.of(Path("day/a.jpg")) == expected
    assert table.of(Path("day/../day/a.jpg")) == expected
    found = table.of(tmp_path / "elsewhere" / "b.jpg")
    assert found is not None
    assert (found.taken_at, found.camera_id) == (datetime(2024, 5, 1, 12, tzinfo=UTC), None)
    assert table.of(tmp_path / "other" / "a.jpg") is None


def test_rows_that_cannot_be_used_are_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    text = "path,taken_at,lens\na.jpg,yesterday,wide\nb.jpg,,\nc.jpg,2024-05-01T00:00:00Z,x\n"
    table = read_table(table_file(tmp_path, text))
    assert table.ignored_columns == ("lens",)
    (problem,) = table.problems
    assert "M.csv: line 2: taken_at: expected an ISO 8601 moment, got 'yesterday'" in problem
    assert table.of(Path("a.jpg")) is None
    assert table.of(Path("b.jpg")) == FrameMetadata()
    assert table.of(Path("c.jpg")) is not None


def test_an_identifier_that_no_message_can_carry_is_named(tmp_path: Path) -> None:
    table = read_table(table_file(tmp_path, f"path,camera_id\na.jpg,{'x' * 81}\n"))
    (problem,) = table.problems
    assert "camera_id: expected at most 80 printable characters" in problem


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"file,when\na,b\n", "expected the columns path"), (b"", "expected the columns"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_a_table_that_is_none_is_wrong_use(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "M.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=says):
        read_table(path)


def test_an_absent_table_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"M\.csv: expected a readable metadata table, got No such file"):
        read_table(tmp_path / "M.csv")


def test_a_sidecar_speaks_for_its_frame(tmp_path: Path) -> None:
    frame = tmp_path / "a.jpg"
    assert read_sidecar(frame) is None
    frame.with_suffix(".json").write_text('{"taken_at": "2024-05-01T12:00:00", "camera_id": "c1", "other": 3}')
    said = read_sidecar(frame, CASABLANCA)
    assert said == FrameMetadata(taken_at=datetime(2024, 5, 1, 11, tzinfo=UTC), camera_id="c1", clock_quality="sidecar")
    assert read_sidecar(frame.with_suffix(".json")) is None


@pytest.mark.parametrize("text", ["{", "[1]", '{"taken_at": 5}', '{"camera_id": ["a"]}', '{"taken_at": "soon"}'])
def test_a_damaged_sidecar_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableFrameError, match=r"a\.json: expected a sidecar .* correct it or remove it"):
        read_sidecar(tmp_path / "a.jpg")


def test_moments_keep_their_own_zone() -> None:
    assert parse_moment(" 2024-05-01T12:00:00-02:00 ", UTC).utcoffset() == timedelta(hours=-2)
    assert parse_moment("2024-05-01T12:00:00", None).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_a_moment_that_has_no_date_in_utc_is_no_moment(text: str, tmp_path: Path) -> None:
    table = read_table(table_file(tmp_path, f"path,taken_at\na.jpg,{text}\n"))
    assert "expected an ISO 8601 moment" in table.problems[0]
    (tmp_path / "a.json").write_text(f'{{"taken_at": "{text}"}}')
    with pytest.raises(UnreadableFrameError, match="expected an ISO 8601 moment"):
        read_sidecar(tmp_path / "a.jpg")


def test_ten_thousand_rows_are_looked_up_in_seconds(tmp_path: Path) -> None:
    rows = "".join(f"photos/{number}.jpg,,C{number}\n" for number in range(10_000))
    table = read_table(table_file(tmp_path, f"path,taken_at,camera_id\n{rows}"))
    started_s = time.process_time()
    found = [table.of(tmp_path / "photos" / f"{number}.jpg") for number in range(10_000)]
    assert time.process_time() - started_s < 5
    assert [row and row.camera_id for row in found[:2]] == ["C0", "C1"]


def test_a_link_that_leads_to_itself_is_any_other_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("a.jpg")
    table = read_table(table_file(tmp_path, "path,taken_at,camera_id\nday/a.jpg,,C\n"))
    assert table.of(tmp_path / "a.jpg") is None


def test_a_frame_whose_name_is_as_long_as_names_can_be_has_no_sidecar(tmp_path: Path) -> None:
    frame = tmp_path / ("x" * 251 + ".jpg")
    frame.write_bytes(b"")
    assert read_sidecar(frame) is None
