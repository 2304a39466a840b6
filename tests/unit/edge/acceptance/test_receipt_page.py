import re
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.acceptance.page import Line, Page, lines_of_troubles, text_of
from edge.acceptance.pdf import pdf_of
from edge.errors import ConfigurationError

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
PAGE = Page(
    organisation="demo",
    gateway="gw-01",
    machine="Raspberry Pi 5, 64-bit",
    software="seguia 1.2.3",
    at=NOON,
    clock_believed=True,
    lines=(
        Line(part="speed", state="pass", text="4.0 pictures a second"),
        Line(part="link", state="fail", text="no answer"),
        Line(part="heat", state="open", text="not measured"),
    ),
)


def shown(pdf: bytes) -> str:
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, flags=re.DOTALL)
    drawn = b"".join(zlib.decompress(stream) for stream in streams if stream[:1] == b"x")
    return b" ".join(re.findall(rb"\((.*?)\) Tj", drawn)).decode("latin-1")


def test_the_page_says_what_passed_failed_and_is_open() -> None:
    text = text_of(PAGE)
    assert "Gateway   demo / gw-01\n" in text
    assert "PASS  speed  4.0 pictures a second\n" in text
    assert "FAIL  link   no answer\n" in text
    assert "open  heat   not measured\n" in text
    assert "FAIL: 1 passed, 1 failed, 1 open\n" in text
    assert "Installer: ____" in text


def test_what_is_open_fails_nobody() -> None:
    page = replace(PAGE, lines=(PAGE.lines[0], PAGE.lines[2]))
    assert page.passed
    assert page.verdict == "PASS: 1 passed, 0 failed, 1 open"


def test_a_date_by_a_clock_that_cannot_be_believed_says_so() -> None:
    assert "2026-07-01 12:00 UTC (by a clock that cannot be believed)" in text_of(replace(PAGE, clock_believed=False))


def test_the_pdf_says_what_the_text_says() -> None:
    pdf = pdf_of(PAGE)
    assert pdf.startswith(b"%PDF-")
    words = shown(pdf)
    for part in ("Seguia gateway receipt", "demo / gw-01", "FAIL", "no answer", "1 passed, 1 failed, 1 open"):
        assert part in words
    assert pdf_of(PAGE) == pdf, "the same page is the same file"


def test_letters_that_the_font_lacks_do_not_break_the_pdf() -> None:
    line = Line(part="watch", state="fail", text="حقل/é.jpg: damaged")
    assert "???/" in shown(pdf_of(replace(PAGE, lines=(line,))))


def test_a_long_receipt_goes_on_on_another_page() -> None:
    lines = tuple(Line(part="trouble", state="fail", text=f"number {number} " * 20) for number in range(60))
    pdf = pdf_of(replace(PAGE, lines=lines))
    assert pdf.count(b"/Type /Page\n") >= 3
    assert "number 59" in shown(pdf)


def test_without_the_extra_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(ConfigurationError, match=r"pip install '\.\[receipt\]'"):
        pdf_of(PAGE)


def test_every_trouble_is_a_line_that_fails() -> None:
    one, other = lines_of_troubles([("broker", "no answer", NOON), ("clock", "it is 1970", None)])
    assert (one.state, one.text) == ("fail", "broker: no answer (since 2026-07-01 12:00 UTC)")
    assert other.text == "clock: it is 1970 (since an unknown time)"
