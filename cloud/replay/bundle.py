"""A file of proof: one advice with everything behind it, sealed by a signature, checked without the store."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from cloud.records import Identifier, Record, Verdict
from cloud.replay.again import rested_on
from cloud.replay.chain import Chain, LedgerRecord, faults
from cloud.replay.kept import KeptNight, Sha256

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
VERDICT: Final = "verdict.json"
REPLAY: Final = "replay.json"
NIGHT: Final = "night.json"
MESSAGES: Final = "messages.json"
RECORDS: Final = "ledger/records.json"
CHAIN: Final = "ledger/chain.json"
NEEDED: Final = (VERDICT, REPLAY, MESSAGES, RECORDS, CHAIN, "README.txt")

Files = Mapping[str, bytes]
T = TypeVar("T")


class Manifest(Record):
    """Every file by its SHA-256: what the signature covers."""

    format: Annotated[int, Field(ge=1)] = FORMAT
    parcel_id: Identifier
    day: date
    made_at: AwareDatetime
    head: Sha256
    """Hash of the last entry of the ledger in the file."""
    files: Mapping[str, Sha256]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found."""

    manifest: Manifest | None
    outcome: str | None
    """Of the replay that was made for the file."""
    problems: tuple[str, ...]


def sealed(files: Files, about: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> dict[str, bytes]:
    """The files with their manifest and its signature; ``about`` names parcel, day, moment and head."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    content = json.dumps({**about, "format": FORMAT, "files": digests}, indent=1, sort_keys=True, default=str).encode()
    Manifest.model_validate_json(content)
    return {**files, MANIFEST: content, SIGNATURE: sign(content)}


def checked(files: Files, is_signed: Callable[[bytes, bytes], bool]) -> Checked:
    """Whether the files are those that were signed, and whether what they say of each other fits."""
    content = files.get(MANIFEST, b"")
    if not is_signed(files.get(SIGNATURE, b""), content):
        problem = (
            f"{MANIFEST}: expected a signature of this key, got none: the file was altered, or another key made it"
        )
        return Checked(manifest=None, outcome=None, problems=(problem,))
    try:
        manifest = Manifest.model_validate_json(content)
        # Only what was signed is read: other bytes are anybody's.
        problems = tuple(_of_files(files, manifest)) or tuple(_of_content(files, manifest))
        outcome = None if problems else str(json.loads(files[REPLAY])["outcome"])
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        unreadable = f"expected a file of proof of format {FORMAT}, got one that cannot be read ({reason})"
        return Checked(manifest=None, outcome=None, problems=(unreadable,))
    return Checked(manifest=manifest, outcome=outcome, problems=problems)


def _of_files(files: Files, manifest: Manifest) -> Iterator[str]:
    own = {MANIFEST, SIGNATURE}
    for name in NEEDED:
        if name not in manifest.files:
            yield f"{name}: expected it in a file of proof, got none"
    for name, digest in manifest.files.items():
        if name not in files:
            yield f"{name}: is named by the manifest and missing: it was removed"
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            yield f"{name}: is not the file that was signed: it was altered"
    for name in sorted(set(files) - set(manifest.files) - own):
        yield f"{name}: is not named by the manifest: it was added"


def _of_content(files: Files, manifest: Manifest) -> Iterator[str]:
    if any(name not in files for name in NEEDED):
        return
    records = TypeAdapter(tuple[LedgerRecord, ...]).validate_json(files[RECORDS])
    chain, verdict = Chain.model_validate_json(files[CHAIN]), Verdict.model_validate_json(files[VERDICT])
    yield from faults(chain, records)
    if chain.head != manifest.head:
        yield f"{CHAIN}: leads to another head than the manifest names"
    about = (verdict.proposed.parcel_id, verdict.proposed.day)
    if about != (manifest.parcel_id, manifest.day):
        yield f"{VERDICT}: is about parcel {about[0]} on {about[1]}, the manifest about another"
    chained = {one.position for one in chain.entries}
    records = tuple(one for one in records if one.entry.position in chained)
    yield from _held(records, "verdict", [verdict.model_dump(mode="json")])
    yield from _held(records, "message", [one["message"] for one in json.loads(files[MESSAGES])])
    rested = rested_on(verdict)
    if NIGHT in files:
        night = KeptNight.model_validate_json(files[NIGHT])
        if night.rested.sha256() != rested:
            yield f"{NIGHT}: is not what the verdict says it rested on"
        if not night.is_whole:
            yield f"{NIGHT}: does not fit its seal: it was altered before the file was made"


def _held(records: Sequence[LedgerRecord], kind: str, said: Sequence[Any]) -> Iterator[str]:
    """What is told as a record and stands in none of the ledger's."""
    held = [json.loads(str(one.content["body"])) for one in records if one.entry.kind == kind]
    for one in said:
        if one not in held:
            yield f"{kind} of {one.get('parcel_id') or one['proposed']['parcel_id']}: stands in no record of the ledger"
