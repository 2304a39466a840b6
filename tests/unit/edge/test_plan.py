"""A plan's own consistency, its bytes, its signature and who may read its recipients."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edge.answers import LONGEST, folded, meant
from edge.errors import ConfigurationError, ContractError
from edge.gateway_advice import decode_advice
from edge.plan import LARGEST_BYTES, PlanBundle, PlanRecipient, pack, unpack
from edge.plan_seal import (
    decode_plans,
    encode_plans,
    open_recipients,
    opening_public,
    read_hex_key,
    seal_recipients,
    sealed_for,
    signing_public,
)
from tests.unit.edge.test_advice import LEVELS, SAYINGS, limits, plan, plan_day

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
TOPIC = "seguia/v1/coop/gw-01/plan"


def bundle(**changes: object) -> PlanBundle:
    content: dict[str, Any] = {
        "organisation": "coop",
        "gateway": "gw-01",
        "number": 3,
        "made_at": datetime(2026, 6, 30, tzinfo=UTC),
        "until": datetime(2026, 7, 30, tzinfo=UTC),
        "plans": (plan(),),
        "answers": {"1": "done", "2": "not_done"},
    }
    return PlanBundle.model_validate({**content, **changes})


def person(**changes: object) -> PlanRecipient:
    content = {"farmer_id": "f-1", "phone_number": "+212612345678", "language": "fr", "sayings": SAYINGS}
    return PlanRecipient.model_validate({**content, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"days": (plan_day(0), plan_day(2))},
        {"days": (plan_day(0, doses_mm=(0, 0, 30)),)},
        {"levels_mm": (1.0, 20.0, 40.0, 60.0)},
        {"levels_mm": (0.0, 40.0, 20.0, 60.0)},
        {"steps": plan().steps[::-1]},
        {"days": (plan_day(0, spread_mm=9.0), plan_day(1, spread_mm=8.0))},
        {"limits": limits().model_copy(update={"efficiency": 0.0})},
        {"probe": {"depth_from_m": 0.0, "depth_to_m": 0.5, "upto_fraction": (0.3,) * (len(LEVELS) - 1)}},
        {"missing_mm": float("nan")},
    ],
)
def test_a_plan_that_contradicts_itself_is_none(changes: dict[str, Any]) -> None:
    content = {**plan().model_dump(), **{key: _plain(value) for key, value in changes.items()}}
    with pytest.raises(ValidationError):
        type(plan()).model_validate(content)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    return value.model_dump() if hasattr(value, "model_dump") else value


def test_a_bundle_comes_back_whole() -> None:
    assert unpack(pack(bundle())) == bundle()


@pytest.mark.parametrize(
    ("packed", "word"),
    [
        (b"", "more or less"),
        (b"nonsense", "compressed"),
        (zlib.compress(b"[1]"), "version"),
        (zlib.compress(b"{"), "compressed"),
        (zlib.compress(b'{"v": 2}'), "version"),
        (zlib.compress(b'{"v": 1, "organisation": "Hafida +212612345678"}'), "missing"),
        (pack(bundle())[:-9], "more or less"),
        (zlib.compress(b" " * (LARGEST_BYTES + 1)), "more or less"),
    ],
)
def test_what_is_no_bundle_is_refused_without_repeating_it(packed: bytes, word: str) -> None:
    with pytest.raises(ContractError, match=word) as refusal:
        unpack(packed)
    assert "Hafida" not in str(refusal.value)
    assert "+212" not in str(refusal.value)


def test_a_signed_bundle_is_taken_on_its_own_topic_alone() -> None:
    payload = encode_plans(bundle(), TOPIC, KEY)
    assert decode_plans(TOPIC, payload, signing_public(KEY)) == bundle()
    for topic in ("seguia/v1/coop/gw-02/plan", "seguia/v1/other/gw-01/plan"):
        with pytest.raises(ContractError, match="signed by the cloud"):
            decode_plans(topic, payload, signing_public(KEY))


def test_another_key_and_every_changed_byte_are_refused() -> None:
    payload = encode_plans(bundle(), TOPIC, KEY)
    with pytest.raises(ContractError, match="signed"):
        decode_plans(TOPIC, encode_plans(bundle(), TOPIC, OTHER), signing_public(KEY))
    content = json.loads(payload)
    body = content["body"]
    for place in range(0, len(body), max(1, len(body) // 40)):
        changed = "A" if body[place] != "A" else "B"
        tampered = json.dumps({**content, "body": body[:place] + changed + body[place + 1 :]}).encode()
        with pytest.raises(ContractError):
            decode_plans(TOPIC, tampered, signing_public(KEY))


def test_a_bundle_of_another_gateway_is_refused_even_where_its_signature_holds() -> None:
    payload = encode_plans(bundle(gateway="gw-02"), TOPIC, KEY)
    with pytest.raises(ContractError, match="another's"):
        decode_plans(TOPIC, payload, signing_public(KEY))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[]", b"null", b'{"body": 1, "signature": "x"}', b'{"body": "%", "signature": "%"}', b"[" * 9],
)
def test_what_is_not_signed_is_refused(payload: bytes) -> None:
    with pytest.raises(ContractError, match="plan"):
        decode_plans(TOPIC, payload, signing_public(KEY))


def test_recipients_open_for_their_gateway_parcel_and_bundle_alone() -> None:
    about = sealed_for("p", 3)
    sealed = seal_recipients((person(),), about, opening_public(KEY))
    assert "2126" not in sealed
    assert open_recipients(sealed, about, KEY) == (person(),)
    assert open_recipients("", about, KEY) == ()
    for wrong_about, key in ((sealed_for("q", 3), KEY), (sealed_for("p", 4), KEY), (about, OTHER)):
        with pytest.raises(ContractError, match="cannot be read") as refusal:
            open_recipients(sealed, wrong_about, key)
        assert "+212" not in str(refusal.value)
    for broken in (sealed[:-4], "AAAA", "%%%%", sealed[4:]):
        with pytest.raises(ContractError, match="cannot be read"):
            open_recipients(broken, about, KEY)


def test_a_seal_is_never_the_same_twice() -> None:
    about = sealed_for("p", 3)
    assert seal_recipients((person(),), about, opening_public(KEY)) != seal_recipients(
        (person(),), about, opening_public(KEY)
    )


def test_a_recipient_shows_no_number() -> None:
    assert "+212" not in repr(person())


@pytest.mark.parametrize("text", ["", "zz" * 32, "ab" * 31])
def test_a_key_file_without_a_key_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.key"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="64 hex digits"):
        read_hex_key(file, "plan key")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_hex_key(tmp_path / "none", "plan key")
    file.write_text("ab" * 32 + "\n")
    assert read_hex_key(file, "plan key") == bytes([0xAB]) * 32


def test_answers_are_whole_and_folded() -> None:
    answers = bundle().answers
    assert meant(" 1. ", answers) == "done"
    assert meant("\u0661", answers) == "done"
    assert meant("1 oui mais demain", answers) is None
    assert meant("1" * (LONGEST + 1), answers) is None
    assert meant("\U0001f44d 2", answers) == "not_done"
    assert folded("C'est-Fait!\n") == "c est fait"


def test_a_bundle_of_yesterday_has_another_number_and_end() -> None:
    later = bundle(number=4, until=bundle().until + timedelta(days=1))
    assert unpack(pack(later)).number == 4


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b'{"v": 2}', b'{"v": 1}', b'{"v": 1, "b": "", "s": 1}', b'{"v": 1, "b": "b", "s": true}'],
)
def test_an_advice_that_cannot_be_read_is_named_without_its_content(payload: bytes) -> None:
    with pytest.raises(ContractError, match="advice"):
        decode_advice("gw-01", payload)
    broken = json.dumps({"v": 1, "b": "b", "s": 1, "text": "Hafida", "farmer_id": "f-1"}).encode()
    with pytest.raises(ContractError, match=r"advice: id: missing") as refusal:
        decode_advice("gw-01", broken)
    assert "Hafida" not in str(refusal.value)
