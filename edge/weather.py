"""Weather at the camera when the frame was taken, as a small JSON file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import ConfigurationError


class FieldWeather(BaseModel):
    """Weather beside the crop at the moment of a frame; None = not measured."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    air_temperature_c: Annotated[float, Field(ge=-40.0, le=60.0)]
    relative_humidity_percent: Annotated[float, Field(ge=0.0, le=100.0)]
    wind_speed_m_s: Annotated[float | None, Field(ge=0.0, le=75.0)] = None
    radiation_w_m2: Annotated[float | None, Field(ge=0.0, le=1500.0)] = None
    wet_reference_c: Annotated[float | None, Field(ge=-40.0, le=90.0)] = None
    dry_reference_c: Annotated[float | None, Field(ge=-40.0, le=90.0)] = None
    canopy_height_m: Annotated[float | None, Field(ge=0.05, le=10.0)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherFile:
    """Weather of a file and the names of its fields that were ignored."""

    weather: FieldWeather
    ignored_fields: tuple[str, ...]


def read_weather(path: Path) -> WeatherFile:
    """Weather of a JSON file; ConfigurationError names the file, the field and what was expected."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a readable weather file, got {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: expected a JSON object, got {error}") from error
    try:
        weather = FieldWeather.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigurationError(
            f"{path}: {field}: {first['msg']}, got {first['input']!r};"
            " give air_temperature_c, relative_humidity_percent, wind_speed_m_s, radiation_w_m2 in these units"
        ) from error
    return WeatherFile(weather=weather, ignored_fields=tuple(sorted(set(content) - set(FieldWeather.model_fields))))
