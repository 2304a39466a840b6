"""What an operator decides about the review of held advice by people."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section
from cloud.review.eyes import same_name


class ReviewConfig(Section):
    """Who may decide, when two people must, and whether the web service takes decisions."""

    four_eyes: Literal["never", "large", "always"] = "never"
    """``large``: a second person for doses above four_eyes_above_mm; ``always``: for whatever is told."""
    four_eyes_above_mm: float = Field(default=40.0, ge=0.0, le=1000.0)
    reviewers: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = ()
    """Names that may decide; empty: whoever can open the installation."""
    token_file: LocalPath | None = None
    """A secret of 24 characters or more; without it the web service only reads."""

    @model_validator(mode="after")
    def _two_eyes_are_there(self) -> Self:
        people = {same_name(one) for one in self.reviewers}
        if self.four_eyes != "never" and len(people) == 1:
            raise ValueError("four_eyes needs two people: name another in reviewers, or leave reviewers out")
        return self
