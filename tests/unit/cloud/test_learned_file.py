"""What was learned, as bytes."""

from fractions import Fraction

import numpy as np
import pytest
import skops.io

from cloud import learned_file
from cloud.errors import InputError
from cloud.learned_file import DAMAGED, packed, unpacked


def test_numbers_and_texts_come_back_as_they_were() -> None:
    found = unpacked(packed({"name": "a", "values": np.arange(3.0)}), "n.skops")
    assert found["name"] == "a"
    assert found["values"].tolist() == [0.0, 1.0, 2.0]


def test_anything_that_is_not_trusted_is_named() -> None:
    with pytest.raises(InputError, match=r"n\.skops: expected numbers and trees, got fractions\.Fraction"):
        unpacked(packed({"what": Fraction(1, 3)}), "n.skops")


def test_what_would_grow_too_large_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    content = packed({"values": np.zeros(500_000)})
    assert len(content) < 1_000_000
    monkeypatch.setattr(learned_file, "LARGEST_BYTES", 2_000_000)
    with pytest.raises(InputError, match="expected at most 2 MB once unpacked, got 4 MB"):
        unpacked(content, "n.skops")


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all", skops.io.dumps([1, 2])])
def test_another_file_is_one_of_the_damages(content: bytes) -> None:
    with pytest.raises(DAMAGED):
        unpacked(content, "n.skops")
