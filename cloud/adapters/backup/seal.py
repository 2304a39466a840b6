"""Files sealed to public keys in the age format (X25519, ChaCha20-Poly1305 in chunks: C2SP age-encryption.org/v1).

Who seals holds no secret: a stolen server gives nobody its backups. The kept library does the cryptography, and the
public ``age`` tool opens the files too.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import pyrage

from cloud.errors import ConfigurationError, IntegrityError, ServiceUnavailableError
from cloud.secrets import read_secret, write_secret

_BLOCK: Final = 1 << 20
BEGINNING: Final = "AGE-SECRET-KEY-"
"""How the line of a private key begins, in age's own words."""


def create_identity(path: Path) -> str:
    """A new private key written to a file of mode 0600, never over another; the public key comes back."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    write_secret(path, f"# public key: {public}\n{identity}\n")
    return public


def read_identity(path: Path) -> pyrage.x25519.Identity:
    """Private key of a file; ConfigurationError where it holds none or others may read it."""
    lines = [line.strip() for line in read_secret(path, "backup key").splitlines()]
    keys = [line for line in lines if line.startswith(BEGINNING)]
    if len(keys) != 1:
        raise ConfigurationError(f"{path}: expected one line {BEGINNING}..., got {len(keys)}; give the file of a key")
    try:
        return pyrage.x25519.Identity.from_str(keys[0])
    except pyrage.IdentityError as error:
        raise ConfigurationError(f"{path}: expected a private key of age, got a damaged one; take its copy") from error


def read_recipients(texts: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    """Public keys; ConfigurationError names the one that is none."""
    try:
        return [pyrage.x25519.Recipient.from_str(text) for text in texts]
    except pyrage.RecipientError as error:
        raise ConfigurationError(
            f"backup.recipients: expected public keys age1... as seguia cloud backup key prints them, got: {error}"
        ) from error


@contextmanager
def sealing(path: Path, recipients: Sequence[pyrage.x25519.Recipient]) -> Iterator[BinaryIO]:
    """A stream whose content is sealed into a new file as it is written; an error leaves no file behind."""
    with path.open("xb") as target:
        try:
            with _sealed(path, target, recipients) as stream:
                yield stream
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def _sealed(path: Path, target: BinaryIO, recipients: Sequence[pyrage.x25519.Recipient]) -> Iterator[BinaryIO]:
    reading, writing = os.pipe()
    failed: list[Exception] = []
    path.chmod(0o600)
    with os.fdopen(reading, "rb") as plain:
        sealer = threading.Thread(target=_seal, args=(plain, target, recipients, failed), daemon=True)
        sealer.start()
        try:
            with os.fdopen(writing, "wb") as stream:
                yield stream
        except BrokenPipeError as error:
            sealer.join()
            raise ServiceUnavailableError(_unwritten(path, failed)) from error
        finally:
            sealer.join()
        if failed:
            raise ServiceUnavailableError(_unwritten(path, failed)) from failed[0]
        target.flush()
        os.fsync(target.fileno())


def _seal(
    plain: BinaryIO, target: BinaryIO, recipients: Sequence[pyrage.x25519.Recipient], failed: list[Exception]
) -> None:
    try:
        pyrage.encrypt_io(plain, target, recipients)
    except (OSError, pyrage.EncryptError) as error:
        failed.append(error)
        plain.close()


def _unwritten(path: Path, failed: Sequence[Exception]) -> str:
    return f"{path}: the backup cannot be written ({failed[0] if failed else 'unknown'}); free space and try again"


@contextmanager
def opening(path: Path, identity: pyrage.x25519.Identity) -> Iterator[BinaryIO]:
    """The content of a sealed file as a stream; IntegrityError where it is cut short, changed or for other keys."""
    reading, writing = os.pipe()
    failed: list[Exception] = []
    with path.open("rb") as source:
        opener = threading.Thread(target=_open, args=(source, writing, identity, failed), daemon=True)
        opener.start()
        try:
            with os.fdopen(reading, "rb") as stream:
                yield stream
                while stream.read(_BLOCK):
                    pass  # the last chunk's seal is what tells a whole file from one cut short
        finally:
            opener.join()
            if failed:  # whatever the reader made of a stream that broke off, this is why
                raise _unopened(path, failed[0])


def _open(source: BinaryIO, writing: int, identity: pyrage.x25519.Identity, failed: list[Exception]) -> None:
    try:
        with os.fdopen(writing, "wb") as plain:
            pyrage.decrypt_io(source, plain, [identity])
    except BrokenPipeError:
        pass  # the reader gave up first, and says why
    except (OSError, pyrage.DecryptError) as error:
        failed.append(error)


def _unopened(path: Path, error: Exception) -> IntegrityError:
    return IntegrityError(
        f"{path}: expected a whole backup sealed to this key, got: {error}; take another backup, or the key that its"
        " installation names in backup.recipients"
    )
