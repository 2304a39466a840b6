"""Whether a release that was put in place may stay: pure, one judgement a minute."""

from dataclasses import dataclass, replace
from typing import Final, Literal

Verdict = Literal["on", "stays", "goes"]

BAD_MINUTES: Final = 3
"""So many minutes in a row without a sound gateway end a trial."""
SILENT_MINUTES: Final = 240
"""So long a network may be away in a trial, where it was there before: a network fails by itself, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a gateway is now: whether all its parts go on, and whether the ingest answers."""

    sound: bool
    heard: bool
    """The ingest acknowledged something since the start, or is connected now."""
    text: str = ""
    """What is wrong, where something is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A release on trial: which slot, what ran before, and how it went so far, restarts and power cuts included."""

    slot: str
    before: str | None
    release: str
    digest: str
    heard_before: bool
    """Whether the ingest answered what ran before; then it must answer this release, too."""
    boots: int = 0
    """Starts since the last healthy minute."""
    machine: str = ""
    """Name of the machine's start in which it was started last."""
    falls: int = 0
    """Starts on a machine that ran on: not by a power cut."""
    good: int = 0
    bad: int = 0
    """Minutes in a row without a sound gateway."""
    silent: int = 0
    heard: bool = False


def judged(trial: Trial, health: Health, minutes: int) -> tuple[Trial, Verdict, str]:
    """The trial after one more minute, whether the release stays, and why it goes when it does."""
    if not health.sound:
        after = replace(trial, bad=trial.bad + 1)
        why = health.text or "a part of the gateway stands still"
        return after, "goes" if after.bad >= BAD_MINUTES else "on", why
    heard = trial.heard or health.heard
    # One healthy minute shows that it starts: the count of starts begins anew.
    after = replace(trial, bad=0, boots=0, good=trial.good + 1, heard=heard)
    if trial.heard_before and not heard:
        after = replace(after, silent=trial.silent + 1)
        if after.silent >= SILENT_MINUTES:
            return after, "goes", f"the ingest, which answered before, did not in {after.silent} minutes"
        return after, "on", ""
    return after, "stays" if after.good >= minutes else "on", ""
