"""What the doctor looks at about plans: gateways that could advise alone, and the key that signs."""

from cloud.commands.cloud_site import open_store
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError


def plans(config: CloudConfig) -> str:
    """Who is planned for; a note where nobody is, or where a gateway could speak and is given no plan."""
    planned = config.planning.gateways
    if planned:
        _key(config)
    unplanned = ", ".join(_could_speak(config))
    told = f"{unplanned} could advise alone and have no opening_key: name them in [planning.gateways]"
    if not planned:
        return f"none configured; {told}" if unplanned else "none configured; gateways advise nothing by themselves"
    parcels = sum(len(one.parcels) for one in planned.values())
    made = f"{parcels} parcels of {', '.join(sorted(planned))}, {config.planning.days} days ahead"
    return f"none for some: {told}; {made}" if unplanned else made


def _key(config: CloudConfig) -> None:
    from cloud.commands.plan_desk import signing_key  # noqa: PLC0415 -- heavy; --help must be instant

    file = config.planning.signing_key_file
    if file is not None and not file.exists():
        raise ConfigurationError(
            f"planning.signing_key_file {file}: expected the key that signs plans, got no such file; run: seguia cloud"
            " plan key"
        )
    signing_key(config)


def _could_speak(config: CloudConfig) -> list[str]:
    """Gateways with a modem, or which say how they advise alone, for which nobody plans."""
    with open_store(config) as store:
        beats = {one.gateway: one.heartbeat for one in store.gateways() if one.organisation == config.organisation}
    able = {name for name, beat in beats.items() if beat.modem is not None or beat.plan is not None}
    return sorted(able - config.planning.gateways.keys())
