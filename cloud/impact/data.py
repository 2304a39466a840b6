"""What a trial's folder holds, once read: parcel-seasons, meters, yields, weather, and who was advised from when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from cloud.impact.metering import Reading
from cloud.records import Parcel
from cloud.variables import Days, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelSeason:
    """One parcel in one season, as it was cropped."""

    parcel_id: str
    season: str
    crop: str
    first: date
    last: date
    area_ha: float
    yield_t_ha: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Since when a parcel truly got advice, and what share of it the farmer followed."""

    since: date
    followed_fraction: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialWeather:
    """Daily weather at the parcels in the order of the data, arrays (D, P); NaN where unknown."""

    days: Days
    """(D,) consecutive."""
    et0_mm: Floats
    rain_mm: Floats
    wind_m_s: Floats
    rh_min_percent: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialData:
    """The records of a trial; what could not be read is named in ``problems``."""

    parcels: tuple[Parcel, ...]
    seasons: tuple[ParcelSeason, ...]
    readings: Mapping[str, Sequence[Reading]] = field(default_factory=dict)
    """By parcel."""
    events_mm: Mapping[str, Sequence[tuple[date, float]]] = field(default_factory=dict)
    """By parcel: local day and gross depth."""
    outages: Mapping[str, Sequence[tuple[date, date]]] = field(default_factory=dict)
    """By parcel: first and last day on which the meter of single events was out."""
    advice: Mapping[str, Advice] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file, by name."""
