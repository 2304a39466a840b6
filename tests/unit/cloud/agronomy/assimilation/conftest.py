"""A field whose roots and use of water do not change, so that its water can be followed by hand."""

from datetime import date

import pytest

from cloud.records import CropParameters, Parcel


@pytest.fixture
def field(maize: Parcel) -> Parcel:
    """Full-grown maize with roots of 1 m: 130 mm available, of which about 70 mm readily."""
    full = CropParameters(
        kcb_ini=1.1,
        kcb_mid=1.1,
        kcb_end=1.1,
        stage_lengths_days=(1, 1, 200, 1),
        root_depth_min_m=1.0,
        root_depth_max_m=1.0,
        depletion_fraction=0.55,
    )
    changed = {"planted_on": date(2024, 5, 20), "crop_parameters": full, "initial_depletion_mm": 20.0}
    return maize.model_copy(update=changed)
