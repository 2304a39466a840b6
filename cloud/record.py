"""What every noun of the cloud that crosses a border is: frozen, strict, and known by a digest."""

import hashlib
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f][^\x00-\x1f]{0,79}$")]


class Record(BaseModel):
    """A frozen record; unknown fields are refused here (readers of foreign files drop and name them first)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def digest(self) -> str:
        """SHA-256 of the record's canonical JSON [64 hex digits]."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()
