from collections.abc import Callable

import pytest

from cloud.judge.case import Finding
from cloud.judge.shrink import shrunk
from cloud.records import Recommendation
from tests.synthetic_season import parcel

ProposalOf = Callable[..., Recommendation]


def finding(at_most_mm: float | None) -> Finding:
    return Finding(
        name="room_in_soil", passed=False, measured=24.0, limit=at_most_mm, severity="shrink", at_most_mm=at_most_mm
    )


def test_the_smallest_limit_counts_and_the_identities_hold(proposal_of: ProposalOf) -> None:
    smaller = shrunk(proposal_of(), parcel(), [finding(21.7), finding(18.2)], at_least_fraction=0.5)
    assert smaller is not None
    assert smaller.depth_mm is not None
    assert (smaller.depth_mm.p10, smaller.depth_mm.p50, smaller.depth_mm.p90) == (18.0, 18.0, 18.0)
    assert smaller.volume_m3 == 360.0
    assert smaller.duration_h == pytest.approx(9.0)


def test_the_time_is_rounded_down_so_that_it_never_passes_the_volume(proposal_of: ProposalOf) -> None:
    smaller = shrunk(proposal_of(), parcel(area_ha=1.97), [finding(19.0)], at_least_fraction=0.5)
    assert smaller is not None
    assert smaller.volume_m3 == 374.0
    assert smaller.duration_h is not None
    assert smaller.duration_h <= 374.0 / 40.0
    assert smaller.duration_h == pytest.approx(374.0 / 40.0, abs=1.0 / 12.0)


def test_without_a_time_none_is_made_up(proposal_of: ProposalOf) -> None:
    smaller = shrunk(proposal_of(duration_h=None), parcel(), [finding(18.0)], at_least_fraction=0.5)
    assert smaller is not None
    assert smaller.duration_h is None


@pytest.mark.parametrize("at_most_mm", [11.0, 0.0, 24.0, 30.0])
def test_too_much_or_nothing_to_cut_is_no_shrinking(proposal_of: ProposalOf, at_most_mm: float) -> None:
    assert shrunk(proposal_of(), parcel(), [finding(at_most_mm)], at_least_fraction=0.5) is None


def test_below_the_smallest_event_nothing_is_left(proposal_of: ProposalOf) -> None:
    field = parcel(irrigation={"method": "sprinkler", "min_mm": 20.0})
    assert shrunk(proposal_of(), field, [finding(19.0)], at_least_fraction=0.5) is None


def test_a_failed_check_without_a_depth_cannot_be_cured(proposal_of: ProposalOf) -> None:
    assert shrunk(proposal_of(), parcel(), [finding(18.0), finding(None)], at_least_fraction=0.5) is None


def test_a_wrong_volume_is_not_kept_by_shrinking(proposal_of: ProposalOf) -> None:
    assert shrunk(proposal_of(volume_m3=100.0), parcel(), [finding(18.0)], at_least_fraction=0.5) is None
