from datetime import date
from typing import Any

import pytest

from cloud.agronomy.crops.crop import crop_names
from cloud.judge.coarse import (
    GROUPS,
    group_of,
    roots_m,
    season_began,
    season_bounds,
    system_of,
    usable_fraction,
    water_mm_per_m,
)
from tests.synthetic_season import parcel


@pytest.mark.parametrize(
    ("crop", "group"),
    [
        ("wheat", "cereal"),
        ("durum_wheat", "cereal"),
        ("oats", "cereal"),
        ("sweet_maize", "row"),
        ("Sugar Beet", "beet"),
        ("faba-bean", "pulse"),
        ("pea", "pulse"),
        ("peach", "orchard"),
        ("date_palm", "palm"),
        ("citrus", "evergreen"),
        ("table_grape", "orchard"),
        ("tomatoes", "other"),
        ("something", "other"),
    ],
)
def test_a_crops_name_gives_its_group(crop: str, group: str) -> None:
    assert group_of(crop) is GROUPS[group]


def test_every_crop_of_the_advisor_has_a_group_of_its_own() -> None:
    assert [name for name in crop_names() if group_of(name) is GROUPS["other"]] == []


def test_groups_are_plausible() -> None:
    for group in GROUPS.values():
        assert 0.2 <= group.kc_start <= group.kc_full <= 1.3
        assert 0.3 <= group.roots_m <= 2.0
        assert 0.3 <= group.usable_fraction <= 0.65
        assert group.season_days is None or group.season_days[0] < group.season_days[1]


def test_the_parcels_own_system_wins() -> None:
    own = parcel(irrigation={"method": "drip", "efficiency": 0.8, "min_mm": 1.0, "max_mm": 9.0})
    bounds = system_of(own)
    assert (bounds.smallest_mm, bounds.largest_mm, bounds.efficiency) == (1.0, 9.0, 0.8)


def test_a_silent_file_takes_the_methods_bounds() -> None:
    bounds = system_of(parcel(irrigation={"method": "basin"}))
    assert (bounds.smallest_mm, bounds.largest_mm, bounds.efficiency) == (10.0, 120.0, 0.60)
    assert system_of(parcel(irrigation={"method": "basin", "max_mm": 6.0})).smallest_mm == 6.0


def test_water_in_the_soil_by_layers() -> None:
    layers = [
        {"depth_m": 0.5, "field_capacity": 0.30, "wilting_point": 0.10},
        {"depth_m": 1.0, "field_capacity": 0.20, "wilting_point": 0.10},
    ]
    assert water_mm_per_m(parcel(soil={"layers": layers})) == pytest.approx(150.0)


@pytest.mark.parametrize(
    ("soil", "expected"),
    [
        ({"field_capacity": 0.30, "wilting_point": 0.14}, 160.0),
        ({"field_capacity": 0.30}, 150.0),
        ({"texture": "loamy sand"}, 75.0),
        ({"texture": "sandy_loam"}, 140.0),
        ({"texture": "Clay"}, 150.0),
        ({}, 135.0),
    ],
)
def test_water_in_the_soil_by_limits_or_texture(soil: dict[str, object], expected: float) -> None:
    assert water_mm_per_m(parcel(soil=soil)) == pytest.approx(expected)


def test_roots_stop_at_the_soil_and_follow_the_parcel() -> None:
    assert roots_m(parcel()) == 1.0
    assert roots_m(parcel(soil={"depth_m": 0.4})) == 0.4
    assert roots_m(parcel(crop_parameters={"root_depth_max_m": 1.4})) == 1.4
    assert usable_fraction(parcel(crop_parameters={"depletion_fraction": 0.6})) == 0.6
    assert usable_fraction(parcel()) == 0.55


def test_seasons_of_annuals_have_bounds_and_perennials_none() -> None:
    assert season_bounds(parcel()) == (date(2026, 3, 25), date(2026, 6, 8), date(2026, 11, 10))
    assert season_bounds(parcel(crop="olive", planted_on=None)) is None
    own = parcel(crop_parameters={"stage_lengths_days": (10, 10, 10, 10)})
    assert season_bounds(own) == (date(2026, 3, 25), date(2026, 5, 4), date(2026, 5, 4))


@pytest.mark.parametrize(
    ("changes", "began"),
    [
        ({"crop": "olive", "planted_on": None, "season_starts_on": date(2024, 3, 1)}, date(2026, 3, 1)),
        ({"crop": "strawberry", "planted_on": None, "season_starts_on": date(2024, 10, 1)}, date(2025, 10, 1)),
        ({"crop": "berseem", "planted_on": date(2025, 10, 15)}, date(2025, 10, 15)),
        ({"crop": "wheat", "planted_on": date(2025, 11, 20)}, date(2025, 11, 20)),
        ({"crop": "wheat", "planted_on": date(2026, 11, 20)}, None),
        ({"crop": "olive", "planted_on": None}, None),
    ],
)
def test_the_running_season_begins_with_planting_or_every_year(changes: dict[str, Any], began: date | None) -> None:
    assert season_began(parcel(**changes), date(2026, 6, 10)) == began
