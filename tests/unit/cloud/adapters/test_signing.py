"""Signatures hold for their content and their key alone; keys that are none are refused in one line."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cloud.adapters.signing import PublicKey, SigningKey
from cloud.errors import ConfigurationError


def test_a_signature_holds_for_its_content_and_key_alone(tmp_path: Path) -> None:
    own, other = SigningKey.create(tmp_path / "own"), SigningKey.create(tmp_path / "other")
    signature = own.sign(b"advice")
    assert own.public.is_signed(signature, b"advice")
    assert SigningKey.read(tmp_path / "own").sign(b"advice") == signature
    assert not own.public.is_signed(signature, b"advice.")
    assert not other.public.is_signed(signature, b"advice")
    for broken in (b"", signature[:-1], signature + b"0"):
        assert not own.public.is_signed(broken, b"advice")


def test_the_public_key_travels_as_text_and_the_private_one_never_shows(tmp_path: Path) -> None:
    own = SigningKey.create(tmp_path / "own")
    (tmp_path / "pub").write_text(own.public.pem)
    read = PublicKey.read(tmp_path / "pub")
    assert (read.fingerprint, read.pem) == (own.public.fingerprint, own.public.pem)
    assert "Ed25519PrivateKey" not in repr(own)
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigurationError, match="exists already"):
        SigningKey.create(tmp_path / "own")


def test_what_is_no_key_of_ours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(ConfigurationError, match="make it with: seguia cloud audit key"):
        SigningKey.read(path)
    path.write_text("no key")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="expected a private key in PEM form"):
        SigningKey.read(path)
    curve = generate_private_key(SECP256R1())
    path.write_bytes(curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigurationError, match="expected an Ed25519 key, got another kind; restore it"):
        SigningKey.read(path)
    path.write_bytes(curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(ConfigurationError, match="expected an Ed25519 key, got another kind; ask"):
        PublicKey.read(path)
