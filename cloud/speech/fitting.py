"""A text within its budget: what may be left out goes first, and everything that goes is noted.

The order in which room is made: the name is cut to 20 letters; as few sentences as need be that may be spared go, the
last first; the name is cut to 10; useful sentences go, the last first; the name is cut to one letter; the parcel's id
stands for a name whose script halves what a message holds. The act itself never goes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Final

from cloud.errors import IntegrityError
from cloud.speech.catalogue import Catalogue
from cloud.speech.segments import fits_budget, is_cheap

OTHER_SCRIPT: Final = "name.other_script"
"""Entry that begins a sentence in its own script, so that a name written from the right does not turn it round."""
NAME_TOLD_APART: Final = 20
NAME_KNOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence beside the act; ``place`` orders the text, ``spare`` ones go before the name is cut short."""

    text: str
    place: int
    spare: bool = False
    numbers: tuple[tuple[str, Any], ...] = ()
    """What a reader takes from the text only if it stands there, by field of ``Numbers``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be said: an act with its fields, a name that may be cut, and sentences from the most useful on."""

    subject: str
    """Whom a problem is named by."""
    head: str
    """Entry of the catalogue that holds the act."""
    name: str
    otherwise: str = ""
    """What may stand for a name in another script."""
    name_field: str = "parcel"
    """How the entry calls the name: a parcel's, or the service's."""
    name_entries: tuple[str, ...] = ()
    """Entries that the name is put into before it is put into the act, the innermost last."""
    fields: dict[str, str] = field(default_factory=dict)
    always: str = ""
    """What follows the act and never goes."""
    sentences: tuple[Sentence, ...] = ()
    reserved: str = ""
    """Room kept for what a carrier may append."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A text within its budget, and what was done to it."""

    text: str
    kept: tuple[Sentence, ...]
    notes: tuple[str, ...]


def fit(words: Catalogue, draft: Draft) -> Fitted:
    """The fullest text that keeps to its budget."""
    fitted = _fitted(words, draft)
    if fitted is None and draft.otherwise and not is_cheap(draft.name):
        entries = tuple(entry for entry in draft.name_entries if entry != OTHER_SCRIPT)
        fitted = _fitted(words, replace(draft, name=draft.otherwise, name_entries=entries))
        told = f"{draft.subject}: no room for a name in its script, told by its id; give it a name in cheap letters"
        fitted = None if fitted is None else replace(fitted, notes=(told, *fitted.notes))
    if fitted is None:
        raise IntegrityError(
            f"{draft.subject}: expected a message within its budget, got a longer one even with the name cut;"
            f" shorten entry {draft.head} of catalogue {words.language}"
        )
    return fitted


def _fitted(words: Catalogue, draft: Draft) -> Fitted | None:
    for kept, shortest in _steps(draft.sentences):
        least = min(shortest, len(draft.name))
        for length in range(len(draft.name), least - 1, -1):
            name = draft.name[:length].rstrip()
            text = _text(words, draft, name, kept)
            if fits_budget(text + draft.reserved):
                return Fitted(text=text, kept=kept, notes=_notes(draft, name, kept))
    return None


def _steps(sentences: tuple[Sentence, ...]) -> Iterator[tuple[tuple[Sentence, ...], int]]:
    """What is kept and how short the name may become, step by step; sentences stand from the most useful on."""
    useful = [one for one in sentences if not one.spare]
    spare = [one for one in sentences if one.spare]
    for length in range(len(spare), -1, -1):  # of as many, those with the most useful first
        for some in combinations(spare, length):
            yield (*useful, *some), NAME_TOLD_APART
    yield tuple(useful), NAME_KNOWN
    for length in range(len(useful) - 1, -1, -1):
        yield tuple(useful[:length]), NAME_KNOWN
    yield (), 1


def _text(words: Catalogue, draft: Draft, name: str, kept: tuple[Sentence, ...]) -> str:
    said = name
    for entry in reversed(draft.name_entries):
        said = words.text(entry, parcel=said)
    head = words.text(draft.head, **{draft.name_field: said}, **draft.fields)
    return " ".join(
        [
            head,
            *([draft.always] if draft.always else []),
            *(one.text for one in sorted(kept, key=lambda sentence: sentence.place)),
        ]
    )


def _notes(draft: Draft, name: str, kept: tuple[Sentence, ...]) -> tuple[str, ...]:
    notes = []
    if name != draft.name:
        notes.append(f"{draft.subject}: name shortened to {name!r} to fit the message; choose a shorter one")
    dropped = [one.text for one in draft.sentences if one not in kept]
    if dropped:
        notes.append(f"{draft.subject}: no room in its message for {' '.join(dropped)!r}, left out")
    return tuple(notes)
