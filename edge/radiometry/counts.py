"""Raw detector counts of a thermal camera to temperature; the air between camera and crop is left out (close range)."""

import math
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.radiometry.masks import FloatImage

_ZERO_CELSIUS_K = 273.15


class LinearCounts(BaseModel):
    """Temperature [deg C] = gain_c x counts + offset_c."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    gain_c: Annotated[float, Field(gt=0)]
    offset_c: float

    def deg_c(self, counts: FloatImage) -> FloatImage:
        """Temperatures (H, W) [deg C] of counts (H, W)."""
        return (counts * np.float32(self.gain_c) + np.float32(self.offset_c)).astype(np.float32)


class PlanckCounts(BaseModel):
    """Temperature by the camera maker's Planck constants: T = B / ln(R1 / (R2 (S + O)) + F) [K].

    The counts of what the surface reflects, (1 - emissivity) of those at ``reflected_c``, are taken off first.
    The form is that of the makers' calibration; each camera carries its own constants.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    r1: Annotated[float, Field(gt=0)]
    r2: Annotated[float, Field(gt=0)]
    b: Annotated[float, Field(gt=0)]
    f: float = 1.0
    o: float = 0.0
    emissivity: Annotated[float, Field(gt=0.5, le=1.0)] = 0.98
    reflected_c: Annotated[float, Field(ge=-80.0, le=80.0)] = 20.0

    @model_validator(mode="after")
    def _reflection_has_counts(self) -> Self:
        if self.counts_at(self.reflected_c) is None:
            raise ValueError("expected constants that give counts at reflected_c; copy them again from the camera")
        return self

    def counts_at(self, temperature_c: float) -> float | None:
        """Counts of a black body [deg C]; None where these constants have none."""
        try:
            denominator = math.exp(self.b / (temperature_c + _ZERO_CELSIUS_K)) - self.f
        except OverflowError:
            return None
        return self.r1 / (self.r2 * denominator) - self.o if denominator > 0 else None

    def deg_c(self, counts: FloatImage) -> FloatImage:
        """Temperatures (H, W) [deg C] of counts (H, W); NaN where the constants give none."""
        reflected = (1 - self.emissivity) * (self.counts_at(self.reflected_c) or 0.0)
        signal = (counts.astype(np.float64) - reflected) / self.emissivity + self.o
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = np.log(np.where(signal > 0, self.r1 / (self.r2 * signal) + self.f, np.nan))
            kelvin = np.where(logarithm > 0, self.b / logarithm, np.nan)
        return np.asarray(kelvin - _ZERO_CELSIUS_K, dtype=np.float32)
