"""Keys that sign releases: made here, kept in files of their own, the offline ones under a passphrase."""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer._crypto_signer import CryptoSigner

from edge.errors import ConfigurationError

LEAST_PASSPHRASE: Final = 12


def make_key(path: Path, passphrase: str | None) -> CryptoSigner:
    """A new Ed25519 key in a file that only its owner reads; an existing file is never overwritten."""
    if passphrase is not None and len(passphrase) < LEAST_PASSPHRASE:
        raise ConfigurationError(
            f"{path.name}: expected a passphrase of {LEAST_PASSPHRASE} letters or more, got {len(passphrase)}"
        )
    key = Ed25519PrivateKey.generate()
    lock = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError:
        raise ConfigurationError(f"{path}: expected no such key yet, got one; choose another folder") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    return CryptoSigner(key)


def read_key(path: Path, passphrase: str | None) -> CryptoSigner:
    """The key in a file; ConfigurationError when it is none, or the passphrase is another."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a key, got {error.strerror}; name the file with --key") from error
    locked = b"ENCRYPTED" in content
    if locked and passphrase is None:
        raise ConfigurationError(f"{path}: expected its passphrase, got none; it is asked for, or in the environment")
    try:
        key = load_pem_private_key(content, passphrase.encode() if locked and passphrase is not None else None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{path}: expected a key that its passphrase opens, got none ({error}); try the passphrase again"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{path}: expected an Ed25519 key, got another kind; make one with release init")
    return CryptoSigner(key)


def is_locked(path: Path) -> bool:
    """Whether a key file asks for a passphrase."""
    try:
        return b"ENCRYPTED" in path.read_bytes()
    except OSError:
        return False
