"""Who may plan for a gateway and who may read it: an Ed25519 signature for its topic, recipients sealed to its key.

The cloud holds the signing key, the gateway the opening key; a plan for another gateway, changed on the way, or signed
by anybody else is refused before anything of it is read.
"""

import base64
import binascii
import json
import re
import zlib
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import TypeAdapter, ValidationError

from edge.errors import ConfigurationError, ContractError
from edge.plan import LARGEST_BYTES, PLAN_VERSION, PlanBundle, PlanRecipient, pack, unpack

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_PURPOSE: Final = b"seguia plan recipients 1"
_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")
_RECIPIENTS: Final = TypeAdapter(tuple[PlanRecipient, ...])


def read_hex_key(file: Path, what: str) -> bytes:
    """A key of 32 bytes from a file of 64 hex digits; ConfigurationError when the file holds none."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: the {what} cannot be read ({error}); correct the file") from error
    if _KEY.fullmatch(text) is None:
        raise ConfigurationError(f"{file}: expected a {what} of 64 hex digits, got another text; copy it again")
    return bytes.fromhex(text)


def signing_public(signing_key: bytes) -> bytes:
    """What gateways check plans with, of the key that signs them [32 bytes]."""
    return Ed25519PrivateKey.from_private_bytes(signing_key).public_key().public_bytes_raw()


def opening_public(opening_key: bytes) -> bytes:
    """What the cloud seals recipients to, of the key that opens them [32 bytes]."""
    return X25519PrivateKey.from_private_bytes(opening_key).public_key().public_bytes_raw()


def encode_plans(bundle: PlanBundle, topic: str, signing_key: bytes) -> bytes:
    """Bytes of a bundle on the wire, signed for this very topic."""
    body = pack(bundle)
    signature = Ed25519PrivateKey.from_private_bytes(signing_key).sign(_signed(topic, body))
    content = {"v": PLAN_VERSION, "body": _text(body), "signature": _text(signature)}
    return json.dumps(content, separators=(",", ":")).encode()


def decode_plans(topic: str, payload: bytes, public_key: bytes) -> PlanBundle:
    """A bundle whose signature holds for the topic on which it was heard; ContractError for every other."""
    try:
        content = json.loads(payload[: LARGEST_BYTES + 1])
        body, signature = _bytes(content["body"]), _bytes(content["signature"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ContractError(f"plan: expected a signed plan, got {type(error).__name__}; it is ignored") from None
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _signed(topic, body))
    except (InvalidSignature, ValueError):
        raise ContractError("plan: expected one signed by the cloud for this gateway, got another; ignored") from None
    bundle = unpack(body)
    if topic.split("/")[2:4] != [bundle.organisation, bundle.gateway]:
        raise ContractError("plan: expected one for this gateway, got another's; it is ignored")
    return bundle


def seal_recipients(recipients: tuple[PlanRecipient, ...], about: str, opening_public_key: bytes) -> str:
    """Recipients that only the gateway can read, bound to what they are about (base64)."""
    once = X25519PrivateKey.generate()
    theirs = X25519PublicKey.from_public_bytes(opening_public_key)
    public = once.public_key().public_bytes_raw()
    plain = zlib.compress(_RECIPIENTS.dump_json(recipients, exclude_none=True), 9)
    # The key serves this one text: a nonce that counts nothing is enough.
    sealed = _cipher(once, theirs, public + opening_public_key).encrypt(bytes(NONCE_BYTES), plain, about.encode())
    return _text(public + sealed)


def open_recipients(sealed: str, about: str, opening_key: bytes) -> tuple[PlanRecipient, ...]:
    """Recipients read by the gateway that they were sealed to; ContractError, which names nobody, for others."""
    if not sealed:
        return ()
    own = X25519PrivateKey.from_private_bytes(opening_key)
    try:
        content = _bytes(sealed)
        public, rest = content[:KEY_BYTES], content[KEY_BYTES:]
        theirs = X25519PublicKey.from_public_bytes(public)
        cipher = _cipher(own, theirs, public + own.public_key().public_bytes_raw())
        inflate = zlib.decompressobj()
        plain = inflate.decompress(cipher.decrypt(bytes(NONCE_BYTES), rest, about.encode()), LARGEST_BYTES)
        return _RECIPIENTS.validate_json(plain)
    except (InvalidTag, ValidationError, ValueError, TypeError, zlib.error):
        raise ContractError(
            f"plan of {about}: its recipients cannot be read with this gateway's key; plan it again for this gateway"
        ) from None


def sealed_for(parcel_id: str, number: int) -> str:
    """What recipients are bound to: the parcel and the bundle, so that none can be moved to another."""
    return f"{parcel_id}#{number}"


def _cipher(own: X25519PrivateKey, theirs: X25519PublicKey, salt: bytes) -> AESGCM:

    shared = own.exchange(theirs)
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=_PURPOSE).derive(shared))


def _signed(topic: str, body: bytes) -> bytes:
    return f"{topic}\n".encode() + body


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("expected base64") from error
