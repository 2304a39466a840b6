import pytest

from cloud.speech.reply import (
    EXACT,
    NAMED,
    SAID_TWICE,
    VOCABULARY,
    Reply,
    Understood,
    key_of,
    parse_reply,
    understand,
)


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
    "text",
    [
        "",
        "   ",
        "12",
        "1 2",
        "wa9ef l ma",
        "stop the pump please",
        "👍",
        "1" * 2000,
        "nos",
        "\x00",
        "11",
        "حبس الما",
        "7bess lma",
        "1 stop",
        "oui non",
        "fin du tour",
        "stop wakha",
        "8 wakha",
    ],
)
def test_anything_else_is_unknown_and_never_an_opt_out(text: str) -> None:
    assert parse_reply(text) == "unknown"


def test_no_word_means_two_things() -> None:
    words = [key_of(word) for _, listed in VOCABULARY for word in listed.split()]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("4", "half"),
        ("٤", "half"),
        ("moitié", "half"),
        ("النص", "half"),
        ("ⴰⵣⴳⵏ", "half"),
        ("5", "no_water"),
        ("\u06f5", "no_water"),
        ("pas d'eau", "no_water"),
        ("pas d\u2019eau", "no_water"),
        ("ما جاش الما", "no_water"),
        ("ma jach lma", "no_water"),
        ("6", "rain"),
        ("٦", "rain"),
        ("الشتا", "rain"),
        ("ⴰⵏⵥⴰⵔ", "rain"),
        ("Il pleut!", "rain"),
        ("7", "swap_yes"),
        ("واخا", "swap_yes"),
        ("d'accord", "swap_yes"),
        ("8", "swap_no"),
        ("تبادل", "swap"),
        ("stop stop", "stop"),
        ("STOP merci", "stop"),
    ],
)
def test_the_other_digits_and_their_words(text: str, meaning: str) -> None:
    assert parse_reply(text) == meaning


@pytest.mark.parametrize(
    ("text", "reply", "certainty"),
    [
        ("1", "done", EXACT),
        ("1\ufe0f\u20e3", "done", EXACT),
        ("1 \U0001f44d", "done", SAID_TWICE),
        ("\u2705 1", "done", SAID_TWICE),
        ("1 سقيت", "done", SAID_TWICE),
        ("merci 2 ⵓⵀⵓ", "not_done", SAID_TWICE),
        ("السلام عليكم 4", "half", SAID_TWICE),
        ("1 = fait", "done", SAID_TWICE),
        ("1 واخا", "done", SAID_TWICE),
        ("4 wakha merci", "half", SAID_TWICE),
        ("3 d'accord", "call_me", SAID_TWICE),
    ],
)
def test_pictures_courtesy_and_a_second_script_change_no_meaning(text: str, reply: str, certainty: float) -> None:
    assert (understand(text).reply, understand(text).certainty) == (reply, certainty)


@pytest.mark.parametrize(
    ("text", "reply", "named"),
    [
        ("1 P12", "done", "p12"),
        ("4 la vigne", "half", "la vigne"),
        ("سقيت الفدان 3", "done", "الفدان 3"),
        ("6: Dra-2", "rain", "dra 2"),
        ("swap P12 P15", "swap", "p12 p15"),
        ("1 2", "done", "2"),
        ("1 7", "done", "7"),
        ("1 wakha P12", "done", "p12"),
    ],
)
def test_what_may_name_a_parcel_is_handed_on_and_means_nothing_alone(text: str, reply: Reply, named: str) -> None:
    assert understand(text) == Understood(reply=reply, certainty=NAMED, named=named)
    assert parse_reply(text) == "unknown"


def test_a_letter_is_no_answer_however_it_begins() -> None:
    assert understand("1 " + "ok " * 700).reply == "unknown"
    assert understand("3 " + "call " * 20).reply == "call_me"


@pytest.mark.parametrize(
    "words",
    ["STOP ALL", "Stop SMS", "stop les sms merci", "Arrêtez svp", "désabonner", "Désabonnez-moi", "désinscription"],
)
def test_common_ways_to_ask_for_silence_are_heard(words: str) -> None:
    assert parse_reply(words) == "stop"


@pytest.mark.parametrize("words", ["stop the water", "arrêtez la pompe", "stop 1", "stop sms 2 parcelles"])
def test_a_wish_that_says_more_than_silence_is_no_stop(words: str) -> None:
    assert parse_reply(words) == "unknown"
