"""A pilot: what a simulation runs over, as its TOML file says it; unknown keys are refused."""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.errors import ConfigurationError
from simulations.closed_loop.fields import CROPS

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
AdvisorStrategy = Literal["advisor", "no_vision", "no_forecast", "no_assimilation", "no_replies"]
"""The advisor, and the advisor without one of its sources."""
BaselineStrategy = Literal[
    "mixture",
    "mixture_after_rain",
    "mixture_rain_blind",
    "fixed_calendar",
    "turns",
    "calendar_100",
    "calendar_110",
    "calendar_110_on_demand",
    "pyfao56_auto",
    "perfect",
]
DISTRICT_STRATEGIES: Final = frozenset({"mixture", "turns", "calendar_110", "calendar_110_on_demand"})
"""Baselines of a district; the advisor and its ablations beside them."""
PLOT_STRATEGIES: Final = frozenset(get_args(BaselineStrategy)) - {"calendar_110_on_demand"}
Season = Annotated[int, Field(ge=1950, le=2100)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClimateChoice(_Table):
    """One place whose weather is lived through."""

    name: Name
    weather: str | None = None
    """File of daily weather, relative to the pilot or below the data folder; none: the package's own record."""
    latitude: Annotated[float, Field(ge=-66.0, le=66.0)] | None = None
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)] | None = None
    elevation_m: Annotated[float, Field(ge=-430.0, le=4000.0)] | None = None
    seasons: tuple[Season, ...] = Field(min_length=1, description="Years of the harvest, each a season of weather.")

    @model_validator(mode="after")
    def _seasons_differ(self) -> Self:
        if len(set(self.seasons)) != len(self.seasons):
            raise ValueError(f"seasons: expected each year once, got {list(self.seasons)}")
        if self.weather is not None and None in (self.latitude, self.longitude, self.elevation_m):
            raise ValueError("weather: expected latitude, longitude and elevation_m beside the file")
        return self


class Sensors(_Table):
    """What stands in the fields, and how well it does."""

    cameras: Share = Field(0.6, description="Share of the fields with a camera that looks straight down.")
    thermal: Share = Field(0.3, description="Share of the fields with cameras that also measure canopy temperature.")
    unvalidated_stress: bool = Field(
        default=False, description="Take stress of crops without a labelled evaluation too, with a sigma of .35."
    )
    photo_every_days: Annotated[int, Field(ge=1, le=30)] = Field(2, description="Days between two photos of a camera.")
    sick_cameras: Share = Field(0.05, description="Share of the cameras that fall ill within the season.")
    camera_errors: Literal["card", "rendered"] = Field(
        "card", description="Errors of cover as the models' cards state them, or as measured on rendered pictures."
    )
    probes: Share = Field(0.1, description="Share of the fields with a soil-moisture probe.")
    meters: Share = Field(0.3, description="Share of the farms whose water is metered.")


class Farmers(_Table):
    """What is done with the advice; how each farmer differs is drawn by the world."""

    compliance: Share = Field(0.8, description="Share of the advice that is followed.")
    replies: Share = Field(0.6, description="Share of the irrigations that farmers without a meter tell of.")
    held_advice: Literal["waits", "agronomist"] = Field(
        "agronomist",
        description="What becomes of advice that the judge holds: nobody irrigates until it is released, or an"
        " agronomist looks at it on the same day and releases what is not plainly wrong.",
    )


class Fields(_Table):
    """How many fields stand for each crop, climate, season and soil."""

    textures: tuple[Name, ...] = Field(("loam",), min_length=1, description="Declared soils; each is a field.")
    copies: Annotated[int, Field(ge=1, le=200)] = Field(1, description="Fields of each crop, climate, season, soil.")


class District(_Table):
    """A district with canals, turns, pumps and quotas; a sample of its fields is lived through and weighed."""

    area_ha: Annotated[float, Field(ge=10.0, le=100_000.0)] = Field(2000.0, description="Area of the district.")
    sample: Annotated[int, Field(ge=10, le=4000)] = Field(200, description="Fields that are lived through.")
    turn_days: Annotated[int, Field(ge=1, le=30)] = Field(10, description="Days between two turns of a group.")


class Pilot(_Table):
    """A simulation's world, strategies and chance; SYNTHETIC but for the weather it names."""

    name: Name
    crops: tuple[Name, ...] = Field(min_length=1)
    climates: tuple[ClimateChoice, ...] = Field(min_length=1)
    strategies: tuple[AdvisorStrategy | BaselineStrategy, ...] = ("advisor", "mixture", "calendar_110")
    seed: Annotated[int, Field(ge=0)] = 1
    fields: Fields = Fields()
    sensors: Sensors = Sensors()
    farmers: Farmers = Farmers()
    district: District | None = None
    """A whole district instead of single fields on demand; its crops are its own."""

    @model_validator(mode="after")
    def _strategies_fit(self) -> Self:
        known = PLOT_STRATEGIES if self.district is None else DISTRICT_STRATEGIES
        strange = [name for name in self.strategies if name not in known | set(get_args(AdvisorStrategy))]
        if strange:
            where = "fields on demand" if self.district is None else "a district"
            raise ValueError(f"strategies: {', '.join(strange)} cannot be run on {where}; take it out")
        return self

    @model_validator(mode="after")
    def _crops_are_known(self) -> Self:
        strange = [name for name in self.crops if name not in CROPS]
        if strange:
            raise ValueError(f"crops: expected some of {', '.join(sorted(CROPS))}, got {', '.join(strange)}")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for what, names in (
            ("crops", self.crops),
            ("climates", [one.name for one in self.climates]),
            ("strategies", self.strategies),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"{what}: expected each once, got {', '.join(names)}")
        return self

    def digest(self) -> str:
        """SHA-256 of all that its parts depend on, so of everything but which strategies run [64 hex digits]."""
        return hashlib.sha256(self.model_dump_json(exclude={"strategies"}).encode()).hexdigest()

    def shortened(self, seasons: int | None, only: tuple[str, ...]) -> Self:
        """The pilot with its first seasons only and some of its strategies; ConfigurationError for an unknown one."""
        unknown = [name for name in only if name not in self.strategies]
        if unknown:
            raise ConfigurationError(f"--only: expected one of {', '.join(self.strategies)}, got {', '.join(unknown)}")
        climates = tuple(
            one.model_copy(update={"seasons": one.seasons[:seasons] if seasons else one.seasons})
            for one in self.climates
        )
        chosen = tuple(name for name in self.strategies if not only or name in only)
        return self.model_copy(update={"climates": climates, "strategies": chosen})


LARGEST_FILE: Final = 1_000_000


def read_pilot(path: Path) -> Pilot:
    """The pilot of a TOML file; ConfigurationError names the file, the key and what was expected."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigurationError(f"{path}: expected a pilot of at most 1 MB, got more; give the TOML file")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{path}: expected a pilot (TOML), got {error.strerror}; name an existing file"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: expected TOML, got {error}; correct the file") from error
    try:
        return Pilot.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        # A rule of the whole table says itself what it got, and of what is missing there is nothing to show.
        got = "" if isinstance(first["input"], dict) else f", got {str(first['input'])[:80]!r}"
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{path}: {where}{said}{got}; correct the pilot") from error
