"""A night decided again from what was kept of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from cloud.advice.inputs import DayInputs, KeptStates
from cloud.agronomy.carrying.checkpoints import Shelves
from cloud.errors import InputError, IntegrityError
from cloud.judge.novelty import Novelty
from cloud.judge.novelty_file import loads
from cloud.night_reads import Look, NightRecords
from cloud.records import InputReference, Verdict
from cloud.replay.given import given_from
from cloud.replay.kept import REFERENCE, KeptNight, Rested
from cloud.replay.packing import unpacked

Part = Callable[[str], bytes]
"""Content of a kept part by its name."""


RENEWED: Final = "verdicts of the night, looked at again after texts"
"""Name of what a verdict rests on that was decided again since its night."""


def reference_of(rested: Rested) -> InputReference:
    """What a verdict tells of everything its night rested on."""
    return InputReference(name=REFERENCE, sha256=rested.sha256())


def rested_on(verdict: Verdict) -> str | None:
    """Digest of what the night of a verdict rested on; None where it was not kept."""
    return next((one.sha256 for one in verdict.proposed.inputs if one.name == REFERENCE), None)


def decided_again(verdict: Verdict) -> bool:
    """Whether a verdict took the place of the night's after somebody's text: what it rested on is not kept whole."""
    return any(one.name == RENEWED for one in verdict.proposed.inputs)


def look_of_night(night: KeptNight) -> Look:
    """From where a kept night looked at its records."""
    return Look(day=night.rested.day, moment=night.moment, first=night.first)


def inputs_again(night: KeptNight, part: Part, records: NightRecords, shelves: Shelves) -> DayInputs:
    """Everything the night was decided from; IntegrityError names what is gone or altered."""
    rested = night.rested
    given = given_from(_told("what was given of turns, quotas, pumps and settings", part, [rested.given])[0])
    weather = unpacked(_told("the past weather", part, rested.weather))
    forecast = None if rested.forecast is None else unpacked(_told("the forecast", part, rested.forecast))
    inputs = DayInputs(
        **given,
        parcels=records.parcels,
        events=records.events,
        observations=records.observations,
        detections=records.detections,
        history=records.history,
        weather=weather,
        forecast=forecast,
        kept=KeptStates(shelves=shelves, seen_since=records.seen_since),
    )
    return replace(inputs, inputs=(*inputs.inputs, reference_of(rested)))


def learned_again(night: KeptNight, part: Part) -> Novelty | None:
    """What the judge had learned of released advice by that night; None where it had no opinion."""
    learned = night.rested.learned
    if learned is None:
        return None
    subject = "what the judge had learned"
    try:
        return loads(_told(subject, part, [learned])[0], subject)
    except InputError as error:
        raise IntegrityError(f"{error}; it may be of another library than today's") from error


def _told(subject: str, part: Part, names: Sequence[str]) -> list[bytes]:
    """Parts of one input; what is wrong with one is told with what it is a part of."""
    try:
        return [part(name) for name in names]
    except IntegrityError as error:
        raise IntegrityError(f"{subject} of the night: {error}") from error
