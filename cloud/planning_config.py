"""Which gateways advise by themselves when they do not hear the cloud, and of which parcels."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section
from cloud.modem_config import GatewayName
from edge.plan import LONGEST_DAYS

HexKey = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class PlannedGatewayConfig(Section):
    """One gateway: its public key, to which its recipients are sealed, and its own parcels."""

    opening_key: HexKey
    """What stands in keys/plan.pub of the gateway."""
    parcels: Annotated[tuple[str, ...], Field(min_length=1, max_length=500)]


class PlanningConfig(Section):
    """Plans by which gateways advise while the cloud is silent; without gateways none are made."""

    signing_key_file: LocalPath | None = None
    """Private key of 64 hex digits by which plans are signed; made by: seguia cloud plan key."""
    days: int = Field(default=31, ge=2, le=LONGEST_DAYS)
    gateways: dict[GatewayName, PlannedGatewayConfig] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _plans_are_signed_and_of_one_gateway(self) -> Self:
        if self.gateways and self.signing_key_file is None:
            raise ValueError("planning.gateways needs planning.signing_key_file; make one with: seguia cloud plan key")
        named = [name for gateway in self.gateways.values() for name in gateway.parcels]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"planning.gateways: parcel {twice[0]} is named twice; one gateway advises it")
        return self

    def gateway_of(self, parcel_id: str) -> str | None:
        """Which gateway advises a parcel."""
        return next((name for name, one in self.gateways.items() if parcel_id in one.parcels), None)
