"""One round of attending on an installation: hear, answer, send, look again, send."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from cloud.adapters.store.store import Store
from cloud.attending import Attended, Office, hear_and_answer, renew_waiting
from cloud.commands.cloud_send import deliver
from cloud.commands.renewing import Renewer
from cloud.commands.voice import voice_of
from cloud.config import CloudConfig
from cloud.conversation.answering import Surroundings, neighbours_told
from cloud.conversation.swaps import AGRONOMIST, agreed, pair_of, standing, step_of, swap_name
from cloud.errors import CloudError, InputError
from cloud.fetching import Source, fetch_inbound
from cloud.speech.notices import speak

SEND_AT_ONCE: Final = 100
"""Few at a time, so that the next text is heard soon."""
ASK_EVERY: Final = timedelta(seconds=30)
"""A carrier is asked for texts this often: it counts questions. What could not be sent is tried again as often."""
SWAPS_BACK: Final = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Loop:
    """What attends to the texts of an installation, round by round."""

    store: Store
    config: CloudConfig
    office: Office
    clock: Callable[[], datetime]
    sends: bool
    source: Source | None = None
    """A carrier that is asked for texts; None where they come in by themselves."""
    asked_at: datetime | None = None
    unsent_at: datetime | None = None
    """When sending last did not come about; None where nothing waits for that."""

    @classmethod
    def of(
        cls,
        store: Store,
        config: CloudConfig,
        *,
        clock: Callable[[], datetime],
        sends: bool = True,
        source: Source | None = None,
    ) -> Self:
        """The loop of an installation."""
        renewer = Renewer(store, config)
        office = Office(
            look_again=renewer.look_again,
            turns=renewer.turns,
            voice=voice_of(config),
            phone=config.telephone.number,
        )
        return cls(store=store, config=config, office=office, clock=clock, sends=sends, source=source)

    def round(self) -> Attended:
        """Everything that is there: thanks first, then the water."""
        done = Attended()
        self._fetch(done)
        for step in (hear_and_answer, renew_waiting):
            try:
                part = step(self.store, self.office, self.clock())
            except CloudError as error:
                done.problems.append(str(error))
                continue
            done.add(part)
            if part.answers or part.corrected:
                self._send(done)
        if self.unsent_at is not None and self.clock() - self.unsent_at >= ASK_EVERY:
            self._send(done)
        return done

    def _fetch(self, done: Attended) -> None:
        now = self.clock()
        if self.source is None or (self.asked_at is not None and now - self.asked_at < ASK_EVERY):
            return
        self.asked_at = now
        try:
            done.problems += fetch_inbound(self.store, self.source).problems
        except CloudError as error:
            done.problems.append(str(error))

    def _send(self, done: Attended) -> None:
        if not self.sends:
            return
        self.unsent_at = self.clock()
        try:
            report = deliver(self.store, self.config, clock=self.clock, limit=SEND_AT_ONCE)
        except CloudError as error:
            done.problems.append(str(error))
            return
        if not report.busy:
            self.unsent_at = None
        done.problems += report.alarms


def swap_by_agronomist(
    store: Store, config: CloudConfig, names: tuple[str, str], *, by: str, undo: bool, now: datetime
) -> str:
    """Put a swap in force or take it back; both neighbours are told, and one line says what was done."""
    parcels = {parcel.id: parcel for parcel in store.parcels()}
    strangers = [name for name in names if name not in parcels]
    if strangers:
        raise InputError(f"swap: expected known parcels, got {', '.join(strangers)}; correct them")
    renewer = Renewer(store, config)
    turns = renewer.turns()
    pair = pair_of(parcels[names[0]], parcels[names[1]], turns, now)
    held = standing(store.swap_steps(pair.day - SWAPS_BACK)).get(swap_name(pair.day, *names))
    in_force = held is not None and bool(agreed([held]))
    if in_force is not undo:
        found = "one that is in force" if in_force else "none in force"
        raise InputError(f"swap of {names[0]} and {names[1]} on {pair.day}: got {found}; nothing to do")
    step = step_of(pair, names, "withdrawn" if undo else "agreed", AGRONOMIST, now)
    store.keep_swaps([step], mark=by)
    for one in neighbours_told(step, Surroundings(parcels=parcels, turns=turns), now):
        farmer = store.farmer(one.farmer_id)
        if farmer is not None:
            message = speak(
                one.facts,
                language=farmer.language,
                farmer_id=farmer.id,
                valid_until=one.valid_until,
                voice=voice_of(config),
            )
            store.queue_message(message, verdict_digest="", now=now)
    renewer.look_again(pair.day, names, (), now)
    return f"turns of {names[0]} and {names[1]} on {pair.day}: {'as in the table again' if undo else 'swapped'}"
