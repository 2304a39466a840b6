"""What an operator may say of prices; light enough for whatever only reads a configuration."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cloud.agronomy.crops.crop import find_crop
from cloud.errors import InputError

WATER_SHARE: Final = 0.60
"""Without a price, a millimetre costs this share of what one earns on average (value over seasonal need).

Tariffs of large perimeters are far below what water earns; a share of its average product stands for what scarce
water would do elsewhere. Of 0.5, 0.6, 0.7, 0.75 and 0.95, the largest that left 99 % of the yield with
something to spare in simulated seasons (SYNTHETIC fields, record of Tunis, even years 1984 to 1992 only)."""

NonNegative = Annotated[float, Field(ge=0.0, le=1e6)]
Positive = Annotated[float, Field(gt=0.0, le=1e8)]


class Prices(BaseModel):
    """What water, energy and crops cost, in any one money; what is not told has a documented default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    water_per_m3: NonNegative | None = None
    """Tariff of the water; none: ``water_share`` of what it earns on average."""
    energy_per_m3: NonNegative = 0.0
    """Energy where no table of pumps tells it."""
    scarcity_per_m3: NonNegative = 0.0
    """Added to the price: what the cubic metre would earn elsewhere, or later under a quota."""
    water_share: Annotated[float, Field(gt=0.0, lt=1.0)] = WATER_SHARE
    event_per_ha: NonNegative | None = None
    """Labour of one irrigation on one hectare; none: by method."""
    crop_value_per_ha: dict[str, Positive] = {}
    """Gross value of a good crop by its name."""

    @field_validator("crop_value_per_ha")
    @classmethod
    def _are_of_known_crops(cls, values: dict[str, float]) -> dict[str, float]:
        try:
            return {find_crop(name).name: value for name, value in values.items()}
        except InputError as error:
            raise ValueError(str(error)) from error


USUAL_PRICES: Final = Prices()
"""Nothing told: every default."""
