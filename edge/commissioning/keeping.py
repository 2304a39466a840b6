"""What the installer decides, kept in the camera's own file: its comments and other keys stay."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from edge.camera import ParcelViewConfig, ReferencePointsConfig
from edge.commissioning.sights import Sight
from edge.errors import ConfigurationError
from edge.toml_text import with_values

Side = Literal["left", "right", "top", "bottom"]
Share = tuple[float, float]
"""A place in a picture: shares of its width and height, from the top left."""
_CORNERS: Final = 4


def outline(
    corners: Sequence[Share], size_px: tuple[int, int], sides_m: tuple[float, float], rows_from: Side | None
) -> ParcelViewConfig:
    """A rectangular parcel seen in a picture of ``size_px`` (width, height), its corners clockwise from the top left.

    ``sides_m``: its sides along the top and along the left [m].
    """
    width_m, depth_m = sides_m
    if len(corners) != _CORNERS or not 0 < width_m <= 10_000 or not 0 < depth_m <= 10_000:  # noqa: PLR2004 -- 10 km
        raise ConfigurationError(f"outline: expected four corners, sides above 0 m, got {len(corners)}, {sides_m}")
    try:
        return ParcelViewConfig(
            image_points=tuple(_pixels(corner, size_px) for corner in corners),
            parcel_points_m=((0.0, 0.0), (width_m, 0.0), (width_m, depth_m), (0.0, depth_m)),
            rows_from=rows_from,
        )
    except ValidationError as error:
        raise ConfigurationError(f"outline: {_first(error)}; put the corners in turn") from error


def references(wet: Share, dry: Share, size_px: tuple[int, int]) -> ReferencePointsConfig:
    """Two places in a thermal picture of ``size_px`` (width, height), read over a hundredth of its width."""
    points = (_pixels(wet, size_px), _pixels(dry, size_px))
    if points[0] == points[1]:
        raise ConfigurationError("references: expected two places, got one; mark both")
    try:
        return ReferencePointsConfig(wet_point=points[0], dry_point=points[1], radius_px=max(1.5, size_px[0] / 100))
    except ValidationError as error:
        raise ConfigurationError(f"references: {_first(error)}; mark both in the picture") from error


def keep(config_file: Path, sight: Sight, kept: ParcelViewConfig | ReferencePointsConfig) -> Path:
    """Write what was decided into the camera's file, which is made, and named in gateway.toml, where there is none."""
    table = "parcel_view" if isinstance(kept, ParcelViewConfig) else "references"
    values = kept.model_dump(mode="json")
    if sight.camera_file is not None:
        _rewrite(sight.camera_file, [table], values)
        return sight.camera_file
    file = config_file.parent / "cameras" / f"{_file_name(sight.name)}.toml"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        _replace(file, f"# Camera {sight.name}, begun at its set-up. Every key may be absent.\n")
        _rewrite(file, [], {"camera_id": sight.name})
    _rewrite(file, [table], values)
    # Named last: until then gateway.toml knows no half-written camera.
    _rewrite(config_file, [sight.table], {"camera_file": f"cameras/{file.name}"}, place=sight.place)
    return file


def _rewrite(file: Path, table: Sequence[str], values: Mapping[str, object], *, place: int = 0) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read ({error}); correct the file") from error
    try:
        changed = with_values(text, table, values, place=place)
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from error
    _replace(file, changed)


def _replace(file: Path, text: str) -> None:
    """Put a text in a file's place, whole or not at all, with the rights it had."""
    part = file.with_name(f".{file.name}.part")
    try:
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        with part.open("w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be written ({error.strerror}); correct its rights") from error


def _pixels(share: Share, size_px: tuple[int, int]) -> tuple[float, float]:
    return round(share[0] * size_px[0], 1), round(share[1] * size_px[1], 1)


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in name)[:60] or "camera"


def _first(error: ValidationError) -> str:
    return error.errors()[0]["msg"].removeprefix("Value error, ")
