"""The receipt as a PDF of one or more pages; needs the extra ``receipt``."""

from typing import TYPE_CHECKING, Final

from edge.acceptance.page import WORDS, Page, State, signatures
from edge.errors import ConfigurationError

if TYPE_CHECKING:
    from fpdf import FPDF

_COLOURS: Final[dict[State, tuple[int, int, int]]] = {
    "pass": (0, 110, 60),
    "fail": (180, 0, 0),
    "open": (110, 110, 110),
}
_LINE_MM: Final = 5.5


def pdf_of(page: Page) -> bytes:
    """The page as a PDF; letters that its built-in font lacks are shown as question marks."""
    try:
        from fpdf import FPDF  # noqa: PLC0415 -- an extra: only who wants a PDF needs it
    except ImportError:
        raise ConfigurationError(
            "--pdf: expected the extra receipt; install it with: pip install '.[receipt]' in a checkout"
        ) from None
    paper = FPDF(format="A4")
    paper.set_creation_date(page.at)
    paper.set_title(f"Receipt of gateway {_latin(page.gateway)}")
    paper.set_auto_page_break(auto=True, margin=15)
    paper.add_page()
    _heading(paper, page)
    for line in page.lines:
        paper.set_text_color(*_COLOURS[line.state])
        paper.set_font("Helvetica", style="B", size=10)
        paper.cell(16, _LINE_MM, WORDS[line.state])
        paper.set_text_color(0, 0, 0)
        paper.cell(24, _LINE_MM, _latin(line.part))
        paper.set_font("Helvetica", size=10)
        paper.multi_cell(0, _LINE_MM, _latin(line.text), align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(12)
    paper.multi_cell(0, _LINE_MM, signatures(), align="L")
    return bytes(paper.output())


def _heading(paper: "FPDF", page: Page) -> None:
    paper.set_font("Helvetica", style="B", size=16)
    paper.cell(0, 10, "Seguia gateway receipt", new_x="LMARGIN", new_y="NEXT")
    paper.set_font("Helvetica", size=10)
    for name, value in page.heading:
        paper.cell(40, _LINE_MM, name)
        paper.cell(0, _LINE_MM, _latin(value), new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)
    paper.set_text_color(*_COLOURS["pass" if page.passed else "fail"])
    paper.set_font("Helvetica", style="B", size=13)
    paper.cell(0, 10, page.verdict, new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
