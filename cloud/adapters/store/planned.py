"""Plans that were made for gateways, and what gateways advised by them: messages like any others, told already."""

import json
from datetime import date
from typing import Any

from sqlalchemy import func, select

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.field_post import CARRIER
from cloud.adapters.store.land import farmer_in
from cloud.adapters.store.moving import Word, apply_words
from cloud.adapters.store.plan_tables import GATEWAY_ADVICE, PLANS
from cloud.adapters.store.queueing import held_in, queue_rows
from cloud.errors import InputError
from cloud.ingest import Arrival
from cloud.messages import Delivery, Message
from cloud.speech.segments import segments
from edge.gateway_advice import GatewayAdvice
from edge.plan import PlanBundle


class Planned(Database):
    """The store's side of planned advice."""

    def keep_plan(self, bundle: PlanBundle, payload: bytes) -> None:
        """Keep a bundle as it was signed; the same one again changes nothing."""
        row = {
            "organisation": bundle.organisation,
            "gateway": bundle.gateway,
            "number": bundle.number,
            "made_at": bundle.made_at,
            "until_at": bundle.until,
            "parcels": json.dumps([plan.parcel_id for plan in bundle.plans]),
            "payload": payload,
        }
        with self.writing() as writer:
            if _parcels_in(writer, bundle.organisation, bundle.gateway, bundle.number) is None:
                writer.add("plan", [row])

    def newest_plan(self, organisation: str, gateway: str) -> tuple[int, bytes] | None:
        """Number and bytes of a gateway's newest bundle; None before the first."""
        statement = (
            select(PLANS.c.number, PLANS.c.payload)
            .where(PLANS.c.organisation == organisation, PLANS.c.gateway == gateway)
            .order_by(PLANS.c.number.desc())
            .limit(1)
        )
        with self.reading() as connection:
            row = connection.execute(statement).first()
            return None if row is None else (int(row.number), bytes(row.payload))

    def newest_plan_number(self) -> int:
        """The greatest number of any bundle; 0 before the first."""
        with self.reading() as connection:
            return int(connection.execute(select(func.coalesce(func.max(PLANS.c.number), 0))).scalar_one())

    def gateway_advice(self, parcel_id: str, since: date) -> tuple[GatewayAdvice, ...]:
        """What gateways advised for a parcel from a day on, in the order in which it was heard; without texts."""
        statement = (
            select(GATEWAY_ADVICE.c.body)
            .where(GATEWAY_ADVICE.c.parcel_id == parcel_id, GATEWAY_ADVICE.c.day >= since)
            .order_by(GATEWAY_ADVICE.c.position)
        )
        with self.reading() as connection:
            return tuple(GatewayAdvice.model_validate_json(one) for one in connection.execute(statement).scalars())

    def add_gateway_advice(self, arrival: Arrival, advice: GatewayAdvice) -> bool:
        """Keep an advice, and its text as a message that its person has been sent; False when it was known.

        A gateway is believed of the parcels of a bundle that was made for it, and of nobody else's.
        """
        message = arrival.message
        assert message is not None, "an advice is a queued message"
        with self.writing() as writer:
            own = _parcels_in(writer, arrival.organisation, arrival.gateway, advice.plan_number)
            if own is None or advice.parcel_id not in own:
                raise InputError(
                    f"advice of gateway {arrival.gateway}: expected one by a plan made for it, got one for parcel"
                    f" {advice.parcel_id} by plan {advice.plan_number}; it is set aside"
                )
            key = (arrival.organisation, arrival.gateway, message.boot, message.sequence)
            columns = ("organisation", "gateway", "boot", "sequence")
            known = select(GATEWAY_ADVICE.c.position).where(
                *(GATEWAY_ADVICE.c[name] == value for name, value in zip(columns, key, strict=True))
            )
            if writer.connection.execute(known).first() is not None:
                return False
            row = dict(zip(columns, key, strict=True))
            body = advice.model_dump_json(exclude={"text"})
            about = {"parcel_id": advice.parcel_id, "day": advice.day, "received_at": arrival.received_at}
            writer.add("planned", [{**row, **about, "body": body}])
            _tell_in(writer, self._keys, arrival, advice)
        return True


def _parcels_in(writer: Writer, organisation: str, gateway: str, number: int) -> frozenset[str] | None:
    """Whose days a bundle holds; None where there is no such bundle."""
    statement = select(PLANS.c.parcels).where(
        PLANS.c.organisation == organisation, PLANS.c.gateway == gateway, PLANS.c.number == number
    )
    found = writer.connection.execute(statement).scalar_one_or_none()
    return None if found is None else frozenset(json.loads(found))


def _tell_in(writer: Writer, keys: PersonalKeys, arrival: Arrival, advice: GatewayAdvice) -> None:
    """The text as a message that left; none where nobody was told, or the person is not known any more."""
    if advice.text is None or advice.farmer_id is None or advice.valid_until is None:
        return
    if held_in(writer, [advice.id]) or farmer_in(writer.connection, keys, advice.farmer_id) is None:
        return
    found = segments(advice.text)
    content: dict[str, Any] = {
        "parcel_id": advice.parcel_id,
        "kind": advice.kind,
        "language": advice.language,
        "text": advice.text,
        "encoding": found.encoding,
        "segments": found.segments,
        "valid_until": advice.valid_until,
        "reviewed": advice.reviewed,
        "farmer_id": advice.farmer_id,
        "day": advice.day,
    }
    at = min(advice.at, arrival.received_at)  # a gateway whose clock is ahead queued nothing in times to come
    queue_rows(writer, {advice.id: Message.model_validate(content)}, {advice.id: ""}, at)
    said = Delivery(
        message_id=advice.id,
        state="wired",
        carrier=CARRIER,
        carrier_id=f"{arrival.gateway}/{advice.id}",
        reason="the gateway advised by itself while it did not hear the cloud",
        at=at,
    )
    apply_words(writer, [Word(said)])
