"""A file of proof held against its signature, without a store; only what was signed is read."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from cloud.replay.bundle import CHAIN, MESSAGES, NIGHT, RECORDS, REPLAY, VERDICT, Checked, checked, sealed
from cloud.replay.chain import Chain, ChainEntry, LedgerRecord, content_digest
from tests.unit.cloud.replay.test_comparison import verdict
from tests.unit.cloud.replay.test_kept import night

BEFORE = "0" * 64
AT = datetime(2026, 7, 14, tzinfo=UTC).isoformat()


def sign(content: bytes) -> bytes:
    return hashlib.sha256(b"secret" + content).digest()


def is_signed(signature: bytes, content: bytes) -> bool:
    return signature == sign(content)


def proof(*, chained: bool, night: bytes | None = None) -> dict[str, bytes]:
    """A proof of one verdict, whose record stands in the chain or before it."""
    body = {"body": verdict().model_dump_json()}
    own = ChainEntry(position=4, kind="verdict", subject="p", content_sha256=content_digest(body), at=AT)
    later = ChainEntry(position=5, kind="message", subject="m", content_sha256=content_digest({"body": "x"}), at=AT)
    entries = (own, later) if chained else (later,)
    head = BEFORE
    for entry in entries:
        head = entry.hashed_after(head)
    chain = Chain(before=BEFORE, entries=entries, head=head)
    record = LedgerRecord(entry=own, hash=own.hashed_after(BEFORE), content=body)
    files = {
        VERDICT: verdict().model_dump_json().encode(),
        REPLAY: b'{"outcome": "identical"}',
        MESSAGES: b"[]",
        RECORDS: json.dumps([record.model_dump(mode="json")]).encode(),
        CHAIN: chain.model_dump_json().encode(),
        "README.txt": b"read me",
    }
    files |= {} if night is None else {NIGHT: night}
    about = {"parcel_id": "p", "day": date(2026, 7, 14), "made_at": datetime(2026, 7, 15, tzinfo=UTC), "head": head}
    return sealed(files, about, sign)


def check(files: Mapping[str, bytes]) -> Checked:
    return checked(files, is_signed)


def test_a_proof_as_it_was_signed_is_sound() -> None:
    found = check(proof(chained=True))
    assert (found.problems, found.outcome) == ((), "identical")


def test_a_verdict_outside_the_chain_proves_nothing() -> None:
    assert check(proof(chained=False)).problems == ("verdict of p: stands in no record of the ledger",)


def test_altered_files_are_named_and_not_read() -> None:
    files = proof(chained=True)
    deep = b"[" * 200_000
    for name, content in ((MESSAGES, b'["text"]'), (RECORDS, deep), (REPLAY, b'{"outcome": "equal"}')):
        found = check({**files, name: content})
        assert found.problems == (f"{name}: is not the file that was signed: it was altered",)
        assert found.outcome is None


@pytest.mark.parametrize(("position", "told"), [(5, False), (6, True)])
def test_a_night_that_does_not_fit_its_seal_is_named(position: int, told: bool) -> None:  # noqa: FBT001 -- a test parameter
    kept = night().sealed().model_copy(update={"position": position})
    files = proof(chained=True, night=kept.model_dump_json().encode())
    assert any("does not fit its seal" in line for line in check(files).problems) is told
