"""How an operator lets messages reach telephones."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section
from cloud.wording.signature import LEAST_UNDERSTOOD


class SmsConfig(Section):
    """How messages reach telephones; ``spool`` writes them to a folder and reaches nobody."""

    carrier: Literal["spool", "africastalking"] = "spool"
    username: str | None = None
    api_key_file: LocalPath | None = None
    base_url: str | None = None
    """Only for a stand-in or a test: leave out for the carrier's own address."""
    sender: str | None = None
    price_per_segment: float | None = Field(default=None, ge=0.0)
    callback_secret_file: LocalPath | None = None
    allow_unlicensed_weights: bool = False
    reviewed_only: bool = True
    catalogues_dir: LocalPath | None = None
    """Folder of the operator's own words: LANGUAGE.po there takes the place of the packaged catalogue."""
    catalogue_signatures: int = Field(default=1, ge=1, le=2)
    """Different people who must sign the words of a language before they reach a telephone."""
    comprehension_least: float = Field(default=LEAST_UNDERSTOOD, ge=0.0, le=1.0)
    """Lower bound of what must have been understood of a language's cards, else its signature needs a reason."""

    @model_validator(mode="after")
    def _a_live_carrier_is_complete(self) -> Self:
        if self.carrier == "africastalking" and self.username is None:
            raise ValueError("carrier africastalking needs username, the name of the carrier's account")
        return self
