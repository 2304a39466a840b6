"""Every published thermal figure: baselines by plot held out, stress calibration, real scenes with known answers."""

from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import ConfigurationError
from edge.radiometry.cwsi import IDSO_BASELINES
from edge.radiometry.stress import STRESS_SIGMA
from models.job import Job
from models.thermal.fitting import (
    baseline_covariance,
    baseline_of,
    baseline_rows,
    held_out_sigma_k,
    pooled_stress,
    stress_rows,
)
from models.thermal.nebraska import Plot, read_plots
from models.thermal.scenes import orchard, wheat

MAX_BIAS_C = 0.5


def run(job: Job) -> dict[str, object]:
    """Rebuild the figures; ConfigurationError names a data folder that is missing."""
    plots = read_plots(_folder(job.data, "field/nebraska2024"))
    crops = [[plot for plot in plots if plot.crop == crop] for crop in ("maize", "soybean")]
    job.told("thermal: baselines and stress calibration")
    orchard_row = orchard(_folder(job.data, "imagery/orchard_ms_thermal"))
    bias: Any = orchard_row["bias_c_shifted_0_px"]
    return {
        "baselines": [_baseline(group) for group in crops],
        "baseline_plots_held_out": [row for group in crops for row in baseline_rows(group)],
        "stress": [{**pooled_stress(group), "shipped_sigma": STRESS_SIGMA[group[0].crop]} for group in crops],
        "stress_held_out": [row for group in crops for row in stress_rows(group)],
        "stress_remark": (
            "no signal: by the refill truth no plot ever lacked water, and the two truths differ more than canopies do;"
            " the slope 1 is theory, only sigma is fitted"
        ),
        "wheat_plots": wheat(_folder(job.data, "imagery/wheat_uav_thermal_plots")),
        "orchard": orchard_row,
        "bars": [
            {
                "what": "orchard canopy temperature bias, one scene",
                "asked": f"within {MAX_BIAS_C} deg C",
                "value": bias,
                "state": "not measured" if bias is None else "met" if abs(bias) <= MAX_BIAS_C else "missed",
            }
        ],
    }


def _folder(data: Path, name: str) -> Path:
    folder = data / name
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder}: expected the data set, got nothing there; name the data folder with --data"
        )
    return folder


def _baseline(plots: list[Plot]) -> dict[str, object]:
    fitted, shipped = baseline_of(plots), IDSO_BASELINES[plots[0].crop]
    deviation = np.sqrt(np.diag(baseline_covariance(plots)))
    return {
        "crop": plots[0].crop,
        "plots": len(plots),
        "hours": sum(plot.day.size for plot in plots),
        "intercept_k": round(fitted.intercept_k, 3),
        "intercept_standard_error_k": round(float(deviation[0]), 3),
        "slope_k_per_kpa": round(fitted.slope_k_per_kpa, 3),
        "slope_standard_error_k_per_kpa": round(float(deviation[1]), 3),
        "held_out_sigma_k": held_out_sigma_k(baseline_rows(plots)),
        "shipped": [shipped.intercept_k, shipped.slope_k_per_kpa, shipped.sigma_k],
    }
