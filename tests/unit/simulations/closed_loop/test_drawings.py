"""The drawings of a simulation: only what the run allows, each a sound SVG, and gaps instead of invented points."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from simulations.closed_loop.drawings import Drawing, drawings_of
from simulations.closed_loop.figures import figures_of
from simulations.closed_loop.outcome import Outcome
from tests.unit.simulations.closed_loop.made import many, outcome, pilot

ALL = ["advisor", "mixture", "calendar_110", "no_vision", "perfect"]


def drawn(outcomes: list[Outcome], strategies: list[str] = ALL) -> list[Drawing]:
    return drawings_of(outcomes, figures_of(pilot(strategies=strategies), outcomes, []))


def captions(drawings: list[Drawing]) -> list[str]:
    return [one.caption.split(":")[0].split(" (")[0] for one in drawings]


@pytest.fixture(scope="module")
def whole() -> list[Drawing]:
    return drawn(many(extra=("no_vision", "perfect")))


@pytest.fixture(scope="module")
def plain() -> list[Drawing]:
    return drawn(many())


def test_a_whole_run_has_every_drawing_and_each_is_sound(whole: list[Drawing]) -> None:
    drawings = whole
    assert len(drawings) == 7
    assert len({one.caption for one in drawings}) == 7
    assert "SYNTHETIC" in drawings[0].caption
    for one in drawings:
        assert ET.fromstring(one.svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert b"<script" not in one.svg
        assert b"nan" not in one.svg.lower().replace(b"nano", b"")


def test_without_ablations_groups_or_the_advisor_their_drawings_are_missing(
    whole: list[Drawing], plain: list[Drawing]
) -> None:
    assert set(captions(plain)) < set(captions(whole))
    assert not any("source is worth" in one for one in captions(plain))
    without = [one for one in many(extra=("perfect",)) if one.strategy != "advisor"]
    assert not any("Every field-season" in one.caption for one in drawn(without))
    assert not any("served worse" in one.caption for one in drawn(without))


def test_nothing_that_can_be_compared_leaves_where_the_water_went() -> None:
    (only,) = drawn([outcome("mixture")])
    assert "water" in only.caption.lower()


def test_a_loss_is_drawn_like_a_saving(plain: list[Drawing]) -> None:
    lost = drawn(many(saved=-0.2))
    assert [one.caption for one in lost] == [one.caption for one in plain]
    assert lost[0].svg != plain[0].svg


def test_one_cluster_has_points_and_no_interval() -> None:
    outcomes = [outcome(name) for name in ("advisor", "mixture", "calendar_110")]
    found: dict[str, Any] = figures_of(pilot(), outcomes, [])
    assert found["comparisons"][0]["groups"]["all"]["water_saved"]["low"] is None
    assert len(drawings_of(outcomes, found)) >= 4


def test_the_same_run_gives_the_same_bytes(plain: list[Drawing]) -> None:
    outcomes = many()
    assert [one.svg for one in drawn(outcomes)] == [one.svg for one in plain]
