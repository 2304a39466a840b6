import gsm0338
import pytest

from cloud.speech.segments import GSM7_BASIC, GSM7_EXTENSION, fits_budget, segments


def test_the_alphabet_is_the_one_an_independent_codec_knows() -> None:
    codec = gsm0338.Codec()
    lengths = {}
    for point in range(0x3000):
        try:
            lengths[chr(point)] = len(codec.encode(chr(point))[0])
        except UnicodeEncodeError:
            continue
    assert {character for character, length in lengths.items() if length == 1} - {"\x1b"} == GSM7_BASIC
    assert {character for character, length in lengths.items() if length == 2} == GSM7_EXTENSION


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("é" * 160, "gsm7", 160, 1),
        ("ê" * 70, "ucs2", 70, 1),
        ("ê" * 71, "ucs2", 71, 2),
        ("ق" * 134, "ucs2", 134, 2),
        ("ق" * 135, "ucs2", 135, 3),
        ("💧" * 35, "ucs2", 70, 1),
        ("💧" * 36, "ucs2", 72, 2),
    ],
)
def test_parts_by_hand(text: str, encoding: str, units: int, parts: int) -> None:
    found = segments(text)
    assert (found.encoding, found.units, found.segments) == (encoding, units, parts)


def test_an_escape_is_not_split_between_two_parts() -> None:
    # 152 letters leave one place in the first part: the euro sign needs two and moves on, so a third part is needed.
    text = "a" * 152 + "€" + "a" * 151 + "b"
    assert segments(text).units == 306
    assert segments(text).segments == 3
    assert segments("a" * 153 + "€" + "a" * 151).segments == 2


def test_a_surrogate_pair_is_not_split_between_two_parts() -> None:
    text = "ق" * 66 + "💧" + "ق" * 66
    assert segments(text).units == 134
    assert segments(text).segments == 3


@pytest.mark.parametrize("character", list("êâîôûçœÈÀ\u2019«…\u2013•°³\u00a0\u202f\t"))
def test_one_character_outside_the_alphabet_turns_the_text_into_ucs2(character: str) -> None:
    assert segments(f"bonjour{character}").encoding == "ucs2"


@pytest.mark.parametrize("character", list("éèàùÉÇìòñü@£"))
def test_these_accents_are_free(character: str) -> None:
    assert segments(f"bonjour{character}").encoding == "gsm7"


def test_the_budget_is_one_gsm_part_or_two_ucs2_parts() -> None:
    assert fits_budget("a" * 160)
    assert not fits_budget("a" * 161)
    assert fits_budget("ق" * 134)
    assert not fits_budget("ق" * 135)
