"""What a screen shows of a person: enough to tell two apart, too little to call one."""

from typing import Final

_FIRST: Final = 4
_LAST: Final = 2


def masked_number(number: str) -> str:
    """The country, the first digit and the last two of a telephone number."""
    hidden = max(0, len(number) - _FIRST - _LAST)
    return f"{number[:_FIRST]}{'*' * hidden}{number[-_LAST:] if hidden else ''}"


def masked_name(name: str) -> str:
    """The first letter of each word of a name."""
    return " ".join(f"{word[0]}." for word in name.split())
