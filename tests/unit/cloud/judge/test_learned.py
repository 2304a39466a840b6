"""Moved limits: only opinions, only so far, and only what fails or passes by less."""

import pytest

from cloud.judge.case import Finding
from cloud.judge.judge import judge
from cloud.judge.learned import LEARNABLE, TIGHTENABLE, TIGHTEST, WIDEST, eased, excess
from tests.unit.cloud.judge.conftest import InputsOf, ProposalOf


def finding(
    name: str = "waiting_is_safe",
    measured: float | str | None = 66.0,
    limit: float | str | None = 60.0,
    *,
    passed: bool = False,
) -> Finding:
    return Finding(name=name, passed=passed, measured=measured, limit=limit)


@pytest.mark.parametrize(("measured", "passes"), [(66.0, True), (72.0, True), (72.1, False)])
def test_a_limit_from_above_is_widened_by_its_factor(measured: float, passes: bool) -> None:  # noqa: FBT001 -- a test parameter
    found = eased(finding(measured=measured), {"waiting_is_safe": 1.2})
    assert found.passed is passes
    assert found.limit == pytest.approx(72.0 if passes else 60.0)


def test_a_limit_from_below_is_widened_downwards() -> None:
    found = eased(finding("needed", 10.0, 12.0), {"needed": 1.2})
    assert found.passed
    assert found.limit == pytest.approx(10.0)
    assert not eased(finding("needed", 9.9, 12.0), {"needed": 1.2}).passed


def test_no_factor_widens_more_than_the_widest() -> None:
    assert eased(finding(measured=60.0 * WIDEST), {"waiting_is_safe": 9.0}).passed
    assert not eased(finding(measured=60.0 * WIDEST + 0.1), {"waiting_is_safe": 9.0}).passed


@pytest.mark.parametrize("name", ["within_quota", "weather_is_fresh", "not_above_largest_event", "farmers_last_word"])
def test_a_limit_that_is_no_opinion_stays(name: str) -> None:
    assert name not in LEARNABLE
    assert not eased(finding(name), {name: 1.25}).passed


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.0, -1.0, float("nan")])
def test_no_factor_that_is_none_moves_anything_and_no_wider_one_what_passed(factor: float) -> None:
    assert eased(finding(), {"waiting_is_safe": factor}) == finding()
    assert eased(finding(passed=True), {"waiting_is_safe": 1.2}) == finding(passed=True)
    if not factor > 0.0 or factor == 1.0:
        close = finding(measured=59.0, passed=True)
        assert eased(close, {"waiting_is_safe": factor}) == close


@pytest.mark.parametrize(
    ("measured", "passes"), [(54.0, True), (54.1, False), (60.0, False), (0.0, True), (66.0, True)]
)
def test_a_tightened_limit_holds_what_lies_close_below_it(measured: float, passes: bool) -> None:  # noqa: FBT001 -- a test parameter
    # What passes beyond its limit was let pass for another reason.
    found = eased(finding(measured=measured, passed=True), {"waiting_is_safe": 0.9})
    assert found.passed is passes
    assert found.limit == pytest.approx(60.0 if passes else 54.0)


def test_no_factor_tightens_more_than_the_tightest_nor_what_has_reasons_of_its_own() -> None:
    assert eased(finding(measured=60.0 * TIGHTEST, passed=True), {"waiting_is_safe": 0.1}).passed
    assert not eased(finding(measured=60.0 * TIGHTEST + 0.1, passed=True), {"waiting_is_safe": 0.1}).passed
    for name in LEARNABLE - TIGHTENABLE | {"within_quota"}:
        assert eased(finding(name, 59.9, passed=True), {name: 0.9}).passed
    words = finding(measured="no turn today", passed=True)
    assert eased(words, {"waiting_is_safe": 0.9}) == words


def test_what_a_dose_is_cut_to_falls_with_its_limit() -> None:
    room = Finding(name="room_in_soil", passed=True, measured=58.0, limit=60.0, severity="shrink", at_most_mm=60.0)
    found = eased(room, {"room_in_soil": 0.95})
    assert (found.passed, found.severity, found.limit, found.at_most_mm) == (False, "shrink", 57.0, 57.0)


@pytest.mark.parametrize(("measured", "limit"), [("none", 1.0), (None, 1.0), (1.0, "1 to 2"), (-1.0, 2.0), (1.0, 0.0)])
def test_what_is_no_ratio_is_not_widened(measured: float | str | None, limit: float | str) -> None:
    assert excess(measured, limit) is None
    assert not eased(finding(measured=measured, limit=limit), {"waiting_is_safe": 1.2}).passed


def test_the_judge_takes_widened_limits_as_an_input(inputs_of: InputsOf, proposal_of: ProposalOf) -> None:
    inputs = inputs_of()
    dose = proposal_of()
    (strict,) = judge([dose], inputs)
    room = next(check.limit for check in strict.checks if check.name == "room_in_soil")
    assert isinstance(room, float)
    above = int(room) + 2.0
    changes = {"depth_mm": {"p10": above, "p50": above, "p90": above}, "volume_m3": 20.0 * above}
    large = proposal_of(**changes, duration_h=round(above / 2.0 * 12.0) / 12.0)

    def fails(limits: dict[str, float]) -> bool:
        (verdict,) = judge([large], inputs_of(limits=limits))
        return any(check.name == "room_in_soil" and not check.passed for check in verdict.checks)

    assert fails({})
    assert fails({"room_in_soil": 1.0})
    assert not fails({"room_in_soil": 1.2})
