"""Weather as bytes: whatever a dataset holds comes back to the last bit, and what is not ours is refused."""

from datetime import date

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError, IntegrityError
from cloud.replay.packing import packed, unpacked
from tests.synthetic_season import ahead, past


def odd() -> xr.Dataset:
    """Every kind of thing that weather carries."""
    days = np.arange(np.datetime64("2026-01-30"), np.datetime64("2026-03-02"))
    count = days.size
    values = np.where(np.arange(count * 2) % 7 == 0, np.nan, np.arange(count * 2) / 3.0).reshape(count, 2)
    values[1, 1] = -0.0
    return xr.Dataset(
        {
            "tmin_c": (("time", "site"), values, {"units": "degC"}),
            "rain_mm": (("site", "time"), values.T.astype(np.float32)),
            "sure": (("time",), days > days[3]),
            "height": ((), np.int16(3)),
        },
        coords={
            "time": days.astype("datetime64[ns]"),
            "site": np.array(["a", "été"]),
            "source": (("time", "site"), np.full((count, 2), "nasa", dtype=object)),
            "latitude": ("site", [32.3, np.nan]),
        },
        attrs={"source": "x.nc", "flags": np.array([1, 2], np.int8), "one": np.float64(0.1), "plain": [1, "b"]},
    )


@pytest.mark.parametrize("dataset", [odd(), past(date(2026, 6, 9)), ahead(date(2026, 6, 10))])
def test_a_dataset_comes_back_to_the_last_bit(dataset: xr.Dataset) -> None:
    again = unpacked(packed(dataset))
    assert again.identical(dataset)
    for name in dataset.variables:
        assert again[name].dtype == dataset[name].dtype
        assert np.array_equal(np.signbit(again["tmin_c"]), np.signbit(dataset["tmin_c"]))
    assert list(again.variables) == sorted(again.variables, key=list(again.variables).index)
    assert packed(again) == packed(dataset)
    assert list(again.attrs) == list(dataset.attrs)


def test_a_month_is_the_same_part_whatever_follows_it() -> None:
    short, long = packed(past(date(2026, 5, 31))), packed(past(date(2026, 6, 9)))
    assert len(short) == 1 + 5
    assert long[1:6] == short[1:]
    assert len(long) == 7


def test_another_value_gives_other_bytes_in_its_month_alone() -> None:
    one, other = past(date(2026, 6, 9)), past(date(2026, 6, 9)).copy(deep=True)
    other["rain_mm"].values[40, 0] += 1e-12
    changed = [first != second for first, second in zip(packed(one), packed(other), strict=True)]
    assert changed == [False, False, True, False, False, False, False]


def test_a_dataset_without_days_and_one_without_time_come_back() -> None:
    empty = past(date(2026, 6, 9)).isel(time=slice(0, 0))
    assert unpacked(packed(empty)).identical(empty)
    still = empty.drop_dims("time")
    assert unpacked(packed(still)).identical(still)


def test_parts_that_are_not_ours_are_refused_in_one_line() -> None:
    parts = packed(past(date(2026, 3, 9)))
    for broken in ((), parts[:-1], (parts[0], *parts[2:], parts[1][:-5]), (b"\x00" * 9, *parts[1:]), (b"junk" * 9,)):
        with pytest.raises(IntegrityError, match="packed weather: expected the parts of a dataset"):
            unpacked(broken)


def test_what_cannot_be_kept_is_named() -> None:
    with pytest.raises(InputError, match="got a dict"):
        packed(xr.Dataset(attrs={"a": {"b": 1}}))
    with pytest.raises(InputError, match="array of other things"):
        packed(xr.Dataset({"a": ("x", np.array([object()], dtype=object))}))


def test_a_description_nested_without_end_is_damage() -> None:
    with pytest.raises(IntegrityError, match="packed weather"):
        unpacked([(200_000).to_bytes(8, "big") + b"[" * 200_000])
