"""What the field sent: stored once under its message id, with the latest state of each parcel beside it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, select, tuple_

from cloud.adapters.store.database import Writer
from cloud.adapters.store.field_post import delivery_of, inbound_of, is_of_a_modem
from cloud.adapters.store.inbox import Inbox
from cloud.adapters.store.outgoing import Outgoing
from cloud.adapters.store.planned import Planned
from cloud.adapters.store.rows import RECORDS
from cloud.adapters.store.sensed import SensedReadings, body_of, is_of_sensors
from cloud.adapters.store.tables import GATEWAY_CHANGES, GATEWAY_STATE, PARCEL_STATE, PARKED
from cloud.ingest import Arrival, Outcome, Parked
from edge.contract import Detection, Evidence, MessageId, SmsInbound, SmsReport
from edge.gateway_advice import GatewayAdvice
from edge.heartbeat import Heartbeat

_BINARY: Final = ("image_jpeg", "mask_png", "stress_grid")
_CHUNK: Final = 200
_CONFLICT: Final = "its message id was already used for another content"


class Arrivals(Outgoing, Inbox, SensedReadings, Planned):
    """The receiving side of the store."""

    def receive(self, arrivals: Sequence[Arrival]) -> tuple[Outcome, ...]:
        """Store a batch; receiving the same message again changes nothing.

        What gateways saw is one transaction; each word of a modem is one of its own, idempotent by itself.
        """
        sensed = iter(self._receive_sensed([one for one in arrivals if is_of_sensors(one)]))
        others = [one for one in arrivals if not is_of_a_modem(one) and not is_of_sensors(one)]
        seen = iter(self._receive_seen(others))
        return tuple(
            self._heard(one) if is_of_a_modem(one) else next(sensed if is_of_sensors(one) else seen) for one in arrivals
        )

    def _receive_sensed(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        outcomes = self.receive_readings(arrivals)
        conflicts = [one for one, outcome in zip(arrivals, outcomes, strict=True) if outcome == "parked"]
        self._receive_seen([_conflicting(one, {"body": body_of(one)}) for one in conflicts])
        return outcomes

    def _receive_seen(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        if not arrivals:
            return []
        with self.writing() as writer:
            outcomes: list[Outcome] = []
            for start in range(0, len(arrivals), _CHUNK):
                outcomes += _receive(writer, arrivals[start : start + _CHUNK])
            return outcomes

    def _heard(self, arrival: Arrival) -> Outcome:
        """A report moves its message, a gateway's own advice is one, a text or a call is a farmer's answer."""
        if isinstance(arrival.content, SmsReport):
            delivery = delivery_of(arrival, arrival.content)
            if delivery is not None:
                self.record_delivery(delivery)
            return "stored"
        if isinstance(arrival.content, GatewayAdvice):
            return "stored" if self.add_gateway_advice(arrival, arrival.content) else "known"
        assert isinstance(arrival.content, SmsInbound), "only a modem's words come here"
        return "stored" if self.add_inbound(inbound_of(arrival, arrival.content)) else "known"

    def add_detection(self, message: MessageId, organisation: str, detection: Detection, received_at: datetime) -> bool:
        """Store one detection; False when it was already known."""
        return self._add("detection", message, organisation, detection, received_at)

    def add_evidence(self, message: MessageId, organisation: str, evidence: Evidence, received_at: datetime) -> bool:
        """Store one evidence; False when it was already known."""
        return self._add("evidence", message, organisation, evidence, received_at)

    def park(
        self, organisation: str, gateway: str, kind: str, payload: bytes, reason: str, received_at: datetime
    ) -> None:
        """Keep a payload that could not be read, with the reason."""
        content = Parked(payload=payload, reason=reason)
        self.receive([_arrival(organisation, gateway, kind, content, received_at)])

    def save_heartbeat(self, organisation: str, gateway: str, heartbeat: Heartbeat, received_at: datetime) -> None:
        """Keep a gateway's last word; a change of its state, software or models is a record of its own."""
        self.receive([_arrival(organisation, gateway, "heartbeat", heartbeat, received_at)])

    def _add(
        self, kind: str, message: MessageId, organisation: str, content: Detection | Evidence, received_at: datetime
    ) -> bool:
        arrival = Arrival(
            organisation=organisation,
            gateway=message.gateway,
            kind=kind,
            message=message,
            content=content,
            received_at=received_at,
        )
        return self.receive([arrival]) == ("stored",)


def _arrival(organisation: str, gateway: str, kind: str, content: Heartbeat | Parked, received_at: datetime) -> Arrival:
    return Arrival(
        organisation=organisation,
        gateway=gateway,
        kind=kind,
        message=None,
        content=content,
        received_at=received_at,
    )


def _receive(writer: Writer, arrivals: Sequence[Arrival]) -> list[Outcome]:
    known = {kind: _known(writer, kind, arrivals) for kind in ("detection", "evidence")}
    outcomes: list[Outcome] = []
    fresh: dict[str, list[dict[str, Any]]] = {"detection": [], "evidence": []}
    parked: list[Arrival] = []
    heartbeats: list[Arrival] = []
    for arrival in arrivals:
        match arrival.content:
            case Parked():
                parked.append(arrival)
                outcomes.append("parked")
            case Heartbeat():
                heartbeats.append(arrival)
                outcomes.append("stored")
            case Detection() | Evidence():
                kind = "detection" if isinstance(arrival.content, Detection) else "evidence"
                row = _row(arrival)
                key = _key(row)
                held = known[kind].get(key)
                if held is None:
                    known[kind][key] = _fingerprint(row)
                    fresh[kind].append(row)
                    outcomes.append("stored")
                elif held == _fingerprint(row):
                    outcomes.append("known")
                else:
                    parked.append(_conflicting(arrival, row))
                    outcomes.append("parked")
    _add_fresh(writer, fresh)
    _park(writer, parked)
    _note_heartbeats(writer, heartbeats)
    return outcomes


