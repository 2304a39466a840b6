"""How often bad frames are refused, with which reason, and how often good ones are: the whole photo path, measured."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.canopy import CanopyReader
from edge.card import packaged_models
from edge.errors import ConfigurationError
from edge.gate import SceneGate, SceneView, bare_soil
from edge.photo import refusals
from edge.quality import at_width, judge_photo
from models.job import Job
from models.scene.photos import FieldPhoto, read_fields
from models.scene.sources import JUDGING, Picture, read_source
from models.scene.spoil import harms, without_plants
from models.scene.tiles import drawn_pictures

SEED: Final = 20261123
SPOILT_EVERY: Final = 12
DRAWN_EACH: Final = 12
ALL: Final = "all"
Row = dict[str, object]
Photo = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPath:
    """What the field says of a photo before any model speaks of its plants: quality, view, bare soil."""

    view: Callable[[Photo], SceneView]
    canopy: CanopyReader

    def reasons(self, rgb: Photo) -> tuple[str, ...]:
        """Why the photo (h, w, 3) carries no opinion; empty when it does."""
        mask = self.canopy.mask(rgb, height=rgb.shape[0], width=rgb.shape[1])
        small = at_width(rgb)
        bare = bare_soil(small, mask, float(np.count_nonzero(mask)) / mask.size)
        return refusals(judge_photo(small).reasons, self.view(small), bare=bare)


def installed_path() -> PhotoPath:
    """The photo path with the models that are installed."""
    folder = packaged_models()
    return PhotoPath(view=SceneGate(folder).view, canopy=CanopyReader(folder))


def bad_row(path: PhotoPath, kind: str, severity: str, right: frozenset[str], frames: Iterable[Photo]) -> Row:
    """One row: how many frames of a kind were refused, and how many with a reason that is right."""
    found = [path.reasons(frame) for frame in frames]
    refused, rightly = (sum(bool(held) for held in found), sum(bool(right.intersection(held)) for held in found))
    return {"kind": kind, "severity": severity, "frames": len(found), **shares_of(refused, rightly, len(found))}


def shares_of(refused: float, rightly: float, frames: int) -> Row:
    """The two shares of a row; nothing of no frames."""
    if not frames:
        return {}
    return {"abstained": round(refused / frames, 4), "right_reason": round(rightly / frames, 4)}


def spoilt_rows(path: PhotoPath, photos: Sequence[FieldPhoto]) -> Iterator[Row]:
    """Every kind and severity on every twelfth daylight photo."""
    chosen = [photo.image for photo in photos if photo.daylight][::SPOILT_EVERY]
    for harm in harms():
        random = np.random.default_rng(SEED)
        spoilt = (harm.spoil(image, random) for image in chosen)
        yield bad_row(path, harm.kind, harm.severity, harm.right, spoilt)
    soil = (without_plants(photo.image, photo.mask) for photo in photos if photo.mask is not None)
    bare = [image for image in soil if image is not None]
    yield bad_row(path, "soil only", "no plant", frozenset({"soil_only"}), bare)


def other_rows(path: PhotoPath, pictures: Iterable[Picture]) -> Iterator[Row]:
    """Refused shares of pictures without a crop, by the package or kind they came from; in the dark, dark is right."""
    groups: dict[str, list[Photo]] = {}
    for picture in pictures:
        groups.setdefault(picture.source, []).append(picture.image)
    for name, images in groups.items():
        yield bad_row(path, "no crop", name, frozenset({"not_a_crop_view", "dark"}), images)


def judging_pictures(job: Job) -> Iterator[Picture]:
    """Pictures of the packages that never train; one that is not unpacked here is named and passed over."""
    for source in JUDGING:
        try:
            yield from read_source(source, job.data)
        except ConfigurationError as error:
            job.told(f"scene: left out: {error}")


def together(rows: Sequence[Row]) -> Row:
    """All rows as one, weighted by their frames."""
    frames = [int(str(row["frames"])) for row in rows]
    refused, rightly = (
        sum(float(str(row.get(name, 0))) * count for row, count in zip(rows, frames, strict=True))
        for name in ("abstained", "right_reason")
    )
    return {"kind": ALL, "severity": ALL, "frames": sum(frames), **shares_of(refused, rightly, sum(frames))}


def good_rows(path: PhotoPath, photos: Sequence[FieldPhoto]) -> list[Row]:
    """Refused shares of real field photos by set, daylight and dusk apart, and by hour of the day."""
    found = [(photo, path.reasons(photo.image)) for photo in photos]
    groups: dict[str, list[tuple[str, ...]]] = {}
    for photo, reasons in found:
        light = "daylight" if photo.daylight else "dawn or dusk"
        for name in (f"{photo.group}, {light}", f"all, {light}"):
            groups.setdefault(name, []).append(reasons)
        if photo.hour is not None:
            groups.setdefault(f"soybean, {photo.hour:02d} h", []).append(reasons)
    return [
        {
            "group": name,
            "frames": len(reasons),
            "refused": round(sum(bool(each) for each in reasons) / len(reasons), 4),
            "reasons": ", ".join(sorted(set(chain.from_iterable(reasons)))),
        }
        for name, reasons in sorted(groups.items())
    ]


def tables(path: PhotoPath, job: Job) -> dict[str, list[Row]]:
    """The two tables of the card: ``bad_frames`` and ``good_frames``."""
    photos = read_fields(job.data)
    job.told("scene: good frames")
    good = good_rows(path, photos)
    job.told("scene: spoilt frames")
    bad = list(spoilt_rows(path, photos))
    drawn = drawn_pictures(np.random.default_rng(SEED), DRAWN_EACH)
    bad += other_rows(path, chain(judging_pictures(job), drawn))
    return {"bad_frames": [together(bad), *bad], "good_frames": good}


def run(job: Job) -> dict[str, object]:
    """Both tables with the installed models."""
    return dict(tables(installed_path(), job))
