"""Reminders, ticks and the walk by SMS, over the real books of a gateway; the modem is left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from edge.caretaker import MOST_ANSWERS_A_DAY, Caretaker, CareTools
from edge.clock import Clock
from edge.commissioning.inspection import Inspector, Tools
from edge.config import GatewayConfig
from edge.contract import SmsInbound
from edge.crew import hands_of
from edge.doctor import Finding as Examined
from edge.errors import StoreUnavailableError
from edge.gsm.incoming import IncomingText, read_pdu
from edge.heartbeat import CareState, ModemState
from edge.installer import read_installer_number
from edge.keys import write_private
from edge.letters import Letters
from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.settings.installer import InstallerConfig
from edge.settings.modem import ModemConfig
from edge.timekeeper import Timekeeper
from edge.troubles import Troubles
from edge.voice import Voice
from edge.worker import Station
from simulations.modem.network import delivery

BEGUN = datetime(2026, 5, 1, 9, tzinfo=UTC)
NUMBER = "+212612345678"
FARMER = "+212699999999"


@dataclass
class World:
    """A gateway's books, a clock that is moved by hand, and what was told on the log."""

    folder: Path
    now: datetime = BEGUN
    monotonic_s: float = 0.0
    language: str = "en"
    modem_ready: bool = True

    def __post_init__(self) -> None:
        self.told: list[str] = []
        self.letters_read = 0
        write_private(self.folder / "number", f"{NUMBER}\n".encode())
        self.config = GatewayConfig(
            organisation="o",
            gateway_id="gw-01",
            data_dir=self.folder,
            modem=ModemConfig(),
            installer=InstallerConfig.model_validate(
                {"number_file": self.folder / "number", "language": self.language, "reminder_hour_utc": 8}
            ),
        )
        self.outbox = Outbox(self.folder / "outbox.sqlite", boot="b1", now=lambda: self.now)
        self.begin()

    def begin(self) -> None:
        clock = Clock(now=lambda: self.now, monotonic_s=lambda: self.monotonic_s)
        self.letters = Letters(self.outbox)
        modem = ModemState(ready=self.modem_ready, signal_dbm=-71, trouble=None if self.modem_ready else "no credit")
        tools = Tools(
            clock=clock,
            database=lambda: self.outbox.database,
            broker=lambda _: Examined(part="broker", well=False, text="b:1: got: Connection refused; check host"),
            modem=lambda: modem,
        )
        self.caretaker = Caretaker(
            self.config,
            CareTools(
                database=self.outbox.database,
                clock=clock,
                voice=Voice(self.told.append),
                letters=self.letters,
                inspector=lambda: Inspector(self.config, tools),
            ),
        )

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)
        self.monotonic_s += timedelta(**by).total_seconds()

    def text(self, text: str, number: str = NUMBER, path: str = "sms") -> bool:
        self.pass_time(seconds=20)
        word = SmsInbound.model_validate(
            {"name": f"{int(self.monotonic_s):024x}", "path": path, "phone_number": number, "text": text}
        )
        return self.caretaker.hear(word, self.now)

    def turns(self) -> list[str]:
        """Texts that wait for the modem after the caretaker has done what it had to."""
        for _ in range(6):
            self.caretaker.step()
        query = "SELECT text FROM letter WHERE rowid > ? AND state = 'taken' ORDER BY rowid"
        rows = self.outbox.database.rows(query, self.letters_read)
        ((self.letters_read,),) = self.outbox.database.rows("SELECT coalesce(max(rowid), 0) FROM letter")
        return [text for (text,) in rows]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.outbox.close()


def test_the_installer_is_led_through_every_step_by_a_digit_a_step(world: World) -> None:
    assert world.text("S")
    said = world.turns()
    while world.text("1") and (more := world.turns()):
        said += more
    steps = [line.partition(":")[0] for line in said]
    assert steps == [
        "gw-01 1/8 Aim the camera", "gw-01 2/8 Parcel outline", "gw-01 4/8 SIM", "gw-01 5/8 Clock", "gw-01 6/8 Broker",
        "gw-01 7/8 Test message", "gw-01",
    ]  # fmt: skip
    assert "In the network, signal -71 dBm" in said[2]
    assert "does not answer. Check internet" in said[4]
    assert said[0].endswith("1 next, 2 again, 0 stop")
    assert said[-1] == "gw-01: walk ended, 4 steps open. Send S to begin again."
    assert not world.text("1"), "the walk is over: a digit is anybody's again"


