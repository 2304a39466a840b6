import pytest

from cloud.speech.segments import segments
from cloud.telephone.pages import GSM7_LETTERS, OTHER_LETTERS, Footer, fits, one_screen, pages_of_list, pages_of_text

FOOTER = Footer(more="00 More", back="0 Back")


def body(page: str) -> str:
    return page.removesuffix("\n0 Back").removesuffix("\n00 More")


def test_a_short_text_is_one_screen_with_the_way_back() -> None:
    assert pages_of_text("Do NOT irrigate.", FOOTER) == ("Do NOT irrigate.\n0 Back",)


@pytest.mark.parametrize("letter", ["a", "ق", "ⵣ"])
def test_a_long_text_loses_no_word_and_no_screen_is_too_long(letter: str) -> None:
    text = " ".join(letter * length for length in range(1, 40))
    pages = pages_of_text(text, FOOTER)
    assert len(pages) > 1
    assert all(fits(page) for page in pages)
    assert " ".join(body(page) for page in pages) == text
    assert all("00 More" in page for page in pages[:-1])
    assert "00 More" not in pages[-1]


def test_a_number_is_never_parted_from_its_unit() -> None:
    for length in range(60, 200):
        pages = pages_of_text(f"{'x' * length} 105 m3, 21 mm.", FOOTER)
        assert not any(body(page).endswith(("105", "21")) for page in pages)


def test_a_word_longer_than_a_screen_goes_on_in_the_next() -> None:
    pages = pages_of_text("ق" * 300, FOOTER)
    assert "".join(body(page) for page in pages) == "ق" * 300
    assert all(fits(page) for page in pages)


def test_a_list_keeps_a_line_a_choice_and_cuts_one_that_no_screen_holds() -> None:
    lines = [f"{number} {'ف' * 12}" for number in range(1, 12)] + [f"12 {'ف' * 90}"]
    pages = pages_of_list("أي؟", lines, FOOTER)
    shown = [line for page in pages for line in body(page).split("\n")]
    assert shown[0] == "أي؟"
    assert shown[1:12] == lines[:11]
    assert shown[12].startswith("12 ف")
    assert shown[12].endswith("...")
    assert all(fits(page) for page in pages)


def test_a_last_screen_is_cut_where_it_would_be_cut_anyway() -> None:
    assert one_screen("Goodbye.") == "Goodbye."
    cut = one_screen("é" * 400)
    assert segments(cut).units <= GSM7_LETTERS
    assert cut.endswith("...")
    assert segments(one_screen("ق" * 400)).units <= OTHER_LETTERS


def test_what_counts_twice_in_the_alphabet_counts_twice_here() -> None:
    assert fits("a" * GSM7_LETTERS)
    assert not fits("a" * (GSM7_LETTERS - 1) + "€")
