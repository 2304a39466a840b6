"""Updates in the daemon: when to look for releases, whether one on trial stays, and when to start anew."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from edge.clock import Clock
from edge.config import GatewayConfig
from edge.heartbeat import UpdateState
from edge.updates.bundle import KINDS
from edge.updates.durable import Disk
from edge.updates.journal import note_heard, read_journal
from edge.updates.launcher import CODE_SLOT, current_slot
from edge.updates.slots import UPDATES_FOLDER, Slots
from edge.updates.trial import Health, judged
from edge.voice import Voice

_MINUTE_S: Final = 60.0
_FIRST_LOOK_S: Final = 120.0
_UNREACHED_AGAIN_S: Final = 3600.0
_UNREACHABLE: Final = 3
_SUBJECT: Final = "updates"


class Errand(Protocol):
    """A look at the repository under way."""

    def poll(self) -> int | None:
        """How it ended; None while it goes on."""

    def terminate(self) -> None:
        """End it early: what arrived is kept."""


def begin_look(config_file: Path) -> Errand:
    """Look at the repository in a process of its own, below everything else: a daemon pays no memory for it."""
    return subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [sys.executable, "-P", "-m", "edge.updates.errand", str(config_file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # how it went stands in the journal, and is told once
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the worker sees of its gateway, and may do to it."""

    look: Callable[[], Errand]
    health: Callable[[], Health]
    restart: Callable[[str], None]
    """Called once another release should run than the one that does, with the reason."""
    may_look: Callable[[], bool] = lambda: True
    """Whether there is power to look for releases now."""


class Updates:
    """The worker of the daemon."""

    def __init__(self, config: GatewayConfig, around: Surroundings, *, clock: Clock, voice: Voice) -> None:
        assert config.updates is not None
        self._settings = config.updates
        self._folder = config.data_dir / UPDATES_FOLDER
        self._around = around
        self._clock, self._voice = clock, voice
        launched = os.environ.get(CODE_SLOT)
        kinds = [kind for kind in KINDS if kind in self._settings.kinds and (kind != "code" or launched is not None)]
        self._slots = tuple(Slots(self._folder, kind, Disk()) for kind in kinds)
        self._placed = {slots.kind: current_slot(slots.folder) for slots in self._slots}
        """What was in use when this process began; another is a reason to start anew."""
        self._runs = dict(self._placed)
        """What runs in fact: code may have come from another slot than the one in use, or from none."""
        if launched is not None and "code" in kinds:
            self._runs["code"] = launched
        self._errand: Errand | None = None
        self.turned_at_s = now_s = clock.monotonic_s()
        self._minute_s = now_s + _MINUTE_S
        self._due_s = now_s + min(_FIRST_LOOK_S, self._settings.check_interval_h * 3600)
        self._restarting = False

    def ask_now(self) -> str | None:
        """Look at the repository at the next turn; why not, where that cannot be."""
        if self._errand is not None:
            return "a look at the repository is under way"
        self._due_s = self._clock.monotonic_s()
        return None

    def step(self) -> bool:
        """One turn: an errand that ended is heard, a minute of a trial judged, a look begun when it is due."""
        now_s = self.turned_at_s = self._clock.monotonic_s()
        self._hear(now_s)
        if now_s >= self._minute_s:
            self._minute_s = now_s + _MINUTE_S
            self._mind_the_trials()
        if self._errand is None and now_s >= self._due_s and self._around.may_look():
            self._due_s = now_s + self._settings.check_interval_h * 3600
            self._errand = self._around.look()
        self._mind_the_slots()
        return False

    def close(self) -> None:
        """Let go; a look under way is ended and goes on from there the next time."""
        if self._errand is not None:
            self._errand.terminate()
            self._errand = None

    def state(self) -> UpdateState:
        """What runs, what is on trial and what was refused last, for the heartbeat."""
        running, trials, refused = dict[str, str](), [], None
        for slots in self._slots:
            manifest = slots.manifest(self._runs[slots.kind])
            if manifest is not None:
                running[slots.kind] = manifest.release
            if slots.trial() is not None:
                trials.append(slots.kind)
            if slots.refused():
                refused = slots.refused()[-1]
        return UpdateState(
            running=running,
            trial=tuple(trials),
            refused=None if refused is None else f"{refused.release}: {refused.why}"[:100],
            last_look=read_journal(self._folder).outcome[:80] or None,
        )

    def _hear(self, now_s: float) -> None:
        code = None if self._errand is None else self._errand.poll()
        if code is None:
            return
        self._errand = None
        outcome = read_journal(self._folder).outcome
        if code == 0:
            self._voice.over(_SUBJECT, "updates: the repository is in order again")
            return
        if code == _UNREACHABLE:
            self._due_s = min(self._due_s, now_s + _UNREACHED_AGAIN_S)
        self._voice.trouble(_SUBJECT, f"updates: {outcome or f'the look ended with {code}'}; what runs now stays")

    def _mind_the_trials(self) -> None:
        health = self._around.health()
        if health.heard:
            note_heard(self._folder, self._clock.now().date(), Disk())
        for slots in self._slots:
            # The slot that runs is judged, and no other: one put in place a moment ago was not run yet.
            if slots.current != self._runs[slots.kind]:
                continue
            trial = slots.trial()
            if trial is not None:
                after, verdict, why = judged(trial, health, self._settings.trial_minutes)
                if verdict == "goes":
                    self._voice.tell(f"updates: {slots.kind} {trial.release} is taken back: {why}")
                    slots.roll_back(why)
                elif verdict == "stays":
                    self._voice.tell(f"updates: {slots.kind} {trial.release} passed its trial and stays")
                    slots.keep()
                else:
                    slots.note(after)
            if slots.kind == "code" and health.sound:
                slots.started_well()

    def _mind_the_slots(self) -> None:
        """Start anew once another slot is in use than the one that runs."""
        if self._restarting:
            return
        for slots in self._slots:
            if slots.current != self._placed[slots.kind]:
                self._restarting = True
                self._around.restart(f"updates: another release of {slots.kind} is in place; the gateway starts anew")
                return
