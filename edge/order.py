"""What the cloud may order of a gateway besides SMS, sealed with the command key. Part of the field's contract."""

import hmac
import json
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from edge.contract import SCHEMA_VERSION, FieldRecord, SmsId, Utc
from edge.errors import ContractError
from edge.wire import seal

OrderKind = Literal["send_evidence", "update_now"]
SMS: Final = "send_sms"
_LARGEST_BYTES: Final = 8192


class Order(FieldRecord):
    """An order to one gateway; the same id is carried out once."""

    kind: OrderKind
    id: SmsId
    valid_until: Utc
    """From here on it is ignored."""
    boot: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """With ``sequence`` the detection whose picture is wanted (``send_evidence``)."""
    sequence: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None


def encode_order(order: Order, topic: str, key: bytes) -> bytes:
    """Bytes of an order, sealed for this very topic: an order is never sent unsealed."""
    content = {"v": SCHEMA_VERSION, **order.model_dump(mode="json", exclude_none=True)}
    return _compact({**content, "mac": seal(content, topic, key)})


def decode_order(topic: str, payload: bytes, key: bytes) -> Order:
    """Order heard on a topic; ContractError when it cannot be read or is not sealed with this gateway's key."""
    content = _content(payload)
    mac = content.pop("mac", None)
    if not (isinstance(mac, str) and mac.isascii() and hmac.compare_digest(mac, seal(content, topic, key))):
        raise ContractError("order: expected one sealed with this gateway's command key, got another; it is ignored")
    if content.get("v") != SCHEMA_VERSION:
        raise ContractError(f"order: version {content.get('v')!r} is not understood here (only {SCHEMA_VERSION})")
    try:
        return Order.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ContractError(f"order: {'.'.join(str(part) for part in first['loc'])}: {first['type']}") from None


def kind_of(payload: bytes) -> str:
    """What kind of command a payload claims to be; ContractError where it is no command at all."""
    kind = _content(payload).get("kind", SMS)
    return kind if isinstance(kind, str) else ""


def _content(payload: bytes) -> dict[str, Any]:
    if len(payload) > _LARGEST_BYTES:
        raise ContractError(f"command: expected at most {_LARGEST_BYTES} bytes, got {len(payload)}; it is ignored")
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        raise ContractError(f"command of {len(payload)} bytes: expected a JSON object; it is ignored") from None
    if not isinstance(content, dict):
        raise ContractError(f"command: expected a JSON object, got {type(content).__name__}; it is ignored")
    return content


def _compact(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
