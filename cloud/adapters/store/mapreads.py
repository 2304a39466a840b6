"""What the map and the day read of the field: the latest states, without searching the whole past."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from cloud.adapters.store.database import Database
from cloud.adapters.store.tables import DETECTIONS, EVIDENCE, GATEWAY_STATE, PARCEL_STATE
from cloud.adapters.store.views import GatewayStatus, StoredDetection
from edge.contract import Detection, Evidence, MessageId
from edge.heartbeat import Heartbeat


class MapReads(Database):
    """The reading side of what the field sent."""

    def detections(self, since: datetime, until: datetime) -> tuple[Detection, ...]:
        """Detections that count from one time on and before another, oldest first."""
        statement = (
            select(DETECTIONS.c.body)
            .where(DETECTIONS.c.counts_at >= since, DETECTIONS.c.counts_at < until)
            .order_by(DETECTIONS.c.counts_at, DETECTIONS.c.position)
        )
        with self.reading() as connection:
            return tuple(Detection.model_validate_json(body) for body in connection.execute(statement).scalars())

    def detections_taken(self, since: datetime, until: datetime) -> tuple[StoredDetection, ...]:
        """Detections by the time of their photo, from one time on and before another, with when they came in."""
        statement = (
            select(DETECTIONS)
            .where(DETECTIONS.c.taken_at >= since, DETECTIONS.c.taken_at < until)
            .order_by(DETECTIONS.c.taken_at, DETECTIONS.c.position)
        )
        with self.reading() as connection:
            return tuple(_stored_detection(row) for row in connection.execute(statement))

    def parcel_detection(self, parcel_id: str) -> StoredDetection | None:
        """Latest detection of one parcel."""
        statement = (
            select(DETECTIONS)
            .join_from(PARCEL_STATE, DETECTIONS, PARCEL_STATE.c.detection == DETECTIONS.c.position)
            .where(PARCEL_STATE.c.parcel_id == parcel_id)
        )
        with self.reading() as connection:
            row = connection.execute(statement).one_or_none()
            return None if row is None else _stored_detection(row)

    def latest_detections(self) -> tuple[StoredDetection, ...]:
        """Latest detection of every parcel that has one."""
        statement = (
            select(DETECTIONS)
            .join_from(PARCEL_STATE, DETECTIONS, PARCEL_STATE.c.detection == DETECTIONS.c.position)
            .order_by(DETECTIONS.c.parcel_id)
        )
        with self.reading() as connection:
            return tuple(_stored_detection(row) for row in connection.execute(statement))

    def parcel_detections(self, parcel_id: str, limit: int) -> tuple[StoredDetection, ...]:
        """The last detections of one parcel, newest first."""
        statement = (
            select(DETECTIONS)
            .where(DETECTIONS.c.parcel_id == parcel_id)
            .order_by(DETECTIONS.c.counts_at.desc(), DETECTIONS.c.position.desc())
            .limit(limit)
        )
        with self.reading() as connection:
            return tuple(_stored_detection(row) for row in connection.execute(statement))

    def evidence_of(self, message: MessageId) -> Evidence | None:
        """The picture behind the detection that one message brought."""
        statement = (
            select(EVIDENCE)
            .where(
                EVIDENCE.c.gateway == message.gateway,
                EVIDENCE.c.detection_boot == message.boot,
                EVIDENCE.c.detection_sequence == message.sequence,
            )
            .order_by(EVIDENCE.c.position.desc())
            .limit(1)
        )
        found = self._evidence(statement)
        return None if found is None else found[1]

    def latest_evidence(self, parcel_id: str) -> tuple[MessageId, Evidence] | None:
        """Latest picture of one parcel, with the id of the detection it belongs to."""
        return self._evidence(
            select(EVIDENCE)
            .join_from(PARCEL_STATE, EVIDENCE, PARCEL_STATE.c.evidence == EVIDENCE.c.position)
            .where(PARCEL_STATE.c.parcel_id == parcel_id)
        )

    def gateways(self) -> tuple[GatewayStatus, ...]:
        """The last word of every gateway."""
        statement = select(GATEWAY_STATE).order_by(GATEWAY_STATE.c.organisation, GATEWAY_STATE.c.gateway)
        with self.reading() as connection:
            return tuple(
                GatewayStatus(
                    organisation=row.organisation,
                    gateway=row.gateway,
                    heartbeat=Heartbeat.model_validate_json(row.heartbeat),
                    received_at=row.received_at,
                )
                for row in connection.execute(statement)
            )

    def _evidence(self, statement: Select[Any]) -> tuple[MessageId, Evidence] | None:
        with self.reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        parts = {"image_jpeg": row.image_jpeg, "mask_png": row.mask_png, "stress_grid": row.stress_grid}
        message = MessageId(gateway=row.gateway, boot=row.detection_boot, sequence=row.detection_sequence)
        # The binary parts lie beside the text, so that a picture is not a third larger at rest.
        return message, Evidence.model_validate({**json.loads(row.body), **parts})


def _stored_detection(row: Row[Any]) -> StoredDetection:
    return StoredDetection(
        message=MessageId(gateway=row.gateway, boot=row.boot, sequence=row.sequence),
        organisation=row.organisation,
        detection=Detection.model_validate_json(row.body),
        received_at=row.received_at,
    )
