"""Dates as the carrier writes them."""

from datetime import UTC, datetime


def moment_of(text: str, otherwise: datetime) -> datetime:
    """Both forms in which the carrier writes a date, UTC where none is said; else the moment of arrival."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return otherwise
