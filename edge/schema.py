"""The field's contract for other languages, generated from the code: JSON Schema 2020-12 and AsyncAPI 3.

Run: python -m edge.schema firmware_configs/schemas
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from edge.camera import CameraConfig
from edge.config import GatewayConfig
from edge.contract import (
    REASONS,
    SCHEMA_VERSION,
    Ack,
    Command,
    Detection,
    Evidence,
    ModelReference,
    SmsInbound,
    SmsReport,
    Topic,
    topic_of,
)
from edge.gateway_advice import GatewayAdvice
from edge.heartbeat import Heartbeat
from edge.order import Order
from edge.plan import PLAN_VERSION, PlanBundle, PlanRecipient
from edge.reading_schema import reading_schema
from edge.wire import BASIS_LETTERS, HASH_PREFIX_BYTES, SHORT_KEYS, WIRE_DETECTION_MAX_BYTES

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Content = dict[str, Any]

_VERSION: Final[Content] = {"const": SCHEMA_VERSION, "description": "Major version; another one is parked unread."}
_QUEUED: Final[Content] = {
    "v": _VERSION,
    "b": {"type": "string", "minLength": 1, "maxLength": 80, "description": "Boot: the life of the gateway's queue."},
    "s": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1, "description": "Sequence within the boot."},
}
_MAC: Final[Content] = {
    "type": "string",
    "pattern": "^[0-9a-f]{64}$",
    "description": (
        "HMAC-SHA-256 under the gateway's command key, of the topic, a line feed, and this object without mac: keys in"
        " order, no spaces, ASCII alone. Needed where the gateway has a command key."
    ),
}
_PREFIX: Final = f"First {HASH_PREFIX_BYTES} bytes of the frame's hash, in hex."
_MODEL: Final = (
    f"name:version:first {HASH_PREFIX_BYTES} bytes of its hash; the hash is empty for a rule without weights."
)
_PAYLOADS: Final[Mapping[Topic, str]] = {
    "detection": "detection.json#/$defs/wire",
    "evidence": "evidence.json",
    "heartbeat": "heartbeat.json",
    "report": "report.json",
    "inbound": "inbound.json",
    "reading": "reading.json",
    "advice": "advice.json",
    "plan": "plan.json",
    "command": "command.json",
    "ack": "ack.json",
}
_HEARD: Final = frozenset({"plan", "command", "ack"})
_RETAINED: Final = frozenset({"plan"})


def schemas() -> dict[str, Content]:
    """Documents by file name."""
    return {
        "detection.json": _detection(),
        "evidence.json": _on_the_wire(Evidence, _QUEUED),
        "heartbeat.json": _on_the_wire(Heartbeat, {"v": _VERSION}),
        "ack.json": _on_the_wire(Ack, {"v": _VERSION}),
        "report.json": _on_the_wire(SmsReport, _QUEUED),
        "inbound.json": _on_the_wire(SmsInbound, _QUEUED),
        "advice.json": _on_the_wire(GatewayAdvice, _QUEUED),
        "reading.json": reading_schema(_QUEUED, DIALECT),
        "plan.json": _plan(),
        "order.json": _on_the_wire(Order, {"v": _VERSION, "mac": _MAC}),
        "command.json": _on_the_wire(Command, {"v": _VERSION, "mac": _MAC}, optional=frozenset({"mac"})),
        "gateway-config.json": {"$schema": DIALECT, **GatewayConfig.model_json_schema()},
        "camera-config.json": {"$schema": DIALECT, **CameraConfig.model_json_schema()},
        "asyncapi.json": _asyncapi(),
    }


def _plan() -> Content:
    """The signed envelope, and what is in it."""
    whole = PlanBundle.model_json_schema()
    shared = whole.pop("$defs")
    recipients = PlanRecipient.model_json_schema()
    shared |= recipients.pop("$defs")
    text = {"type": "string", "contentEncoding": "base64"}
    signed = "Ed25519 by the cloud's plan key over the topic, a line feed and the bytes of body."
    return {
        "$schema": DIALECT,
        "title": "Plans of one gateway",
        "type": "object",
        "properties": {
            "v": {"const": PLAN_VERSION},
            "body": {**text, "description": "Zlib-compressed JSON: $defs/bundle, with its own v."},
            "signature": {**text, "description": signed},
        },
        "required": ["v", "body", "signature"],
        "$defs": {
            "bundle": {**whole, "properties": {"v": {"const": PLAN_VERSION}, **whole["properties"]}},
            "recipient": recipients,
            **shared,
        },
    }


def as_text(document: Content) -> str:
    """A document as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _detection() -> Content:
    file = Detection.model_json_schema()
    shared = file.pop("$defs")
    return {
        "$schema": DIALECT,
        "title": "Detection",
        "description": "A detection on the wire, or as a line of a file.",
        "anyOf": [{"$ref": "#/$defs/wire"}, {"$ref": "#/$defs/file"}],
        "$defs": {"wire": _wire_detection(file["properties"]), "file": file, **shared},
    }


