"""A card's numbers against the rebuilt ones: which differ, and which cannot be rebuilt at all."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge.card import CARD_NAME
from edge.errors import ConfigurationError

ABSOLUTE: Final = 0.01
RELATIVE: Final = 0.02
NOT_FIGURES: Final = frozenset({"input", "output", "training", "export", "cost", "calibration"})
OF_THE_MACHINE: Final = ("milliseconds", "seconds", "joules", "per_s", "_mb", "bytes")
Numbers = dict[str, float]


def numbers(table: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, float]]:
    """Every number of nested tables under a name made of its list's key, its row's words and its own key.

    The outer keys do not count, so that a figure keeps its name whichever section of a card it stands in.
    """
    for key, value in table.items():
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            yield (f"{place}.{key}" if place else key), float(value)
        elif isinstance(value, Mapping):
            yield from numbers(value, key)
        elif isinstance(value, list):
            yield from _of_rows(key, value)


def _of_rows(key: str, rows: list[Any]) -> Iterator[tuple[str, float]]:
    met: dict[str, int] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        words = ", ".join(str(value) for name, value in row.items() if isinstance(value, str) and name != "state")
        met[words] = met.get(words, 0) + 1
        again = f" #{met[words]}" if met[words] > 1 else ""
        yield from numbers(row, f"{key} [{words}]{again}")


def figures_of_card(folder: Path) -> Numbers:
    """The published figures of a model: every number of its card that came from an evaluation.

    The section ``evaluation`` holds what stands at the top of the figures, other sections what stands below a key.
    """
    path = folder / CARD_NAME
    try:
        card = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: expected a card in TOML, got {error}; install the model again") from None
    sections = {name: table for name, table in card.items() if isinstance(table, Mapping) and name not in NOT_FIGURES}
    root = sections.pop("evaluation", {})
    return dict(numbers({**root, **sections}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A published number that came out otherwise, or (``rebuilt`` None) not at all."""

    figure: str
    published: float
    rebuilt: float | None

    def __str__(self) -> str:
        got = "nothing" if self.rebuilt is None else f"{self.rebuilt:g}"
        return f"{self.figure}: card {self.published:g}, rebuilt {got}"


def differences(published: Numbers, figures: Mapping[str, Any]) -> list[Difference]:
    """Published numbers that are not rebuilt within .01 or 2 %, the machine's own times and sizes aside."""
    found = dict(numbers(figures))
    return [
        Difference(figure=name, published=value, rebuilt=found.get(name))
        for name, value in published.items()
        if not any(word in name.rpartition("]")[2] for word in OF_THE_MACHINE) and not _near(value, found.get(name))
    ]


def _near(published: float, rebuilt: float | None) -> bool:
    return rebuilt is not None and abs(published - rebuilt) <= max(ABSOLUTE, RELATIVE * abs(published))
