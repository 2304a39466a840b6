"""How an operator lets messages reach telephones."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section
from cloud.modem_config import ModemConfig
from cloud.sending_config import AggregatorConfig, HoursConfig
from cloud.wording.signature import LEAST_UNDERSTOOD

CarrierName = Literal["spool", "africastalking", "aggregator", "modem"]


class SmsConfig(Section):
    """How messages reach telephones; ``spool`` writes them to a folder and reaches nobody."""

    carrier: CarrierName = "spool"
    then: tuple[CarrierName, ...] = ()
    """Who stands in, in order, where the carrier before surely did not take a message."""
    username: str | None = None
    api_key_file: LocalPath | None = None
    base_url: str | None = None
    """Only for a stand-in or a test: leave out for the carrier's own address."""
    sender: str | None = None
    price_per_segment: float | None = Field(default=None, ge=0.0)
    cost_ceiling_per_day: float | None = Field(default=None, gt=0.0)
    """In the money of price_per_segment, by local day; answers and warnings stop last, nothing is lost."""
    messages_per_s: float | None = Field(default=20.0, gt=0.0)
    """How fast a carrier is fed; a spool takes what comes."""
    hours: HoursConfig = HoursConfig()
    aggregator: AggregatorConfig | None = None
    modem: ModemConfig | None = None
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
        if "africastalking" in self.carriers and self.username is None:
            raise ValueError("carrier africastalking needs username, the name of the carrier's account")
        if "aggregator" in self.carriers and self.aggregator is None:
            raise ValueError("carrier aggregator needs the section [sms.aggregator]")
        if "modem" in self.carriers and self.modem is None:
            raise ValueError("carrier modem needs the section [sms.modem], which names the gateways")
        if len(set(self.carriers)) < len(self.carriers):
            raise ValueError("then: expected other carriers than those before, got one twice")
        if self.cost_ceiling_per_day is not None and self.price_per_segment is None:
            raise ValueError("cost_ceiling_per_day needs price_per_segment, what one part of a message costs")
        return self

    @property
    def carriers(self) -> tuple[CarrierName, ...]:
        """Every carrier, in the order in which they are tried."""
        return (self.carrier, *self.then)
