"""What lack of water costs of the yield, over the season and by stage, and how far a stage may be left short.

References: J. Doorenbos, A.H. Kassam (1979), Yield response to water, FAO Irrigation and Drainage Paper 33, table 24
(also FAO-56, table 24): 1 - Ya/Ym = Ky (1 - ETa/ETm). Over several stages the most limiting one and the product of all
bound the loss; the product (Jensen's form) is used. Crops that the table leaves out take 1 and say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cloud.variables import Floats

UNKNOWN_RESPONSE: Final = 1.0
"""Ky of a crop without an entry: yield falls in proportion to evapotranspiration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldResponse:
    """Response of one crop: over the season, and by the four stages where the table gives them."""

    season: float
    stages: tuple[float, float, float, float] | None = None
    """Initial and development share the vegetative value; mid-season is flowering and formation of yield; late."""
    source: str = "FAO-33 table 24"


def _whole(season: float, source: str = "FAO-33 table 24") -> YieldResponse:
    return YieldResponse(season=season, source=source)


def _staged(season: float, vegetative: float, middle: float, late: float) -> YieldResponse:
    return YieldResponse(season=season, stages=(vegetative, vegetative, middle, late))


RESPONSES: Final[Mapping[str, YieldResponse]] = MappingProxyType(
    {
        "alfalfa": _whole(1.10, "FAO-33 table 24, 0.7 to 1.1; the larger"),
        "citrus": _whole(1.10, "FAO-33 table 24, 0.8 to 1.1; the larger"),
        "cotton": _staged(0.85, 0.20, 0.50, 0.25),
        "durum_wheat": _staged(1.05, 0.20, 0.65, 0.50),
        "faba_bean": _whole(1.15, "FAO-33 table 24, bean"),
        "green_bean": _staged(1.15, 0.20, 1.10, 0.20),
        "groundnut": _staged(0.70, 0.20, 0.80, 0.20),
        "maize": _staged(1.25, 0.40, 1.50, 0.20),
        "onion": _staged(1.10, 0.45, 0.80, 0.30),
        "pea": _staged(1.15, 0.20, 0.90, 0.20),
        "pepper": _whole(1.10),
        "potato": _staged(1.10, 0.45, 0.80, 0.20),
        "sorghum": _staged(0.90, 0.20, 0.55, 0.20),
        "soybean": _staged(0.85, 0.20, 1.00, 0.20),
        "sugar_beet": _whole(1.00, "FAO-33 table 24, 0.6 to 1.0; the larger"),
        "sunflower": _staged(0.95, 0.40, 1.00, 0.80),
        "table_grape": _whole(0.85, "FAO-33 table 24, grape"),
        "tomato": _staged(1.05, 0.40, 1.10, 0.40),
        "vineyard": _whole(0.85, "FAO-33 table 24, grape"),
        "watermelon": _staged(1.10, 0.70, 0.80, 0.30),
        "wheat": _staged(1.05, 0.20, 0.65, 0.50),
    }
)
"""Ky by crop; wheat is that of spring wheat, sown in autumn in Morocco."""


def response_of(crop: str) -> YieldResponse:
    """Yield response of a crop of the crop table; 1 over the season where FAO-33 has none."""
    return RESPONSES.get(crop, YieldResponse(season=UNKNOWN_RESPONSE, source="no entry in FAO-33: 1 is taken"))


def relative_yield(crop: str, relative_et_by_stage: Floats, wanted_mm: Floats | None = None) -> Floats:
    """Yield over that of a crop never short of water [-], 0 to 1.

    Parameters
    ----------
    crop : str
        Name in the crop table.
    relative_et_by_stage : array (..., 4)
        ETa/ETm of the four stages [-], 0 to 1; NaN for a stage that has not begun, which costs nothing yet.
    wanted_mm : array (..., 4), optional
        ETm of the stages [mm], by which those that share a Ky are weighed: initial and development, the vegetative
        period of FAO-33, or all of them where only the season has one; alike where it is not given.
    """
    response = response_of(crop)
    known = ~np.isnan(relative_et_by_stage)
    lost = np.where(known, 1.0 - np.clip(relative_et_by_stage, 0.0, 1.0), 0.0)
    weight = np.where(known, 1.0 if wanted_mm is None else wanted_mm, 0.0)
    if response.stages is None:
        return np.clip(1.0 - response.season * _pooled(lost, weight), 0.0, 1.0)
    vegetative = _pooled(lost[..., :2], weight[..., :2])
    _, before, middle, late = response.stages
    kept = [1.0 - ky * short for ky, short in ((before, vegetative), (middle, lost[..., 2]), (late, lost[..., 3]))]
    product: Floats = np.prod(np.clip(np.stack(kept, axis=-1), 0.0, 1.0), axis=-1)
    return product


def _pooled(lost: Floats, weight: Floats) -> Floats:
    """Mean loss of stages that are one period; 0 before it began."""
    pooled: Floats = (weight * lost).sum(axis=-1) / np.maximum(weight.sum(axis=-1), 1e-9)
    return pooled


def tolerated_deficits(crop: str, loss: float) -> tuple[float, float, float, float]:
    """Share of full evapotranspiration that each stage alone may go without for a loss of yield [-], 0 to 1.

    A crop without values by stage takes that of its season in all four.
    """
    if not 0.0 <= loss <= 1.0:
        raise ValueError(f"loss {loss:g}: expected a share of the yield from 0 to 1")
    response = response_of(crop)
    first, second, third, fourth = (min(loss / ky, 1.0) for ky in response.stages or (response.season,) * 4)
    return first, second, third, fourth
