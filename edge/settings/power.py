"""The energy of a gateway, and where it stands: what its schedule follows."""

from typing import Self

from pydantic import Field, model_validator

from edge.settings.section import Section


class PowerConfig(Section):
    """The battery's limits, and the place whose sun the cameras follow."""

    latitude: float | None = Field(
        default=None,
        title="Latitude [degrees north]",
        description="Of the gateway; without it cameras look at even intervals instead of by the sun.",
        ge=-90,
        le=90,
    )
    longitude: float | None = Field(
        default=None, title="Longitude [degrees east]", description="Of the gateway.", ge=-180, le=180
    )
    battery_sensor: str | None = Field(
        default=None,
        title="Battery's sensor",
        description="Id of the [[sensor]] that measures battery_fraction or battery_v; leave out on mains.",
    )
    empty_v: float | None = Field(
        default=None,
        title="Empty battery [V]",
        description="Voltage at rest at which nothing is left; needed with battery_v.",
        gt=0,
        le=1000,
    )
    full_v: float | None = Field(
        default=None, title="Full battery [V]", description="Voltage at rest when full.", gt=0, le=1000
    )
    lean_below: float = Field(
        default=0.5, title="Lean below", description="Share of a full battery below which less is done.", gt=0, lt=1
    )
    survive_below: float = Field(
        default=0.3, title="Survive below", description="One look a day below this share.", gt=0, lt=1
    )
    sleep_below: float = Field(
        default=0.15,
        title="Sleep below",
        description="No looks below this share; sensors and messages go on, rarely.",
        gt=0,
        lt=1,
    )
    hysteresis: float = Field(
        default=0.05,
        title="Hysteresis",
        description="So much more charge than a limit it takes to do more again.",
        ge=0.01,
        le=0.3,
    )
    stale_after_h: float = Field(
        default=6.0,
        title="Stale after [h]",
        description="A battery silent for so long is not believed full: at most lean.",
        gt=0,
        le=168,
    )

    @model_validator(mode="after")
    def _limits_fall(self) -> Self:
        if not self.sleep_below < self.survive_below < self.lean_below:
            raise ValueError("expected sleep_below < survive_below < lean_below")
        if (self.empty_v is None) != (self.full_v is None):
            raise ValueError("empty_v and full_v belong together: give both or neither")
        if self.empty_v is not None and self.full_v is not None and self.empty_v >= self.full_v:
            raise ValueError(f"expected full_v above empty_v {self.empty_v:g}, got {self.full_v:g}")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together: give both or neither")
        return self