def _key(row: Mapping[str, Any] | RowMapping) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("organisation", "gateway", "boot", "sequence"))


def _fingerprint(row: Mapping[str, Any] | RowMapping) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in ("body", *_BINARY))


def _known(writer: Writer, kind: str, arrivals: Sequence[Arrival]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    keys = [
        (arrival.organisation, arrival.gateway, arrival.message.boot, arrival.message.sequence)
        for arrival in arrivals
        if arrival.message is not None and arrival.kind == kind
    ]
    if not keys:
        return {}
    table = RECORDS[kind].table
    columns = tuple_(table.c.organisation, table.c.gateway, table.c.boot, table.c.sequence)
    rows = writer.connection.execute(select(table).where(columns.in_(keys))).mappings()
    return {_key(row): _fingerprint(row) for row in rows}


def _row(arrival: Arrival) -> dict[str, Any]:
    assert arrival.message is not None
    content = arrival.content
    assert isinstance(content, Detection | Evidence)
    row: dict[str, Any] = {
        "organisation": arrival.organisation,
        "gateway": arrival.gateway,
        "boot": arrival.message.boot,
        "sequence": arrival.message.sequence,
        "parcel_id": content.parcel_id,
        "counts_at": min(content.taken_at or arrival.received_at, arrival.received_at),
        "received_at": arrival.received_at,
    }
    if isinstance(content, Detection):
        return {**row, "taken_at": content.taken_at, "body": content.model_dump_json()}
    return {
        **row,
        "detection_boot": content.detection_boot,
        "detection_sequence": content.detection_sequence,
        "body": content.model_dump_json(exclude=set(_BINARY)),
        **{name: getattr(content, name) for name in _BINARY},
    }


def _conflicting(arrival: Arrival, row: Mapping[str, Any]) -> Arrival:
    message = arrival.message
    assert message is not None
    content = Parked(payload=row["body"].encode(), reason=f"{message.boot}/{message.sequence}: {_CONFLICT}")
    return Arrival(
        organisation=arrival.organisation,
        gateway=arrival.gateway,
        kind=arrival.kind,
        message=message,
        content=content,
        received_at=arrival.received_at,
    )


def _add_fresh(writer: Writer, fresh: Mapping[str, list[dict[str, Any]]]) -> None:
    for kind, rows in fresh.items():
        latest: dict[str, dict[str, Any]] = {}
        for position, row in zip(writer.add(kind, rows), rows, strict=True):
            parcel_id, counts_at = row["parcel_id"], row["counts_at"]
            if parcel_id is not None and (parcel_id not in latest or latest[parcel_id][f"{kind}_at"] <= counts_at):
                latest[parcel_id] = {"parcel_id": parcel_id, kind: position, f"{kind}_at": counts_at}
        writer.put(PARCEL_STATE, list(latest.values()), newer_by=f"{kind}_at")


def _park(writer: Writer, arrivals: Sequence[Arrival]) -> None:
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for arrival in arrivals:
        assert isinstance(arrival.content, Parked)
        digest = hashlib.sha256(arrival.content.payload).hexdigest()
        key = (arrival.organisation, arrival.gateway, arrival.kind, digest)
        rows[key] = {
            **dict(zip(("organisation", "gateway", "kind", "payload_sha256"), key, strict=True)),
            "payload": arrival.content.payload,
            "reason": arrival.content.reason,
            "received_at": arrival.received_at,
        }
    if not rows:
        return
    columns = tuple_(PARKED.c.organisation, PARKED.c.gateway, PARKED.c.kind, PARKED.c.payload_sha256)
    held = {tuple(row) for row in writer.connection.execute(select(*columns.clauses).where(columns.in_(list(rows))))}
    writer.add("parked", [row for key, row in rows.items() if key not in held])


def _note_heartbeats(writer: Writer, arrivals: Sequence[Arrival]) -> None:
    for arrival in arrivals:
        heartbeat = arrival.content
        assert isinstance(heartbeat, Heartbeat)
        place = {"organisation": arrival.organisation, "gateway": arrival.gateway}
        # A heartbeat a minute would drown the ledger; what changes in a gateway is what an auditor asks for.
        body = heartbeat.model_dump_json(include={"online", "software", "models"})
        newest = (
            select(GATEWAY_CHANGES.c.body)
            .where(GATEWAY_CHANGES.c.organisation == arrival.organisation)
            .where(GATEWAY_CHANGES.c.gateway == arrival.gateway)
            .order_by(GATEWAY_CHANGES.c.position.desc())
            .limit(1)
        )
        if writer.connection.execute(newest).scalar_one_or_none() != body:
            writer.add("gateway", [{**place, "body": body, "received_at": arrival.received_at}])
        state = {**place, "heartbeat": heartbeat.model_dump_json(), "received_at": arrival.received_at}
        writer.put(GATEWAY_STATE, [state], newer_by="received_at")
