"""A modem on a pseudo-terminal that speaks AT, in good health and in every bad one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from edge.clock import Clock
from edge.errors import ModemAbsentError, ModemRefusalError, ModemSilentError
from edge.gsm.incoming import IncomingText, StatusReport, read_pdu
from edge.gsm.submit import Submission, submissions
from edge.modem import Called, Heard, Modem, Pin, serial_line
from edge.settings.modem import ModemConfig
from simulations.modem.device import Behaviour, Fault, StandInModem

NO_PIN = Pin(read=lambda: None, accepted=lambda: None)


def part(text: str = "Irriguez demain") -> Submission:
    (only,) = submissions("+212612345678", text, reference=1, validity=timedelta(hours=3))
    return only


def settings(device: StandInModem, **more: object) -> ModemConfig:
    return ModemConfig.model_validate({"device": device.device, "send_timeout_s": 0.6, **more})


@contextmanager
def at_work(
    behaviour: Behaviour | None = None, pin: Pin = NO_PIN, **more: object
) -> Iterator[tuple[Modem, StandInModem]]:
    with StandInModem(behaviour) as device:
        config = settings(device, **more)
        with Modem(config, serial_line(config), Clock(), pin) as modem:
            yield modem, device


def everything(modem: Modem, turns: int = 4) -> list[Heard | Called]:
    """What was heard in some turns, forgotten in its place as soon as it was."""
    heard = []
    for _ in range(turns):
        for said in modem.listen(0.05):
            heard.append(said)
            if isinstance(said, Heard) and said.place is not None:
                modem.forget(said.place)
    return heard


@pytest.mark.parametrize("pieces", [0, 1])
@pytest.mark.parametrize("direct", [False, True])
def test_a_text_leaves_and_its_report_comes(pieces: int, *, direct: bool) -> None:
    with at_work(Behaviour(pieces=pieces, direct_reports=direct)) as (modem, device):
        handed = modem.send(part())
        assert (handed.outcome, handed.reference, handed.owes_answer) == ("sent", 1, False)
        assert [(one.number, one.text) for one in device.sent] == [("+212612345678", "Irriguez demain")]
        (heard,) = everything(modem)
        assert isinstance(heard, Heard)
        assert read_pdu(heard.pdu) == StatusReport(reference=1, number="+212612345678", fate="delivered", code=0)
        assert device.held() == 0, "what was read is deleted"


def test_it_is_set_up_to_tell_and_not_to_echo() -> None:
    with at_work(smsc="+212661000000") as (modem, device):
        assert modem.signal_dbm == -79
        wanted = {"ATE0", "AT+CMEE=1", "AT+CPIN?", "AT+CMGF=0", "AT+CNMI=2,1,0,2,0", "AT+CLIP=1"}
        assert wanted <= set(device.commands)
        assert 'AT+CSCA="+212661000000",145' in device.commands


@pytest.mark.parametrize(
    ("fault", "outcome", "left", "owes"),
    [
        ("no_prompt", "retry", 0, True),
        ("refused_before", "halt", 0, False),
        ("refused_after", "halt", 0, False),
        ("bare_error_after", "unknown", 0, False),
        ("silent_after", "unknown", 1, True),
        ("lost_after", "unknown", 0, True),
        ("reset_before", "retry", 0, True),
        ("reset_after", "unknown", 1, True),
        ("noise", "sent", 1, False),
    ],
)
def test_what_may_have_left_is_never_called_unsent(
    fault: Fault, outcome: str, left: int, monkeypatch: pytest.MonkeyPatch, *, owes: bool
) -> None:
    with at_work(Behaviour(report_code=None)) as (modem, device):
        # The usual patience with a prompt is ten seconds.
        prompt = modem._talk.prompt
        monkeypatch.setattr(modem._talk, "prompt", lambda command: prompt(command, 0.4))
        device.behaviour.faults.append(fault)
        handed = modem.send(part())
        assert (handed.outcome, handed.owes_answer) == (outcome, owes)
        assert len(device.sent) == left
        assert outcome in {"retry", "sent"} or handed.word


def test_a_modem_that_is_pulled_out_after_the_text_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with at_work() as (modem, device):
        device.behaviour.faults.append("lost_after")
        hand_over = modem._talk.hand_over

        def pulled(body: str, wait_s: float, *, expect: str) -> tuple[str, ...]:
            device.unplug()
            return hand_over(body, wait_s, expect=expect)

        monkeypatch.setattr(modem._talk, "hand_over", pulled)
        assert modem.send(part()).outcome == "unknown"
        assert modem.send(part()).outcome == "retry", "before the text nothing can have left"


def test_after_a_prompt_that_was_given_up_the_next_text_leaves_once() -> None:
    with at_work(Behaviour(report_code=None)) as (modem, device):
        device.behaviour.faults.append("refused_before")
        assert modem.send(part("one")).outcome == "halt"
        assert modem.send(part("two")).outcome == "sent"
        assert [one.text for one in device.sent] == ["two"]


def test_texts_are_read_where_the_sim_keeps_them_even_without_a_notice() -> None:
    with at_work() as (modem, device):
        device.text("+212611111111", "1")
        device.text("+212611111112", "٢", notice=False)
        heard = [read_pdu(one.pdu) for one in everything(modem) if isinstance(one, Heard)]
        device.text("+212611111113", "3", notice=False)
        assert everything(modem) == [], "no notice, no reading"
        modem.look_again()
        heard += [read_pdu(one.pdu) for one in everything(modem) if isinstance(one, Heard)]
        assert [(one.number[-1], one.text) for one in heard if isinstance(one, IncomingText)] == [
            ("1", "1"),
            ("2", "٢"),
            ("3", "3"),
        ]
        assert device.held() == 0


def test_a_call_is_hung_up_and_told_once() -> None:
    with at_work() as (modem, device):
        device.ring("+212611111111", times=3)
        device.ring("", times=1)
        device.ring("0612345678", times=1)
        assert everything(modem) == [Called("+212611111111"), Called("0612345678")]
        assert device.hung_up == 5


def test_a_pin_is_given_when_the_sim_asks() -> None:
    accepted: list[bool] = []
    pin = Pin(read=lambda: "1234", accepted=lambda: accepted.append(True))
    with at_work(Behaviour(pin="1234"), pin) as (modem, device):
        assert device.pins_tried == ["1234"]
        assert accepted == [True]
        assert modem.send(part()).outcome == "sent"


@pytest.mark.parametrize(
    ("behaviour", "secret", "told"),
    [
        (Behaviour(pin="1234"), "9999", "refused its PIN, which is not tried again"),
        (Behaviour(pin="1234"), None, "the SIM asks for SIM PIN"),
        (Behaviour(sim=False), None, "CME ERROR 10"),
        (Behaviour(registered=False), None, "no network has taken the SIM in"),
    ],
)
def test_a_sim_that_does_not_work_is_told(behaviour: Behaviour, secret: str | None, told: str) -> None:
    with StandInModem(behaviour) as device:
        config = settings(device)
        line = serial_line(config)
        with pytest.raises(ModemRefusalError, match=told) as refusal:
            Modem(config, line, Clock(), Pin(read=lambda: secret, accepted=lambda: None))
        assert "9999" not in str(refusal.value)
        assert len(device.pins_tried) == (secret is not None)


def test_a_device_that_is_no_modem_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandInModem() as device:
        config = settings(device)
        monkeypatch.setattr(device, "_obey", lambda _: None)
        line = serial_line(config)
        with pytest.raises(ModemSilentError, match=r"expected an answer to AT.*baud_rate"):
            Modem(config, line, Clock(), NO_PIN)


def test_a_modem_that_starts_anew_while_idle_is_noticed() -> None:
    with at_work() as (modem, device):
        device._reset()
        with pytest.raises(ModemAbsentError, match="started anew"):
            list(modem.listen(0.3))


def test_the_balance_is_what_the_operator_says() -> None:
    with at_work() as (modem, device):
        device.text("+212611111111", "1")
        assert modem.balance("*555#") == "Solde 12.50 DH"
        assert len(everything(modem)) == 1, "what came meanwhile is still heard"
