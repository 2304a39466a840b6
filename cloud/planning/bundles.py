"""The bundle of one gateway: the plans of its own parcels, with whoever may be told sealed to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud.errors import IntegrityError
from cloud.messages import Farmer, Message
from cloud.planning.making import PlansMade
from cloud.planning.words import answers_known, recipient_of
from cloud.speech.catalogue import Catalogue
from cloud.speech.segments import segments
from cloud.speech.voice import Voice
from cloud.weather.told_rain import SHOWER_MM
from edge.plan import Plan, PlanBundle, PlanRecipient
from edge.plan_seal import seal_recipients, sealed_for

WhyNot = Callable[[Message], str | None]
"""Why a text may not be sent to its person by the operator's rules; None where it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Whom the bundle of one gateway is for."""

    organisation: str
    gateway: str
    opening_key: bytes
    """Its public key, to which recipients are sealed."""
    parcels: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who is told of each parcel, in which words, and who may be."""

    people: Mapping[str, Sequence[Farmer]]
    voice: Voice
    why_not: WhyNot


def bundle_for(
    address: Addressed, made: PlansMade, telling: Telling, *, number: int, made_at: datetime
) -> tuple[PlanBundle | None, tuple[str, ...]]:
    """The bundle of one gateway, None where no parcel of it has a plan; and who is left out of it, one line each."""
    plans: list[Plan] = []
    problems: list[str] = []
    for parcel_id in address.parcels:
        plan = made.plans.get(parcel_id)
        if plan is None:
            continue
        recipients = tuple(_recipients(plan, made, telling, problems))
        about = sealed_for(parcel_id, number)
        sealed = seal_recipients(recipients, about, address.opening_key) if recipients else ""
        plans.append(plan.model_copy(update={"sealed_recipients": sealed}))
    if not plans:
        return None, tuple(problems)
    bundle = PlanBundle(
        organisation=address.organisation,
        gateway=address.gateway,
        number=number,
        made_at=made_at,
        until=max(plan.days[-1].begins_at for plan in plans) + timedelta(days=1),
        plans=tuple(plans),
        answers=answers_known(),
        shower_mm=SHOWER_MM,
    )
    return bundle, tuple(problems)


def _recipients(plan: Plan, made: PlansMade, telling: Telling, problems: list[str]) -> Sequence[PlanRecipient]:
    found = []
    for farmer in telling.people.get(plan.parcel_id, ()):
        try:
            person = recipient_of(plan, made.made[plan.parcel_id], farmer, telling.voice)
        except IntegrityError as error:
            problems.append(str(error))
            continue
        reason = telling.why_not(_sample(plan, person, telling.voice.words(farmer.language)))
        if reason is None:
            found.append(person)
        else:
            problems.append(f"plan of parcel {plan.parcel_id}: farmer {farmer.id} is not in it: {reason}")
    return found


def _sample(plan: Plan, person: PlanRecipient, words: Catalogue) -> Message:
    """A text as the rules of sending look at it."""
    found = segments(person.sayings.wait)
    return Message(
        parcel_id=plan.parcel_id,
        kind="irrigate",
        language=words.language,
        text=person.sayings.wait,
        encoding=found.encoding,
        segments=found.segments,
        valid_until=plan.days[-1].begins_at,
        reviewed=words.reviewed,
        farmer_id=person.farmer_id,
        catalogue_sha256=words.digest,
        day=plan.days[0].day,
    )
