import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import UnreadablePduError
from edge.gsm.incoming import IncomingText, Joint, StatusReport, read_pdu
from simulations.modem.network import delivery, status_report

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pdu", "expected"),
    [
        (
            "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07",
            IncomingText(
                number="+31641600986",
                sent_at=datetime(2002, 8, 26, 19, 37, 41, tzinfo=UTC),
                text="How are you?",
                joint=None,
            ),
        ),
        (  # a sender without a number
            "0791448720003023240DD0E474D81C0EBB010000111011315214000BE474D81C0EBB5DE3771B",
            IncomingText(
                number="diafaan",
                sent_at=datetime(2011, 1, 11, 13, 25, 41, tzinfo=UTC),
                text="diafaan.com",
                joint=None,
            ),
        ),
        (
            "00060D0B911326880736F4111011719551401110117195714000",
            StatusReport(reference=13, number="+31628870634", fate="delivered", code=0),
        ),
    ],
)
def test_published_examples(pdu: str, expected: IncomingText | StatusReport) -> None:
    assert read_pdu(pdu) == expected


@settings(max_examples=60)
@given(text=st.text("aé€{^ سقيⵉ😀1", min_size=1, max_size=320), reference=st.integers(0, 255))
def test_what_a_network_delivers_is_read(text: str, reference: int) -> None:
    read = [read_pdu(pdu) for pdu in delivery("+212612345678", text, NOON, reference=reference)]
    assert all(isinstance(part, IncomingText) for part in read)
    parts = [part for part in read if isinstance(part, IncomingText)]
    assert "".join(part.text for part in parts) == text
    assert {(part.number, part.sent_at) for part in parts} == {("+212612345678", NOON)}
    if len(parts) > 1:
        assert [part.joint for part in parts] == [
            Joint(reference=reference, total=len(parts), place=place) for place in range(1, len(parts) + 1)
        ]


def test_a_reference_of_two_octets_joins_too() -> None:
    head = "00" + "44" + "038121F3" + "0008" + "62501021000000"
    read = read_pdu(head + "0B" + "0608040102" + "0201" + "06330642")
    assert isinstance(read, IncomingText)
    assert read.joint == Joint(reference=0x0102, total=2, place=1)
    assert (read.number, read.text) == ("12" + "3", "سق")


@pytest.mark.parametrize(("place", "total"), [(0, 2), (3, 2)])
def test_a_part_that_cannot_be_one_stands_alone(place: int, total: int) -> None:
    header = f"050003AA{total:02X}{place:02X}"
    read = read_pdu("00" + "44" + "038121F3" + "0008" + "62501021000000" + "08" + header + "0633")
    assert isinstance(read, IncomingText)
    assert (read.joint, read.text) == (None, "س")


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        *((code, "delivered") for code in (0, 1, 2)),
        *((code, "trying") for code in (0x20, 0x30)),
        *((code, "failed") for code in (0x40, 0x5F, 0x60, 0x65)),
        (0x46, "expired"),
    ],
)
def test_fates_of_parts(code: int, fate: str) -> None:
    read = read_pdu(status_report("+212612345678", 200, code, NOON))
    assert isinstance(read, StatusReport)
    assert (read.reference, read.fate, read.code) == (200, fate, code)


@pytest.mark.parametrize(
    ("coding", "body", "text"),
    [
        ("00", "05E8329BFD06", "hello"),
        ("04", "0568656C6C6F", "hello"),
        ("08", "020633", "س"),
        ("C0", "05E8329BFD06", "hello"),
        ("E0", "020633", "س"),
        ("F0", "05E8329BFD06", "hello"),
        ("F4", "0568656C6C6F", "hello"),
        ("08", "03063306", "س\ufffd"),
    ],
)
def test_every_alphabet_of_a_text(coding: str, body: str, text: str) -> None:
    read = read_pdu("00" + "04" + "038121F3" + "00" + coding + "62501021000000" + body)
    assert isinstance(read, IncomingText)
    assert read.text == text


@pytest.mark.parametrize("zone", ["00", "04", "0C", "40"])
def test_a_time_is_told_with_its_zone(zone: str) -> None:
    read = read_pdu("00" + "04" + "038121F3" + "0000" + "625010210000" + zone + "00")
    assert isinstance(read, IncomingText)
    hour = {"00": 12, "04": 2, "0C": 22, "40": 11}[zone]
    assert read.sent_at == datetime(2026, 5, 1, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pdu", "told"),
    [
        ("", "more octets"),
        ("zz", "hexadecimal"),
        ("0004", "more octets"),
        ("0003", "type 3"),
        ("00" + "04" + "038121F3" + "0020" + "62501021000000" + "00", "compressed"),
        ("07911326040000F0040B9113466100", "more octets"),
    ],
)
def test_what_is_no_message_is_refused_without_its_content(pdu: str, told: str) -> None:
    with pytest.raises(UnreadablePduError, match=told) as refusal:
        read_pdu(pdu)
    assert "13466100" not in str(refusal.value)


def test_a_time_that_is_none_is_unknown() -> None:
    read = read_pdu("00" + "04" + "038121F3" + "0000" + "00000000000000" + "00")
    assert isinstance(read, IncomingText)
    assert (read.sent_at, read.text) == (None, "")


@settings(max_examples=200)
@given(octets=st.binary(max_size=60))
def test_noise_is_read_or_refused_never_worse(octets: bytes) -> None:
    with contextlib.suppress(UnreadablePduError):
        assert isinstance(read_pdu(octets.hex()), IncomingText | StatusReport)
