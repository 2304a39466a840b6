"""Wilting scores that people gave, as rows of the training table: what is doubtful is named, never guessed."""

import csv
import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.errors import ConfigurationError

COLUMNS: Final = ("path", "taken_at", "camera_id", "score", "labeller")
HIGHEST: Final = 4
SCORES: Final = frozenset(str(score) for score in range(HIGHEST + 1))
APART: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One person's score 0..4 of one photo; ``taken_at`` carries the offset of the camera's own clock."""

    path: Path
    taken_at: dt.datetime
    camera_id: str
    score: int
    labeller: str


def read_labels(path: Path) -> tuple[Label, ...]:
    """Every line of a CSV ``path,taken_at,camera_id,score,labeller``; relative paths are below the file's folder."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            absent = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if absent:
                raise ConfigurationError(
                    f"{path}: expected the columns {', '.join(COLUMNS)}, got no {absent[0]}; name them in line 1"
                )
            return tuple(_label(path, number, row) for number, row in enumerate(reader, start=2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: expected labels as CSV in UTF-8, got {error}; export them again") from None


def _label(table: Path, number: int, row: Mapping[str, str | None]) -> Label:
    where = f"{table}: line {number}"
    empty = [name for name in COLUMNS if not (row.get(name) or "").strip()]
    if empty:
        raise ConfigurationError(f"{where}: {empty[0]}: expected a value, got none; complete or delete the line")
    values = {name: str(row[name]).strip() for name in COLUMNS}
    photo = table.parent / values["path"]
    if not photo.is_file():
        raise ConfigurationError(
            f"{where}: path: expected a photo, got no file {photo}; paths start at the table's folder"
        )
    return Label(
        path=photo.resolve(),
        taken_at=_moment(where, values["taken_at"]),
        camera_id=values["camera_id"],
        score=_score(where, values["score"]),
        labeller=values["labeller"],
    )


def _moment(where: str, text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ConfigurationError(
            f"{where}: taken_at: expected a time with offset such as 2026-07-01T13:05+01:00, got {text}"
        )
    return found


def _score(where: str, text: str) -> int:
    if text not in SCORES:
        raise ConfigurationError(
            f"{where}: score: expected a whole number 0..{HIGHEST}, got {text[:40]}; correct the line"
        )
    return int(text)


def agreed(labels: Iterable[Label]) -> tuple[list[Label], list[str]]:
    """One label a photo, and a line for each photo whose labellers differ by more than one step.

    Of several people's scores the median counts, a half rounded down; a person who scored a photo twice counts with
    the last.
    """
    by_photo: dict[Path, dict[str, Label]] = defaultdict(dict)
    for label in labels:
        by_photo[label.path][label.labeller] = label
    kept, refused = [], []
    for photo, several in by_photo.items():
        scores = sorted(label.score for label in several.values())
        if scores[-1] - scores[0] > APART:
            refused.append(f"{photo}: left out: scores {scores[0]} to {scores[-1]} by {', '.join(sorted(several))}")
            continue
        first = next(iter(several.values()))
        kept.append(
            Label(
                path=photo,
                taken_at=first.taken_at,
                camera_id=first.camera_id,
                score=int(statistics.median_low(scores)),
                labeller=", ".join(sorted(several)),
            )
        )
    return kept, refused


def training_rows(labels: Sequence[Label]) -> list[dict[str, str]]:
    """The labels as rows of the data set's own ``labels.csv``.

    An episode is a camera's month and a chain a camera's day: what one camera saw within them is near-duplicate, so no
    split may tear it apart.
    """
    return [
        {
            "file": str(label.path),
            "wilting_0_4": str(label.score),
            "timestamp": label.taken_at.isoformat(),
            "day": label.taken_at.date().isoformat(),
            "hour": str(label.taken_at.hour),
            "episode": f"{label.camera_id} {label.taken_at:%Y-%m}",
            "chain": f"{label.camera_id} {label.taken_at:%Y-%m-%d}",
        }
        for label in labels
    ]
