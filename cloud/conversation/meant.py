"""Which told irrigation, or which parcels, an answer means: one, several to ask about, or none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cloud.conversation.context import Context
from cloud.conversation.reading import HeardText, Option
from cloud.errors import InputError
from cloud.replies import ToldIrrigation
from cloud.speech.facts import choices_of
from cloud.speech.reply import Understood

TOLD_APART: Final = timedelta(minutes=1)
"""Messages of one night stand closer than this; of two people with one number the one told later is meant."""
SAME_SHOWER_KM: Final = 3.0
"""Parcels this close to each other get the same rain, as far as a farmer can tell; by judgement."""
_KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelsMeant:
    """Parcels that a text may be about."""

    ids: tuple[str, ...]
    together: bool
    """Whether it is about all of them."""

    def __len__(self) -> int:
        return len(self.ids)


def meant_by(text: HeardText, context: Context, understood: Understood) -> list[ToldIrrigation] | None:
    """Told irrigations that an answer may mean; None where it names something that is no parcel of the farmer."""
    due = context.due(text.received_at)
    said = None if text.inbound is None else text.inbound.parcel_id
    if said is None and understood.named:
        said = context.named(understood.named, {*(one.parcel_id for one in due), *context.parcels})
        if said is None:
            return None
    if said is not None:
        return [one for one in due if one.parcel_id == said][-1:]
    if not due:
        return []
    last = max(one.begin.date() for one in due)
    return _narrowed([one for one in due if one.begin.date() == last], text, context)


def _narrowed(candidates: list[ToldIrrigation], text: HeardText, context: Context) -> list[ToldIrrigation]:
    """Those of which nobody has spoken yet; where all were spoken of, the one spoken of last."""
    answered = context.answered()
    silent = [one for one in candidates if (one.parcel_id, one.begin) not in answered]
    if not silent:
        return [max(candidates, key=lambda one: answered[one.parcel_id, one.begin].position)]
    if len(text.farmer_ids) > 1 and len({one.farmer_id for one in silent}) > 1:
        newest = max(one.queued_at for one in silent)
        late = [one for one in silent if one.queued_at > newest - TOLD_APART]
        return late if len({one.farmer_id for one in late}) == 1 else silent
    return silent


def parcels_meant(text: HeardText, context: Context, understood: Understood) -> ParcelsMeant | None:
    """Parcels that a word about the sky is about; None where it names something that is no parcel of the farmer."""
    said = None if text.inbound is None else text.inbound.parcel_id
    if said is None and understood.named:
        said = context.named(understood.named, context.parcels)
        if said is None:
            return None
    if said is not None:
        return ParcelsMeant(ids=(said,) if said in context.parcels else (), together=True)
    return ParcelsMeant(ids=tuple(sorted(context.parcels)), together=_one_shower(context))


def asked_among(options: Sequence[Option], context: Context) -> tuple[Option, ...] | None:
    """Options with the digits that choose them; None where they are too many for one question."""
    try:
        choices = choices_of(tuple(context.label(option.parcel_id) for option in options))
    except InputError:
        return None
    return tuple(
        option.model_copy(update={"digits": choice.digits}) for option, choice in zip(options, choices, strict=True)
    )


def _one_shower(context: Context) -> bool:
    places = [(one.latitude, one.longitude) for one in context.parcels.values()]
    return all(_apart_km(places[0], place) <= SAME_SHOWER_KM for place in places[1:])


def _apart_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    north = one[0] - other[0]
    east = (one[1] - other[1]) * math.cos(math.radians(one[0]))
    return _KM_PER_DEGREE * math.hypot(north, east)
