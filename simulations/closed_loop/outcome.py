"""What became of one field in one season under one strategy: the row that every figure of a simulation is made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from edge.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One finished field-season (SYNTHETIC): who it was, what it was given and what it bore."""

    strategy: str
    field: str
    crop: str
    climate: str
    season: int
    """Year of the harvest's weather: the cluster of a season."""
    soil: str
    method: str
    efficiency: float
    area_ha: float
    applied_gross_mm: float
    """At the parcel's inlet, as a meter sees it."""
    applied_net_mm: float
    yield_t_ha: float
    potential_t_ha: float
    """Yield of the same season without any lack of water."""
    storage_change_mm: float
    """Water in the soil profile at the end less that at the beginning; negative was taken from the soil."""
    rain_mm: float
    percolation_mm: float
    runoff_mm: float
    transpiration_mm: float
    events: int
    stress_days: int
    """Days on which lack of water took more than a tenth of the transpiration."""
    seed: int
    groups: Mapping[str, str]
    """What else tells fields apart: size, place on the canal, language, telephone."""
    weight: float = 1.0
    """What the field-season counts for: 1, or hectares of a district that it stands for."""
    held_days: int = 0
    """Days on which nobody was told anything since the judge held the advice."""
    advised_days: int = 0
    advice_error_mm: float | None = None
    """Root mean square of believed less true depletion over the season; None where nobody believed anything."""
    advice_bias_mm: float | None = None

    @property
    def cluster(self) -> tuple[str, str, int]:
        """Crop, climate and year: field-seasons of one cluster share their weather."""
        return self.crop, self.climate, self.season

    @property
    def used_gross_mm(self) -> float:
        """Water applied and water taken from the soil, both as it would be measured at the inlet."""
        return self.applied_gross_mm - self.storage_change_mm / self.efficiency

    @property
    def lost_gross_mm(self) -> float:
        """Water that went below the roots or off the field, as the inlet would have measured it."""
        return (self.percolation_mm + self.runoff_mm) / self.efficiency

    def row(self) -> dict[str, Any]:
        """The outcome as JSON holds it."""
        return asdict(self)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """An outcome that was written before; ConfigurationError where the row is not one."""
        known = {one.name for one in fields(cls)}
        if set(row) != known:
            odd = ", ".join(sorted(set(row) ^ known))
            raise ConfigurationError(
                f"outcome: expected the fields of this version, got a difference in {odd}; simulate into another folder"
            )
        return cls(**row)
