"""The judge's memory: what its own checks wrote into the newest earlier verdict of the parcel."""

from datetime import date

from cloud.judge.case import Case
from cloud.judge.finding import Finding

Earlier = tuple[date, str]
"""Day of an earlier verdict, and the line it wrote."""


def earlier_line(case: Case, name: str) -> Earlier | None:
    """What the newest earlier verdict wrote under a name."""
    day = case.proposed.day
    for verdict in reversed(case.history):
        if verdict.proposed.day >= day:
            continue
        for check in verdict.checks:
            if check.name == name and isinstance(check.measured, str) and check.measured:
                return verdict.proposed.day, check.measured
    return None


def held_to(name: str, line: str, earlier: Earlier | None, changed: list[str]) -> Finding:
    """Today's line, passed when nothing has changed of the earlier one."""
    limit = "nothing seen before" if earlier is None else f"as on {earlier[0]}"
    if changed:
        limit = f"{limit}: {', '.join(changed)}"
    return Finding(name=name, passed=not changed, measured=line, limit=limit)
