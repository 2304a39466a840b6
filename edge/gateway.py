"""The daemon: folders in, messages out, nothing lost in between."""

import fcntl
import os
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.clock import Clock, clock_doubt
from edge.config import GatewayConfig
from edge.errors import StoreUnavailableError, UplinkUnavailableError
from edge.health import heartbeat_of, notify_service_manager
from edge.intake import Intake, IntakeTools, Looker
from edge.link import LinkMaker, PahoLink
from edge.logbook import Logbook
from edge.messenger import Messenger
from edge.outbox import Outbox
from edge.sources.folder import FolderSource
from edge.troubles import Troubles
from edge.uplink import Uplink, UplinkTools
from edge.voice import Voice

OUTBOX_FILE: Final = "outbox.sqlite"
LOCK_FILE: Final = "gateway.lock"
_UPLINK_ALIVE_S: Final = 120.0
_STORE_PAUSE_S: Final = 5.0


class DataFolder:
    """The gateway's data folder, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnavailableError(
                f"{folder}: expected a data folder that can be written, got: {error.strerror};"
                " correct its permissions, or data_dir"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StoreUnavailableError(
                f"{folder}: expected to be the only gateway here, got another one at work;"
                " stop it, or choose another data_dir"
            ) from None

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._lock)


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
                now=self._clock.now,
                tell=self._voice.tell,
            )
            self._voice.keep(Troubles(self.outbox.database, self._clock.now, begin=True))
            sources = tuple(
                FolderSource(watch, settle_s=config.settle_s, clock=self._clock, voice=self._voice)
                for watch in config.watch
            )
            self.messenger = self._messenger()
        except BaseException:
            self._folder.release()
            raise
        tools = IntakeTools(outbox=self.outbox, look=look, clock=self._clock, voice=self._voice)
        self.intake = Intake(sources, config.evidence, tools)
        self.uplink = Uplink(
            config,
            self.outbox,
            UplinkTools(
                clock=self._clock,
                voice=self._voice,
                chance=random.random,
                heartbeat=lambda: heartbeat_of(
                    self.outbox, self._clock, models, None if self.messenger is None else self.messenger.state()
                ),
                make_link=make_link,
                command=None if self.messenger is None else self.messenger.take,
            ),
        )

    def _messenger(self) -> Messenger | None:
        if self.config.modem is None:
            return None
        return Messenger(self.config, self.config.modem, self.outbox, clock=self._clock, voice=self._voice)

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

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a full disk or an absent broker is told once and waited out."""
        self._mind_the_clock()
        with ThreadPoolExecutor(max_workers=2, thread_name_prefix="gateway") as pool:
            others = [pool.submit(self._send_until, stop)]
            if self.messenger is not None:
                others.append(pool.submit(self._message_until, stop, self.messenger))
            for other in others:
                other.add_done_callback(lambda _: stop.set())
            notify_service_manager("READY=1")
            try:
                while not stop.is_set():
                    self._patiently(stop, "taking in", lambda: self.take_in(stop))
                    self._alive()
                    stop.wait(self.config.poll_interval_s)
            finally:
                stop.set()
                notify_service_manager("STOPPING=1")
        for other in others:
            other.result()

    def take_in(self, stop: threading.Event) -> int:
        """Deal with the files that are complete now; how many could not be used."""
        rejected = 0
        for source, drop in self.intake.ready():
            if stop.is_set():
                break
            rejected += self.intake.take(source, drop) == "rejected"
            self._alive()
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

    def _send_until(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                if not self._patiently(stop, "sending", self.uplink.step):
                    stop.wait(0.2)
        finally:
            self.uplink.close()

    def _message_until(self, stop: threading.Event, messenger: Messenger) -> None:
        try:
            while not stop.is_set():
                if not self._patiently(stop, "messaging", messenger.step):
                    stop.wait(0.5)
        finally:
            messenger.close()

    def _patiently(self, stop: threading.Event, what: str, work: Callable[[], object]) -> bool:
        try:
            result = work()
        except StoreUnavailableError as error:
            self._voice.trouble(what, f"{error}; {what} waits, nothing is lost")
            stop.wait(_STORE_PAUSE_S)
            return False
        self._voice.over(what, f"the local queue can be used again; {what} goes on")
        return bool(result)

    def _mind_the_clock(self) -> None:
        now = self._clock.now()
        logbook = Logbook(self.outbox.database)
        doubt = clock_doubt(now, logbook.last_time())
        if doubt is not None:
            self._voice.tell(f"{doubt}; photos without a date of their own stay undated")
        else:
            logbook.note_time(now)

    def _alive(self) -> None:
        now_s = self._clock.monotonic_s()
        messaging = self.messenger is None or now_s - self.messenger.turned_at_s < self._messenger_alive_s()
        if messaging and now_s - self.uplink.turned_at_s < _UPLINK_ALIVE_S:
            notify_service_manager("WATCHDOG=1")

    def _messenger_alive_s(self) -> float:
        """Longest turn of a messenger: one text given to the network, and a modem set up anew."""
        return _UPLINK_ALIVE_S + (0.0 if self.config.modem is None else self.config.modem.send_timeout_s)
