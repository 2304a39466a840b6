"""How an installation speaks, and what becomes of a text: a message with notes for whoever watches."""

from dataclasses import dataclass
from typing import Final

from cloud.messages import Message
from cloud.records import Language
from cloud.speech.catalogue import PACKAGED, Catalogue, Wording, speakable


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Whose words are spoken, whether drafts may be, and what a part of a text costs."""

    draft: bool = False
    """Let unreviewed languages speak: only where no message reaches a real telephone."""
    price_per_segment: float | None = None
    wording: Wording = PACKAGED

    def words(self, language: Language) -> Catalogue:
        """The catalogue of a language, or the reviewed fallback."""
        return speakable(language, draft=self.draft, wording=self.wording)

    def cost(self, segments: int) -> float | None:
        """What a text of so many parts costs; None when no price is known."""
        return None if self.price_per_segment is None else self.price_per_segment * segments

    def fallback_note(self, asked: Language, spoken: Language) -> tuple[str, ...]:
        """What to tell when another language stood in."""
        if asked == spoken:
            return ()
        got = "an incomplete draft" if self.draft else "a draft that none has reviewed (--draft shows it)"
        wanted = f"language {asked}: expected a catalogue signed by a native agronomist"
        return (f"{wanted}, got {got}; {spoken} was used instead",)


USUAL: Final = Voice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A message, and what had to be done to it that someone should know."""

    message: Message
    notes: tuple[str, ...]
