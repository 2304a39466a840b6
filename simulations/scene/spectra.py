"""Colours of leaves and soil: reflectance and transmittance in the bands of a colour camera and of a field sensor.

The table was computed once with PROSPECT-D; Feret et al. (2017), Remote Sens. Environ. 193, 204-215,
doi:10.1016/j.rse.2017.03.004: structure 1.6, carotenoids a fifth of chlorophyll, anthocyanins 1 ug/cm2, water
0.012 cm, dry matter 0.006 g/cm2, no brown pigments. Validity: chlorophyll of 10 to 60 ug/cm2.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BANDS: Final = ("camera_blue", "camera_green", "camera_red", "red", "red_edge", "nir")
"""Camera 420-500, 490-600 and 580-680 nm; narrow bands at 668, 717 and 840 nm."""
_CHLOROPHYLL_UG_CM2: Final = (10.0, 20.0, 30.0, 45.0, 60.0)
_REFLECTANCE: Final = np.array(
    [
        [0.091, 0.237, 0.189, 0.112, 0.417, 0.472],
        [0.055, 0.169, 0.114, 0.058, 0.371, 0.472],
        [0.046, 0.130, 0.080, 0.043, 0.334, 0.472],
        [0.042, 0.096, 0.057, 0.037, 0.289, 0.472],
        [0.041, 0.077, 0.047, 0.035, 0.253, 0.472],
    ],
    np.float32,
)
_TRANSMITTANCE: Final = np.array(
    [
        [0.063, 0.216, 0.178, 0.100, 0.411, 0.470],
        [0.022, 0.149, 0.099, 0.037, 0.365, 0.470],
        [0.009, 0.109, 0.061, 0.016, 0.328, 0.470],
        [0.003, 0.073, 0.033, 0.005, 0.283, 0.470],
        [0.001, 0.051, 0.019, 0.002, 0.248, 0.470],
    ],
    np.float32,
)
DRY_SOIL: Final = np.array([0.225, 0.256, 0.299, 0.320, 0.345, 0.404], np.float32)
DIFFUSE_FRACTION: Final = np.array([0.26, 0.19, 0.15, 0.13, 0.12, 0.09], np.float32)
"""Share of the light that comes from a clear sky and not straight from the sun: round figures."""

Spectra = NDArray[np.float32]


def leaf_optics(chlorophyll_ug_cm2: NDArray[np.float32]) -> tuple[Spectra, Spectra]:
    """Reflectance and transmittance (N, 6) of leaves of a chlorophyll content (N,) [ug/cm2], in the order of BANDS."""
    return _at(_REFLECTANCE, chlorophyll_ug_cm2), _at(_TRANSMITTANCE, chlorophyll_ug_cm2)


def _at(table: Spectra, chlorophyll: NDArray[np.float32]) -> Spectra:
    columns = [np.interp(chlorophyll, _CHLOROPHYLL_UG_CM2, column) for column in table.T]
    return np.stack(columns, axis=-1).astype(np.float32)
