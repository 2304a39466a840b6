"""Parcels that should fare alike are told alike; one that stands out is asked about."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cloud.judge.case import Case
from cloud.judge.neighbours import FEWEST, of_neighbours
from cloud.records import Recommendation

CaseOf = Callable[..., Case]
ProposalOf = Callable[..., Recommendation]


def claim(p50: float) -> dict[str, float]:
    return {"p10": p50 - 4.0, "p50": p50, "p90": p50 + 5.0}


def dose(p50: float) -> dict[str, float]:
    return {"p10": p50, "p50": p50, "p90": p50}


@pytest.fixture
def group(case_of: CaseOf, proposal_of: ProposalOf) -> list[Case]:
    """Six neighbours that irrigate alike."""
    base = case_of()
    return [
        replace(base, proposed=proposal_of(depletion_mm=claim(18.0 + 0.5 * n), depth_mm=dose(24.0 + 0.6 * n)))
        for n in range(FEWEST + 1)
    ]


def odd(cases: list[Case]) -> dict[int, str]:
    return {place: str(one.measured) for place, one in of_neighbours(cases).items() if not one.passed}


def test_neighbours_told_alike_pass(group: list[Case]) -> None:
    assert len(of_neighbours(group)) == len(group)
    assert odd(group) == {}


def test_a_few_parcels_are_no_neighbourhood(group: list[Case]) -> None:
    assert of_neighbours(group[: FEWEST - 1]) == {}


def test_a_claim_that_stands_out_is_asked_about(group: list[Case], proposal_of: ProposalOf) -> None:
    group[2] = replace(group[2], proposed=proposal_of(depletion_mm=claim(75.0), depth_mm=dose(90.0)))
    assert list(odd(group)) == [2]
    assert "depletion" in odd(group)[2]


def test_a_dose_that_stands_out_is_asked_about(group: list[Case], proposal_of: ProposalOf) -> None:
    group[4] = replace(group[4], proposed=proposal_of(depletion_mm=claim(20.0), depth_mm=dose(9.0)))
    assert list(odd(group)) == [4]
    assert odd(group)[4].startswith("dose")


def test_a_wait_on_drier_soil_than_those_who_irrigate_is_asked_about(
    group: list[Case], proposal_of: ProposalOf, wait_of: ProposalOf
) -> None:
    readily = group[0].lane("readily_available_mm")
    thirsty = group[0].lane("middle_mm") + 0.75 * readily
    cases = [replace(one, proposed=proposal_of(depletion_mm=claim(thirsty - 0.6 * readily))) for one in group]
    waits = replace(group[0], proposed=wait_of(depletion_mm=claim(thirsty)))
    assert list(odd([*cases, waits])) == [len(cases)]


def test_another_crop_or_method_is_no_neighbour(group: list[Case]) -> None:
    other = replace(group[0], parcel=group[0].parcel.model_copy(update={"crop": "onion"}))
    assert len(of_neighbours([*group[:FEWEST], other])) == FEWEST
