import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import skops.io

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
    with pytest.raises(InputError, match="got list"):
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
