"""The key by which an installation signs what it proves, and the checking of such signatures (Ed25519)."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from cloud.errors import ConfigurationError
from cloud.secrets import read_secret, write_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """What anybody may know of a key: it checks and cannot sign."""

    key: Ed25519PublicKey

    @classmethod
    def read(cls, path: Path) -> Self:
        """Key of a PEM file; ConfigurationError where it is none."""
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no public key in PEM form"
            raise ConfigurationError(
                f"--key {path}: expected the public key that the operator gave (seguia cloud audit key), got {reason}"
            ) from error
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigurationError(f"--key {path}: expected an Ed25519 key, got another kind; ask the operator again")
        return cls(key=key)

    @property
    def pem(self) -> str:
        """The key as text."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key [64 hex digits], to be read out over the telephone."""
        return hashlib.sha256(self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()

    def is_signed(self, signature: bytes, content: bytes) -> bool:
        """Whether a signature of some content was made by the owner of this key."""
        try:
            self.key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """The private key of an installation; it never leaves its file of mode 0600."""

    key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new key written to a file that only its owner may read; an existing file is never replaced."""
        key = Ed25519PrivateKey.generate()
        write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
        return cls(key=key)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Key of a file; ConfigurationError where it is absent, open to others or none."""
        if not path.exists():
            raise ConfigurationError(f"signing key: {path}: no such file; make it with: seguia cloud audit key")
        text = read_secret(path, "signing key")
        try:
            key = load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"{path}: expected a private key in PEM form, got none; restore it") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigurationError(f"{path}: expected an Ed25519 key, got another kind; restore it")
        return cls(key=key)

    @property
    def public(self) -> PublicKey:
        """What others check its signatures by."""
        return PublicKey(key=self.key.public_key())

    def sign(self, content: bytes) -> bytes:
        """Signature of some content [64 bytes]."""
        return self.key.sign(content)
