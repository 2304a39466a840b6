"""Frames of any small size: a pattern or none, never an exception."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.frame import Frame
from edge.measured import read_measured
from edge.pattern.rows import find_rows
from edge.pattern.view import ParcelMap, lay_flat, view_from_above


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 2**32 - 1))
def test_a_thermal_frame_of_any_size_is_read(height: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    temperature_c = random.normal(28, 3, (height, width)).astype(np.float32)
    temperature_c[random.random(temperature_c.shape) > 0.5] += 8
    temperature_c[random.random(temperature_c.shape) > 0.9] = np.nan
    frame = Frame(
        path=Path("t.npz"),
        sha256="0" * 64,
        width=width,
        height=height,
        temperature_c=temperature_c,
        parcel_view=view_from_above(),
    )
    detection = read_measured(frame, "soybean", None).detection
    assert detection.reasons
    assert detection.stress_index is None


@pytest.mark.parametrize("shape", [(7, 400), (400, 7), (15, 15)])
def test_a_strip_too_narrow_for_rows_has_none(shape: tuple[int, int]) -> None:
    canopy = (np.indices(shape).sum(axis=0) // 4) % 2 == 0
    stress = np.ones(shape, np.float32)
    assert find_rows(lay_flat(view_from_above(), canopy, stress)) is None


def test_a_map_seen_in_specks_has_no_rows() -> None:
    seen = np.zeros((64, 64), np.bool_)
    seen[::4, ::16] = True
    canopy = np.zeros((64, 64), np.bool_)
    canopy[::8, ::16] = True
    stress = np.where(canopy, 1, np.nan).astype(np.float32)
    parcel = ParcelMap(canopy=canopy, stress=stress, seen=seen, step=1.0, unit="px", rows_from=None)
    assert find_rows(parcel) is None
