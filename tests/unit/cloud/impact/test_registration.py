"""What is written down before a trial: every change since is told, and nothing else counts."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.errors import InputError
from cloud.impact.design import Assigned
from cloud.impact.registration import changes, content_of, digest_of, faults, registration_from, written
from tests.synthetic_panel import design

ASSIGNED = (
    Assigned(parcel_id="p0", block="C/é", starts="c"),
    Assigned(parcel_id="p1", block="C/b", starts=None, pair="k"),
)


def content(**change: object) -> dict[str, Any]:
    return content_of(design(**change), ASSIGNED, "2025-03-01", "f" * 64)


def test_a_registration_comes_back_as_it_was_written() -> None:
    found = registration_from(written(content()), "r.json")
    assert (found.design, found.assignment, found.registered_on) == (design(), ASSIGNED, "2025-03-01")
    assert found.sound
    assert found.digest == digest_of(content())
    assert faults(found, None) == faults(found, f" {found.digest.upper()}\n") == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"expected_saving_percent": 15.0', '"expected_saving_percent": 5.0'),
        ('"parcel_id": "p0"', '"parcel_id": "p9"'),
        ('"registered_on": "2025-03-01"', '"registered_on": "2024-03-01"'),
        ("no stress", "with stress"),
    ],
)
def test_whatever_is_altered_in_the_file_no_longer_has_its_digest(old: str, new: str) -> None:
    text = written(content())
    assert old in text
    found = registration_from(text.replace(old, new), "r.json")
    assert not found.sound
    assert faults(found, None) == ("the registration was altered: its content no longer has its SHA-256",)


def test_one_written_anew_is_sound_and_not_the_deposited_one() -> None:
    other = registration_from(written(content(seed=7)), "r.json")
    assert other.sound
    (line,) = faults(other, digest_of(content()))
    assert line == f"the registration is not the deposited one: SHA-256 {other.digest[:12]}"


def test_a_deposit_without_a_registration_is_a_fault() -> None:
    assert faults(None, None) == ()
    assert faults(None, "a" * 64) == ("a SHA-256 was deposited, but there is no registration",)


def test_each_changed_field_is_told_and_the_registered_one_counts() -> None:
    lines = changes(design(), design(seed=3, exclude=("p1",)))
    assert lines == (
        "seed: registered 0, now 3; the registered one counts",
        "exclude: registered [], now ['p1']; the registered one counts",
    )
    assert changes(design(), design()) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected a registration"),
        ("[]", "expected a registration"),
        ('{"sha256": "x"}', "expected a registration"),
        ('{"sha256": "x", "content": {"format": "seguia-trial-0"}}', "use the version that wrote it"),
        ('{"sha256": "x", "content": {"format": "seguia-trial-1"}}', "restore the file"),
        ("[" * 100_000, "expected a registration"),
    ],
)
def test_a_file_that_is_no_registration_is_named_in_one_line(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        registration_from(text, "r.json")
    assert str(caught.value).startswith("r.json: ")
    assert "\n" not in str(caught.value)


@settings(max_examples=30)
@given(keys=st.permutations(list(content())))
def test_the_digest_does_not_depend_on_the_order_of_keys(keys: list[str]) -> None:
    whole = content()
    assert digest_of({key: whole[key] for key in keys}) == digest_of(whole)
    assert digest_of(json.loads(written(whole))["content"]) == digest_of(whole)
