"""The receipt of a gateway as a page: what passed, what failed, what could not be measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

State = Literal["pass", "fail", "open"]
WORDS: Final[dict[State, str]] = {"pass": "PASS", "fail": "FAIL", "open": "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing looked at; ``open``: not there, or it could not be measured, which is neither good nor bad."""

    part: str
    state: State
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that an installer hands over with a gateway."""

    organisation: str
    gateway: str
    machine: str
    software: str
    at: datetime
    clock_believed: bool
    lines: tuple[Line, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Line, ...]:
        """What failed."""
        return tuple(line for line in self.lines if line.state == "fail")

    @property
    def verdict(self) -> str:
        """The whole page in one line."""
        counts = {state: sum(line.state == state for line in self.lines) for state in WORDS}
        word = "PASS" if self.passed else "FAIL"
        return f"{word}: {counts['pass']} passed, {counts['fail']} failed, {counts['open']} open"

    @property
    def heading(self) -> tuple[tuple[str, str], ...]:
        """Name and value of what stands above the lines."""
        doubt = "" if self.clock_believed else " (by a clock that cannot be believed)"
        return (
            ("Gateway", f"{self.organisation} / {self.gateway}"),
            ("Machine", self.machine),
            ("Software", self.software),
            ("Made at", f"{self.at:%Y-%m-%d %H:%M} UTC{doubt}"),
        )


def text_of(page: Page) -> str:
    """The page as plain text."""
    width = max((len(line.part) for line in page.lines), default=0)
    rows = [f"{WORDS[line.state]}  {line.part:{width}}  {line.text}" for line in page.lines]
    heading = [f"{name:9} {value}" for name, value in page.heading]
    return "\n".join(["SEGUIA GATEWAY RECEIPT", *heading, "", *rows, "", page.verdict, "", signatures()]) + "\n"


def signatures() -> str:
    """Where whoever hands the gateway over, and whoever takes it, put their names."""
    return "Installer: ____________________    Taken over by: ____________________    Date: ____________"


def lines_of_troubles(troubles: Sequence[tuple[str, str, datetime | None]]) -> tuple[Line, ...]:
    """Each thing that the gateway at work says is wrong, by part, words and beginning."""
    return tuple(
        Line(
            part="trouble",
            state="fail",
            text=f"{part}: {text} (since {'an unknown time' if since is None else f'{since:%Y-%m-%d %H:%M} UTC'})",
        )
        for part, text, since in troubles
    )
