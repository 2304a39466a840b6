import re
from collections.abc import Iterator
from typing import Final, get_args

import pytest

from edge.care import CHORES
from edge.commissioning.aim import AimCode
from edge.commissioning.catalogue import LANGUAGES, catalogue, for_telephone, remedy, said, sms
from edge.commissioning.steps import STEPS, Finding
from edge.gsm.alphabet import is_gsm7
from edge.gsm.submit import split
from edge.settings.installer import Language

ALL_SLOTS: Final[dict[str, str | float | int]] = {
    "canopy": 43, "sky": 12, "light": 50, "sharpness": 1.2, "roll": 7, "low": 21.5, "high": 48.3, "width": "60",
    "depth": "25", "wet": 24.0, "dry": 38.1, "signal": "-71 dBm", "time": "2026-05-01 12:00", "minutes": 12,
    "place": "mqtt.coop-tadla.ma", "count": 3,
}  # fmt: skip


def leaves(words: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(words, str):
        yield path, words
        return
    assert isinstance(words, dict | list)
    for key, value in words.items() if isinstance(words, dict) else enumerate(words):
        yield from leaves(value, f"{path}/{key}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words_with_the_same_slots(language: Language) -> None:
    english, other = dict(leaves(catalogue("en"))), dict(leaves(catalogue(language)))
    assert english.keys() == other.keys()
    for key, words in english.items():
        assert sorted(re.findall(r"{\w*}", words)) == sorted(re.findall(r"{\w*}", other[key])), key
        assert bool(words) == bool(other[key]), key


def test_every_code_of_the_aim_every_step_and_every_chore_has_words() -> None:
    words = catalogue("en")
    assert {f"aim.{code}" for code in get_args(AimCode)} <= words["findings"].keys()
    assert tuple(words["steps"]) == STEPS
    assert tuple(words["care"]) == CHORES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_is_a_sentence_and_fits_a_few_parts_of_sms(language: Language) -> None:
    for name in catalogue(language)["findings"]:
        step, _, code = name.partition(".")
        finding = Finding(step=next(each for each in STEPS if each == step), state="bad", code=code, slots=ALL_SLOTS)
        words = for_telephone(f"{said(finding, language)} {remedy(finding, language)}".strip())
        assert "{" not in words
        assert len(split(words)) <= (3 if language == "ar" else 2), name
        assert is_gsm7(words) or language == "ar", words


def test_numbers_keep_their_own_direction_inside_arabic() -> None:
    finding = Finding(step="broker", state="good", code="reached", slots={"place": "mqtt.example"})
    assert "\u2066mqtt.example\u2069" in said(finding, "ar")
    assert "\u2066" not in for_telephone(said(finding, "ar")), "a plain telephone would show a box"


def test_french_costs_one_place_a_letter() -> None:
    text = sms("care", "fr", {"gateway": "gw-01", "chores": "1 nettoyer l'objectif, ça et là, fenêtre", "reply": "C1"})
    assert is_gsm7(text)
    assert "ca et là, fenetre" in text
    assert for_telephone("نعم") == "نعم"
