"""Held-out answers and labels as files: what is written is read, what is wrong is named, labels never travel."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigurationError
from models.evaluation.predictions import (
    Predictions,
    Truth,
    column,
    names,
    read_predictions,
    read_truth,
    write_sheet,
)

ANSWERS = Predictions(
    task="wilting",
    split="leave-episode-out",
    images=("aa", "bb"),
    answers={"score": column(np.array([0.5, 2.123456789])), "alarmed": column(np.array([False, True]))},
)
LABELS = Truth(
    task="wilting",
    images=("aa", "bb"),
    truth={"score": column(np.array([0, 2]))},
    groups={"day": names(["2019-08-01", "2019-08-02"])},
    resampled_by="day",
)


def test_sheets_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_sheet(tmp_path / "new" / "predictions.json", ANSWERS)
    write_sheet(tmp_path / "truth.json", LABELS)
    assert read_predictions(tmp_path / "new" / "predictions.json") == ANSWERS
    assert read_truth(tmp_path / "truth.json") == LABELS
    assert ANSWERS.answers["score"] == (0.5, 2.12346)


def test_what_travels_with_a_model_holds_no_label(tmp_path: Path) -> None:
    write_sheet(tmp_path / "predictions.json", ANSWERS)
    assert "truth" not in json.loads((tmp_path / "predictions.json").read_text())


def test_rows_come_in_the_order_asked_for() -> None:
    found = ANSWERS.rows(["bb", "aa"])
    assert found["score"].tolist() == [2.12346, 0.5]
    assert found["alarmed"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": ["aa", "aa"]}, "each once"),
        ({"images": ["aa"]}, "score: expected 1 values, got 2"),
        ({"task": "music"}, "task"),
        ({"version": 2}, "version"),
    ],
)
def test_a_damaged_sheet_names_the_file_and_the_fault(change: dict[str, object], words: str, tmp_path: Path) -> None:
    path = tmp_path / "predictions.json"
    path.write_text(json.dumps({**ANSWERS.model_dump(mode="json"), **change}))
    with pytest.raises(ConfigurationError, match=r"predictions\.json") as caught:
        read_predictions(path)
    assert words in str(caught.value)


def test_labels_resampled_by_an_absent_group_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({**LABELS.model_dump(mode="json"), "resampled_by": "week"}))
    with pytest.raises(ConfigurationError, match="expected one of day, got week"):
        read_truth(path)


def test_an_absent_sheet_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="seguia models evaluate"):
        read_truth(tmp_path / "truth.json")
