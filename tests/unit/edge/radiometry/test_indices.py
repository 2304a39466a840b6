"""Vegetation indices by hand arithmetic, and what they are silent about."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.frame import Frame
from edge.measured import read_measured
from edge.radiometry import indices

Image = NDArray[np.float32]
ALL = np.ones((2, 2), np.bool_)


def flat(value: float, shape: tuple[int, int] = (2, 2)) -> Image:
    """A band of one value but for a pixel, so that it is not taken for dead."""
    band = np.full(shape, value, np.float32)
    band[0, 0] *= np.float32(1.0001)
    return band


def test_indices_by_hand() -> None:
    bands = {"red": flat(0.05), "red_edge": flat(0.25), "nir": flat(0.45)}
    found = indices.canopy_indices(bands, ALL)
    assert found["ndvi"] == pytest.approx(0.40 / 0.50, abs=1e-3)
    assert found["ndre"] == pytest.approx(0.20 / 0.70, abs=1e-3)
    assert found["osavi"] == pytest.approx(0.40 / 0.66, abs=1e-3)


def test_only_canopy_counts_and_missing_pixels_do_not() -> None:
    red, nir = flat(0.05), flat(0.45)
    nir[1] = (0.05, np.nan)
    upper = np.array([[True, True], [False, True]])
    assert indices.canopy_indices({"red": red, "nir": nir}, upper)["ndvi"] == pytest.approx(0.8, abs=1e-3)
    assert indices.canopy_indices({"red": red, "nir": nir}, ~ALL) == {"ndvi": None, "ndre": None, "osavi": None}


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (("red", "nir"), {"ndvi", "osavi"}),
        (("red_edge", "nir"), {"ndre"}),
        (("green", "nir"), set()),
        (("red",), set()),
    ],
)
def test_an_index_without_its_band_is_unknown(names: tuple[str, ...], known: set[str] | tuple[()]) -> None:
    found = indices.canopy_indices({name: flat(0.1 * place) for place, name in enumerate(names, start=1)}, ALL)
    assert {name for name, value in found.items() if value is not None} == set(known)


def test_osavi_is_silent_on_numbers_that_are_no_reflectance() -> None:
    counts = indices.canopy_indices({"red": flat(5000), "nir": flat(45000)}, ALL)
    assert counts["ndvi"] == pytest.approx(0.8, abs=1e-3)
    assert counts["osavi"] is None
    assert not indices.is_reflectance(flat(0.05), flat(1.6))
    assert not indices.is_reflectance(flat(np.nan))


def test_a_dead_band_is_missing_and_another_stands_in() -> None:
    bands = {"green": flat(0.1), "red": np.zeros((2, 2), np.float32), "red_edge": flat(0.3), "nir": flat(np.nan)}
    live = indices.live_bands(bands)
    assert set(live) == {"green", "red_edge"}
    pair = indices.leaf_pair(live)
    assert pair is not None
    assert pair[2]
    assert pair[0] is bands["green"]
    assert indices.leaf_pair({"red": flat(0.1)}) is None
    assert indices.leaf_pair({"red": flat(0.1), "nir": flat(0.4)}) is not None


@settings(max_examples=50, deadline=None)
@given(red=st.floats(0.01, 0.9), nir=st.floats(0.01, 0.9), gain=st.floats(0.1, 100))
def test_normalised_differences_know_no_scale(red: float, nir: float, gain: float) -> None:
    one = indices.ndvi(flat(nir), flat(red))
    assert np.allclose(one, indices.ndvi(flat(nir * gain), flat(red * gain)), atol=1e-4)
    assert (abs(one) <= 1).all()
    assert (abs(indices.osavi(flat(nir), flat(red))) <= abs(one) + 1e-6).all()


def test_a_measured_frame_tells_its_indices_and_its_missing_band() -> None:
    truth = np.zeros((40, 60), np.bool_)
    truth[:, ::8] = truth[:, 1::8] = truth[:, 2::8] = True
    rng = np.random.default_rng(3)
    speckle = rng.normal(0, 0.005, truth.shape).astype(np.float32)
    red = np.where(truth, 0.05, 0.25).astype(np.float32) + speckle
    nir = np.where(truth, 0.45, 0.30).astype(np.float32) - speckle
    whole = frame_of({"red": red, "nir": nir})
    found = read_measured(whole, None, None).detection
    assert found.opinion
    assert found.ndvi == pytest.approx(0.8, abs=0.02)
    assert found.osavi == pytest.approx(0.40 / 0.66, abs=0.02)
    assert found.ndre is None
    assert "band_missing" not in found.reasons
    dead = frame_of({"green": red, "red": np.zeros_like(red), "nir": nir})
    answer = read_measured(dead, None, None)
    assert "band_missing" in answer.detection.reasons
    assert answer.detection.ndvi is None
    assert answer.detection.canopy_cover_fraction == pytest.approx(truth.mean(), abs=0.02)


def test_bands_that_lie_apart_give_no_opinion() -> None:
    rng = np.random.default_rng(4)
    truth = np.repeat(np.repeat(rng.random((10, 12)) > 0.5, 20, 0), 20, 1)
    speckle = rng.normal(0, 0.005, truth.shape).astype(np.float32)
    red = np.where(truth, 0.05, 0.25).astype(np.float32) + speckle
    nir = np.where(truth, 0.45, 0.30).astype(np.float32) - speckle
    assert read_measured(frame_of({"red": np.roll(red, 2, 1), "nir": nir}), None, None).detection.opinion
    apart = read_measured(frame_of({"red": np.roll(red, 9, 1), "nir": nir}), None, None).detection
    assert not apart.opinion
    assert apart.reasons[0] == "bands_misaligned"


def frame_of(bands: dict[str, Image]) -> Frame:
    height, width = next(iter(bands.values())).shape
    return Frame(path=Path("a.npz"), sha256="c" * 64, width=width, height=height, bands=bands)
