"""The figures of a report as SVG: sound XML, nothing drawn where nothing is known, names that cannot break out."""

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cloud.impact.drawing import forest, ways

SVG = "{http://www.w3.org/2000/svg}"
SAVED = {"saved_fraction": 0.2, "low": 0.1, "high": 0.3}
NOTHING: dict[str, Any] = {"saved_fraction": None, "low": None, "high": None}


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)


def words(text: str) -> list[str]:
    return [one.text or "" for one in parsed(text).iter(f"{SVG}text")]


def circles(text: str) -> list[dict[str, str]]:
    return [one.attrib for one in parsed(text).iter(f"{SVG}circle")]


def group(starts: str | None, used: list[float | None], need: list[float | None] | None = None) -> dict[str, Any]:
    return {
        "starts": starts,
        "seasons": ["a", "b", "c", "d"],
        "used_m3_ha": used,
        "need_m3_ha": need or [1000.0] * 4,
    }


def test_an_interval_is_told_beside_its_bar() -> None:
    text = forest([("all", SAVED), ("maize", SAVED)], "Saved")
    assert words(text).count("20.0 [10.0, 30.0]") == 2
    first, second = circles(text)
    assert first["cx"] == second["cx"]
    assert (first["r"], second["r"]) == ("6", "4")
    assert parsed(text).attrib["aria-label"] == "Saved"


def test_a_larger_saving_lies_further_to_the_right() -> None:
    more = {"saved_fraction": 0.28, "low": 0.2, "high": 0.3}
    loss = {"saved_fraction": -0.1, "low": -0.2, "high": 0.0}
    across = [float(one["cx"]) for one in circles(forest([("a", loss), ("b", SAVED), ("c", more)], "x"))]
    assert across == sorted(across)
    assert len(set(across)) == 3


def test_a_row_without_an_interval_says_so_and_has_no_point() -> None:
    text = forest([("all", NOTHING)], "x")
    assert "nothing to compare" in words(text)
    assert circles(text) == []


@pytest.mark.parametrize("name", ["<script>", 'a" onload="x', "a & b"])
def test_names_are_words_and_never_markup(name: str) -> None:
    for text in (forest([(name, SAVED)], name), ways([group(None, [900.0] * 4)], 2, name)):
        root = parsed(text)
        assert root.attrib["aria-label"] == name
        assert not list(root.iter(f"{SVG}script"))
        assert "onload" not in root.attrib


def test_points_are_hollow_before_advice_and_full_since() -> None:
    text = ways([group("c", [1000.0, 1000.0, 700.0, 700.0])], 2, "Ways")
    assert [one["fill"] == "#fff" for one in circles(text)] == [True, True, False, False]
    heights = [float(one["cy"]) for one in circles(text)]
    assert heights[2] > heights[1]
    assert "advised from c" in words(text)


def test_who_is_never_advised_is_grey_and_hollow_throughout() -> None:
    text = ways([group("d", [900.0] * 4), group(None, [950.0] * 4)], 2, "Ways")
    never = circles(text)[4:]
    assert {one["fill"] for one in never} == {"#fff"}
    assert {one["stroke"] for one in never} == {"#8a929a"}
    assert circles(text)[0]["stroke"] != "#8a929a"


def test_unknown_seasons_and_seasons_without_need_have_no_point() -> None:
    text = ways([group(None, [900.0, None, 900.0, 900.0], [1000.0, 1000.0, 0.0, None])], 2, "Ways")
    assert len(circles(text)) == 1
    assert len(circles(ways([group(None, [None] * 4)], 2, "Ways"))) == 0


def test_labels_at_one_height_do_not_lie_over_each_other() -> None:
    text = ways([group(start, [900.0] * 4) for start in ("b", "c", "d", None)], 1, "Ways")
    heights = sorted(
        float(one.attrib["y"])
        for one in parsed(text).iter(f"{SVG}text")
        if re.match("advised from|never", one.text or "")
    )
    assert len(heights) == 4
    assert all(later - before >= 15.0 for before, later in pairwise(heights))


def test_more_groups_than_colours_begin_again_but_never_with_the_grey() -> None:
    text = ways([group("b", [900.0] * 4) for _ in range(9)], 1, "Ways")
    colours = [one["stroke"] for one in circles(text)][::4]
    assert colours[0] == colours[6]
    assert "#8a929a" not in colours


def test_a_trial_without_groups_is_an_empty_figure() -> None:
    assert circles(ways([], 2, "Ways")) == []
