"""The ledger's chain without a store says what the ledger itself says."""

from datetime import UTC, datetime

import pytest

from cloud.adapters.ledger import GENESIS, Entry, entry_hash
from cloud.replay.chain import Chain, ChainEntry, LedgerRecord, content_digest, faults

AT = datetime(2026, 6, 10, tzinfo=UTC).isoformat(timespec="microseconds")


def entries(count: int) -> tuple[ChainEntry, ...]:
    return tuple(
        ChainEntry(
            position=number,
            kind="verdict",
            subject=f"p/{number}/été",
            content_sha256=content_digest({"body": f"{number}"}),
            at=AT,
        )
        for number in range(1, count + 1)
    )


def hashes(given: tuple[ChainEntry, ...]) -> list[str]:
    found = [GENESIS]
    for one in given:
        entry = Entry(kind=one.kind, subject=one.subject, digest=one.content_sha256)
        found.append(entry_hash(found[-1], one.position, entry, one.at))
    return found


def chain(first: int = 1, last: int = 5) -> Chain:
    all_of_them = entries(last)
    return Chain(before=hashes(all_of_them)[first - 1], entries=all_of_them[first - 1 :], head=hashes(all_of_them)[-1])


def record(number: int) -> LedgerRecord:
    return LedgerRecord(entry=entries(number)[-1], hash=hashes(entries(number))[-1], content={"body": f"{number}"})


@pytest.mark.parametrize("first", [1, 3, 5])
def test_a_run_of_the_ledgers_own_chain_holds(first: int) -> None:
    assert list(faults(chain(first), [record(1), record(3), record(5)])) == []


def test_each_change_is_named() -> None:
    whole = chain()
    later = whole.entries[2].model_copy(update={"at": AT.replace("2026", "2025")})
    broken = whole.model_copy(update={"entries": (*whole.entries[:2], later, *whole.entries[3:])})
    assert list(faults(broken, [])) == [
        "ledger: its entries do not lead to the head that is stated: one was changed, removed or reordered"
    ]
    short = whole.model_copy(update={"entries": (*whole.entries[:2], *whole.entries[3:])})
    assert next(faults(short, [])) == "ledger entry 4: expected the entries without a gap, got one"
    other = record(3).model_copy(update={"content": {"body": "4"}})
    assert "verdict p/3/été: its content does not match" in next(faults(whole, [other]))
    moved = record(3).model_copy(update={"hash": "0" * 64})
    assert list(faults(whole, [moved])) == ["verdict p/3/été: is not what ledger entry 3 of the chain says"]
