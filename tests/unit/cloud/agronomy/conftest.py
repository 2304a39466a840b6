from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from cloud.records import IrrigationSystem, Parcel, Soil
from cloud.weather.forcing import Forcing

MakeForcing = Callable[..., Forcing]


@pytest.fixture
def make_forcing() -> MakeForcing:
    def make(
        first: date, et0: list[float], rain: list[float] | None = None, parcels: int = 1, members: int | None = None
    ) -> Forcing:
        shape = (len(et0), parcels) if members is None else (len(et0), parcels, members)
        extra = (1,) * (len(shape) - 1)

        def spread(values: list[float]) -> np.ndarray:
            return np.broadcast_to(np.array(values, dtype=np.float64).reshape(-1, *extra), shape).copy()

        return Forcing(
            days=np.arange(np.datetime64(first), np.datetime64(first) + len(et0)),
            et0_mm=spread(et0),
            rain_mm=spread(rain or [0.0] * len(et0)),
            wind_2m_m_s=spread([2.0] * len(et0)),
            rh_min_percent=spread([45.0] * len(et0)),
            tmin_c=spread([12.0] * len(et0)),
            tmax_c=spread([28.0] * len(et0)),
            radiation_mj_m2=spread([22.0] * len(et0)),
        )

    return make


@pytest.fixture
def maize() -> Parcel:
    return Parcel(
        id="maize",
        crop="maize",
        planted_on=date(2024, 4, 1),
        latitude=32.34,
        longitude=-6.35,
        timezone="Africa/Casablanca",
        soil=Soil(field_capacity=0.25, wilting_point=0.12),
        irrigation=IrrigationSystem(method="basin", efficiency=0.8),
        initial_depletion_mm=5.0,
    )
