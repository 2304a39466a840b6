"""Beside capture: reminds the installer of care by SMS, and leads through the set-up who texts S from that number."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from edge.care import CHORES, Chore, Due, chores_of, digits_of, due_now, due_on, signs_of, wants_reminding
from edge.care_book import CareBook, Walk
from edge.clock import Clock
from edge.commissioning.catalogue import chore_name, for_telephone, remedy, said, sms, step_name
from edge.commissioning.steps import STEPS, Finding, Step
from edge.commissioning.walk import after, is_walking, meant
from edge.config import GatewayConfig
from edge.contract import Command, SmsInbound
from edge.database import Database
from edge.errors import ConfigurationError
from edge.heartbeat import CareState
from edge.installer import is_same_number, read_installer_number
from edge.letters import Letters
from edge.settings.installer import Language
from edge.timekeeper import Timekeeper
from edge.troubles import Troubles
from edge.voice import Voice

LONGEST_TURN_S: Final = 60.0
_LOOK_S: Final = 60.0
_REMINDER_HOURS: Final = 8
_ANSWER_VALID: Final = timedelta(minutes=30)
MOST_ANSWERS_A_DAY: Final = 40
"""A sender's number can be forged: nobody may spend the SIM's credit, and the farmers' texts, by texting S."""
_REMINDER_VALID: Final = timedelta(hours=6)


