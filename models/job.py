"""One request to train, evaluate or export a model: where the data are, where results go, how long, who is told."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A request as the command line made it; ``steps`` None means the length the published card was made with.

    ``labelled`` holds rows of photos that people scored, in the columns of the data set's own table.
    """

    data: Path
    out: Path
    steps: int | None
    threads: int
    told: Callable[[str], None]
    labelled: tuple[Mapping[str, str], ...] = ()

    def weights(self, name: str) -> Path:
        """Where a model's 32-bit weights stand between training and export."""
        return self.out / name / f"{name}.pt"

    def figures(self, name: str) -> Path:
        """Where a model's held-out figures stand between evaluation and export."""
        return self.out / name / "figures.json"


def machine() -> str:
    """The machine the figures were made on, in words that name no particular one."""
    return f"one core of a shared {platform.machine()} server"
