"""What a gateway advised by itself, told to the cloud later. Part of the field's contract, as ``edge.contract`` is."""

import json
from datetime import date
from typing import Annotated, Final

from pydantic import Field, ValidationError

from edge.contract import SCHEMA_VERSION, FieldRecord, Identifier, MessageId, SmsId, Utc
from edge.errors import ContractError
from edge.plan import Kind, Millimetres

ADVICE_PREFIX: Final = "advice."
"""How the id of a text begins that tells a planned advice."""
SAID_ALREADY: Final = "said already"
"""How the reason begins for which a gateway refuses a text that its person has."""


class GatewayAdvice(FieldRecord):
    """One advice of a gateway for one parcel and day, and the text of it for one person, where somebody was told."""

    id: SmsId
    """Names the text; without one, the advice. Reports of the text bear it."""
    parcel_id: Identifier
    day: date
    kind: Kind
    plan_number: Annotated[int, Field(ge=1)]
    """The bundle that it was looked up in."""
    at: Utc
    depth_mm: Millimetres | None = None
    volume_m3: Annotated[float, Field(ge=0.0)] | None = None
    duration_h: Annotated[float, Field(ge=0.0)] | None = None
    starts_from: Utc | None = None
    starts_to: Utc | None = None
    missing_mm: Millimetres
    spread_mm: Millimetres
    reason: Annotated[str, Field(max_length=40)]
    limited_by: Annotated[str, Field(max_length=40)] | None = None
    in_doubt: bool = False
    farmer_id: Identifier | None = None
    language: Annotated[str, Field(max_length=12)] | None = None
    text: Annotated[str | None, Field(max_length=2000, repr=False)] = None
    reviewed: bool = False
    """Whether a native reader has signed its words."""
    valid_until: Utc | None = None


def encode_advice(advice: GatewayAdvice, boot: str, sequence: int) -> bytes:
    """Bytes of an advice on the wire."""
    content = {"v": SCHEMA_VERSION, "b": boot, "s": sequence, **advice.model_dump(mode="json", exclude_none=True)}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def decode_advice(gateway: str, payload: bytes) -> tuple[MessageId, GatewayAdvice]:
    """Message id and advice; ContractError, which repeats no content, when the payload cannot be read."""
    try:
        content = json.loads(payload)
        if not isinstance(content, dict) or content.get("v") != SCHEMA_VERSION:
            raise ContractError(f"advice: expected version {SCHEMA_VERSION}, got another")
        boot, sequence = content["b"], content["s"]
        if not isinstance(boot, str) or not boot or not isinstance(sequence, int) or isinstance(sequence, bool):
            raise ContractError("advice: expected a boot and a sequence, got others")
        return MessageId(gateway=gateway, boot=boot, sequence=sequence), GatewayAdvice.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ContractError(f"advice: {'.'.join(str(part) for part in first['loc'])}: {first['type']}") from None
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ContractError(f"advice: {type(error).__name__}") from None
