"""How well a region is learned, told by years that the model never saw, beside what anyone has without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import MissingDataError
from cloud.variables import Floats
from cloud.weather.blend.boosted import Quantiles
from cloud.weather.blend.learned import BLOCK_DAYS, LearnedRegion, estimate, learn
from cloud.weather.blend.pairs import FEWEST_PAIRS, Pairs

MOST_GROUPS: Final = 4
"""Groups of years that are held out in turn."""
PARTS_OF_ONE_YEAR: Final = 4

Row = dict[str, Any]


def held_out(pairs: Pairs, told: Callable[[str], None] = lambda _: None) -> list[Row]:
    """One row for each variable and each group of years that was held out whole, and one for all of them together.

    With a single year in common, blocks of 30 days are held out instead, and the row says so.
    """
    labels, groups = _groups(pairs)
    middle = {name: _nothing(pairs) for name in pairs.targets}
    normal = {name: np.full(pairs.days.size, np.nan) for name in pairs.targets}
    rows: list[Row] = []
    for number, label in enumerate(labels):
        out = groups == number
        if (~out).sum() < FEWEST_PAIRS:
            continue
        told(f"blend: {label} held out")
        learned = learn(pairs, ~out)
        for name, found in _at_rows(learned, pairs, out).items():
            _put(middle[name], found, out)
            if name in learned.normal:
                normal[name][out] = learned.normal[name].at(pairs.days[out])
            rows.append(_row(name, label, pairs, (middle[name], normal[name]), out))
    if not rows:
        raise MissingDataError(
            f"reference and second product: expected {FEWEST_PAIRS} common days outside each held-out part, got fewer;"
            " give longer records"
        )
    whole = np.ones(pairs.days.size, dtype=bool)
    variables = dict.fromkeys(row["variable"] for row in rows)
    return rows + [_row(name, "all", pairs, (middle[name], normal[name]), whole) for name in variables]


def _groups(pairs: Pairs) -> tuple[list[str], NDArray[np.intp]]:
    year = pairs.days.astype("datetime64[Y]")
    years, counts = np.unique(year, return_counts=True)
    whole = years[counts >= FEWEST_PAIRS // 2]
    if whole.size < 2:  # noqa: PLR2004 -- two years are the least that leaves one unseen
        part = (pairs.days.astype(np.int64) // BLOCK_DAYS % PARTS_OF_ONE_YEAR).astype(np.intp)
        return [f"part {one + 1} of a year that was seen" for one in range(PARTS_OF_ONE_YEAR)], part
    # The rest of a year goes with the whole year next to it.
    year = whole[np.abs(year[:, None].astype(np.int64) - whole[None, :].astype(np.int64)).argmin(axis=1)]
    parts = np.array_split(whole, min(MOST_GROUPS, whole.size))
    labels = [str(part[0]) if part.size == 1 else f"{part[0]} to {part[-1]}" for part in parts]
    group = np.zeros(pairs.days.size, dtype=np.intp)
    for number, part in enumerate(parts):
        group[np.isin(year, part)] = number
    return labels, group


def _nothing(pairs: Pairs) -> Quantiles:
    return Quantiles(**{name: np.full(pairs.days.size, np.nan) for name in ("low", "middle", "high")})


def _put(whole: Quantiles, part: Quantiles, rows: NDArray[np.bool_]) -> None:
    for name in ("low", "middle", "high"):
        getattr(whole, name)[rows] = getattr(part, name)


def _at_rows(learned: LearnedRegion, pairs: Pairs, rows: NDArray[np.bool_]) -> dict[str, Quantiles]:
    """Estimates of some rows (R,), each site by its own product."""
    found = {
        name: {key: np.full(pairs.days.size, np.nan) for key in ("low", "middle", "high")} for name in learned.variables
    }
    for number, product in enumerate(pairs.products):
        told = estimate(learned, product)
        mine = rows & (pairs.site == number)
        at = np.searchsorted(product.days, pairs.days[mine])
        for name, quantiles in told.quantiles.items():
            for key, series in found[name].items():
                series[mine] = getattr(quantiles, key)[at]
    return {name: Quantiles(**{key: series[rows] for key, series in both.items()}) for name, both in found.items()}


def _row(name: str, label: str, pairs: Pairs, told: tuple[Quantiles, Floats], rows: NDArray[np.bool_]) -> Row:
    quantiles, normal = told
    truth = pairs.targets[name]
    known = rows & np.isfinite(truth) & np.isfinite(quantiles.middle)
    inside = (quantiles.low <= truth) & (truth <= quantiles.high)
    plain = pairs.plain.get(name)
    return {
        "variable": name,
        "held_out": label,
        "days": int(known.sum()),
        "days_refused": int((rows & np.isfinite(truth)).sum() - known.sum()),
        "rmse": _rmse(quantiles.middle - truth, known),
        "bias": _mean(quantiles.middle - truth, known),
        "coverage_80": _mean(inside.astype(np.float64), known),
        "sigma": _mean(quantiles.sigma, known),
        "rmse_of_the_product_as_it_is": None if plain is None else _rmse(plain - truth, known),
        "rmse_of_the_normal_year": _rmse(normal - truth, known & np.isfinite(normal)),
    }


def worse_than_the_product(rows: Sequence[Row]) -> dict[str, str]:
    """A line for each variable that the held-out years tell worse than the second product does as it is."""
    found = {}
    for row in rows:
        ours, plain = row["rmse"], row["rmse_of_the_product_as_it_is"]
        if row["held_out"] == "all" and ours is not None and plain is not None and ours > plain:
            name = row["variable"]
            found[name] = (
                f"{name}: worse than the product as it is in years that the model never saw (rmse {ours:.4g}, not"
                f" {plain:.4g}); do not expect better days of it, only the reference's distribution"
            )
    return found


def _rmse(error: Floats, known: NDArray[np.bool_]) -> float | None:
    usable = known & np.isfinite(error)
    return round(float(np.sqrt(np.mean(error[usable] ** 2))), 4) if usable.any() else None


def _mean(values: Floats, known: NDArray[np.bool_]) -> float | None:
    return round(float(values[known].mean()), 4) if known.any() else None


def of_reference_et(rows: Sequence[Row]) -> list[Row]:
    """The rows of reference ET alone: the figure that a bar is held against."""
    return [row for row in rows if row["variable"] == "et0_mm"]
