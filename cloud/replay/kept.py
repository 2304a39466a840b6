"""What is kept of a night so that it can be decided again: names and digests of everything it rested on."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, Field

from cloud.records import Record

FORMAT: Final = 2
"""Raised when the meaning of what is kept changes; from SEALED on a night without its seal is none."""
SEALED: Final = 2
REFERENCE: Final = "inputs of the night, for its replay"
"""Name under which a verdict tells the digest of what its night rested on."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class RecordsSeen(Record):
    """How many records of a kind there were, and the digest of their contents in order."""

    count: Count
    sha256: Sha256


class ModelSeen(Record):
    """A model whose opinion was among the photos."""

    name: str
    version: str
    sha256: str | None


class KeptState(Record):
    """A state of the soil water without which the season would not be followed alike."""

    shelf: Literal["checkpoints", "seasons"]
    day: date
    sha256: Sha256


class Environment(Record):
    """What computed a night: the same computes it again to the last bit, another to rounding."""

    machine: str
    processor: str
    python: str
    packages: Mapping[str, str]
    code_sha256: Sha256
    """Of the rules themselves: a version number may stay while they change."""


class Rested(Record):
    """What the answer of a night follows from; its digest stands in every verdict of the night."""

    format: int = FORMAT
    day: date
    weather: tuple[Sha256, ...]
    """Parts of the packed past, in order."""
    forecast: tuple[Sha256, ...] | None
    given: Sha256
    """Everything of the day that no record of the store holds: turns, quotas, pumps, references, settings, seed."""
    learned: Sha256 | None = None
    """What the judge had learned of released advice, as its file holds it; None where it had no opinion."""
    records: Mapping[str, RecordsSeen]
    """Records of the store by kind."""

    def sha256(self) -> str:
        """Digest of what a night rested on [64 hex digits]."""
        return _digest(self.model_dump(mode="json"))


class KeptNight(Record):
    """One night as it is kept."""

    rested: Rested
    code_version: str
    decided_at: AwareDatetime
    moment: AwareDatetime
    """Nothing from after it was seen."""
    first: date
    """First day of the weather."""
    parcels_position: Count
    """Entry of the ledger up to which parcels were read."""
    position: Count
    """Entry up to which everything else was read, which the ledger's own hash names."""
    ledger_hash: str
    states: tuple[KeptState, ...] = ()
    models: tuple[ModelSeen, ...] = ()
    environment: Environment
    seal: Sha256 | None = None
    """Digest of all the rest: the states, known only once the night is decided, stand in no verdict's digest. None in
    what was kept before SEALED, which is still read."""

    def sealed(self) -> Self:
        """The same with its seal."""
        return self.model_copy(update={"seal": self._own_digest()})

    @property
    def is_whole(self) -> bool:
        """Whether it is as it was sealed, or is older than seals."""
        if self.seal is None:
            return self.rested.format < SEALED
        return self.seal == self._own_digest()

    def _own_digest(self) -> str:
        return _digest(self.model_dump(mode="json", exclude={"seal"}))

    def differences(self, now: Environment, code_version: str) -> tuple[str, ...]:
        """What is another today than it was then, one line each."""
        lines = []
        if code_version != self.code_version:
            lines.append(f"code version: was {self.code_version}, is {code_version}")
        elif now.code_sha256 != self.environment.code_sha256:
            lines.append(f"code: other rules under the same version {code_version}")
        for name in ("machine", "processor", "python"):
            was, own = getattr(self.environment, name), getattr(now, name)
            if was != own:
                lines.append(f"{name}: was {was}, is {own}")
        before, today = self.environment.packages, now.packages
        packages = (
            f"package {name}: was {before.get(name, 'absent')}, is {today.get(name, 'absent')}"
            for name in sorted({*before, *today})
            if before.get(name) != today.get(name)
        )
        return (*lines, *packages)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
