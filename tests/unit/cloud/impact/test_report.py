"""What is written: registration, report, page and drawings."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from cloud.errors import InputError
from cloud.impact.analysis import analyse
from cloud.impact.compliance import Compliance
from cloud.impact.design import Assigned
from cloud.impact.drawing import forest, ways
from cloud.impact.page import page_of
from cloud.impact.panel import Panel
from cloud.impact.registration import changes, content_of, digest_of, faults, registration_from, written
from cloud.impact.report import groups, report_of
from tests.synthetic_panel import design, drawn_panel, panel

ASSIGNED = (Assigned(parcel_id="p", block="b", starts="c"), Assigned(parcel_id="q", block="b", starts=None))


def content() -> dict[str, Any]:
    return content_of(design(), ASSIGNED, "2025-03-01", "f" * 64)


def test_a_registration_comes_back_as_it_was_written() -> None:
    found = registration_from(written(content()), "registration.json")
    assert found.sound
    assert found.design == design()
    assert found.assignment == ASSIGNED
    assert found.digest == digest_of(content())
    assert faults(found, None) == ()
    assert faults(found, f" {found.digest.upper()} ") == ()


def test_whatever_is_altered_is_seen() -> None:
    for before, after in (('"starts": "c"', '"starts": "d"'), ("loss beyond", "loss of"), ("2025-03-01", "2024-03-01")):
        text = written(content())
        assert before in text
        found = registration_from(text.replace(before, after), "r.json")
        assert not found.sound
        assert faults(found, None)[0].startswith("the registration was altered")
    # Who alters the digest too is caught by the deposited one.
    other = content_of(design(seed=9), ASSIGNED, "2025-03-01", "f" * 64)
    swapped = registration_from(written(other), "r.json")
    assert "not the deposited one" in faults(swapped, digest_of(content()))[0]
    assert "there is no registration" in faults(None, "abc")[0]
    assert faults(None, None) == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"content": {"format": "x"}}', '{"content": 3}'])
def test_another_file_is_no_registration(text: str) -> None:
    with pytest.raises(InputError, match=r"r\.json: expected"):
        registration_from(text, "r.json")


def test_later_changes_are_named_field_by_field() -> None:
    assert changes(design(), design()) == ()
    found = changes(design(), design(seed=4, exclude=("p",)))
    assert len(found) == 2
    assert found[0] == "seed: registered 0, now 4; the registered one counts"


def report(made: Panel, **change: object) -> dict[str, Any]:
    found = analyse(made, design(**change), registered=True)
    gaps = np.where(np.isfinite(made.used_mm), 0.0, np.nan)
    gaps[0, 0] = 0.1
    compliance = Compliance(assigned=40, advised_as_assigned=36, advised_before_their_turn=0, followed_fraction=0.8)
    given = {"problems": ["a <problem>"], "notes": [], "changes": [], "inputs": {"x.csv": "abc"}}
    return report_of(found, made, gaps, compliance, given)


def test_the_report_is_plain_json_and_its_volumes_add_up() -> None:
    found = report(drawn_panel(np.random.default_rng(4), blocks=18))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    water = found["water"]
    assert water["saved_m3_ha"] == pytest.approx(water["expected_m3_ha"] - water["used_m3_ha"])
    assert 1.0 - water["used_m3_ha"] / water["expected_m3_ha"] == pytest.approx(found["saved_fraction"])
    assert found["gaps"]["with_gaps"] == 1
    # The saving where advised: the assigned one over the share that was advised.
    assert found["compliance"]["saved_fraction_where_advised"] == pytest.approx(found["saved_fraction"] / 0.9)
    assert found["yield_change"]["low"] <= found["yield_change"]["change_fraction"] <= found["yield_change"]["high"]


def test_the_page_stands_alone_and_escapes_what_it_is_given() -> None:
    found = report(drawn_panel(np.random.default_rng(4), blocks=18), name="<b>canal</b>")
    page = page_of(found)
    assert "<b>canal" not in page
    assert "a &lt;problem&gt;" in page
    assert found["verdict"] in page
    assert "36 of 40" in page
    for forbidden in ("<script", "src=", "href="):
        assert forbidden not in page


def test_a_trial_with_nothing_to_compare_still_has_a_page() -> None:
    all_at_once = panel([[100.0] * 4, [90.0] * 4], [2, 2])
    found = report(all_at_once, kind="observed")
    assert found["saved"] is False
    page = page_of({**found, "registered": False, "compliance": None})
    assert "nothing to compare" in page
    assert "Not registered before the trial." in page
    assert "Why it is not proven" in page
    assert "unknown" in page


def test_drawings_are_sound_svg() -> None:
    made = drawn_panel(np.random.default_rng(4))
    rows = [("all & more", {"saved_fraction": 0.1, "low": -0.2, "high": 0.9})]
    for svg in (forest(rows, "a"), ways(groups(made), 2, "b"), ways([], 2, "c"), forest([], "d")):
        tree = ET.fromstring(svg)
        assert tree.tag.endswith("svg")
    assert "10.0 [-20.0, 90.0]" in forest(rows, "a")
    drawn = ways(groups(made), 2, "b")
    assert "advised from c" in drawn
    assert "never advised" in drawn


def test_groups_without_any_water_have_holes_and_no_zeros() -> None:
    lost = panel([[np.nan, np.nan, 10.0, 10.0], [100.0] * 4], [2, 4])
    found = groups(lost)
    assert found[0]["used_m3_ha"] == [None, None, 100.0, 100.0]
    assert ways(found, 2, "x").count("<circle") == 6
