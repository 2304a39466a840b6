import pytest

from cloud.speech.reply import VOCABULARY, fold, parse_reply


@pytest.mark.parametrize("one", ["1", "\u0661", "\u06f1", " 1. ", "1\n", "\u200f1", "«1»", "\uff11"])
def test_a_one_means_done_in_every_script(one: str) -> None:
    assert parse_reply(one) == "done"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2", "not_done"),
        ("٢", "not_done"),
        ("٣", "call_me"),
        ("0", "stop"),
        ("STOP", "stop"),
        ("Stop!", "stop"),
        ("arrêt", "stop"),
        ("ARRÊTER", "stop"),
        ("إيقاف", "stop"),
        ("حبس", "stop"),
        ("7bess", "stop"),
        ("start", "start"),
        ("ابدأ", "start"),
        ("HELP", "help"),
        ("مساعدة", "help"),
        ("Oui", "done"),
        ("iyeh", "done"),
        ("إيه", "done"),
        ("ما سقيتش", "not_done"),
        ("ma s9itch", "not_done"),
        ("pas fait", "not_done"),
        ("rappelez-moi", "call_me"),
        ("عيطو ليا", "call_me"),
        ("نـعـم", "done"),
        ("نَعَم", "done"),
    ],
)
def test_known_words(text: str, meaning: str) -> None:
    assert parse_reply(text) == meaning


@pytest.mark.parametrize(
    "text", ["", "   ", "12", "1 2", "wa9ef l ma", "stop the pump please", "👍", "1" * 2000, "nos", "\x00", "11"]
)
def test_anything_else_is_unknown_and_never_an_opt_out(text: str) -> None:
    assert parse_reply(text) == "unknown"


def test_no_word_means_two_things() -> None:
    words = [fold(word.replace("_", " ")) for _, listed in VOCABULARY for word in listed.split()]
    assert len(words) == len(set(words))