def _wire_detection(fields: Mapping[str, Content]) -> Content:
    codes = ", ".join(f"{code} {reason}" for code, reason in enumerate(REASONS))
    letters = ", ".join(f"{letter} {basis}" for basis, letter in BASIS_LETTERS.items())
    kept = {short: _given(fields[name]) | {"title": name} for name, short in SHORT_KEYS.items()}
    return {
        "title": "Detection on the wire",
        "description": f"At most {WIRE_DETECTION_MAX_BYTES} bytes; a quantity that is not known is left out, never 0.",
        "type": "object",
        "properties": {
            **_QUEUED,
            "h": {"type": "string", "pattern": f"^{_digest()}$", "title": "sha256", "description": _PREFIX},
            "m": {"type": ["string", "null"], "pattern": _model_pattern(), "title": "model", "description": _MODEL},
            "o": {"enum": [0, 1], "title": "opinion"},
            **kept,
            "r": {
                "type": "array",
                "maxItems": fields["reasons"]["maxItems"],
                "items": {"anyOf": [{"type": "integer", "minimum": 0}, fields["reasons"]["items"]]},
                "title": "reasons",
                "description": f"Codes, or reasons without one: {codes}.",
            },
            "ba": {
                "type": "string",
                "pattern": f"^[{''.join(BASIS_LETTERS.values())}]{{1,{fields['basis']['maxItems']}}}$",
                "title": "basis",
                "description": f"Letters: {letters}.",
            },
        },
        "required": ["v", "b", "s", "h", "m", "o"],
    }


def _digest() -> str:
    return f"[0-9a-f]{{{2 * HASH_PREFIX_BYTES}}}"


def _model_pattern() -> str:
    fields = ModelReference.model_json_schema()["properties"]
    name, version = (fields[key]["pattern"].strip("^$") for key in ("name", "version"))
    return f"^{name}:{version}:({_digest()})?$"


def _on_the_wire(
    record: type[BaseModel], first: Mapping[str, Content], *, optional: frozenset[str] = frozenset()
) -> Content:
    """Schema of a record with the keys of its envelope; a null may be left out, bytes are base64."""
    plain = record.model_json_schema()
    fields: dict[str, Content] = {name: _base64(field) for name, field in plain["properties"].items()}
    needed = [name for name in plain.get("required", ()) if {"type": "null"} not in fields[name].get("anyOf", ())]
    return {
        "$schema": DIALECT,
        **plain,
        "properties": {**first, **fields},
        "required": [*(name for name in first if name not in optional), *needed],
    }


def _base64(field: Content) -> Content:
    if field.get("format") == "binary":
        plain = {key: value for key, value in field.items() if key != "format"}
        return {**plain, "contentEncoding": "base64"}
    if "anyOf" in field:
        return {**field, "anyOf": [_base64(choice) for choice in field["anyOf"]]}
    return field


def _given(field: Content) -> Content:
    """Schema of a field where it is given: no null, no default."""
    plain = {key: value for key, value in field.items() if key not in {"anyOf", "default"}}
    choices = [choice for choice in field.get("anyOf", ()) if choice != {"type": "null"}]
    return plain | (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})


def _asyncapi() -> Content:
    level = {
        name: {"description": f"{GatewayConfig.model_fields[key].title}; {_level_pattern(key)}"}
        for name, key in (("organisation", "organisation"), ("gateway", "gateway_id"))
    }
    channels = {
        kind: {
            "address": topic_of("{organisation}", "{gateway}", kind),
            "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
            "parameters": level,
        }
        for kind in _PAYLOADS
    }
    messages = {
        kind: {
            "contentType": "application/json",
            "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"$ref": target}},
        }
        for kind, target in _PAYLOADS.items()
    }
    operations = {
        kind: {
            "action": "receive" if kind in _HEARD else "send",
            "channel": {"$ref": f"#/channels/{kind}"},
            "bindings": {"mqtt": {"qos": 1, "retain": kind in _RETAINED}},
        }
        for kind in _PAYLOADS
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Seguia gateway",
            "version": str(SCHEMA_VERSION),
            "description": "What a gateway sends and hears over MQTT. A message leaves its queue only on the ack.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _level_pattern(key: str) -> str:
    return str(GatewayConfig.model_json_schema()["properties"][key]["pattern"])


def main(arguments: list[str]) -> int:
    """Write every document into a folder."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m edge.schema FOLDER\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in schemas().items():
        (folder / name).write_text(as_text(document), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
