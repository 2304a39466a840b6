import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import skops.io

from cloud import learned_file
from cloud.errors import InputError
from cloud.weather.blend import persist
from cloud.weather.blend.learned import LearnedRegion, estimate
from cloud.weather.blend.pairs import Pairs


@pytest.fixture(scope="module")
def content(learned: LearnedRegion) -> bytes:
    return persist.dumps(learned)


def test_a_model_that_was_written_and_read_tells_the_same(content: bytes, learned: LearnedRegion, pairs: Pairs) -> None:
    again = persist.loads(content, "region.skops")
    first, second = (estimate(one, pairs.products[0]).quantiles for one in (learned, again))
    for name, found in first.items():
        assert (found.middle == second[name].middle).all()
        assert (found.high == second[name].high).all()
    for name in ("predictors", "names", "sites", "first_day", "last_day", "told"):
        assert getattr(again, name) == getattr(learned, name)
    assert again.region.radius_km == learned.region.radius_km


def test_a_model_without_rain_or_normal_year_comes_back_without(learned: LearnedRegion) -> None:
    again = persist.loads(persist.dumps(replace(learned, rain=None, normal={})), "region.skops")
    assert again.rain is None
    assert again.normal == {}


def test_a_file_is_small_and_the_same_each_time(content: bytes, learned: LearnedRegion) -> None:
    assert len(content) < 3_000_000
    assert persist.loads(persist.dumps(learned), "again").variables == learned.variables


@pytest.mark.parametrize("spoilt", [b"", b"not a model", b"PK\x03\x04 but no more"])
def test_another_file_is_refused(spoilt: bytes) -> None:
    with pytest.raises(InputError, match=r"notes\.txt: expected a model made by: seguia cloud weather learn"):
        persist.loads(spoilt, "notes.txt")


def test_a_zip_of_other_things_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(InputError, match="got another file"):
        persist.loads(held.getvalue(), "letter.zip")


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="got another file"):
        persist.loads(skops.io.dumps([1, 2]), "list.skops")
    with pytest.raises(InputError, match="'seguia blend 1', got 'other'"):
        persist.loads(skops.io.dumps({"format": "other"}), "other.skops")


def test_trees_of_another_release_are_refused(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persist, "version", lambda _: "0.1.2")
    with pytest.raises(InputError, match=r"expected trees of scikit-learn 0\.1, got .*learn the region again"):
        persist.loads(content, "region.skops")


def test_what_is_not_trusted_is_named_and_never_built() -> None:
    evil = skops.io.dumps({"format": persist.FORMAT, "x": np.save})
    with pytest.raises(InputError, match=r"expected numbers and trees, got .*save.*; do not use it"):
        persist.loads(evil, "evil.skops")


def zip_of(schema: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", schema)
    return held.getvalue()


def plan() -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps({"a": [1]}))) as archive:
        found: dict[str, Any] = json.loads(archive.read("schema.json"))
    return found


def nested() -> str:
    node: dict[str, Any] = {**plan()}
    for number in range(280):
        node = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [node]}
        node["__id__"] = 10**6 + number
    return json.dumps({**plan(), **node})


@pytest.mark.parametrize(
    "schema", ["{}", "{", "[]", "7", "[" * 100_000, json.dumps({**plan(), "protocol": []}), '{"content": {}}', nested()]
)
def test_a_plan_that_makes_no_sense_is_refused(schema: str) -> None:
    with pytest.raises(InputError, match=r"^odd\.skops: expected .*; learn the region again$"):
        persist.loads(zip_of(schema), "odd.skops")


Spoil = Callable[[dict[str, Any]], object]


def strange(**changes: object) -> Spoil:
    return lambda content: content.update(changes)


def without(name: str) -> Spoil:
    return lambda content: content.pop(name)


SPOILT: tuple[Spoil, ...] = (
    without("scikit_learn"),
    without("region"),
    without("lowest"),
    without("boosted"),
    without("told"),
    strange(region=5),
    lambda content: content["region"].update(latitude="north"),
    lambda content: content["region"].update(radius_km=-1.0),
    lambda content: content["region"].update(height=3),
    lambda content: content["region"].update(around_km="near"),
    lambda content: content["region"].update(around_km=np.nan),
    strange(sites=[1, 2]),
    strange(sites=[[None, None]]),
    strange(last_day="yesterday"),
    strange(last_day="NaT"),
    strange(boosted=[1]),
    strange(lowest=None),
    lambda content: content.update(names=content["names"][:-1]),
    lambda content: content["lowest"].fill(np.nan),
    lambda content: content["boosted"]["tmax_c"].update(slopes="steep"),
    lambda content: content["boosted"]["tmax_c"].update(middle=None),
    lambda content: content["boosted"]["tmax_c"].update(wider=np.inf),
    lambda content: content["boosted"].update(mood=content["boosted"]["tmax_c"]),
    lambda content: content.update(normal={"tmax_c": {"coefficients": np.ones(2), "yearly_sigma": 1.0}}),
    strange(told=7),
)


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_model_that_lacks_a_part_or_has_a_strange_one_is_refused(content: bytes, spoil: Spoil) -> None:
    whole = skops.io.loads(content, trusted=sorted(persist.TRUSTED))
    assert isinstance(whole, dict)
    spoil(whole)
    with pytest.raises(InputError, match=r"^odd\.skops: expected "):
        persist.loads(skops.io.dumps(whole), "odd.skops")


def test_a_file_cut_or_flipped_anywhere_is_refused_or_reads_the_same(content: bytes) -> None:
    chance = np.random.default_rng(2)
    for place in chance.integers(0, len(content), 4).tolist():
        flipped = bytearray(content)
        flipped[place] ^= 0xFF
        for spoilt in (content[:place], bytes(flipped)):
            try:
                assert persist.loads(spoilt, "spoilt").variables
            except InputError as error:
                assert str(error).startswith("spoilt: expected")  # noqa: PT017 -- most are refused, not all


def test_what_would_fill_the_memory_is_refused_unopened(content: bytes) -> None:
    bomb = skops.io.dumps({"a": np.zeros(101_000_000, dtype=np.uint8)}, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 200_000
    with pytest.raises(InputError, match=r"at most 100 MB once unpacked, got 101 MB; do not use it"):
        persist.loads(bomb, "bomb.skops")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sum(part.file_size for part in archive.infolist()) < learned_file.LARGEST_BYTES / 4


def test_a_part_that_is_wanted_many_times_counts_each_time() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", json.dumps({"content": [{"file": "a.npy"}] * 30}))
        archive.writestr("a.npy", bytes(4_000_000))
    with pytest.raises(InputError, match="got 120 MB"):
        persist.loads(held.getvalue(), "again.skops")
