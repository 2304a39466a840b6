"""Rendering: random verdicts and notices in every language, read back from their texts, and parts counted.

What a message says is worked out here apart from the room that made it; parts are counted by another library.
"""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import smsutil

from cloud.errors import CloudError
from cloud.speech.notices import announce
from cloud.speech.render import compose
from cloud.speech.segments import fits_budget, segments
from cloud.speech.voice import Voice
from tests.benchmarks.figure import Figure
from tests.heard_right import complaint
from tests.random_verdicts import LANGUAGES, cases, notices, texts

VERDICTS: Final = 20_000
NOTICES: Final = 3_000
TEXTS: Final = 20_000
SEED: Final = 6
VALID_UNTIL: Final = datetime(2040, 1, 1, tzinfo=UTC)
DRAFT: Final = Voice(draft=True)


def figures() -> Iterator[Figure]:
    """Messages heard otherwise than meant, and what one costs to make."""
    yield from _advice()
    yield from _notices()
    yield _parts()


def _advice() -> Iterator[Figure]:
    wrong: Counter[str] = Counter()
    made, begun, left_out = 0, time.process_time(), 0
    for case in cases(VERDICTS, SEED):
        for language in LANGUAGES:
            try:
                spoken = compose(case.verdict, language=language, voice=DRAFT, replaces=case.replaces)
            except CloudError as error:
                wrong[f"{language}: {str(error)[:60]}"] += 1
                continue
            made += 1
            left_out += any("left out" in note for note in spoken.notes)
            what = complaint(spoken.message, case.verdict, case.replaces)
            if what is not None:
                wrong[f"{language}: {what}"] += 1
    each_ms = 1000.0 * (time.process_time() - begun) / max(1, made)
    yield Figure(
        name=f"{VERDICTS:,} random verdicts x {len(LANGUAGES)} languages heard otherwise than meant",
        value=float(wrong.total()),
        unit="messages",
        bar=0.0,
        note=f"{made:,} read back; in {left_out / max(1, made):.0%} a sentence had no room; {_first(wrong)}",
    )
    yield Figure(
        name="make one SMS and read it back twice",
        value=each_ms,
        unit="ms processor",
        note=f"mean of {', '.join(LANGUAGES)}; {1000.0 / each_ms:,.0f} messages/s",
    )


def _notices() -> Iterator[Figure]:
    wrong: Counter[str] = Counter()
    for facts in notices(NOTICES, SEED):
        for language in LANGUAGES:
            try:  # refuses by itself what would be heard otherwise
                message = announce(facts, language=language, valid_until=VALID_UNTIL, voice=DRAFT).message
            except CloudError as error:
                wrong[f"{language} {facts.kind}: {str(error)[:60]}"] += 1
                continue
            if not fits_budget(message.text):
                wrong[f"{language} {facts.kind}: budget"] += 1
    yield Figure(
        name=f"{NOTICES:,} random notices x {len(LANGUAGES)} languages heard otherwise than meant",
        value=float(wrong.total()),
        unit="messages",
        bar=0.0,
        note=_first(wrong),
    )


def _parts() -> Figure:
    wrong = sum(segments(text).segments != max(1, len(smsutil.split(text).parts)) for text in texts(TEXTS, SEED))
    return Figure(
        name=f"{TEXTS:,} random texts whose parts smsutil counts otherwise", value=float(wrong), unit="texts", bar=0.0
    )


def _first(wrong: Counter[str]) -> str:
    return "; ".join(f"{count} {what}" for what, count in wrong.most_common(3))
