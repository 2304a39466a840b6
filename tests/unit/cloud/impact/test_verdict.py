"""One sentence, and what keeps it from being said."""

from dataclasses import replace
from typing import Any

import pytest

from cloud.impact.checks import Attrition
from cloud.impact.interval import Chance, Interval
from cloud.impact.verdict import Findings, verdict_of
from tests.synthetic_panel import design

CLEAR = Interval(value=0.2, low=0.1, high=0.3, sigma=0.05, blocks=20, parcel_seasons=(40, 60))
STEADY = Interval(value=0.0, low=-0.01, high=0.01, sigma=0.006, blocks=20, parcel_seasons=(40, 60))
NONE = Interval(value=None, low=None, high=None, sigma=None, blocks=0, parcel_seasons=(0, 0), dropped=("maize in c",))


def findings(**change: Any) -> Findings:  # noqa: ANN401 -- any field
    sound = Findings(
        design=design(),
        water=CLEAR,
        worst=replace(CLEAR, value=0.18, low=0.08, high=0.28),
        best=replace(CLEAR, value=0.22, low=0.12, high=0.32),
        grown=STEADY,
        chance=Chance(p_value=0.01, drawn=199),
        attrition=Attrition(advised=40, advised_lost=2, comparing=60, comparing_lost=3),
        before=None,
        registered=True,
    )
    return replace(sound, **change)


def test_saved_with_the_gaps_in_the_interval() -> None:
    verdict = verdict_of(findings())
    assert verdict.saved
    assert verdict.text == "saved 20.0 % [8.0, 32.0]"
    assert verdict.more_parcel_seasons is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"water": replace(CLEAR, low=-0.01)}, "the saving's interval 20.0 % [-1.0, 30.0] holds 0"),
        ({"worst": replace(CLEAR, value=0.05, low=-0.05)}, "what meters did not see could hide it"),
        ({"chance": Chance(p_value=0.2, drawn=199)}, "a start drawn anew shows as much in 20 % of 199 draws"),
        ({"grown": NONE}, "no yields to exclude a loss of more than 2 %"),
        ({"grown": replace(STEADY, value=0.01, high=0.03)}, "yield changed by -1.0 %, and a loss of 3.0 % cannot be"),
        ({"attrition": Attrition(advised=40, advised_lost=12, comparing=60, comparing_lost=0)}, "+30 points more"),
        ({"tampered": ("the registration was altered",)}, "the registration was altered"),
        ({"water": NONE, "worst": NONE, "best": NONE}, "enough blocks that are not yet advised (maize in c)"),
    ],
)
def test_one_fault_is_enough(change: dict[str, Any], word: str) -> None:
    verdict = verdict_of(findings(**change))
    assert not verdict.saved
    assert verdict.text.startswith("not proven: ")
    assert word in verdict.text
    assert len(verdict.reasons) == 1
    assert ("weigh the yields" in verdict.text) == ("no yields" in word)


def test_where_nobody_was_drawn_the_way_before_must_be_known_and_alike() -> None:
    observed = design(kind="observed")
    alike = replace(CLEAR, value=0.01, low=-0.05, high=0.06)
    assert verdict_of(findings(design=observed, chance=None, before=alike)).saved
    for before, word in (
        (None, "two seasons before"),
        (CLEAR, "already went another way"),
        (NONE, "two seasons before"),
    ):
        verdict = verdict_of(findings(design=observed, chance=None, before=before))
        assert not verdict.saved
        assert word in verdict.text
    # Where chance drew, an odd way before is told in the report and does not decide.
    assert verdict_of(findings(before=CLEAR)).saved


def test_a_saving_that_is_not_yet_clear_says_how_much_more_it_takes() -> None:
    faint = Interval(value=0.1, low=-0.02, high=0.21, sigma=0.06, blocks=20, parcel_seasons=(40, 60))
    verdict = verdict_of(findings(water=faint, worst=faint, best=faint))
    # (1.96 + 0.8416) x 0.06 / 0.10536 = 1.5954; squared 2.5454 times 100 parcel-seasons, 155 more.
    assert verdict.more_parcel_seasons == 155
    assert "about 155 more parcel-seasons in new blocks would prove it (80% power)" in verdict.text


def test_no_number_helps_where_nothing_was_saved_or_yield_was_lost() -> None:
    worse = replace(CLEAR, value=-0.1, low=-0.2, high=0.0)
    assert verdict_of(findings(water=worse, worst=worse)).more_parcel_seasons is None
    hungry = replace(STEADY, value=0.05, low=0.03, high=0.07)
    verdict = verdict_of(findings(grown=hungry))
    assert verdict.more_parcel_seasons is None
    assert "no number of further parcel-seasons" in verdict.text


def test_losses_are_not_mended_by_numbers() -> None:
    uneven = Attrition(advised=40, advised_lost=12, comparing=60, comparing_lost=0)
    assert "numbers are not what is missing" in verdict_of(findings(attrition=uneven)).text
