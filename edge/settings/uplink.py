"""One way from a gateway to its broker; several are tried in their order."""

from pydantic import Field

from edge.settings.section import Section


class UplinkConfig(Section):
    """A way to the broker: Ethernet, LTE."""

    name: str = Field(title="Name", description="E.g. ethernet or lte.", pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    interface: str | None = Field(
        default=None,
        title="Network interface",
        description="E.g. eth0 or wwan0; leave out to go as the system routes.",
        pattern=r"^[^\s/]{1,15}$",
    )
    host: str | None = Field(
        default=None, title="Broker host", description="Where it differs from broker.host.", min_length=1
    )
    port: int | None = Field(
        default=None, title="Broker port", description="Where it differs from broker.port.", ge=1, le=65535
    )
    daily_budget_kb: float | None = Field(
        default=None,
        title="Daily byte budget [kB]",
        description="Where it differs from delivery.daily_budget_kb; a cable may be given much.",
        ge=1,
        le=10_000_000,
    )
