"""The secrets a gateway is born with: made where they are used, readable by its owner alone, never overwritten."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_PRIVATE: Final = 0o600
_PUBLIC: Final = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayKeys:
    """Where the keys of a gateway lie, and which of them were made just now."""

    folder: Path
    made: tuple[str, ...] = ()

    @property
    def tls_key(self) -> Path:
        """Private key of the certificate by which the broker knows this gateway."""
        return self.folder / "gateway.key"

    @property
    def request(self) -> Path:
        """Certificate signing request: what the authority signs; holds no secret."""
        return self.folder / "gateway.csr"

    @property
    def certificate(self) -> Path:
        """Where the authority's answer belongs."""
        return self.folder / "gateway.crt"

    @property
    def command_key(self) -> Path:
        """Secret shared with the cloud, which seals its commands with it: 64 hex digits."""
        return self.folder / "command.key"

    @property
    def plan_key(self) -> Path:
        """Private X25519 key that opens the recipients of a plan: 64 hex digits."""
        return self.folder / "plan.key"

    @property
    def plan_public(self) -> Path:
        """Public X25519 key that the cloud encrypts recipients to: 64 hex digits; holds no secret."""
        return self.folder / "plan.pub"

    @property
    def installer_number(self) -> Path:
        """Telephone number of the installer, its only line."""
        return self.folder / "installer.number"


def make_keys(folder: Path, organisation: str, gateway_id: str) -> GatewayKeys:
    """Make what is missing of a gateway's keys; what is there stays. ConfigurationError when that is not possible."""
    keys = GatewayKeys(folder=folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = [
            *_made(keys.tls_key, lambda: _pem(_new_key())),
            *_made(keys.request, lambda: _signing_request(keys.tls_key, organisation, gateway_id), _PUBLIC),
            *_made(keys.command_key, f"{secrets.token_hex(32)}\n".encode),
            *_made(keys.plan_key, _new_plan_key),
            *_made(keys.plan_public, lambda: _plan_public(keys.plan_key), _PUBLIC),
        ]
    except OSError as error:
        raise ConfigurationError(f"{folder}: no keys can be written ({error.strerror}); correct its rights") from error
    except ValueError as error:
        raise ConfigurationError(f"{folder}: expected keys of this program, got {error}; move them away") from error
    return GatewayKeys(folder=folder, made=tuple(made))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all, durably."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    _write_new(part, content, _PRIVATE)
    part.replace(path)
    _sync_folder(path.parent)


def _made(path: Path, content: Callable[[], bytes], mode: int = _PRIVATE) -> list[str]:
    if path.exists():
        return []
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    _write_new(part, content(), mode)
    part.rename(path)
    _sync_folder(path.parent)
    return [path.name]


def _write_new(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# cryptography takes 0.1 s to import: only who makes keys pays for it.
def _new_key() -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 -- see above

    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- see above

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _signing_request(key_file: Path, organisation: str, gateway_id: str) -> bytes:
    from cryptography import x509  # noqa: PLC0415 -- see above
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 -- see above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 -- see above

    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"another kind of key in {key_file.name}")  # noqa: TRY004 -- a wrong file, not a wrong call
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation),
            # The broker takes this name for the gateway's, and lets it into its own topics alone.
            x509.NameAttribute(x509.NameOID.COMMON_NAME, gateway_id),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def _new_plan_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415 -- see above

    return f"{X25519PrivateKey.generate().private_bytes_raw().hex()}\n".encode()


def _plan_public(key_file: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415 -- see above

    secret = bytes.fromhex(key_file.read_text(encoding="ascii").strip())
    return f"{X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw().hex()}\n".encode()
