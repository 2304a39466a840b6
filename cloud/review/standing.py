"""A night that runs again does not take back what a person decided, as long as the case is the same."""

from collections.abc import Iterable, Sequence
from typing import Any

from cloud.records import Verdict


def standing(judged: Sequence[Verdict], kept: Iterable[Verdict]) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
    """Verdicts of a night with those that people decided in their place, and one line for each that no longer holds."""
    decided = {one.proposed.parcel_id: one for one in kept if one.reviewer == "agronomist"}
    verdicts, notes = [], []
    for verdict in judged:
        person = decided.get(verdict.proposed.parcel_id)
        if person is not None and same_case(person, verdict):
            verdicts.append(person)
            continue
        verdicts.append(verdict)
        if person is not None:
            notes.append(
                f"parcel {verdict.proposed.parcel_id}: an agronomist had decided {verdict.proposed.day}, but what is"
                " known has changed since; the judge's new word stands: review it again"
            )
    return tuple(verdicts), tuple(notes)


def same_case(one: Verdict, other: Verdict) -> bool:
    """Whether two verdicts are about the same proposal with the same checks failed."""
    return _substance(one) == _substance(other)


def _substance(verdict: Verdict) -> tuple[Any, ...]:
    # What it rests on grows older between two runs of a night without changing what is advised.
    proposed = verdict.proposed.model_dump(exclude={"inputs", "evidence", "code_version"})
    return proposed, sorted(check.name for check in verdict.checks if not check.passed)
