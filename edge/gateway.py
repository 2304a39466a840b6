"""The daemon: folders in, messages out, nothing lost in between."""

import random
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.cameras import camera_watches
from edge.clock import Clock, clock_doubt
from edge.config import GatewayConfig
from edge.crew import hands_of, observed
from edge.data_folder import OUTBOX_FILE, DataFolder
from edge.errors import UplinkUnavailableError
from edge.health import fitted, heartbeat_of, notify_service_manager
from edge.intake import INFERENCE, Intake, IntakeTools, Looker
from edge.link import LinkMaker, PahoLink
from edge.logbook import Logbook
from edge.messenger import Messenger
from edge.outbox import Outbox
from edge.progress import Progress
from edge.sources.folder import FolderSource
from edge.troubles import Troubles
from edge.updates.surroundings import updates_of
from edge.uplink import Uplink, UplinkTools
from edge.voice import Voice
from edge.worker import Crew, Patience, Post, Station

CAPTURE: Final = "taking in"
QUEUE: Final = "queueing"
_LOOK_PATIENCE_S: Final = 120.0
_PROOF_S: Final = 300.0
"""A quiet gateway proves so often that its queue still commits to the disk."""
_ALIVE_S: Final = 10.0


class Gateway:
    """A gateway at work; use it as a context, so that it lets go of its files."""

    def __init__(
        self,
        config: GatewayConfig,
        look: Looker,
        *,
        models: tuple[str, ...] = (),
        clock: Clock | None = None,
        voice: Voice | None = None,
        make_link: LinkMaker = PahoLink,
    ) -> None:
        self.config = config
        self._clock = clock or Clock()
        self._voice = voice or Voice()
        self._folder = DataFolder(config.data_dir)
        try:
            self.outbox = Outbox(
                config.data_dir / OUTBOX_FILE,
                cap_bytes=int(config.delivery.outbox_cap_mb * 1e6),
                clock=self._clock,
                tell=self._voice.tell,
            )
            self._voice.keep(Troubles(self.outbox.database, self._clock.now, begin=True))
            sources = tuple(
                FolderSource(
                    watch,
                    settle_s=config.settle_s,
                    clock=self._clock,
                    voice=self._voice,
                    timekeeper=self.outbox.timekeeper,
                )
                for watch in (*config.watch, *camera_watches(config))
            )
            self._station = station = Station(config=config, outbox=self.outbox, clock=self._clock, voice=self._voice)
            self.hands = observed(station, hands_of(station))
        except BaseException:
            self._folder.release()
            raise
        self.progress = Progress(self._clock.monotonic_s)
        self.progress.expect(CAPTURE, _LOOK_PATIENCE_S)
        self.progress.expect(INFERENCE, _LOOK_PATIENCE_S)
        self.progress.expect(QUEUE, 2 * _PROOF_S)
        self._proof_due_s = self._clock.monotonic_s() + _PROOF_S
        self._crew: Crew | None = None
        tools = IntakeTools(
            outbox=self.outbox,
            look=look,
            clock=self._clock,
            voice=self._voice,
            progress=self.progress,
            shelf=self.hands.shelf,
            saw=self.hands.watchfulness.saw,
        )
        self.intake = Intake(sources, config.evidence, tools)
        self.uplink = Uplink(
            config,
            self.outbox,
            UplinkTools(
                clock=self._clock,
                voice=self._voice,
                chance=random.random,
                heartbeat=lambda: fitted(
                    heartbeat_of(self.outbox, self._clock, models).model_copy(update=self.hands.states())
                ),
                make_link=make_link,
                command=self.hands.command,
                plan=self.hands.plan,
                heard=self.hands.heard,
            ),
        )

    @property
    def messenger(self) -> Messenger | None:
        """Whoever carries texts; None for a gateway without a modem."""
        return self.hands.messenger

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files; what is queued stays queued."""
        self.outbox.close()
        self._folder.release()

    def follow_releases(self, config_file: Path) -> None:
        """Look for releases while running, where the configuration, read from this file, names a repository."""
        updates = updates_of(self._station, config_file, lambda: self.hands.power.mode)
        self.hands = observed(self._station, replace(self.hands, updates=updates))
        if updates is not None:
            self.hands.orders.on("update_now", lambda _: updates.ask_now())

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a full disk or an absent broker is told once and waited out."""
        patience = Patience(self._voice, self.progress)
        self._crew = crew = Crew(self._posts(), self.progress, self._clock, self._voice)
        patience.attempt(stop, CAPTURE, self._mind_the_clock)
        crew.start(stop)
        notify_service_manager("READY=1")
        try:
            while not stop.is_set():
                self.outbox.database.must_be_sound()
                patience.attempt(stop, CAPTURE, lambda: self.take_in(stop))
                patience.attempt(stop, QUEUE, self._prove_the_queue)
                self._rest(stop)
        finally:
            stop.set()
            notify_service_manager("STOPPING=1")
            crew.join()

    def take_in(self, stop: threading.Event) -> int:
        """Deal with the files that are complete now; how many could not be used."""
        rejected = 0
        for source, drop in self.intake.ready():
            if stop.is_set():
                break
            rejected += self.intake.take(source, drop) == "rejected"
            self.progress.made(CAPTURE)
            self._prove_the_queue()  # a card full of photos takes longer than the watchdog's patience
            self._alive()
        else:
            self.progress.rests(CAPTURE)
            self.progress.rests(INFERENCE)
        return rejected

    def run_once(self, stop: threading.Event, until_empty_s: float | None = None) -> int:
        """Deal with the files present now, then stop; how many could not be used.

        With ``until_empty_s``, wait at most so long for the ingest's word on everything that waits, else
        UplinkUnavailableError.
        """
        self._mind_the_clock()
        rejected = self.take_in(stop)
        while self.intake.unsettled and not stop.is_set():
            stop.wait(min(0.2, self.config.poll_interval_s))
            rejected += self.take_in(stop)
        if until_empty_s is not None:
            self._deliver(stop, until_empty_s)
        return rejected

    def _deliver(self, stop: threading.Event, until_empty_s: float) -> None:
        deadline_s = self._clock.monotonic_s() + until_empty_s
        try:
            while self._owed() and not stop.is_set() and self._clock.monotonic_s() < deadline_s:
                if not self.uplink.step():
                    stop.wait(0.05)
        finally:
            self.uplink.close()
        kept_back = self.outbox.counts().messages - self._owed()
        if kept_back:
            self._voice.tell(f"{kept_back} pictures wait for tomorrow: today's byte budget is used up")
        owed = self._owed()
        if owed:
            cause = (
                "the broker was not reached"
                if self.uplink.trouble is not None
                else "the ingest did not say that it has them; see that it runs (seguia cloud ingest)"
            )
            raise UplinkUnavailableError(f"{owed} messages wait after {until_empty_s:g} s: {cause}; nothing is lost")

    def _owed(self) -> int:
        """Messages that may be sent today and wait for the ingest's word."""
        return self.outbox.waiting(with_evidence=self.uplink.may_send_evidence())

    def _posts(self) -> tuple[Post, ...]:
        sending = Post(name="sending", worker=self.uplink, rest_s=0.2, essential=True)
        return (sending, *self.hands.posts())

    def _prove_the_queue(self) -> None:
        """Commit something for good, so that a queue that swallows nothing is found out before a photo comes."""
        if self._clock.monotonic_s() >= self._proof_due_s:
            Logbook(self.outbox.database).note_proof(self._clock.now())
            self._proof_due_s = self._clock.monotonic_s() + _PROOF_S
            self.progress.made(QUEUE)

    def _rest(self, stop: threading.Event) -> None:
        """Until the folders are looked at again; the watchdog is fed meanwhile, however long that is."""
        until_s = self._clock.monotonic_s() + self.config.poll_interval_s
        while not stop.is_set():
            self._alive()
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                return
            stop.wait(min(left_s, _ALIVE_S))

    def _alive(self) -> None:
        if self._crew is not None:
            self._crew.look_after()
        idle = self.progress.late(expendable=True)
        if idle:
            self._voice.trouble("standstill", f"{', '.join(idle)}: nothing is finished any more; the rest goes on")
        else:
            self._voice.over("standstill", "those who look at the gateway get on again")
        late = self.progress.late()
        if late:
            self._voice.trouble("watchdog", f"{', '.join(late)}: nothing is finished any more; a new start is wanted")
            return
        self._voice.over("watchdog", "everything gets on again")
        notify_service_manager("WATCHDOG=1")

    def _mind_the_clock(self) -> None:
        """Know from the first photo on whether the wall clock can be believed."""
        floor = self.outbox.timekeeper.floor()
        if self.outbox.timekeeper.note().quality == "floor":
            doubt = clock_doubt(self._clock.now(), floor) or "clock: the wall clock leapt, and nobody vouches for it"
            self._voice.tell(f"{doubt}; photos without a date of their own wait for one")
