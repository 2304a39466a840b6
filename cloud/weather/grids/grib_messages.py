"""GRIB messages as bytes: found in what a service sent, and cut to a region before they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from cloud.errors import ConfigurationError, InputError
from cloud.weather.grids.region import Region

MARGIN_DEG: Final = 0.5
"""Cells this far around a region are kept, so that its edges lie between cells."""

_MARK: Final = b"GRIB"
_END: Final = b"7777"
_EDITION_2: Final = 2
_HEAD: Final = 16
_FINEST_DEG: Final = 1e-3


def eccodes_for(subject: str) -> Any:  # noqa: ANN401 -- eccodes, a module without types
    """The library that reads GRIB; ConfigurationError, with how to install it, where it is absent."""
    try:
        import eccodes  # noqa: PLC0415 -- optional: only who reads GRIB needs the library
    except (ImportError, RuntimeError) as error:
        raise ConfigurationError(
            f"{subject}: GRIB needs a library; install it with: pip install '.[grib]' in a checkout"
        ) from error
    return eccodes


def messages_of(body: bytes, subject: str) -> Iterator[bytes]:
    """Whole messages of edition 2 in a run of bytes, whatever stands between them; one that is cut off is refused."""
    place = body.find(_MARK)
    while place >= 0:
        head = body[place : place + _HEAD]
        if len(head) < _HEAD or head[7] != _EDITION_2:
            raise InputError(f"{subject}: expected GRIB of edition 2, got something else; not used")
        length = int.from_bytes(head[8:], "big")
        message = body[place : place + length]
        if len(message) < length or not message.endswith(_END):
            raise InputError(f"{subject}: expected a GRIB message of {length} bytes, got one that is cut off; not used")
        yield message
        place = body.find(_MARK, place + length)


Wanted = frozenset[tuple[str, int]]
"""Short names and members; 0 is the member of a field without a number."""


def cut_to_region(body: bytes, region: Region, wanted: Wanted, subject: str) -> bytes:
    """The wanted messages in a run of bytes, each with only the cells around a region."""
    return b"".join(
        cut for message in messages_of(body, subject) if (cut := _cut(message, region, wanted, subject)) is not None
    )


def _cut(message: bytes, region: Region, wanted: Wanted, subject: str) -> bytes | None:
    eccodes = eccodes_for(subject)
    try:
        handle = eccodes.codes_new_from_message(message)
        try:
            member = eccodes.codes_get_long(handle, "number") if eccodes.codes_is_defined(handle, "number") else 0
            if (eccodes.codes_get_string(handle, "shortName"), member) not in wanted:
                return None
            if eccodes.codes_get_string(handle, "gridType") != "regular_ll":
                raise InputError(f"{subject}: expected a regular grid, got another; not used")
            _keep_around(eccodes, handle, region, subject)
            return bytes(eccodes.codes_get_message(handle))
        finally:
            eccodes.codes_release(handle)
    except eccodes.CodesInternalError as error:
        raise InputError(f"{subject}: expected GRIB, got a field that is damaged ({error}); not used") from error


def _keep_around(eccodes: Any, handle: int, region: Region, subject: str) -> None:  # noqa: ANN401 -- as above
    rows, columns = (eccodes.codes_get_long(handle, key) for key in ("Nj", "Ni"))
    shape = rows, columns
    latitude, longitude = (
        np.asarray(eccodes.codes_get_double_array(handle, key)).reshape(shape) for key in ("latitudes", "longitudes")
    )
    values = np.asarray(eccodes.codes_get_double_array(handle, "values")).reshape(shape)
    east = (longitude[0] + 180.0) % 360.0 - 180.0
    up = np.flatnonzero(_around(latitude[:, 0], region.south, region.north))
    across = np.flatnonzero(_around(east, region.west, region.east))
    across = across[np.argsort(east[across], kind="stable")]
    if up.size < 2 or across.size < 2:  # noqa: PLR2004 -- a grid has two ends
        raise InputError(f"{subject}: expected a grid around the parcels, got one that lies elsewhere; not used")
    eccodes.codes_set(handle, "packingType", "grid_simple")
    for key, one in (
        ("Ni", across.size),
        ("Nj", up.size),
        ("latitudeOfFirstGridPointInDegrees", float(latitude[up[0], 0])),
        ("latitudeOfLastGridPointInDegrees", float(latitude[up[-1], 0])),
        ("longitudeOfFirstGridPointInDegrees", float(east[across[0]] % 360.0)),
        ("longitudeOfLastGridPointInDegrees", float(east[across[-1]] % 360.0)),
    ):
        eccodes.codes_set(handle, key, one)
    eccodes.codes_set_values(handle, values[np.ix_(up, across)].ravel())


def _around(lines: np.ndarray, low: float, high: float) -> np.ndarray:
    return (lines >= low - MARGIN_DEG - _FINEST_DEG) & (lines <= high + MARGIN_DEG + _FINEST_DEG)
