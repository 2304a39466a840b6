"""Who starts when."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.errors import ConfigurationError
from cloud.impact.assign import closest_pairs, distances, drawn
from cloud.impact.design import Design
from cloud.records import IrrigationSystem, Parcel, WaterSource


def parcel(number: int, *, crop: str = "maize", group: str | None = "G", method: str = "drip", **more: Any) -> Parcel:  # noqa: ANN401 -- any field
    return Parcel.model_validate(
        {
            "id": f"p{number:03d}",
            "crop": crop,
            "planted_on": "2025-04-01",
            "latitude": 32.0 + 0.001 * number,
            "longitude": -6.0,
            "irrigation": IrrigationSystem(method=method),
            "water": WaterSource(canal="C", group=group),
            **more,
        }
    )


def plan(**change: object) -> Design:
    return Design.model_validate(
        {"name": "t", "baseline_seasons": ["a"], "trial_seasons": ["b", "c"], "seed": 1, **change}
    )


def district(groups: int = 9, size: int = 3) -> list[Parcel]:
    return [parcel(number, group=f"G{number // size}") for number in range(groups * size)]


def test_blocks_start_whole_in_even_shares_and_some_wait() -> None:
    found = drawn(district(), plan())
    by_block: dict[str, set[str | None]] = {}
    for one in found.assignment:
        by_block.setdefault(one.block, set()).add(one.starts)
    assert all(len(starts) == 1 for starts in by_block.values())
    assert Counter(next(iter(starts)) for starts in by_block.values()) == {"b": 3, "c": 3, None: 3}
    assert set(by_block) == {f"C/G{number}" for number in range(9)}


def test_another_seed_is_another_order_and_the_order_of_the_file_is_none() -> None:
    first, again = drawn(district(), plan()), drawn(district()[::-1], plan())
    assert first == again
    assert any(drawn(district(), plan(seed=seed)) != first for seed in range(2, 6))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_parcel_is_drawn_once(seed: int) -> None:
    found = drawn(district(), plan(seed=seed))
    assert sorted(one.parcel_id for one in found.assignment) == [one.id for one in district()]


def test_too_few_blocks_are_refused_with_the_way_out() -> None:
    with pytest.raises(ConfigurationError, match="expected at least 6 blocks for 2 seasons"):
        drawn(district(groups=5), plan())


def test_excluded_parcels_and_other_crops_stay_out() -> None:
    others = [*district(), parcel(900, crop="wheat", group="G0")]
    found = drawn(others, plan(crops=["corn"], exclude=["p000"]))
    inside = {one.parcel_id for one in found.assignment}
    assert "p000" not in inside
    assert "p900" not in inside
    assert found.problems == ("parcel p900: crop wheat is not one of the design's; it is left out",)


def test_parcels_without_a_group_are_blocks_of_their_own() -> None:
    lone = [parcel(number, group=None, water=WaterSource()) for number in range(8)]
    found = drawn(lone, plan())
    assert len({one.block for one in found.assignment}) == 8
    assert found.notes == ("8 parcels name no group: each is a block of its own",)
    farms = [parcel(number, farm=f"farm {number // 2}") for number in range(16)]
    assert len({one.block for one in drawn(farms, plan(block="farm")).assignment}) == 8


def test_pairs_share_crop_method_and_canal_and_differ_in_start() -> None:
    mixed = [
        parcel(number, crop="maize" if number % 2 else "potato", method="drip" if number % 4 < 2 else "furrow")
        for number in range(24)
    ]
    by_id = {one.id: one for one in mixed}
    found = drawn(mixed, plan(kind="pairs", block="pair"))
    pairs: dict[str, list[Any]] = {}
    for one in found.assignment:
        pairs.setdefault(one.pair or "", []).append(one)
        assert one.block == one.pair
    assert len(pairs) == 12
    for left, right in pairs.values():
        assert {left.starts, right.starts} == {"b", None}
        assert by_id[left.parcel_id].crop == by_id[right.parcel_id].crop
        assert by_id[left.parcel_id].irrigation.method == by_id[right.parcel_id].irrigation.method


def test_pairs_within_groups_keep_the_group_as_block() -> None:
    found = drawn(district(), plan(kind="pairs", block="group"))
    assert {one.block for one in found.assignment} == {f"C/G{number}" for number in range(9)}
    # Three parcels a group: one of each stays over and is named.
    assert len(found.problems) == 9
    assert "no other parcel with maize, drip, C, C/G0 is left to pair it with" in found.problems[0]


def test_past_use_decides_who_resembles_whom() -> None:
    four = [parcel(number) for number in range(4)]
    use = {"p000": 0.5, "p001": 2.0, "p002": 0.5, "p003": 2.0}
    found = drawn(four, plan(kind="pairs", block="pair"), use)
    assert {one.pair for one in found.assignment} == {"p000+p002", "p001+p003"}
    assert not found.notes
    unknown = drawn(four, plan(kind="pairs", block="pair"), {"p000": 0.5})
    assert unknown.notes == ("3 of 4 parcels were paired without past use",)


def test_nobody_to_pair_and_nothing_to_draw() -> None:
    with pytest.raises(ConfigurationError, match="expected two parcels of one crop"):
        drawn([parcel(1), parcel(2, crop="wheat")], plan(kind="pairs", block="pair"))
    with pytest.raises(ConfigurationError, match="expected stepped or pairs"):
        drawn(district(), plan(kind="observed"))


def test_a_stepped_start_knows_no_pairs_and_no_season_twice() -> None:
    with pytest.raises(ValueError, match="block pair belongs to kind pairs"):
        plan(block="pair")
    with pytest.raises(ValueError, match="must name each season once"):
        plan(trial_seasons=["a"])


@settings(max_examples=30, deadline=None)
@given(number=st.integers(2, 15), seed=st.integers(0, 1000))
def test_each_place_is_paired_at_most_once(number: int, seed: int) -> None:
    away = np.random.default_rng(seed).random((number, number))
    pairs = closest_pairs(away + away.T)
    used = [place for pair in pairs for place in pair]
    assert len(used) == len(set(used)) == 2 * (number // 2)


def test_parcels_are_as_far_from_each_other_both_ways() -> None:
    away = distances([parcel(1), parcel(2, area_ha=3.0), parcel(9)], {"p001": 0.8})
    assert np.allclose(away, away.T)
    assert np.allclose(np.diag(away), 0.0)
