"""The same random verdicts and notices as the benchmark's, fewer of them: all are heard as they are meant."""

import re

import pytest
import smsutil

from cloud.records import Language
from cloud.speech.notices import announce
from cloud.speech.render import compose
from cloud.speech.segments import fits_budget, segments
from tests.heard_right import complaint
from tests.notices import VALID_UNTIL
from tests.random_verdicts import LANGUAGES, cases, notices, texts
from tests.spoken import DRAFT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", [1, 2])
def test_random_verdicts_are_heard_as_they_are_meant(language: Language, seed: int) -> None:
    for case in cases(150, seed):
        message = compose(case.verdict, language=language, voice=DRAFT, replaces=case.replaces).message
        assert complaint(message, case.verdict, case.replaces) is None, message.text
        assert message.text.isprintable()


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_notices_are_heard_as_they_are_meant(language: Language) -> None:
    for facts in notices(150, 3):
        message = announce(facts, language=language, valid_until=VALID_UNTIL, voice=DRAFT).message
        assert fits_budget(message.text)
        assert message.text.isprintable()


def test_parts_of_random_texts_are_counted_as_another_library_counts_them() -> None:
    for text in texts(600, 4):
        assert segments(text).segments == max(1, len(smsutil.split(text).parts)), text


@pytest.mark.parametrize(
    "swapped",
    [
        ("{volume} m3, {depth} mm", "{depth} m3, {volume} mm"),
        ("{start}-{end}", "{end}-{start}"),
        ("Stop by {stop}", "Stop by {stop} 5:00"),
    ],
)
def test_a_swapped_field_is_found_in_what_is_heard(swapped: tuple[str, str]) -> None:
    found = 0
    for case in cases(60, 5):
        message = compose(case.verdict, language="en", voice=DRAFT).message
        wrong = message.model_copy(update={"text": _swap(message.text, swapped)})
        found += wrong.text != message.text and complaint(wrong, case.verdict, None) is not None
    assert found > 0


def _swap(text: str, swapped: tuple[str, str]) -> str:
    """A text as a translator would have made it who put fields the wrong way round."""
    names = re.findall(r"\{(\w+)\}", swapped[0])
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[0-9.:]+)", re.escape(swapped[0]))
    found = re.search(pattern, text)
    if found is None:
        return text
    return text.replace(found.group(), swapped[1].format(**{name: found.group(name) for name in names}))
