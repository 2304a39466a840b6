"""What one answer costs: bytes, processor time with the machine named, and an energy estimate with its assumption."""

from dataclasses import dataclass
from typing import Final

WATTS_PER_CORE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Measured size and processor time of a model on one thread."""

    parameters: int
    size_bytes: int
    milliseconds_per_tile: float
    milliseconds_per_frame: float
    machine: str

    def joules_per_frame(self, watts: float = WATTS_PER_CORE) -> float:
        """Energy of one frame when a working core takes ``watts`` more than an idle one: an estimate."""
        return self.milliseconds_per_frame / 1e3 * watts

    def card(self, watts: float = WATTS_PER_CORE) -> dict[str, object]:
        """The rows of the card's section ``cost``."""
        return {
            "parameters": self.parameters,
            "bytes": self.size_bytes,
            "milliseconds_per_256x256": round(self.milliseconds_per_tile, 2),
            "milliseconds_per_frame": round(self.milliseconds_per_frame, 2),
            "machine": self.machine,
            "joules_per_frame_estimate": round(self.joules_per_frame(watts), 4),
            "joules_assumption": f"{watts:g} W more while one core works; estimated, not measured",
        }
