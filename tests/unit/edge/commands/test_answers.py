"""Answers in a file: a full disk, and a file of an earlier run that is none."""

import errno
import json
import os
from pathlib import Path

import pytest

from edge.commands.answers import AnswersFile
from edge.errors import ConfigurationError

LINE = json.dumps({"path": "a.jpg", "sha256": "0" * 64, "model": {}})


def full(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def written(answers: AnswersFile, count: int) -> None:
    with answers:
        for _ in range(count):
            answers.write(LINE)


def test_a_full_disk_is_told_with_the_way_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    answers = AnswersFile(path, resume=False)
    answers.write(LINE)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left on device; free space, then run the same") as caught:
        answers.__exit__(None, None, None)
    assert caught.value.exit_code == 2
    monkeypatch.undo()
    with AnswersFile(path, resume=True) as again:
        assert again.known(Path("a.jpg"), "0" * 64) == LINE


def test_a_disk_that_fills_up_between_two_answers_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = AnswersFile(tmp_path / "out.jsonl", resume=False)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="--resume"):
        written(answers, 60)


@pytest.mark.parametrize(
    "text",
    [
        '{"path": [], "sha256": "0", "model": 1}',
        '{"path": "a.jpg", "sha256": {}, "model": 1}',
        '{"path": "a.jpg", "model": 1}',
        '{"path": "a.jpg", "sha256": "0"}',
        "[" * 100_000,
        "7",
    ],
)
def test_a_file_of_something_else_is_not_gone_on_with(text: str, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(f"{text}\n{LINE}\n")
    with pytest.raises(ConfigurationError, match="line 1: expected what seguia detect writes"):
        AnswersFile(path, resume=True)
    assert path.read_text().startswith(text)


def test_a_file_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text('{"path": "a.jpg", "sha256": null, "model": null}\n')
    with AnswersFile(path, resume=True) as answers:
        assert answers.known(Path("a.jpg"), "0" * 64) is None
