"""What an operator decides about the review of held advice by people."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section
from cloud.review.eyes import same_name
from cloud.review.proof import OPERATOR

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ReviewConfig(Section):
    """Who may decide, when two people must, and whether the web service takes decisions."""

    four_eyes: Literal["never", "large", "always"] = "never"
    """``large``: a second person for doses above four_eyes_above_mm; ``always``: for whatever is told."""
    four_eyes_above_mm: float = Field(default=40.0, ge=0.0, le=1000.0)
    reviewers: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = ()
    """Names that may decide; empty: whoever can open the installation."""
    token_file: LocalPath | None = None
    """A secret of 24 characters or more, for whoever operates the service; where it and token_sha256 are left out, the
    web service only reads."""
    token_sha256: dict[Annotated[str, Field(min_length=1, max_length=80)], Sha256] = Field(default_factory=dict)
    """Reviewers by name, each with the SHA-256 of a secret of his own: then nobody decides without one."""

    @model_validator(mode="after")
    def _two_eyes_are_there(self) -> Self:
        people = {same_name(one) for one in self.reviewers}
        if self.four_eyes != "never" and len(people) == 1:
            raise ValueError("four_eyes needs two people: name another in reviewers, or leave reviewers out")
        return self

    @model_validator(mode="after")
    def _are_people_of_their_own(self) -> Self:
        people = {same_name(one) for one in self.token_sha256}
        if len(people) < len(self.token_sha256) or len(set(self.token_sha256.values())) < len(self.token_sha256):
            raise ValueError("token_sha256 needs another name and another secret for each: correct the one told twice")
        if same_name(OPERATOR) in people or "" in people:
            raise ValueError(f"token_sha256 needs names of people, not {OPERATOR!r} and not none")
        if self.reviewers and not people <= {same_name(one) for one in self.reviewers}:
            raise ValueError("token_sha256 names somebody who is not in reviewers: add the name there, or leave both")
        if self.four_eyes != "never" and len(people) == 1:
            raise ValueError("four_eyes needs two people: give another a secret in token_sha256")
        return self
