"""What gateways' modems tell, as words about messages and as farmers' answers."""

from typing import Final

from cloud.ingest import Arrival
from cloud.messages import Delivery, Inbound
from edge.contract import SmsInbound, SmsReport
from edge.gateway_advice import ADVICE_PREFIX, GatewayAdvice

CARRIER: Final = "modem"
MISSED_CALL: Final = "missed_call"
_STATES: Final = {
    "taken": "wired",
    "sent": "sent",
    "delivered": "delivered",
    "failed": "failed",
    "expired": "expired",
    "unknown": "unknown",
}


def delivery_of(arrival: Arrival, report: SmsReport) -> Delivery | None:
    """What a report says of its message; None for a refusal, which is the carrier's alone: it asked for it.

    What a gateway refused to say of its own accord nobody had asked for: it was not said.
    """
    of_its_own = report.id.startswith(ADVICE_PREFIX)
    if report.state == "refused" and not of_its_own:
        return None
    at = arrival.received_at if report.at is None else min(report.at, arrival.received_at)
    content = {
        "message_id": report.id,
        "state": "failed" if report.state == "refused" else _STATES[report.state],
        "carrier": CARRIER,
        "carrier_id": f"{arrival.gateway}/{report.id}",
        "reason": report.reason,
        "at": at,
    }
    return Delivery.model_validate(content)


def inbound_of(arrival: Arrival, word: SmsInbound) -> Inbound:
    """A text or a missed call as a farmer's answer; never of a later moment than that of its coming."""
    at = arrival.received_at if word.received_at is None else min(word.received_at, arrival.received_at)
    return Inbound(
        carrier=MISSED_CALL if word.path == "call" else CARRIER,
        carrier_id=f"{arrival.gateway}/{word.name}",
        phone_number=word.phone_number,
        text=word.text,
        received_at=at,
    )


def is_of_a_modem(arrival: Arrival) -> bool:
    """Whether an arrival is a report, an advice, a text or a call that could be read."""
    return isinstance(arrival.content, SmsReport | SmsInbound | GatewayAdvice)
