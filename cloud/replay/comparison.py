"""Two verdicts on one advice, held against each other field by field.

The same code on the same machine gives the same bits. Another processor or another library may move the last digits:
then what the contract rounds must round alike, and nothing else may differ at all.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cloud.records import Verdict

Outcome = Literal["identical", "equal after rounding", "DIFFERS"]

_STEPS: Final[Mapping[str, float]] = {
    "depth_mm": 1.0,
    "volume_m3": 1.0,
    "duration_h": 1.0 / 12.0,
    "depletion_mm": 0.1,
    "stress_probability_if_followed": 0.01,
    "stress_probability_if_ignored": 0.01,
}
"""Steps of the contract: a dose in mm and m3, hours in 5 minutes, water in 0.1 mm, probabilities in percent."""
_OTHERWISE: Final = 0.01
_IN_WORDS: Final = 0.1
_RELATIVE: Final = 1e-6
_NUMBER: Final = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that came out otherwise."""

    field: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What became of one advice."""

    parcel_id: str
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    """Fields beyond rounding or, where all are within it, those that were rounded."""


def compared(was: Verdict, now: Verdict | None) -> Compared:
    """The outcome of replaying one advice; None where the replay has none for the parcel."""
    parcel_id = was.proposed.parcel_id
    if now is None:
        lost = Difference(field="", was="a verdict", now="none")
        return Compared(parcel_id=parcel_id, outcome="DIFFERS", differences=(lost,))
    found = list(_differences("", was.model_dump(mode="json"), now.model_dump(mode="json")))
    if not found:
        return Compared(parcel_id=parcel_id, outcome="identical")
    beyond = [one for one in found if not _alike(one)]
    return Compared(
        parcel_id=parcel_id,
        outcome="DIFFERS" if beyond else "equal after rounding",
        differences=tuple(beyond or found),
    )


def _differences(path: str, was: Any, now: Any) -> Iterator[Difference]:  # noqa: ANN401 -- any JSON
    if isinstance(was, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*was, *now)):
            yield from _differences(f"{path}.{name}" if path else str(name), was.get(name), now.get(name))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for place, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _differences(f"{path}[{_label(one, place)}]", one, other)
    elif type(was) is not type(now) or was != now:
        yield Difference(field=path, was=was, now=now)


def _label(one: Any, place: int) -> str:  # noqa: ANN401 -- any JSON
    """How an element of a list is called: by its name, where it has one."""
    named = one.get("name") or one.get("kind") if isinstance(one, dict) else None
    return str(named or place)


def _alike(one: Difference) -> bool:
    """Whether two values are the same to rounding."""
    if _is_number(one.was) and _is_number(one.now):
        return _near(one.was, one.now, _step(one.field))
    if isinstance(one.was, str) and isinstance(one.now, str) and not one.field.endswith(("sha256", "_at", "day")):
        return _same_words(one.was, one.now)
    return False


def _same_words(was: str, now: str) -> bool:
    """Whether two texts differ in the last digits of their numbers alone."""
    numbers = _NUMBER.findall(was), _NUMBER.findall(now)
    if len(numbers[0]) != len(numbers[1]) or _NUMBER.sub("#", was) != _NUMBER.sub("#", now):
        return False
    return all(_near(float(one), float(other), _IN_WORDS) for one, other in zip(*numbers, strict=True))


def _near(was: float, now: float, step: float) -> bool:
    """Whether two numbers are one step of rounding apart at most: digits at a border may fall to either side."""
    return abs(was - now) <= max(step * (1.0 + _RELATIVE), _RELATIVE * max(abs(was), abs(now)))


def _step(path: str) -> float:
    parts: Sequence[str] = re.split(r"[.\[\]]+", path)
    return next((_STEPS[part] for part in parts if part in _STEPS), _OTHERWISE)


def _is_number(value: Any) -> bool:  # noqa: ANN401 -- any JSON
    return isinstance(value, int | float) and not isinstance(value, bool)
