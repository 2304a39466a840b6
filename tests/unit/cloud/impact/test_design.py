"""Designs that cannot be meant are refused before anybody is drawn."""

import pytest
from pydantic import ValidationError

from tests.synthetic_panel import design


def test_the_defaults_are_those_of_the_protocol() -> None:
    plan = design()
    assert (plan.expected_saving_percent, plan.power, plan.confidence, plan.yield_margin_percent) == (
        15.0,
        0.8,
        0.95,
        2.0,
    )
    assert plan.seasons == ("a", "b", "c", "d")
    assert plan.randomised
    assert not design(kind="observed").randomised


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"trial_seasons": ("b", "c")}, "name each season once"),
        ({"baseline_seasons": ("a", "a")}, "name each season once"),
        ({"baseline_seasons": ()}, "baseline_seasons"),
        ({"trial_seasons": ("a season of more than twenty letters",)}, "trial_seasons"),
        ({"kind": "stepped", "block": "pair"}, "belongs to kind pairs"),
        ({"expected_saving_percent": 0.0}, "expected_saving_percent"),
        ({"confidence": 1.0}, "confidence"),
        ({"resamples": 98}, "resamples"),
        ({"buffer_m": -1.0}, "buffer_m"),
        ({"variance": {"season_correlation": 0.95}}, "season_correlation"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_what_cannot_be_meant_is_named(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        design(**wrong)


def test_pairs_are_blocks_of_their_own() -> None:
    assert design(kind="pairs", block="pair").block == "pair"