def test_again_says_the_same_step_and_stop_ends(world: World) -> None:
    world.text("S")
    (first,) = world.turns()
    world.text("2")
    assert world.turns() == [first]
    world.text("0")
    assert "walk ended" in world.turns()[0]
    assert not world.text("2")


@pytest.mark.parametrize("text", ["S", "1", "C1"])
def test_nobody_else_is_heard(world: World, text: str) -> None:
    world.text("S")
    world.turns()
    assert not world.text(text, FARMER)
    assert not world.text(text, path="call")
    assert world.turns() == []


def test_other_words_of_the_installer_go_to_the_office(world: World) -> None:
    assert not world.text("Bonjour")
    assert not world.text("1"), "no walk is under way"
    world.text("S")
    world.pass_time(minutes=31)
    assert not world.text("1"), "the walk was left"


def test_an_answer_owed_survives_a_power_cut_and_is_sent_once(world: World) -> None:
    world.text("S")
    world.begin()
    assert len(world.turns()) == 1
    world.begin()
    assert world.turns() == []


def test_two_digits_in_a_row_lead_two_steps_on(world: World) -> None:
    world.text("S")
    world.text("1")
    (only,) = world.turns()
    assert "2/8" in only


def test_a_new_gateway_is_clean_and_the_first_reminder_comes_when_something_is_due(world: World) -> None:
    assert world.turns() == []
    sent = {}
    for day in range(1, 32):
        world.pass_time(days=1)
        for text in world.turns():
            sent[day] = text
    assert list(sent) == [14, 21, 28, 30], "once, weekly, and when more becomes due"
    assert sent[14] == "gw-01 care due: 1 clean lens. When done, reply C1."
    assert sent[30].startswith("gw-01 care due: 1 clean lens, 2 clean solar panel, 3 check SIM credit.")


def test_a_reply_ticks_off_and_is_thanked_with_what_comes_next(world: World) -> None:
    world.turns()
    world.pass_time(days=14)
    assert len(world.turns()) == 1
    assert world.text("c1")
    assert world.turns() == ["gw-01: noted: 1 clean lens. Next: clean lens 2026-05-29."]
    assert world.caretaker.state().due == ()
    assert world.text("C7")
    (answer,) = world.turns()
    assert answer.startswith("gw-01: no such number. Care: 1 clean lens, 2 ")


def test_a_dirty_lens_is_told_at_once_without_waiting_for_its_day(world: World) -> None:
    world.turns()
    world.pass_time(days=2)
    Troubles(world.outbox.database, lambda: world.now).open("camera mast-1 dirty", "the lens is dirty")
    assert world.turns() == ["gw-01 care due: 1 clean lens. When done, reply C1."]
    state = world.caretaker.state()
    assert (state.due, state.overdue_days) == (("lens",), 0)


def test_reminders_leave_by_day_only(world: World) -> None:
    world.turns()
    world.pass_time(days=14, hours=-9)
    assert world.turns() == []
    world.pass_time(hours=8)
    assert len(world.turns()) == 1


def test_a_clock_that_cannot_be_believed_reminds_nobody(world: World) -> None:
    world.now = datetime(1970, 1, 1, tzinfo=UTC)
    assert world.turns() == []
    assert world.caretaker.state().due == ()
    assert world.outbox.database.rows("SELECT count(*) FROM care") == [(0,)]


def test_a_number_that_cannot_be_read_is_told_once_and_heard_again_when_it_can(world: World) -> None:
    assert world.config.installer is not None
    file = world.config.installer.number_file
    file.chmod(0o644)
    assert not world.text("S")
    assert not world.text("S")
    assert len(world.told) == 1
    assert "until then no installer is heard" in world.told[0]
    file.chmod(0o600)
    assert read_installer_number(world.config.installer) == NUMBER
    assert world.text("S")


def test_without_an_installer_care_is_counted_and_nobody_told(world: World) -> None:
    world.config = world.config.model_copy(update={"installer": None})
    world.begin()
    assert world.turns() == []
    world.pass_time(days=40)
    assert world.turns() == []
    assert not world.text("S")
    assert world.caretaker.state().due == ("lens", "panel", "sim_credit")
    assert world.caretaker.state().overdue_days == 26


