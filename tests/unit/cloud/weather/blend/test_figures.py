from dataclasses import replace

import numpy as np
import pytest

from cloud.errors import MissingDataError
from cloud.weather.blend.figures import held_out, of_reference_et, worse_than_the_product
from cloud.weather.blend.pairs import Pairs


def some(pairs: Pairs, rows: np.ndarray, *names: str) -> Pairs:
    return replace(
        pairs,
        features=pairs.features[rows],
        days=pairs.days[rows],
        site=pairs.site[rows],
        plain={name: values[rows] for name, values in pairs.plain.items()},
        targets={name: pairs.targets[name][rows] for name in names},
    )


def test_every_year_is_held_out_once_and_all_days_are_scored_together(pairs: Pairs) -> None:
    heard: list[str] = []
    rows = held_out(some(pairs, np.ones(1095, dtype=bool), "et0_mm", "rain_mm"), heard.append)
    assert heard == ["blend: 2001 held out", "blend: 2002 held out", "blend: 2003 held out"]
    assert [(row["variable"], row["held_out"]) for row in rows if row["variable"] == "et0_mm"] == [
        ("et0_mm", "2001"),
        ("et0_mm", "2002"),
        ("et0_mm", "2003"),
        ("et0_mm", "all"),
    ]
    (whole,) = [row for row in of_reference_et(rows) if row["held_out"] == "all"]
    assert whole["days"] + whole["days_refused"] == 1095
    assert 0.05 < whole["rmse"] < 0.4
    assert whole["rmse"] < whole["rmse_of_the_product_as_it_is"]
    assert 0.7 < whole["coverage_80"] < 0.95
    single = [row for row in of_reference_et(rows) if row["held_out"] != "all"]
    squares = sum(row["days"] * row["rmse"] ** 2 for row in single)
    assert whole["rmse"] == pytest.approx((squares / whole["days"]) ** 0.5, abs=1e-3)


def test_the_normal_year_stands_beside_it_only_where_three_other_years_tell_one(pairs: Pairs) -> None:
    rows = held_out(some(pairs, np.ones(1095, dtype=bool), "et0_mm"))
    assert all(row["rmse_of_the_normal_year"] is None for row in rows)
    long = replace(pairs, records={"et0_mm": (np.arange("1990", "2001", dtype="datetime64[D]"), np.full(4018, 3.8))})
    rows = held_out(some(long, np.ones(1095, dtype=bool), "et0_mm"))
    assert all(row["rmse_of_the_normal_year"] > 1.0 for row in rows)


def test_a_single_year_is_held_out_in_parts_and_says_so(pairs: Pairs) -> None:
    rows = held_out(some(pairs, pairs.days < np.datetime64("2002-01-01"), "et0_mm"))
    assert [row["held_out"] for row in rows] == [*(f"part {one} of a year that was seen" for one in range(1, 5)), "all"]


def test_long_records_are_held_out_in_groups_of_years(pairs: Pairs) -> None:
    long = some(pairs, np.ones(1095, dtype=bool), "tmax_c")
    spread = long.days[0] + 2 * np.arange(1095)
    product = replace(pairs.products[0], days=spread)
    rows = held_out(replace(long, days=spread, products=(product,)))
    assert [row["held_out"] for row in rows] == ["2001 to 2002", "2003 to 2004", "2005", "2006", "all"]


def test_too_few_days_outside_every_part_are_refused(pairs: Pairs) -> None:
    with pytest.raises(MissingDataError, match="180 common days outside each held-out part"):
        held_out(some(pairs, pairs.days < np.datetime64("2001-07-05"), "et0_mm"))


def test_a_variable_that_is_told_worse_than_the_product_is_named() -> None:
    def row(variable: str, held_out_part: str, ours: float | None, plain: float | None) -> dict[str, object]:
        return {
            "variable": variable,
            "held_out": held_out_part,
            "rmse": ours,
            "rmse_of_the_product_as_it_is": plain,
        }

    rows = [row("tmax_c", "all", 1.0, 3.0), row("tmax_c", "2001", 4.0, 3.0), row("rain_mm", "all", 5.25, 4.0)]
    found = worse_than_the_product([*rows, row("et0_mm", "all", 0.4, None), row("rh_mean_percent", "all", None, 2.0)])
    assert list(found) == ["rain_mm"]
    assert "rmse 5.25, not 4" in found["rain_mm"]
