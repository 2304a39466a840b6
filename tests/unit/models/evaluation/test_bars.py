"""A bar is met, missed or not measured; nothing else."""

import pytest

from models.evaluation.bars import MET, MISSED, NOT_MEASURED, Bar, missed


@pytest.mark.parametrize(
    ("bar", "value", "state"),
    [
        (Bar(what="auc", least=0.93), 0.93, MET),
        (Bar(what="auc", least=0.93), 0.92, MISSED),
        (Bar(what="ece", most=0.05), 0.051, MISSED),
        (Bar(what="coverage", least=0.88, most=0.92), 0.9, MET),
        (Bar(what="coverage", least=0.88, most=0.92), 0.97, MISSED),
        (Bar(what="auc", least=0.93), None, NOT_MEASURED),
        (Bar(what="auc", least=0.93), float("nan"), MISSED),
        (Bar(what="told"), 5.0, MET),
    ],
)
def test_state_of_a_value(bar: Bar, value: float | None, state: str) -> None:
    assert bar.state(value) == state


def test_rows_carry_the_bar_in_words_and_leave_unknown_values_out() -> None:
    assert Bar(what="coverage", least=0.88, most=0.92).row(0.90004, "unseen days") == {
        "what": "coverage",
        "asked": "0.88 to 0.92",
        "value": 0.9,
        "state": MET,
        "note": "unseen days",
    }
    assert Bar(what="ece", most=0.05).row(None) == {"what": "ece", "asked": "at most 0.05", "state": NOT_MEASURED}
    assert Bar(what="told").asked == "told"


def test_what_was_missed_is_named_with_its_value() -> None:
    rows = [Bar(what="auc", least=0.93).row(0.9), Bar(what="ece", most=0.05).row(None), Bar(what="x", least=1).row(2)]
    assert missed(rows) == ["auc: at least 0.93, got 0.9", "ece: at most 0.05, got nothing"]
