"""Kept answers: whole or not at all, never another's, and the calls of the day."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cloud.adapters.weather_cache import AnswerShelf, KeptAnswer
from cloud.errors import ServiceUnavailableError

NOW = datetime(2026, 6, 9, 19, 30, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "answers"


def the_file(folder: Path) -> Path:
    (path,) = folder.glob("*.answer")
    return path


def test_an_answer_is_kept_byte_for_byte_with_its_time(folder: Path) -> None:
    shelf = AnswerShelf(folder)
    assert shelf.get("a") is None
    body = bytes(range(256)) * 3
    shelf.put(KeptAnswer(key="a", fetched_at=NOW, body=body))
    shelf.put(KeptAnswer(key="b", fetched_at=NOW, body=b"other"))
    assert AnswerShelf(folder).get("a") == KeptAnswer(key="a", fetched_at=NOW, body=body)
    assert not list(folder.glob("*.half"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json\nbody",
        b"{}\nbody",
        b"[]\nbody",
        b'{"key": "other", "fetched_at": "2026-06-09T19:30:00+00:00", "sha256": ""}\n',
        b'{"key": "a", "fetched_at": "yesterday", "sha256": ""}\n',
    ],
)
def test_a_damaged_file_is_no_answer(folder: Path, content: bytes) -> None:
    shelf = AnswerShelf(folder)
    shelf.put(KeptAnswer(key="a", fetched_at=NOW, body=b"x"))
    the_file(folder).write_bytes(content)
    assert shelf.get("a") is None


def test_a_body_that_was_cut_or_changed_is_no_answer(folder: Path) -> None:
    shelf = AnswerShelf(folder)
    shelf.put(KeptAnswer(key="a", fetched_at=NOW, body=b"twelve"))
    the_file(folder).write_bytes(the_file(folder).read_bytes()[:-1])
    assert shelf.get("a") is None


def test_calls_are_counted_by_host_and_day_up_to_the_limit(folder: Path) -> None:
    shelf = AnswerShelf(folder)
    assert shelf.spend("h", TODAY, 3, 5)
    assert not shelf.spend("h", TODAY, 3, 5)
    assert shelf.spend("h", TODAY, 2, 5)
    assert shelf.spend("other", TODAY, 5, 5)
    assert AnswerShelf(folder).spent(TODAY) == {"h": 5, "other": 5}
    assert shelf.spend("h", date(2026, 6, 10), 5, 5)
    assert shelf.spent(TODAY) == {}


def test_a_damaged_count_begins_anew(folder: Path) -> None:
    shelf = AnswerShelf(folder)
    assert shelf.spend("h", TODAY, 3, 5)
    (folder / "calls.json").write_text("[3]", encoding="utf-8")
    assert shelf.spend("h", TODAY, 5, 5)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    shelf = AnswerShelf(tmp_path / "file" / "answers")
    for act in (
        lambda: shelf.get("a"),
        lambda: shelf.put(KeptAnswer(key="a", fetched_at=NOW, body=b"")),
        lambda: shelf.spend("h", TODAY, 1, 5),
        lambda: shelf.spent(TODAY),
    ):
        with pytest.raises(ServiceUnavailableError, match="kept weather answers cannot be used"):
            act()
