"""The ledger as anybody can check it: digests of records, and the chain of entries, without a store."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from cloud.records import Record
from cloud.replay.kept import Sha256

Plain = str | int | bool | None
Position = Annotated[int, Field(ge=1)]


class ChainEntry(Record):
    """One entry of the ledger."""

    position: Position
    kind: str
    subject: str
    content_sha256: Sha256
    at: str

    def hashed_after(self, previous: str) -> str:
        """Hash of this entry behind another [64 hex digits]."""
        content = self.model_dump(mode="json")
        digest = content.pop("content_sha256")
        return next_hash(previous, {**content, "digest": digest})


class LedgerRecord(Record):
    """A record with what the ledger says of it; ``content`` is every column, binary ones by their SHA-256."""

    entry: ChainEntry
    hash: Sha256
    content: Mapping[str, Plain]


class Chain(Record):
    """Entries of the ledger without a gap, the hash before the first and that of the last."""

    before: Sha256
    entries: tuple[ChainEntry, ...]
    head: Sha256


def content_digest(content: Mapping[str, Plain]) -> str:
    """SHA-256 over the canonical JSON of a record's columns [64 hex digits]."""
    canonical = json.dumps(dict(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def next_hash(previous: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 over the hash of the entry before and the canonical JSON of an entry [64 hex digits]."""
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr)
    return hashlib.sha256(bytes.fromhex(previous) + canonical.encode()).hexdigest()


def faults(chain: Chain, records: Sequence[LedgerRecord]) -> Iterator[str]:
    """What of a chain and of the records beside it does not fit, one line each."""
    hashes, previous = {}, chain.before
    for place, entry in enumerate(chain.entries):
        if entry.position != chain.entries[0].position + place:
            yield f"ledger entry {entry.position}: expected the entries without a gap, got one"
        previous = hashes[entry.position] = entry.hashed_after(previous)
    if previous != chain.head:
        yield "ledger: its entries do not lead to the head that is stated: one was changed, removed or reordered"
    told = {entry.position: entry for entry in chain.entries}
    for record in records:
        entry, name = record.entry, f"{record.entry.kind} {record.entry.subject}"
        if content_digest(record.content) != entry.content_sha256:
            yield f"{name}: its content does not match the digest of ledger entry {entry.position}: it was changed"
        if entry.position in told and (told[entry.position], hashes[entry.position]) != (entry, record.hash):
            yield f"{name}: is not what ledger entry {entry.position} of the chain says"
