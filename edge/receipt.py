"""What a gateway did and what it cost: figures measured on this machine, and one estimate with its assumption."""

from typing import Any

from edge.database import Database
from edge.logbook import Logbook


def receipt_of(database: Database, *, watts: float) -> dict[str, Any]:
    """Counts, bytes and processor seconds since the queue was begun; unknown figures are null, never 0."""
    counters = Logbook(database).counters()
    totals = dict(database.rows("SELECT name, value FROM total"))
    frames = counters.get("frames_queued", 0.0)
    processor_s = counters.get("frame_processor_s")
    per_frame_s = processor_s / frames if processor_s is not None and frames else None
    whole = {name: int(value) for name, value in counters.items() if name != "frame_processor_s"}
    return {
        **whole,
        "queued_messages": totals["queued"],
        "queued_bytes": totals["queued_bytes"],
        "bytes_per_stored_message": _share(counters, "bytes_sent", "messages_stored"),
        "processor_s_per_frame": None if per_frame_s is None else round(per_frame_s, 4),
        "joules_per_frame_estimate": None if per_frame_s is None else round(per_frame_s * watts, 3),
        "joules_assumption": f"{watts:g} W more while one core works; estimated, not measured",
    }


def _share(counters: dict[str, float], part: str, whole: str) -> float | None:
    return round(counters[part] / counters[whole], 1) if counters.get(whole) and part in counters else None
