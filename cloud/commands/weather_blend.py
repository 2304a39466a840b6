"""The past weather of a night as ``[weather.blend]`` wants it: the station's, and the fetched one corrected to it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.commands.day_inputs import Desk
from cloud.errors import CloudError, InputError
from cloud.records import InputReference
from cloud.weather_config import WeatherBlendConfig

if TYPE_CHECKING:
    import xarray as xr


def past_of_the_night(settings: WeatherBlendConfig | None, fetched: xr.Dataset, desk: Desk) -> xr.Dataset:
    """The fetched weather blended with the station's; as it was fetched, and told, where the two cannot be blended."""
    if settings is None:
        return fetched
    from cloud.weather.blend.blending import Extent, blended  # noqa: PLC0415 -- heavy; other nights need none of it
    from cloud.weather.blend.persist import loads  # noqa: PLC0415 -- as above
    from cloud.weather.read import read_weather  # noqa: PLC0415 -- as above

    try:
        content = _content(settings.model_path)
        learned = loads(content, settings.model_path.name)
        station = None if settings.reference_path is None else desk.weather(read_weather(settings.reference_path))
        found = blended(station, fetched, learned, Extent.ALL)
    except CloudError as error:
        desk.problems.append(f"weather.blend: not blended, the weather stays as it was fetched: {error}")
        return fetched
    desk.references.append(
        InputReference(name=f"blend {settings.model_path.name}", sha256=hashlib.sha256(content).hexdigest())
    )
    if station is not None:
        desk.references.append(InputReference(name=str(station.attrs["source"]), sha256=station.attrs["sha256"]))
    return desk.weather(found)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: expected a readable model, got {error.strerror}; check the path") from error
