import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cloud.adapters.files.lines import read_detections, read_recommendations_or_verdicts, write_lines
from cloud.errors import InputError
from cloud.records import Recommendation, Verdict

HASH = "ab" * 32
MODEL = {"name": "wilting", "version": "1.0.0", "sha256": HASH}


def lines(tmp_path: Path, *contents: object) -> Path:
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(c if isinstance(c, str) else json.dumps(c) for c in contents) + "\n\n", encoding="utf-8")
    return path


def recommendation() -> Recommendation:
    return Recommendation(
        parcel_id="a",
        parcel_name="A",
        timezone="UTC",
        day=date(2024, 5, 1),
        action="wait",
        reason_code="enough_water",
        code_version="test",
    )


def test_a_detection_needs_few_fields(tmp_path: Path) -> None:
    few = {"parcel_id": "a", "taken_at": "2024-05-01T12:00:00+01:00", "sha256": HASH, "model": MODEL, "opinion": True}
    silent = {"parcel_id": "a", "taken_at": None, "sha256": HASH, "model": None, "opinion": False}
    read = read_detections(lines(tmp_path, few, silent, {**few, "colour": "red", "stress_index": None}))
    assert len(read.records) == 3
    assert read.records[0].taken_at == datetime(2024, 5, 1, 11, tzinfo=UTC)
    assert read.records[1].reasons == ("unknown",)
    assert read.records[2].stress_index is None
    assert read.ignored_fields == ("colour",)


def test_bad_lines_are_named_and_the_others_used(tmp_path: Path) -> None:
    good = {"sha256": HASH, "model": MODEL, "opinion": True}
    read = read_detections(lines(tmp_path, good, "{", "[1]", {"opinion": True}, {**good, "stress_index": 7}))
    assert len(read.records) == 1
    for number, (word, line) in enumerate(
        zip(("expected JSON", "JSON object", "sha256", "stress_index"), read.problems, strict=True), start=2
    ):
        assert f"line {number}" in line
        assert word in line


def test_recommendations_and_verdicts_are_told_apart_and_survive_a_file(tmp_path: Path) -> None:
    verdict = Verdict(
        proposed=recommendation(),
        recommendation=recommendation(),
        decision="release",
        checks=(),
        explanation="as proposed",
        valid_until=datetime(2024, 5, 2, tzinfo=UTC),
    )
    path = tmp_path / "out.jsonl"
    write_lines(path, [recommendation(), verdict])
    assert read_recommendations_or_verdicts(path).records == (recommendation(), verdict)


def test_a_line_nested_too_deep_is_named_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "deep.jsonl"
    path.write_text('{"a":' * 100_000 + "\n" + recommendation().model_dump_json() + "\n", encoding="utf-8")
    read = read_recommendations_or_verdicts(path)
    assert read.records == (recommendation(),)
    (problem,) = read.problems
    assert problem.startswith("deep.jsonl line 1: expected JSON, got maximum recursion depth")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\u000b", "\u001e"])
def test_only_a_line_feed_ends_a_line(mark: str, tmp_path: Path) -> None:
    named = recommendation().model_copy(update={"parcel_name": f"North{mark}East"})
    path = tmp_path / "out.jsonl"
    write_lines(path, [named, named])
    assert read_recommendations_or_verdicts(path).records == (named, named)
    as_it_is = json.dumps(named.model_dump(mode="json"), ensure_ascii=False)
    path.write_bytes(f"{as_it_is}\r\n\r\n{as_it_is}\n".encode())
    read = read_recommendations_or_verdicts(path)
    if mark in "\u2028\u2029\u0085":  # JSON asks that the older control characters be escaped, as json.dumps does
        assert mark.encode() in path.read_bytes()
    assert (read.records, read.problems) == ((named, named), ())


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    good = json.dumps({"sha256": HASH, "model": MODEL, "opinion": True, "camera_id": "a\u2028b"}, ensure_ascii=False)
    read = read_detections(lines(tmp_path, good, "{", good))
    assert len(read.records) == 2
    assert [problem.split(":")[0] for problem in read.problems] == ["lines.jsonl line 2"]


def test_lines_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(None, [recommendation()])
    assert json.loads(capsys.readouterr().out)["parcel_id"] == "a"


def test_an_absent_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose another"):
        write_lines(tmp_path / "none" / "out.jsonl", [recommendation()])
