"""A card's numbers are found again wherever they stand, and what differs is told."""

from pathlib import Path

import pytest

from edge.errors import ConfigurationError
from simulations.evaluation.comparison import Difference, differences, figures_of_card, numbers

CARD = """
name = "wilting"
version = "1.0.0"
[input]
height = 192
[export]
parameters = 694484
[calibration]
wilting_temperature = 0.911
[evaluation]
split = "leave-episode-out"
aurc = 0.4
rows = [
    { method = "network", episode = "A", images = 645, auc = 0.9093 },
    { method = "network", episode = "all", images = 1169, auc = 0.9174 },
]
[bias]
worst_first = [{ by = "hour", group = "16-18", auc = 0.8, milliseconds_per_frame = 4.9 }]
"""
FIGURES = {
    "split": "leave-episode-out",
    "aurc": 0.4,
    "rows": [
        {"method": "network", "episode": "all", "images": 1169, "auc": 0.9171},
        {"method": "network", "episode": "A", "images": 645, "auc": 0.909},
    ],
    "bias": {"worst_first": [{"by": "hour", "group": "16-18", "auc": 0.805, "milliseconds_per_frame": 99.0}]},
}


@pytest.fixture
def published(tmp_path: Path) -> dict[str, float]:
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    return figures_of_card(tmp_path)


def test_only_what_an_evaluation_gave_is_held_against_it(published: dict[str, float]) -> None:
    assert published["rows [network, A].auc"] == 0.9093
    assert published["worst_first [hour, 16-18].auc"] == 0.8
    assert not [name for name in published if "parameters" in name or "height" in name or "temperature" in name]


def test_rows_are_known_by_their_words_whatever_their_order_and_section(published: dict[str, float]) -> None:
    assert differences(published, FIGURES) == []


def test_a_number_that_came_out_otherwise_is_told_with_both(published: dict[str, float]) -> None:
    changed = {**FIGURES, "bias": {"worst_first": [{"by": "hour", "group": "16-18", "auc": 0.7}]}}
    (found,) = differences(published, changed)
    assert found == Difference(figure="worst_first [hour, 16-18].auc", published=0.8, rebuilt=0.7)
    assert str(found) == "worst_first [hour, 16-18].auc: card 0.8, rebuilt 0.7"


def test_a_number_that_is_not_rebuilt_is_told(published: dict[str, float]) -> None:
    found = differences(published, {"rows": FIGURES["rows"], "aurc": 0.4})
    assert [str(one) for one in found] == ["worst_first [hour, 16-18].auc: card 0.8, rebuilt nothing"]


def test_the_machines_own_times_are_not_compared() -> None:
    assert differences({"rows [a].milliseconds_per_frame": 5.0, "cost.bytes": 3.0}, {}) == []


def test_a_row_may_be_named_after_a_time_and_still_counts() -> None:
    assert len(differences({"rows [5 milliseconds].auc": 0.9}, {})) == 1


def test_rows_with_the_same_words_are_numbered_and_truth_values_are_no_numbers() -> None:
    rows = [{"share": 0.0, "leaky": True}, {"share": 0.5}, "a line"]
    assert dict(numbers({"rows": rows})) == {"rows [].share": 0.0, "rows [] #2.share": 0.5}


def test_large_numbers_may_differ_by_a_share() -> None:
    assert differences({"x": 1000.0}, {"x": 1019.0}) == []
    assert len(differences({"x": 1000.0}, {"x": 1030.0})) == 1


@pytest.mark.parametrize("content", [None, "name = "])
def test_a_card_that_cannot_be_read_is_named(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "card.toml").write_text(content)
    with pytest.raises(ConfigurationError, match=r"card\.toml: expected a card"):
        figures_of_card(tmp_path)
