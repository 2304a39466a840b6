"""Who a secret proves to be: named reviewers have one each, and only its digest is written down.

A secret is drawn by the machine (``seguia cloud review token``) and long enough that its SHA-256 cannot be searched:
no slower digest is needed, and whoever reads the configuration still cannot decide.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cloud.errors import ConfigurationError, InputError
from cloud.review.eyes import same_name

OPERATOR: Final = "operator"
"""Whom the one secret of the whole service proves, where nobody has a secret of his own."""
SHORTEST_TOKEN: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """The secrets that open the review."""

    people: Mapping[str, str] = field(default_factory=dict)
    """Names, and the SHA-256 of the secret of each; none: the shared secret counts."""
    shared: str | None = field(default=None, repr=False)
    """One secret for whoever operates the service."""

    def __post_init__(self) -> None:
        """Refuse a shared secret that could be guessed."""
        if self.shared is not None and len(self.shared) < SHORTEST_TOKEN:
            raise ConfigurationError(
                f"review.token_file: expected at least {SHORTEST_TOKEN} characters, got {len(self.shared)};"
                " write a longer secret"
            )

    @property
    def decides(self) -> bool:
        """Whether anybody can decide."""
        return bool(self.people) or self.shared is not None

    def name_of(self, secret: str) -> str | None:
        """The name that a secret proves; None for another secret. The time it takes tells nothing of the secrets."""
        given, found = digest_of(secret), None
        for name, kept in self.people.items():
            if hmac.compare_digest(given, kept):
                found = name
        if self.people or self.shared is None:
            return found
        return OPERATOR if hmac.compare_digest(given, digest_of(self.shared)) else None


def digest_of(secret: str) -> str:
    """What is written down of a secret [64 hex digits]."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def signed_as(proven: str, said: str) -> str:
    """The name that is kept: the proven one; InputError where a person said to be another."""
    if said and proven != OPERATOR and same_name(said) != same_name(proven):
        raise InputError("--by: expected the name that the secret proves, got another; use your own")
    return proven
