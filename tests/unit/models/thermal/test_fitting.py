"""Baselines and stress: on made-up plots whose answer is known, and on the real ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigurationError
from edge.radiometry.cwsi import IDSO_BASELINES
from edge.radiometry.stress import STRESS_SIGMA
from models.job import Job
from models.thermal import evaluate, fitting, nebraska


def plot(number: int, *, intercept_k: float = 2.0, shift: float = 0.0, crop: str = "maize") -> nebraska.Plot:
    """Synthetic: hours on a line of -1.9 K/kPa, off it by small known noise."""
    random = np.random.default_rng(number)
    hours = 60
    air, humidity = random.uniform(25, 36, hours), random.uniform(25, 55, hours)
    vpd = 0.6108 * np.exp(17.27 * air / (air + 237.3)) * (1 - humidity / 100)
    noise = random.normal(0, 0.3, hours)
    return nebraska.Plot(
        crop=crop,
        number=number,
        day=np.repeat(np.arange(20), 3),
        difference_k=intercept_k - 1.9 * vpd + noise + shift,
        air_c=air,
        humidity_percent=humidity,
        vpd_kpa=vpd,
        wind_m_s=np.full(hours, 2.0),
        radiation_w_m2=np.full(hours, 800.0),
        refill_stress=np.zeros(hours),
        site_stress=np.full(hours, 0.4),
    )


def test_a_known_line_is_found() -> None:
    baseline = fitting.baseline_of([plot(1), plot(2), plot(3)])
    assert baseline.intercept_k == pytest.approx(2.0, abs=0.2)
    assert baseline.slope_k_per_kpa == pytest.approx(-1.9, abs=0.08)


def test_the_plot_left_out_shows_its_own_shift() -> None:
    rows = fitting.baseline_rows([plot(1), plot(2), plot(3, shift=2.0)])
    assert rows[2]["bias_k"] == pytest.approx(2.0, abs=0.2)
    assert fitting.held_out_sigma_k(rows) > 1.0


def test_plots_that_differ_widen_the_covariance() -> None:
    alike = fitting.baseline_covariance([plot(1), plot(2), plot(3)])
    unlike = fitting.baseline_covariance([plot(1), plot(2, shift=1.5), plot(3, shift=-1.5)])
    assert unlike[0, 0] > alike[0, 0] > 0


def test_stress_of_depletion_by_fao56() -> None:
    found = nebraska.stress_of(np.array([0.0, 0.5, 0.75, 1.0, 1.4]))
    assert found == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0])


def test_half_the_truths_give_the_sigma() -> None:
    """Canopies on the baseline have an index near 0; truths of 0 and 0.4 then err by 0.28 in root mean square."""
    pooled = fitting.pooled_stress([plot(1), plot(2), plot(3)])
    assert pooled["sigma"] == pytest.approx(0.28, abs=0.05)
    assert pooled["z_rms_held_out_plot"] == pytest.approx(1.0, abs=0.15)
    assert len(fitting.stress_rows([plot(1), plot(2)])) == 2 + 5


def test_ranks_with_ties_by_hand() -> None:
    assert fitting.rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([5.0, 7.0, 9.0])) == 1.0
    assert fitting.rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([9.0, 7.0, 7.0])) == -0.866
    assert fitting.rank_correlation(np.array([1.0, 2.0]), np.array([4.0, 4.0])) is None


def test_a_canopy_below_the_wet_bulb_is_no_leaf() -> None:
    assert nebraska.too_cold(plot(1)).mean() < 0.1
    assert nebraska.too_cold(plot(1, shift=-9.0)).mean() > 0.5


def test_a_missing_data_set_is_named(tmp_path: Path) -> None:
    job = Job(data=tmp_path, out=tmp_path, steps=None, threads=1, told=lambda _: None)
    with pytest.raises(ConfigurationError, match="nebraska2024: expected the data set"):
        evaluate.run(job)


@pytest.mark.shared_data
def test_the_shipped_numbers_are_those_of_the_data(shared_data: Path, tmp_path: Path) -> None:
    figures = evaluate.run(Job(data=shared_data, out=tmp_path, steps=None, threads=1, told=lambda _: None))
    text = json.loads(json.dumps(figures, allow_nan=False))
    for row in text["baselines"]:
        shipped = IDSO_BASELINES[row["crop"]]
        assert row["intercept_k"] == pytest.approx(shipped.intercept_k, abs=0.02)
        assert row["slope_k_per_kpa"] == pytest.approx(shipped.slope_k_per_kpa, abs=0.02)
        assert row["held_out_sigma_k"] == pytest.approx(shipped.sigma_k, abs=0.05)
    for row in text["stress"]:
        assert row["sigma"] == pytest.approx(STRESS_SIGMA[row["crop"]], abs=0.02)
        assert 0.9 <= row["z_rms_held_out_days"] <= 1.1
    assert 2006 not in {row["plot"] for row in text["baseline_plots_held_out"]}
    assert text["wheat_plots"]["plots"] > 190
    assert abs(text["wheat_plots"]["bias_c"]) < 0.05
    assert text["wheat_plots"]["mean_absolute_error_c"] < 0.05
    assert all(abs(text["orchard"][f"bias_c_shifted_{shift}_px"]) < 0.5 for shift in (0, -2, 2))
