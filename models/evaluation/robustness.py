"""What a figure loses when the pictures are changed, and when 32 bits become 8."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from models.evaluation.perturbations import Image, Perturbation, perturbations

Figures = Mapping[str, float | None]
Row = dict[str, object]
UNCHANGED: Final = "unchanged"


def robustness_rows(
    images: Sequence[Image],
    figures: Callable[[Iterable[Image]], Figures],
    better: Mapping[str, int],
    changes: Sequence[Perturbation] | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """The figures on unchanged images, then on each change of them with what was lost, the greatest loss first.

    ``figures`` reads the images once, in their order; ``better`` names the figures and whether more (1) or less (-1)
    is better, so that a loss is always positive. Orders by the first figure named.
    """
    whole = figures(iter(images))
    rows = []
    for change in perturbations() if changes is None else changes:
        told(f"robustness: {change.name}")
        rows.append(_lost({"change": change.name}, whole, figures(change.change(image) for image in images), better))
    first = f"{next(iter(better))}_lost"
    rows.sort(key=lambda row: -float(str(row.get(first, 0.0))))
    return [{"change": UNCHANGED, **_rounded(whole, better)}, *rows]


def parity_rows(exact: Figures, packed: Figures, better: Mapping[str, int]) -> list[Row]:
    """Each figure in 32 and in 8 bits and what the 8 bits lose; a negative loss is luck, not skill."""
    return [
        {
            "figure": name,
            "bits_32": round(one, 4),
            "bits_8": round(two, 4),
            "lost": round(sign * (one - two), 4),
        }
        for name, sign in better.items()
        if (one := exact.get(name)) is not None and (two := packed.get(name)) is not None
    ]


def _rounded(figures: Figures, better: Mapping[str, int]) -> Row:
    return {name: round(value, 4) for name in better if (value := figures.get(name)) is not None}


def _lost(label: Row, whole: Figures, changed: Figures, better: Mapping[str, int]) -> Row:
    lost = {
        f"{name}_lost": round(sign * (before - after), 4)
        for name, sign in better.items()
        if (before := whole.get(name)) is not None and (after := changed.get(name)) is not None
    }
    return {**label, **_rounded(changed, better), **lost}
