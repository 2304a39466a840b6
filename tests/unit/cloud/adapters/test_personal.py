"""Personal data open only with the right key, under the right record, and numbers are checked."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.adapters.personal import PersonalKeys, comparable_number, mobile_number, number_region
from cloud.errors import ConfigurationError, InputError, IntegrityError
from cloud.secrets import write_secret

KEYS = PersonalKeys(encryption_key=bytes(32), index_key=bytes(range(32)))


@settings(max_examples=50)
@given(st.text(), st.text(max_size=20))
def test_what_is_sealed_opens_again(plain: str, record_id: str) -> None:
    plain, record_id = (text.encode("utf-8", "ignore").decode() for text in (plain, record_id))
    sealed = KEYS.seal(plain, record_id)
    assert KEYS.unseal(sealed, record_id) == plain
    assert len(sealed) == len(plain.encode()) + 29


@settings(max_examples=50)
@given(st.integers(min_value=0, max_value=40), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_noticed(place: int, change: int) -> None:
    sealed = bytearray(KEYS.seal("+212612345678", "farmer/f1/1"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(IntegrityError, match="personal data of farmer/f1/1"):
        KEYS.unseal(bytes(sealed), "farmer/f1/1")


def test_a_ciphertext_moved_to_another_record_does_not_open() -> None:
    with pytest.raises(IntegrityError):
        KEYS.unseal(KEYS.seal("Zineb", "farmer/f1/1"), "farmer/f2/1")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01short", bytes(12)])
def test_a_cut_ciphertext_is_an_integrity_error(sealed: bytes) -> None:
    with pytest.raises(IntegrityError):
        KEYS.unseal(sealed, "farmer/f1/1")


def test_the_same_text_is_never_sealed_alike_but_indexed_alike() -> None:
    assert KEYS.seal("a", "r") != KEYS.seal("a", "r")
    assert KEYS.blind_index("+212612345678") == KEYS.blind_index("+212612345678")
    assert KEYS.blind_index("+212612345678") != KEYS.blind_index("+212612345679")
    assert KEYS.blind_index("+212612345678") != PersonalKeys.generate().blind_index("+212612345678")


def test_keys_never_show_in_a_trace() -> None:
    assert "encryption_key" not in repr(KEYS)


def test_keys_are_written_once_for_the_owner_alone_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "personal.json"
    made = PersonalKeys.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert PersonalKeys.read(path) == made
    with pytest.raises(ConfigurationError, match="never overwritten"):
        PersonalKeys.create(path)
    assert PersonalKeys.read(path) == made


def test_a_key_file_open_to_others_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "personal.json"
    PersonalKeys.create(path)
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match=r"has mode 0640, expected 0600; run: chmod 600"):
        PersonalKeys.read(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"encryption_key": "zz", "index_key": "00"}', "not json"])
def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "personal.json"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="expected two keys in hexadecimal"):
        PersonalKeys.read(path)


def test_keys_of_another_length_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "personal.json"
    path.touch(mode=0o600)
    path.write_text('{"encryption_key": "00ff", "index_key": "00ff"}')
    with pytest.raises(ConfigurationError, match="expected keys of 32 bytes"):
        PersonalKeys.read(path)


@pytest.mark.parametrize("written", ["0612345678", "+212 612-345-678", "00212612345678", "06 12 34 56 78"])
def test_a_mobile_number_has_one_form(written: str) -> None:
    assert mobile_number(written, subject="farmer f1") == "+212612345678"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0523456789", "got a line that receives no SMS"),
        ("+2126123", "outside every numbering plan"),
        ("call me", "got a text that is none"),
        ("", "got a text that is none"),
    ],
)
def test_a_number_of_no_use_is_told_and_not_repeated(written: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as told:
        mobile_number(written, subject="farmer f1")
    assert str(told.value).startswith("farmer f1: expected")
    assert not written or written not in str(told.value)


def test_senders_that_are_no_number_are_compared_as_they_are() -> None:
    assert comparable_number(" INWI ") == "INWI"
    assert comparable_number("0612345678") == "+212612345678"


def test_rotated_keys_open_what_the_older_ones_sealed_and_index_both(tmp_path: Path) -> None:
    ring = KEYS.rotated().rotated()
    assert [one.name for one in ring.generations] == ["3", "2", "1"]
    assert ring.unseal(KEYS.seal("Zineb", "r"), "r") == "Zineb"
    assert ring.blind_indexes("n")[-1] == KEYS.blind_index("n")
    assert len(set(ring.blind_indexes("n"))) == 3
    assert ring.mark("reviewer/amina") == KEYS.mark("reviewer/amina") == KEYS.blind_index("reviewer/amina")
    with pytest.raises(IntegrityError):
        ring.without_older().unseal(KEYS.seal("Zineb", "r"), "r")
    path = tmp_path / "ring.json"
    write_secret(path, ring.text())
    read = PersonalKeys.read(path)
    assert read == ring
    assert read.reread() == ring
    assert ring.without_older().rotated().name == "4"
    assert ring.generation("2") == ring.older[0]
    assert ring.generation("9") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"current": "7"},
        {"mark_key": "00"},
        {"keys": {"x": {}}},
        {"keys": {"0": {"encryption_key": "00" * 32, "index_key": "00" * 32}}, "current": "0"},
        {"keys": {"2": {"encryption_key": "00", "index_key": "00" * 32}}},
    ],
)
def test_a_ring_that_cannot_be_one_is_refused(tmp_path: Path, changed: dict[str, object]) -> None:
    content = json.loads(KEYS.rotated().text())
    path = tmp_path / "ring.json"
    write_secret(path, json.dumps({**content, **changed}))
    with pytest.raises(ConfigurationError, match="restore"):
        PersonalKeys.read(path)


@pytest.mark.parametrize(
    ("number", "region"), [("+212612345678", "MA"), ("+33612345678", "FR"), ("+212100000000", "ZZ")]
)
def test_a_number_tells_its_country(number: str, region: str) -> None:
    assert number_region(number) == region
