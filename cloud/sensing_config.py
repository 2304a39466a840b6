"""Which gateways' instruments are believed of which parcel."""

from pydantic import Field

from cloud.config_section import Section
from cloud.modem_config import GatewayName


class SensingConfig(Section):
    """Instruments of the field; a parcel that is not named goes by planning.gateways, else by whoever speaks of it."""

    gateways: dict[str, tuple[GatewayName, ...]] = Field(default_factory=dict)
    """By parcel: the gateways on which its probes and meters hang."""
