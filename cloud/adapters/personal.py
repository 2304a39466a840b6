"""Personal data at rest: encrypted with the record's name bound in, found again only through a keyed index."""

import hashlib
import hmac
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloud.errors import ConfigurationError, InputError, IntegrityError
from cloud.secrets import read_secret, write_secret

KEY_BYTES: Final = 32
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
class PersonalKeys:
    """The two keys of personal data: one encrypts, the other makes the blind index of telephone numbers."""

    encryption_key: bytes = field(repr=False)
    index_key: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """New keys from the system's randomness."""
        return cls(encryption_key=os.urandom(KEY_BYTES), index_key=os.urandom(KEY_BYTES))

    @classmethod
    def create(cls, path: Path) -> Self:
        """New keys written to a file that only its owner may read; an existing file is never replaced."""
        keys = cls.generate()
        content = {"version": 1, "encryption_key": keys.encryption_key.hex(), "index_key": keys.index_key.hex()}
        write_secret(path, json.dumps(content) + "\n")
        return keys

    @classmethod
    def read(cls, path: Path) -> Self:
        """Keys of a file; ConfigurationError when it is absent, open to others or not a key file."""
        text = read_secret(path, "personal-data keys")
        try:
            content = json.loads(text)
            keys = cls(
                encryption_key=bytes.fromhex(content["encryption_key"]), index_key=bytes.fromhex(content["index_key"])
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{path}: expected two keys in hexadecimal, got a file that is not one ({type(error).__name__});"
                " restore it from the backup: without it the stored names and numbers cannot be read"
            ) from error
        if len(keys.encryption_key) != KEY_BYTES or len(keys.index_key) != KEY_BYTES:
            raise ConfigurationError(f"{path}: expected keys of {KEY_BYTES} bytes, got others; restore the backup")
        return keys

    def seal(self, plain: str, record_id: str) -> bytes:
        """Ciphertext of a text; it opens only under the same record id."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.encryption_key).encrypt(nonce, plain.encode(), record_id.encode())
        return _LAYOUT + nonce + sealed

    def unseal(self, sealed: bytes, record_id: str) -> str:
        """Text of a ciphertext; IntegrityError when it was changed, moved to another record or needs another key."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            # The layout byte is outside the ciphertext; another one makes the text unreadable all the same.
            bound = record_id.encode() if sealed[:1] == _LAYOUT else b""
            return AESGCM(self.encryption_key).decrypt(nonce, body, bound).decode()
        except (InvalidTag, ValueError) as error:
            raise IntegrityError(
                f"personal data of {record_id}: expected a ciphertext of this record under the key in use,"
                " got another; check that the key file belongs to this database"
            ) from error

    def blind_index(self, number: str) -> str:
        """Keyed digest of a telephone number, equal for equal numbers and useless without the key [64 hex digits]."""
        return hmac.new(self.index_key, number.encode(), hashlib.sha256).hexdigest()


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
