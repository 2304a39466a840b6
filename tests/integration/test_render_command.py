"""``seguia render`` as a user calls it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import seguia
from cloud.records import Quantiles, Recommendation, Verdict

EVENING = datetime(2026, 7, 22, 19, 0, tzinfo=timezone(timedelta(hours=1)))
KEYS = ["parcel_id", "kind", "language", "channel", "text", "encoding", "segments", "cost", "valid_until", "reviewed"]


def verdict(parcel: str = "p1", **changed: Any) -> Verdict:  # noqa: ANN401 -- any JSON
    content: dict[str, Any] = {
        "parcel_id": parcel,
        "parcel_name": f"Nord {parcel}",
        "timezone": "Africa/Casablanca",
        "day": date(2026, 7, 21),
        "action": "irrigate",
        "start_window": (EVENING, EVENING + timedelta(hours=3)),
        "depth_mm": Quantiles(p10=18, p50=21, p90=25),
        "volume_m3": 105,
        "duration_h": 3.5,
        "reason_code": "stress_expected",
        "code_version": "1",
    }
    advice = Recommendation.model_validate(content | changed)
    return Verdict(
        proposed=advice,
        recommendation=advice,
        decision="release",
        checks=(),
        explanation="within every limit",
        valid_until=datetime(2026, 7, 24, tzinfo=UTC),
    )


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def seguia_render(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The front door, called in this process as the installed command calls it."""

    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["seguia", "render", *map(str, arguments)])
        try:
            seguia.main()
        except SystemExit as end:
            code = end.code
        else:
            code = 0
        said = capsys.readouterr()
        return Done(returncode=code if isinstance(code, int) else 0, stdout=said.out, stderr=said.err)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "V.jsonl"
    path.write_text("".join(verdict(parcel).model_dump_json() + "\n" for parcel in ("p1", "p2")), encoding="utf-8")
    return path


def test_english_is_reviewed_and_goes_through(file: Path, seguia_render: Run) -> None:
    done = seguia_render(file, "--language", "en", "--price-per-segment", "0.5")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = map(json.loads, done.stdout.splitlines())
    assert list(first)[: len(KEYS)] == KEYS
    assert (first["parcel_id"], second["parcel_id"]) == ("p1", "p2")
    assert first["text"].startswith(
        "Nord p1: irrigate on Wednesday 22/07 (start 19:00-22:00) for 3 hours 30 min (105 m3, 21 mm)."
    )
    assert (first["encoding"], first["segments"], first["cost"], first["reviewed"]) == ("gsm7", 1, 0.5, True)
    assert first["valid_until"] == "2026-07-22T22:00:00+01:00"


def test_an_unreviewed_language_exits_1_and_names_the_fallback_once(file: Path, seguia_render: Run) -> None:
    done = seguia_render(file, "--language", "ary")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        (
            "seguia render: language ary: expected a catalogue signed by a native agronomist, got a draft that none has"
            " reviewed (--draft shows it); en was used instead"
        )
    ]
    assert {json.loads(line)["language"] for line in done.stdout.splitlines()} == {"en"}


@pytest.mark.parametrize("language", ["fr", "ar", "ary", "ary-Latn", "zgh", "zgh-Latn"])
def test_a_draft_is_spoken_when_asked_for(file: Path, language: str, seguia_render: Run) -> None:
    done = seguia_render(file, "--language", language, "--draft")
    assert done.returncode == 0
    assert all("no room in its message for" in line for line in done.stderr.splitlines())
    for line in map(json.loads, done.stdout.splitlines()):
        assert (line["language"], line["reviewed"], line["cost"]) == (language, False, None)


def test_what_cannot_be_used_is_named_and_the_rest_is_rendered(tmp_path: Path, seguia_render: Run) -> None:
    path = tmp_path / "V.jsonl"
    unjudged = verdict("p3").recommendation.model_dump_json()
    nowhere = verdict("p4", timezone="Nowhere").model_dump_json()
    extra = json.dumps(verdict("p5").model_dump(mode="json") | {"colour": "green"})
    path.write_text("\n".join([verdict().model_dump_json(), "{broken", unjudged, nowhere, extra]), encoding="utf-8")
    done = seguia_render(path, "--language", "en")
    assert done.returncode == 1
    assert [json.loads(line)["parcel_id"] for line in done.stdout.splitlines()] == ["p1", "p5"]
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert lines[0] == "seguia render: V.jsonl: unknown fields colour were ignored"
    assert lines[1].startswith("seguia render: V.jsonl line 2: expected JSON, got ")
    assert lines[2].startswith("seguia render: parcel p3: expected a verdict, got a recommendation nobody judged")
    assert lines[3].startswith("seguia render: parcel p4: expected a timezone such as Africa/Casablanca, got 'Nowhere'")


def test_an_empty_file_and_an_absent_one(tmp_path: Path, seguia_render: Run) -> None:
    empty = tmp_path / "V.jsonl"
    empty.write_text("")
    done = seguia_render(empty, "--language", "en")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "seguia render: V.jsonl: expected at least one verdict, got none; run: seguia advise\n"
    absent = seguia_render(tmp_path / "none.jsonl", "--language", "en")
    assert absent.returncode == 1
    assert "expected a readable file" in absent.stderr


def test_wrong_use_exits_2(file: Path, seguia_render: Run) -> None:
    assert seguia_render(file, "--language", "de").returncode == 2
    assert seguia_render(file).returncode == 2


def test_out_writes_a_file(file: Path, tmp_path: Path, seguia_render: Run) -> None:
    out = tmp_path / "M.jsonl"
    done = seguia_render(file, "--language", "en", "--out", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2


def test_help_has_an_example(seguia_render: Run) -> None:
    done = seguia_render("--help")
    assert done.returncode == 0
    assert "seguia render V.jsonl --language fr --draft" in done.stdout
