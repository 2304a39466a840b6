"""The carriers that an installation is configured for, in the order in which they are tried."""

from collections.abc import Sequence
from typing import Protocol

from cloud.adapters.sms.africastalking import AfricasTalkingCarrier, AfricasTalkingSettings
from cloud.adapters.sms.aggregator import AggregatorAccount, AggregatorCarrier
from cloud.adapters.sms.modem import modem_carrier
from cloud.adapters.sms.spool import SpoolCarrier
from cloud.config import CloudConfig, Secrets
from cloud.dispatch.carrier import Carrier, TakesOnce
from cloud.errors import ServiceUnavailableError
from cloud.sms_config import CarrierName


class OpenCarrier(Carrier, Protocol):
    """A carrier that can be asked whether it is there."""

    def check(self) -> None:
        """Raise when it cannot be reached, before anything is claimed."""
        ...


def carriers_of(config: CloudConfig) -> tuple[OpenCarrier, ...]:
    """Every carrier of an installation; the first is the usual one."""
    return tuple(_carrier(config, name) for name in config.sms.carriers)


def reachable(carriers: Sequence[OpenCarrier]) -> tuple[tuple[OpenCarrier, ...], tuple[str, ...]]:
    """Carriers that answer, and what is said of the others; ServiceUnavailableError when none does."""
    there: list[OpenCarrier] = []
    away: list[ServiceUnavailableError] = []
    for carrier in carriers:
        try:
            carrier.check()
        except ServiceUnavailableError as error:
            away.append(error)
        else:
            there.append(carrier)
    if not there:
        raise away[0]
    return tuple(there), tuple(str(error) for error in away)


def taking_once(carriers: Sequence[Carrier]) -> frozenset[str]:
    """Names of the carriers that may be handed the same message again."""
    return frozenset(one.name for one in carriers if isinstance(one, TakesOnce) and one.takes_once)


def _carrier(config: CloudConfig, name: CarrierName) -> OpenCarrier:
    sms = config.sms
    if name == "africastalking":
        assert sms.username is not None, "the configuration refuses this carrier without its account"
        return AfricasTalkingCarrier(
            AfricasTalkingSettings(
                username=sms.username, api_key=Secrets(config).sms_api_key(), sender=sms.sender, base_url=sms.base_url
            )
        )
    if name == "aggregator":
        assert sms.aggregator is not None, "the configuration refuses this carrier without its section"
        account = AggregatorAccount(secret=Secrets(config).aggregator_secret(), sender=sms.sender)
        return AggregatorCarrier(sms.aggregator, account)
    if name == "modem":
        return modem_carrier(config)
    return SpoolCarrier(config.data_dir / "spool")
