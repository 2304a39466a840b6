"""Talking to a broker that must prove who it is, also from a gateway whose own clock is wrong.

A gateway that wakes up in the past finds every certificate not yet valid, and could never reach the network that would
set it right. Where its clock is known to be wrong, certificates are therefore checked against the time it believes
instead: one that ended before the floor is refused all the same.
"""

import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge.errors import ConfigurationError
from edge.settings.broker import BrokerConfig

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_NO_CHECK_TIME: Final = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME; the library has no name for it."""
_ALERTS: Final = (
    ("CERTIFICATE_EXPIRED", "the broker says that this gateway's certificate has ended; renew broker.certificate_file"),
    (
        "CERTIFICATE_REVOKED",
        "the broker says that this gateway's certificate was revoked; ask its authority for another",
    ),
    ("CERTIFICATE_REQUIRED", "the broker wants a certificate of this gateway; name it in broker.certificate_file"),
    ("UNKNOWN_CA", "the broker does not know the authority that signed this gateway's certificate"),
    ("BAD_CERTIFICATE", "the broker does not accept this gateway's certificate"),
    ("CERTIFICATE_UNKNOWN", "the broker does not accept this gateway's certificate"),
)


class DatedContext(ssl.SSLContext):
    """How to greet a broker, and what it said against us."""

    believed_at: datetime | None = None
    """Where given, certificates must not have ended by then, whatever the wall clock says."""
    alert: str | None = None
    """Why the broker closed the door, once it said so."""


class _Socket(ssl.SSLSocket):
    """A socket that a failed handshake does not leave open, and that keeps what the other side said last."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- the library's own signature
        """Greet the broker; close when it cannot be believed."""
        try:
            super().do_handshake(block)
            self._check_end()
        except BaseException:
            self.close()
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read, keeping an alert: the client above tells of a lost connection alone."""
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self._keep(error)
            raise

    def send(self, data: "Buffer", flags: int = 0) -> int:
        """Write; where the other side has closed the door, hear why: it says so before it does."""
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            with suppress(OSError):
                self.recv(1)
            raise

    def _keep(self, error: ssl.SSLError) -> None:
        if isinstance(self.context, DatedContext) and "ALERT" in (getattr(error, "reason", None) or ""):
            self.context.alert = words_of(error)

    def _check_end(self) -> None:
        at = self.context.believed_at if isinstance(self.context, DatedContext) else None
        certificate: dict[str, Any] = self.getpeercert() or {}
        if at is None or "notAfter" not in certificate:
            return
        ended_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
        if ended_at < at:
            raise ssl.SSLError(1, f"its certificate ended on {ended_at:%Y-%m-%d}")


def context_of(broker: BrokerConfig, believed_at: datetime | None = None) -> DatedContext:
    """How to greet a broker; ``believed_at`` is given where the wall clock is known to be wrong."""
    try:
        context = DatedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.sslsocket_class = _Socket
        context.load_verify_locations(cafile=broker.ca_file)
        if broker.certificate_file is not None and broker.key_file is not None:
            context.load_cert_chain(broker.certificate_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(path) for path in (broker.ca_file, broker.certificate_file, broker.key_file) if path)
        raise ConfigurationError(f"{files}: expected readable PEM files that fit together, got: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if believed_at is not None:
        context.believed_at = believed_at
        context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | _NO_CHECK_TIME)
    return context


def words_of(error: ssl.SSLError) -> str:
    """What went wrong between us and the broker, with the way out where there is one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    code = getattr(error, "reason", None) or ""
    return next(
        (words for part, words in _ALERTS if part in code), code.replace("_", " ").lower() or str(error.args[-1])
    )


def certificate_end(file: Path) -> datetime | None:
    """Until when a PEM certificate is valid; None where the file holds none that can be read."""
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 -- only who has a certificate pays for it

    try:
        return load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