def test_the_day_of_the_set_up_is_told_and_begins_the_calendar_anew(world: World) -> None:
    world.turns()
    world.pass_time(days=20)
    world.caretaker._book.finish(world.now.date())
    state = world.caretaker.state()
    assert (state.due, state.commissioned_on) == ((), date(2026, 5, 21))


def test_french_and_arabic_installers_are_led_in_their_language(tmp_path: Path) -> None:
    for language, word in (("fr", "Viser avec la camera"), ("ar", "توجيه الكاميرا")):
        folder = tmp_path / language
        folder.mkdir()
        world = World(folder, language=language)
        world.text("S")
        (line,) = world.turns()
        assert word in line or "Viser avec la caméra" in line
        world.outbox.close()


def test_a_modem_in_trouble_is_a_red_step(tmp_path: Path) -> None:
    world = World(tmp_path, modem_ready=False)
    world.text("S")
    for _ in range(2):
        world.turns()
        world.text("1")
    (line,) = world.turns()
    assert "The SIM or modem does not work" in line
    world.outbox.close()


def test_an_answer_that_the_queue_could_not_take_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.text("S")

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailableError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(world.letters, "take", full)
        with pytest.raises(StoreUnavailableError):
            world.caretaker.step()
    assert len(world.turns()) == 1


def test_nobody_spends_the_credit_by_a_forged_number(world: World) -> None:
    answered = 0
    for _ in range(MOST_ANSWERS_A_DAY + 10):
        world.text("S")
        answered += len(world.turns())
    assert answered == MOST_ANSWERS_A_DAY
    assert len([line for line in world.told if "no more today" in line]) == 1
    world.pass_time(days=14)
    assert len(world.turns()) == 1, "a reminder goes all the same"
    world.text("S")
    assert len(world.turns()) == 1


def test_a_clock_that_was_set_back_reminds_nobody(world: World) -> None:
    world.turns()
    Logbook(world.outbox.database).note_time(world.now + timedelta(days=400))
    world.pass_time(days=40)
    assert world.turns() == []
    assert world.caretaker.state().due == ()


def test_the_gateway_at_work_hears_its_installer_and_tells_its_care(tmp_path: Path) -> None:
    world = World(tmp_path)
    clock = Clock(now=lambda: world.now, monotonic_s=lambda: world.monotonic_s)
    station = Station(config=world.config, outbox=world.outbox, clock=clock, voice=Voice(world.told.append))
    hands = hands_of(station)
    assert hands.messenger is not None
    for pdu in delivery(NUMBER, "S", world.now):
        text = read_pdu(pdu)
        assert isinstance(text, IncomingText)
        hands.messenger.postbox.hear(pdu, text, world.now)
    (post,) = [each for each in hands.posts() if each.name == "care"]
    assert post.worker.step()
    (line,) = world.turns()
    assert "Aim the camera" in line
    assert "No camera" in line
    assert hands.states()["care"] == CareState()
    assert world.outbox.counts().messages == 0, "the office is told nothing of it"
    world.outbox.close()


def test_a_wrong_wall_clock_that_the_cloud_vouches_against_dates_answers_by_the_clouds_word(tmp_path: Path) -> None:
    world = World(tmp_path)
    clock = Clock(now=lambda: world.now, monotonic_s=lambda: world.monotonic_s)
    Timekeeper(world.outbox.database, clock).told_by_cloud(BEGUN, world.monotonic_s)
    world.now -= timedelta(days=60)
    assert world.text("S")
    world.turns()
    ((valid_until,),) = world.outbox.database.rows("SELECT valid_until FROM letter")
    assert valid_until > BEGUN.timestamp()
    world.outbox.close()


def test_an_answer_waits_while_nobody_knows_the_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.turns()
    began = world.now
    world.now += timedelta(days=60)
    assert world.text("S")
    world.turns()
    assert world.outbox.database.rows("SELECT id FROM letter") == []
    world.now = began + timedelta(minutes=1)
    world.turns()
    assert len(world.outbox.database.rows("SELECT id FROM letter")) == 1
    world.outbox.close()
