from collections import deque

import pytest

from edge.errors import ModemAbsentError, ModemRefusalError, ModemSilentError
from edge.gsm.dialogue import Dialogue, Unasked


class ScriptedLine:
    """A line on which the test says when what comes; each reading costs a tenth of a second."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.coming: deque[bytes] = deque()
        self.written: list[bytes] = []

    def read(self, wait_s: float) -> bytes:
        self.now_s += min(wait_s, 0.1)
        return self.coming.popleft() if self.coming else b""

    def write(self, octets: bytes) -> None:
        self.written.append(octets)

    def close(self) -> None:
        """Nothing to do."""


@pytest.fixture
def line() -> ScriptedLine:
    return ScriptedLine()


@pytest.fixture
def talk(line: ScriptedLine) -> Dialogue:
    return Dialogue(line, lambda: line.now_s)


def test_an_answer_is_what_stands_before_ok(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n"]
    assert talk.ask("AT+CSQ") == ("+CSQ: 17,99",)
    assert line.written == [b"AT+CSQ\r"]


def test_an_echo_is_no_answer(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"AT+CSQ\r", b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n"]
    assert talk.ask("AT+CSQ") == ("+CSQ: 17,99",)


def test_letters_may_come_one_by_one(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [bytes((octet,)) for octet in b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n"]
    assert talk.ask("AT+CSQ") == ("+CSQ: 17,99",)


def test_what_is_said_unasked_in_between_is_kept_aside(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [
        b'\r\n+CMTI: "SM",3\r\n\r\n+CSQ: 1',
        b'7,99\r\n\r\nRING\r\n\r\n+CLIP: "+2126",145\r\n\r\n+CDS: 25\r\n0006AA\r\n\r\nOK\r\n',
    ]
    assert talk.ask("AT+CSQ", expect="+CSQ:") == ("+CSQ: 17,99",)
    assert list(talk.unasked) == [
        Unasked('+CMTI: "SM",3'),
        Unasked("RING"),
        Unasked('+CLIP: "+2126",145'),
        Unasked("+CDS: 25", "0006AA"),
    ]


def test_noise_is_no_answer(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"\xff\x00~}#\x80\r\n^RSSI:18\r\n+CSQ: 17,99\r\n\x00OK?\r\nOK\r\n"]
    assert talk.ask("AT+CSQ", expect="+CSQ:") == ("+CSQ: 17,99", "\x00OK?"), "the line after an answer belongs to it"
    line.coming += [b"\x80" * 5000, b"\r\nOK\r\n"]
    assert talk.ask("AT", expect="+X:") == ()


def test_a_list_keeps_the_line_after_each_head(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"\r\n+CMGL: 1,0,,24\r\n0791AA\r\n+CMGL: 2,0,,24\r\n0791BB\r\n\r\nOK\r\n"]
    assert talk.ask("AT+CMGL=4", expect="+CMGL:") == ("+CMGL: 1,0,,24", "0791AA", "+CMGL: 2,0,,24", "0791BB")


@pytest.mark.parametrize(
    ("said", "family", "code"),
    [
        (b"+CMS ERROR: 38", "CMS", 38),
        (b"+CME ERROR: 10", "CME", 10),
        (b"+CME ERROR: SIM not inserted", "CME", None),
        (b"ERROR", "", None),
        (b"NO CARRIER", "", None),
    ],
)
def test_an_error_ends_an_answer(
    line: ScriptedLine, talk: Dialogue, said: bytes, family: str, code: int | None
) -> None:
    line.coming += [b"\r\n" + said + b"\r\n"]
    with pytest.raises(ModemRefusalError) as refusal:
        talk.ask("AT+CPIN=1234")
    assert (refusal.value.family, refusal.value.code) == (family, code)
    assert "1234" not in str(refusal.value), "a secret is no part of an error"


def test_silence_ends_in_its_time(line: ScriptedLine, talk: Dialogue) -> None:
    with pytest.raises(ModemSilentError):
        talk.ask("AT", 5.0)
    assert line.now_s == pytest.approx(5.0)


def test_a_modem_that_started_anew_answers_nothing_any_more(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"\x00\r\nRDY\r\n"]
    with pytest.raises(ModemAbsentError, match="started anew"):
        talk.ask("AT+CSQ")


def test_a_prompt_may_follow_an_echo(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"AT+CMGS=24\r", b"\r\n", b"> "]
    talk.prompt("AT+CMGS=24")
    line.coming += [b"0011AA\x1a\r\n+CMGS: 7\r\n\r\nOK\r\n"]
    assert talk.hand_over("0011AA", 5.0, expect="+CMGS:")[0] == "+CMGS: 7"
    assert line.written[-1] == b"0011AA\x1a"


def test_a_prompt_that_does_not_come_can_be_given_up(line: ScriptedLine, talk: Dialogue) -> None:
    with pytest.raises(ModemSilentError):
        talk.prompt("AT+CMGS=24", 2.0)
    talk.give_up()
    assert line.written[-1] == b"\x1b"


def test_a_refused_prompt_is_told(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"\r\n+CMS ERROR: 310\r\n"]
    with pytest.raises(ModemRefusalError, match="CMS ERROR 310"):
        talk.prompt("AT+CMGS=24")


def test_listening_takes_no_longer_than_asked(line: ScriptedLine, talk: Dialogue) -> None:
    line.coming += [b"\r\nRING\r\n"]
    talk.listen(0.5)
    assert line.now_s == pytest.approx(0.5)
    assert list(talk.unasked) == [Unasked("RING")]