class Looks(Protocol):
    """Whoever looks at a step of the set-up."""

    def find(self, step: Step) -> Finding:
        """What is found there; may take as long as a broker is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTools:
    """What a caretaker works with; without a modem there are no letters, and nothing is sent."""

    database: Database
    clock: Clock
    voice: Voice
    inspector: Callable[[], Looks]
    """Made when the installer walks, and let go of after it: it may load a model."""
    letters: Letters | None = None


class Caretaker:
    """A worker of the daemon; ``hear`` belongs to the messenger's thread and touches the book alone."""

    def __init__(self, config: GatewayConfig, tools: CareTools) -> None:
        self._config = config
        self._tools = tools
        self._clock = tools.clock
        self._book = CareBook(tools.database)
        self._troubles = Troubles(tools.database, tools.clock.now)
        self._timekeeper = Timekeeper(tools.database, tools.clock)
        self._inspector: Looks | None = None
        self._owes = True
        """Whether an answer may be owed; one that a power cut left is found at the start."""
        self._look_at_s = -float("inf")
        self.longest_turn_s = LONGEST_TURN_S
        self.turned_at_s = tools.clock.monotonic_s()
        """When ``step`` was last called [monotonic s]."""

    def hear(self, word: SmsInbound, now: datetime) -> bool:
        """Keep a text of the installer that is meant for the gateway; False for everybody's and everything else."""
        number = self._number()
        if word.path != "sms" or number is None or not is_same_number(number, word.phone_number):
            return False
        walk = self._book.walk()
        walking = walk is not None and is_walking(walk.at, now)
        told = meant(word.text, walking=walking)
        if told is None:
            return False
        if told.word == "tick":
            self._book.owe_tick(word.name, told.digits)
        else:
            step = after(STEPS[0] if walk is None else walk.step, told.word)
            # Out of the walk the last answer is still owed: what is left open.
            self._book.set_walk(Walk(step=step or "done", heard=word.name, at=now, owed=True))
        self._owes = True
        return True

    def step(self) -> bool:
        """One turn: an answer that is owed, else, once a minute, what is due; False where nothing was to be done."""
        now_s = self.turned_at_s = self._clock.monotonic_s()
        if self._owes and self._today() is not None:  # a text dated by nobody's clock would never leave
            return self._answer_what_is_owed()
        if now_s - self._look_at_s < _LOOK_S:
            return False
        self._look_at_s = now_s
        if (today := self._today()) is not None:
            self._book.begin(today)
            self._remind(self._timekeeper.believed_now().at)
        return False

    def close(self) -> None:
        """Nothing is held; what is owed stays in the book."""

    def state(self) -> CareState:
        """What is due, for a heartbeat."""
        today = self._today()
        due = () if today is None else self._due(today)
        return CareState(
            due=tuple(each.chore for each in due),
            overdue_days=None if today is None else max(((today - each.due_on).days for each in due), default=None),
            commissioned_on=self._book.commissioned_on(),
        )

    def _today(self) -> date | None:
        """The day by UTC; None while the clock is known to be wrong."""
        believed = self._timekeeper.believed_now()
        return None if believed.quality == "floor" else believed.at.date()

    @property
    def _language(self) -> Language:
        return "fr" if self._config.installer is None else self._config.installer.language

    def _number(self) -> str | None:
        if self._config.installer is None:
            return None
        try:
            number = read_installer_number(self._config.installer)
        except ConfigurationError as error:
            self._tools.voice.trouble("installer", f"{error}; until then no installer is heard or reminded")
            return None
        self._tools.voice.over("installer", "the installer's number can be read again")
        return number

    def _due(self, today: date) -> tuple[Due, ...]:
        signs = signs_of((trouble.part, trouble.text) for trouble in self._troubles.standing())
        return due_now(self._book.looked(), today, self._config.care, signs)

    def _remind(self, now: datetime) -> None:
        installer, today = self._config.installer, now.date()
        if installer is None or self._tools.letters is None:
            return
        # Counted from the hour on, so that a late hour's reminders may leave after midnight UTC.
        if (now.hour - installer.reminder_hour_utc) % 24 >= _REMINDER_HOURS:
            return
        due, book = self._due(today), self._book.looked()
        if not any(wants_reminding(each, book[each.chore], today) for each in due):
            return
        chores = [each.chore for each in due]
        text = self._sms("care", chores=self._names(chores), reply=f"C{digits_of(chores)}")
        with self._tools.database.transaction():
            if self._send(f"care-{self._config.gateway_id}-{today}", text, now, _REMINDER_VALID):
                self._book.reminded(chores, today)

    def _answer_what_is_owed(self) -> bool:
        self._owes = False  # before the look: a text that comes meanwhile is not missed
        try:
            answered = self._answer()
        except BaseException:
            self._owes = True
            raise
        self._owes = answered or self._owes
        return answered

    def _answer(self) -> bool:
        now = self._timekeeper.believed_now().at
        for heard, digits in self._book.owed_ticks():
            self._tick(heard, digits, now)
            return True
        walk = self._book.walk()
        if walk is None or not walk.owed:
            return False
        self._lead(walk, now)
        return True

    def _tick(self, heard: str, digits: str, now: datetime) -> None:
        chores = chores_of(digits)
        with self._tools.database.transaction():
            if chores is None:
                numbered = ", ".join(f"{number} {chore_name(c, self._language)}" for number, c in enumerate(CHORES, 1))
                text = self._sms("nothing", chores=numbered)
            else:
                self._book.tick(chores, now.date())
                text = self._sms("ticked", chores=self._names(chores), next=self._next(now.date()))
            self._send(f"tick-{heard}", text, now, _ANSWER_VALID)
            self._book.answered_tick(heard)

    def _next(self, today: date) -> str:
        book = self._book.looked()
        days = sorted((max(today, due_on(chore, looked, self._config.care)), chore) for chore, looked in book.items())
        day, chore = days[0]
        return f"{chore_name(chore, self._language)} {day}"

    def _lead(self, walk: Walk, now: datetime) -> None:
        step, finding = self._next_found(walk.step)
        left = int(finding.slots.get("count", 0)) if step == "done" else 0
        if step != "done":
            text = self._step_text(step, finding)
        else:
            text = self._sms("end", left=left) if left else self._sms("all_good")
        with self._tools.database.transaction():
            self._send(f"walk-{walk.heard}", text, now, _ANSWER_VALID)
            current = self._book.walk()
            if current is not None and current.heard == walk.heard:  # else the next digit has come meanwhile
                ended = step == "done"
                self._book.set_walk(None if ended else Walk(step=step, heard=walk.heard, at=walk.at, owed=False))
                self._inspector = None if ended else self._inspector

    def _next_found(self, step: Step) -> tuple[Step, Finding]:
        """The step, or the next one that this gateway has, and what is found there."""
        if self._inspector is None:
            self._inspector = self._tools.inspector()
        for each in STEPS[STEPS.index(step) :]:
            finding = self._inspector.find(each)
            if finding.state != "idle":
                return each, finding
        raise AssertionError("the last step is never idle")

    def _step_text(self, step: Step, finding: Finding) -> str:
        language = self._language
        words = f"{said(finding, language)} {remedy(finding, language)}".strip()
        place = STEPS.index(step) + 1
        line = self._sms("step", number=place, total=len(STEPS), step=step_name(step, language), said=words)
        return for_telephone(f"{line} {self._sms('keys')}")

    def _sms(self, key: str, **slots: str | float) -> str:
        return sms(key, self._language, {"gateway": self._config.gateway_id, **slots})

    def _names(self, chores: list[Chore] | tuple[Chore, ...]) -> str:
        return ", ".join(f"{CHORES.index(chore) + 1} {chore_name(chore, self._language)}" for chore in chores)

    def _send(self, name: str, text: str, now: datetime, valid: timedelta) -> bool:
        number = self._number()
        if number is None or self._tools.letters is None or self._has_said_enough(name, now):
            return False
        command = Command(id=name, about=name, phone_number=number, text=text, valid_until=now + valid)
        self._tools.letters.take(command, now, origin="gateway")
        return True

    def _has_said_enough(self, name: str, now: datetime) -> bool:
        """Whether this is an answer, and so many were given within a day; a reminder always goes."""
        if name.startswith("care-"):
            return False
        query = "SELECT count(*) FROM letter WHERE (id LIKE 'walk-%' OR id LIKE 'tick-%') AND valid_until > ?"
        ((given,),) = self._tools.database.rows(query, int((now - timedelta(days=1)).timestamp()))
        if given < MOST_ANSWERS_A_DAY:
            self._tools.voice.over("walk", "the installer is answered again")
            return False
        self._tools.voice.trouble("walk", f"the installer was answered {given} times within a day; no more today")
        return True
