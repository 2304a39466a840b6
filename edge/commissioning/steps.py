"""The steps of setting a gateway up, in their order, and what is found at each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Step = Literal["aim", "outline", "references", "sim", "clock", "broker", "message", "done"]
State = Literal["good", "bad", "open", "idle"]
"""good: green; bad: red, with a remedy; open: not done or not known yet; idle: this gateway has no such part."""
STEPS: Final[tuple[Step, ...]] = get_args(Step)

Slot = str | float | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found at one step: a code that has words in every language, its numbers, and the raw cause."""

    step: Step
    state: State
    code: str
    slots: Mapping[str, Slot] = field(default_factory=dict)
    detail: str | None = None
    """The cause as the program says it, in English; may be long."""

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done here."""
        return self.state in {"good", "idle"}
