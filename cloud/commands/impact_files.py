"""What the commands of a trial read and write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cloud.adapters.files.read import first_fault, read_text
from cloud.adapters.files.trial import read_trial
from cloud.commands.console import tell
from cloud.errors import ConfigurationError, InputError
from cloud.impact.assemble import Assembled, assemble
from cloud.impact.compliance import block_of
from cloud.impact.data import TrialData, TrialWeather
from cloud.impact.design import Assigned, Design
from cloud.impact.registration import Registration, registration_from
from cloud.weather.forcing import forcing_for
from cloud.weather.read import read_weather

COMMAND: Final = "impact"
_WEATHER: Final = ("weather.csv", "weather.nc", "weather.zarr")
REGISTRATION: Final = "registration.json"


def read_design(path: Path) -> Design:
    """The design of a TOML file."""
    text, _ = read_text(path)
    try:
        return Design.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {first_fault(error)}; correct the design") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: expected TOML, got {error}; correct the file") from error


def write(path: Path, text: str) -> None:
    """Write a file of ours, its folder made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: expected a folder that can be written, got {error.strerror}; choose another"
        ) from error


def refuse_overwriting(path: Path) -> None:
    """A trial is drawn once: a second draw until one likes it would be no chance."""
    if path.exists():
        raise ConfigurationError(
            f"{path}: expected no registration yet, got one; a trial is drawn once, choose a new folder"
        )


def registration_for(plan: Design, path: Path | None, folders: tuple[Path, ...]) -> Registration | None:
    """The registration that was named, or lies in one of the folders; a drawn trial must have one."""
    found = path or next((folder / REGISTRATION for folder in folders if (folder / REGISTRATION).exists()), None)
    if found is not None:
        return registration_from(read_text(found)[0], found.name)
    if plan.randomised:
        raise ConfigurationError(
            f"--registration: expected the registration of a {plan.kind} trial, got none; give the file that seguia"
            ' impact design wrote before it, or say kind = "observed" where nobody was drawn'
        )
    return None


def weather_of(folder: Path, records: TrialData) -> TrialWeather:
    """The weather of a trial's folder at its parcels."""
    path = next((folder / name for name in _WEATHER if (folder / name).exists()), None)
    if path is None:
        raise InputError(f"{folder}: expected one of {', '.join(_WEATHER)}, got none; add the weather of all seasons")
    dataset = read_weather(path, parcels=records.parcels)
    tell(COMMAND, str(dataset.attrs.get("problems", "")).splitlines())
    forcing = forcing_for(records.parcels, dataset)
    tell(COMMAND, forcing.notes)
    return TrialWeather(
        days=forcing.days,
        et0_mm=forcing.et0_mm,
        rain_mm=forcing.rain_mm,
        wind_m_s=forcing.wind_2m_m_s,
        rh_min_percent=forcing.rh_min_percent,
    )


def past_seasons(folder: Path, plan: Design) -> Assembled:
    """The metered seasons before a trial: all that the folder has of the design's baseline."""
    records = read_trial(folder)
    tell(COMMAND, [*records.notes, *records.problems])
    everybody = [Assigned(parcel_id=one.id, block=block_of(one, plan), starts=None) for one in records.parcels]
    return assemble(records, weather_of(folder, records), plan, everybody)
