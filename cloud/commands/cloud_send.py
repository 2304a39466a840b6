"""``seguia cloud send``: hand what is queued to the carrier, once."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cloud.adapters.files.tables import read_turns
from cloud.adapters.sms.africastalking import AfricasTalkingCarrier, AfricasTalkingSettings
from cloud.adapters.sms.spool import SpoolCarrier
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish
from cloud.commands.day_inputs import Desk
from cloud.config import CloudConfig, Secrets
from cloud.conversation.taking import hear_new
from cloud.sending import SendPolicy, SendReport, must_be_licensed, send_due

PACKAGED_MODELS = Path(__file__).parents[2] / "models"
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def send(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many messages.")] = 1000,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Send what is due; late messages are dropped with their reason, doubtful ones are never sent again.

    Example: seguia cloud send --data /var/lib/seguia
    """
    settings = configuration(data, config)
    carrier = carrier_of(settings)
    must_be_licensed(carrier, policy_of(settings))
    clock = clock_of(settings)
    with open_store(settings) as store:
        carrier.check()
        unsure = store.recover_claims(clock())
        late = store.expire(clock())
        report = deliver(store, settings, carrier, clock=clock, limit=limit)
    expired = late + report.expired
    typer.echo(f"accepted {report.accepted}, rejected {report.rejected}, waiting {report.requeued}, expired {expired}")
    left = [f"{unsure} messages of an earlier run were cut short and may have left"] if unsure else []
    if expired:
        left.append(
            f"{expired} messages were no longer valid and were not sent; send more often, or decide the day again"
        )
    finish("cloud send", [*left, *report.alarms])


def carrier_of(config: CloudConfig) -> AfricasTalkingCarrier | SpoolCarrier:
    """The carrier that an installation is configured for."""
    if config.sms.carrier == "spool" or config.sms.username is None:
        return SpoolCarrier(config.data_dir / "spool")
    return AfricasTalkingCarrier(
        AfricasTalkingSettings(
            username=config.sms.username,
            api_key=Secrets(config).sms_api_key(),
            sender=config.sms.sender,
            base_url=config.sms.base_url,
        )
    )


def deliver(
    store: Store,
    config: CloudConfig,
    carrier: AfricasTalkingCarrier | SpoolCarrier,
    *,
    clock: Callable[[], datetime],
    limit: int = 1000,
) -> SendReport:
    """Send what is due under the operator's rules."""
    hear_new(store, now=clock(), turns=lambda: Desk().optional(config.constraints.turns_path, read_turns))
    silenced = store.refused(clock())
    policy = replace(policy_of(config), silenced=silenced)
    return send_due(store, carrier, clock=clock, limit=limit, policy=policy)


def policy_of(config: CloudConfig) -> SendPolicy:
    """The operator's rules, beside what the cards of the installed models say."""
    return SendPolicy(
        reviewed_only=config.sms.reviewed_only,
        weights_licence_known=weights_licence_known(PACKAGED_MODELS),
        allow_unlicensed_weights=config.sms.allow_unlicensed_weights,
    )


def weights_licence_known(models: Path) -> bool:
    """Whether the card of every installed model states a known licence; no card at all is not knowing."""
    cards = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(models.glob("*/card.toml"))]
    return bool(cards) and all(card.get("licence_known") is True for card in cards)
