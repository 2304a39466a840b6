"""What is written down before the first season of advice, and what was changed since."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from cloud.errors import InputError
from cloud.impact.design import Assigned, Design

FORMAT: Final = "seguia-trial-1"

_WORDS: Final = {
    "outcome": "Share of irrigation water saved on the advised parcel-seasons: 1 less metered gross volume over the"
    " volume that they would have taken. Second: yield per hectare; a loss beyond the margin must be excluded.",
    "baseline": "Each parcel's own use over need in the baseline seasons; need is crop evapotranspiration (FAO-56, no"
    " stress) less effective rain of the parcel-season.",
    "model": "Difference-in-differences by ratios of sums within crop and season, the not yet advised as the only"
    " comparison, by assigned start (intention to treat); studentised bootstrap of whole blocks; where chance drew, the"
    " studentised effect under starts drawn anew, two-sided. Meter gaps: least and most, the worst decides.",
    "exclusions": "Parcels named in the design; parcel-seasons whose meter missed more than the named share, without"
    " weather, without a baseline season, or whose rain met the need: each told, those lost counted by group.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A trial as it was written down."""

    design: Design
    assignment: tuple[Assigned, ...]
    registered_on: str
    digest: str
    """SHA-256 that stands in the file."""
    sound: bool
    """Whether the content still has that SHA-256."""


def content_of(
    design: Design, assignment: Sequence[Assigned], registered_on: str, parcels_sha256: str
) -> dict[str, Any]:
    """Everything that is fixed before the trial."""
    return {
        "format": FORMAT,
        "registered_on": registered_on,
        "parcels_sha256": parcels_sha256,
        **_WORDS,
        "design": design.model_dump(mode="json"),
        "assignment": [one.model_dump(mode="json") for one in assignment],
    }


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in canonical JSON [64 hex digits]."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def written(content: Mapping[str, Any]) -> str:
    """The text of the registration file."""
    return json.dumps({"sha256": digest_of(content), "content": content}, indent=1, ensure_ascii=False) + "\n"


def registration_from(text: str, name: str) -> Registration:
    """A registration file read again; InputError when it is none."""
    try:
        whole = json.loads(text)
        content = whole["content"]
        if content["format"] != FORMAT:
            raise InputError(
                f"{name}: expected format {FORMAT}, got {content['format']!r}; use the version that wrote it"
            )
        return Registration(
            design=Design.model_validate(content["design"]),
            assignment=tuple(Assigned.model_validate(one) for one in content["assignment"]),
            registered_on=str(content["registered_on"]),
            digest=str(whole["sha256"]),
            sound=digest_of(content) == whole["sha256"],
        )
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        fault = str(error).splitlines()[0]
        raise InputError(
            f"{name}: expected a registration written by seguia impact design, got {fault}; restore the file"
        ) from error


def changes(registered: Design, given: Design) -> tuple[str, ...]:
    """Fields that are another today than registered, one line each."""
    before, now = registered.model_dump(mode="json"), given.model_dump(mode="json")
    return tuple(
        f"{name}: registered {before[name]!r}, now {now[name]!r}; the registered one counts"
        for name in before
        if before[name] != now[name]
    )


def faults(registration: Registration | None, deposited: str | None) -> tuple[str, ...]:
    """What makes a registration worthless: other content than its SHA-256, or another SHA-256 than the deposited."""
    if registration is None:
        return () if deposited is None else ("a SHA-256 was deposited, but there is no registration",)
    lines = []
    if not registration.sound:
        lines.append("the registration was altered: its content no longer has its SHA-256")
    if deposited is not None and deposited.strip().lower() != registration.digest:
        lines.append(f"the registration is not the deposited one: SHA-256 {registration.digest[:12]}")
    return tuple(lines)
