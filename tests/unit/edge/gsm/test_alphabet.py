import gsm0338
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.gsm.alphabet import BASIC, ESCAPE, EXTENSION, is_gsm7, pack, septets_of, text_of, unpack

LETTERS = "".join(letter for code, letter in enumerate(BASIC) if code != ESCAPE) + "".join(EXTENSION.values())


def flat(text: str) -> list[int]:
    return [code for codes in septets_of(text) for code in codes]


def test_the_tables_are_those_of_an_independent_library() -> None:
    codec = gsm0338.Codec()
    assert len(BASIC) == 128
    for letter in LETTERS:
        (octets, _) = codec.encode(letter)
        assert bytes(flat(letter)) == octets, repr(letter)


@pytest.mark.parametrize(
    ("text", "packed"),
    [("hello", "E8329BFD06"), ("How are you?", "C8F71D14969741F977FD07"), ("hellohello", "E8329BFD4697D9EC37")],
)
def test_published_examples_of_packing(text: str, packed: str) -> None:
    assert pack(flat(text)).hex().upper() == packed
    assert text_of(unpack(bytes.fromhex(packed), len(text))) == text


@given(text=st.text(LETTERS, max_size=170), fill_bits=st.integers(0, 6))
def test_what_is_packed_is_unpacked(text: str, fill_bits: int) -> None:
    codes = flat(text)
    assert text_of(unpack(pack(codes, fill_bits), len(codes), fill_bits)) == text


def test_an_escape_before_nothing_known_is_read_as_the_standard_asks() -> None:
    assert text_of([ESCAPE, ord("A")]) == "A", "a table that is not known here: the basic letter stands in"
    assert text_of([ESCAPE, ESCAPE, ord("A")]) == " A"
    assert text_of([ord("A"), ESCAPE]) == "A"


def test_octets_that_end_too_early_give_fewer_letters() -> None:
    assert unpack(b"", 5, 1) == ()
    assert len(unpack(b"\xe8\x32", 5)) == 2


def test_which_texts_fit_the_small_alphabet() -> None:
    assert is_gsm7("Irriguez demain: 3h, 45 m3 {é à ù} €")
    assert not is_gsm7("Irriguez ê")
    assert not is_gsm7("سقيو")
    assert is_gsm7("")
