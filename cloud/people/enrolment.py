"""A person as a file or an operator gives them, laid over what is known already."""

from typing import Final

from cloud.messages import Farmer

WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "lundi"),
            ("tuesday", "mardi"),
            ("wednesday", "mercredi"),
            ("thursday", "jeudi"),
            ("friday", "vendredi"),
            ("saturday", "samedi"),
            ("sunday", "dimanche"),
        )
    )
    for name in names
}


def laid_over(known: Farmer | None, given: Farmer) -> Farmer:
    """What was given, and what was not given as it was known; a file of four columns takes no preference back."""
    if known is None:
        return given
    return known.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})


def weekday(text: str) -> int | str:
    """Number of a weekday by its English or French name, 0 = Monday; another text as it is."""
    return WEEKDAYS.get(text.strip().casefold(), text.strip())


def preference(name: str, value: object) -> str:
    """A preference as a person says it, not as it is kept: a weekday by its English name, an hour without seconds."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "market_day":
        return next(day for day, number in WEEKDAYS.items() if number == value)
    return str(value)[:5] if name in ("quiet_from", "quiet_until") else str(value)
