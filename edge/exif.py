"""When a photo was taken, as its EXIF block says."""

import re
import struct
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from edge import tiff

_ORIGINAL: Final = (0x9003, 0x9011)  # DateTimeOriginal, OffsetTimeOriginal
_DIGITIZED: Final = (0x9004, 0x9012)
_EARLIEST_YEAR: Final = 2000  # a clock that was never set says 1970 or 1980
_LATEST_YEAR: Final = 2100
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")


def taken_at(exif: bytes | None, zone: tzinfo | None) -> datetime | None:
    """Moment the shutter opened, aware; None when EXIF says nothing or something impossible.

    EXIF times carry no zone of their own: OffsetTimeOriginal decides, else ``zone`` (of the camera's
    configuration), else UTC. The time of the last edit (DateTime) is never used.
    """
    directory = _exif_directory(exif)
    if directory is None:
        return None
    for moment_tag, offset_tag in (_ORIGINAL, _DIGITIZED):
        moment = _moment(directory.text(moment_tag))
        if moment is not None:
            return moment.replace(tzinfo=_offset(directory.text(offset_tag)) or zone or UTC)
    return None


def _exif_directory(exif: bytes | None) -> tiff.Directory | None:
    if exif is None:
        return None
    try:
        front = tiff.first_directory(exif)
        place = front.number(tiff.EXIF_DIRECTORY, 0)
        return tiff.directory_at(exif, place, front.order) if place else None
    except (ValueError, struct.error):
        return None


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.strptime(text or "", "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 -- the zone is added by the caller
    except ValueError:
        return None
    return moment if _EARLIEST_YEAR <= moment.year < _LATEST_YEAR else None


def _offset(text: str | None) -> timezone | None:
    match = _OFFSET.fullmatch(text or "")
    if match is None:
        return None
    shift = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-shift if match[1] == "-" else shift) if shift < timedelta(hours=24) else None
