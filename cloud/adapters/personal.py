"""Personal data at rest: encrypted with the record's name bound in, found again only through a keyed index."""

import hashlib
import hmac
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloud.errors import ConfigurationError, InputError, IntegrityError
from cloud.secrets import read_secret, write_secret

KEY_BYTES: Final = 32
FIRST: Final = "1"
"""Name of the generation of keys that an installation begins with."""
_NONCE_BYTES: Final = 12
_LAYOUT: Final = b"\x01"
# Nine digits or more, as people and carriers group them; a date has eight.
_LONG_NUMBER: Final = re.compile(r"\+?\d(?:[ .()-]?\d){8,}")
_TELEPHONE_TYPES: Final = (
    phonenumbers.PhoneNumberType.MOBILE,
    # Some countries give mobiles and fixed lines the same numbers; only the carrier can tell them apart.
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKey:
    """One generation of the two keys: one wraps data keys, the other makes the blind index of telephone numbers."""

    name: str
    encryption_key: bytes = field(repr=False)
    index_key: bytes = field(repr=False)

    def wrap(self, plain: bytes, name: str) -> bytes:
        """Ciphertext that opens only under the same name."""
        nonce = os.urandom(_NONCE_BYTES)
        return _LAYOUT + nonce + AESGCM(self.encryption_key).encrypt(nonce, plain, name.encode())

    def unwrap(self, sealed: bytes, name: str) -> bytes | None:
        """What a ciphertext held; None when it was changed, belongs to another name or needs another key."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            # The layout byte is outside the ciphertext; another one makes the text unreadable all the same.
            return AESGCM(self.encryption_key).decrypt(nonce, body, name.encode() if sealed[:1] == _LAYOUT else b"")
        except (InvalidTag, ValueError):
            return None

    def index(self, text: str) -> str:
        """Keyed digest of a text [64 hex digits]."""
        return hmac.new(self.index_key, text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalKeys:
    """The master keys of personal data: those in use, and older ones that still open what was sealed before."""

    encryption_key: bytes = field(repr=False)
    index_key: bytes = field(repr=False)
    name: str = FIRST
    older: tuple[MasterKey, ...] = ()
    mark_key: bytes | None = field(default=None, repr=False)
    """Key of the marks of people who decide, which stays through rotations; None: the index key."""
    path: Path | None = field(default=None, repr=False, compare=False)
    """Where they were read, to be read again when another process has rotated them."""

    @classmethod
    def generate(cls) -> Self:
        """New keys from the system's randomness."""
        return cls(encryption_key=os.urandom(KEY_BYTES), index_key=os.urandom(KEY_BYTES))

    @classmethod
    def create(cls, path: Path) -> Self:
        """New keys written to a file that only its owner may read; an existing file is never replaced."""
        keys = replace(cls.generate(), path=path)
        write_secret(path, keys.text())
        return keys

    @classmethod
    def read(cls, path: Path) -> Self:
        """Keys of a file; ConfigurationError when it is absent, open to others or not a key file."""
        text = read_secret(path, "personal-data keys")
        try:
            generations, marks = _generations(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"{path}: expected two keys in hexadecimal, got a file that is not one ({type(error).__name__});"
                " restore it from the backup: without it the stored names and numbers cannot be read"
            ) from error
        keys = [key for one in generations for key in (one.encryption_key, one.index_key)]
        if any(len(key) != KEY_BYTES for key in (*keys, marks or keys[0])):
            raise ConfigurationError(f"{path}: expected keys of {KEY_BYTES} bytes, got others; restore the backup")
        current, *older = generations
        return cls(
            encryption_key=current.encryption_key,
            index_key=current.index_key,
            name=current.name,
            older=tuple(older),
            mark_key=marks,
            path=path,
        )

    @property
    def current(self) -> MasterKey:
        """The generation that seals from now on."""
        return MasterKey(name=self.name, encryption_key=self.encryption_key, index_key=self.index_key)

    @property
    def generations(self) -> tuple[MasterKey, ...]:
        """Every generation, the current one first."""
        return (self.current, *self.older)

    def generation(self, name: str) -> MasterKey | None:
        """The generation of a name."""
        return next((one for one in self.generations if one.name == name), None)

    def seal(self, plain: str, record_id: str) -> bytes:
        """Ciphertext of a text under the master key itself; it opens only under the same record id."""
        return self.current.wrap(plain.encode(), record_id)

    def unseal(self, sealed: bytes, record_id: str) -> str:
        """Text of a ciphertext; IntegrityError when it was changed, moved to another record or needs another key."""
        for generation in self.generations:
            plain = generation.unwrap(sealed, record_id)
            if plain is not None:
                return plain.decode()
        raise unreadable(record_id)

    def blind_index(self, number: str) -> str:
        """Keyed digest of a telephone number, equal for equal numbers and useless without the key [64 hex digits]."""
        return self.current.index(number)

    def blind_indexes(self, text: str) -> tuple[str, ...]:
        """The digest of a text under every generation, the current one first: what a search must ask for."""
        return tuple(one.index(text) for one in self.generations)

    def mark(self, text: str) -> str:
        """Keyed digest that no rotation changes [64 hex digits]."""
        return hmac.new(self.mark_key or self.index_key, text.encode(), hashlib.sha256).hexdigest()

    def rotated(self) -> Self:
        """Keys with a new generation in front; those before it open what they sealed."""
        name = str(1 + max(int(one.name) for one in self.generations))
        fresh = type(self).generate()
        return replace(
            fresh, name=name, older=self.generations, mark_key=self.mark_key or self.index_key, path=self.path
        )

    def without_older(self) -> Self:
        """The current generation alone."""
        return replace(self, older=())

    def text(self) -> str:
        """Content of a key file."""
        if not self.older and self.name == FIRST and self.mark_key is None:
            content: dict[str, Any] = {"version": 1, **_hex(self.current)}
        else:
            generations = {one.name: _hex(one) for one in self.generations}
            marks = (self.mark_key or self.index_key).hex()
            content = {"version": 2, "current": self.name, "mark_key": marks, "keys": generations}
        return json.dumps(content) + "\n"

    def reread(self) -> Self:
        """The keys as their file has them now; the same where they came from no file."""
        return self if self.path is None else type(self).read(self.path)


def unreadable(record_id: str) -> IntegrityError:
    """What is raised of a ciphertext that no key at hand opens."""
    return IntegrityError(
        f"personal data of {record_id}: expected a ciphertext of this record under the key in use,"
        " got another; check that the key file belongs to this database"
    )


def _hex(generation: MasterKey) -> dict[str, str]:
    return {"encryption_key": generation.encryption_key.hex(), "index_key": generation.index_key.hex()}


def _generations(content: Mapping[str, Any]) -> tuple[list[MasterKey], bytes | None]:
    """Generations of a key file, the current one first, and the key of marks."""
    if content.get("version") == 2:  # noqa: PLR2004 -- the second layout of the file
        found = [_generation(name, pair) for name, pair in content["keys"].items()]
        current = content["current"]
        if current not in content["keys"] or any(int(one.name) < 1 for one in found):
            raise ValueError("no current key")
        found.sort(key=lambda one: (one.name != current, -int(one.name)))
        return found, bytes.fromhex(content["mark_key"])
    return [_generation(FIRST, content)], None


def _generation(name: str, pair: Mapping[str, str]) -> MasterKey:
    return MasterKey(
        name=name,
        encryption_key=bytes.fromhex(pair["encryption_key"]),
        index_key=bytes.fromhex(pair["index_key"]),
    )


def mobile_number(text: str, *, subject: str, region: str = "MA") -> str:
    """A number that can receive an SMS, in E.164 form; InputError (which never repeats the number) otherwise."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise InputError(
            f"{subject}: expected a telephone number such as +212 6..., got a text that is none"
        ) from error
    if not phonenumbers.is_valid_number(number):
        raise InputError(f"{subject}: expected a telephone number that exists, got one outside every numbering plan")
    if phonenumbers.number_type(number) not in _TELEPHONE_TYPES:
        raise InputError(f"{subject}: expected a mobile number, got a line that receives no SMS; ask for a mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def without_numbers(text: str) -> str:
    """The text with every run of digits as long as a telephone number withheld."""
    return _LONG_NUMBER.sub("(number)", text)


def comparable_number(text: str, region: str = "MA") -> str:
    """A number in E.164 form when it can be read as one, else the text itself: carriers also name senders."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text.strip()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def number_region(number: str) -> str:
    """Country code of a number in E.164 form, ``ZZ`` where it has none."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "ZZ"
