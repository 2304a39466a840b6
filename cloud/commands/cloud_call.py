"""``seguia cloud call``: ring the people who want to be called, after their advice was written to them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import typer

from cloud.adapters.sms.calls import AfricasTalkingCalls, CallAccount
from cloud.adapters.sms.carriers import carriers_of
from cloud.adapters.sms.one_sender import one_sender
from cloud.adapters.store.store import Store
from cloud.calling import CallReport, CallRules, place_calls
from cloud.commands.cloud_send import BUSY, policy_of, silenced_by
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish
from cloud.commands.telephone_line import line_of, reaches_people
from cloud.config import CloudConfig, Secrets
from cloud.dispatch.policy import must_be_licensed
from cloud.errors import ConfigurationError

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def call(data: DataOption = None, config: ConfigOption = None) -> None:
    """Call whoever asked for calls and was written an advice some minutes ago; each advice is told by one call.

    Example: seguia cloud call --data /var/lib/seguia
    """
    settings = configuration(data, config)
    exchange = exchange_of(settings)
    for carrier in carriers_of(settings):
        must_be_licensed(carrier, policy_of(settings))
    with open_store(settings) as store, one_sender(settings.data_dir) as alone:
        if not alone:
            typer.echo(BUSY)
            return
        clock = clock_of(settings)
        unsure = store.recover_calls(clock())
        report = ring_all(store, settings, exchange, clock)
    typer.echo(f"called {report.placed}, not called {report.refused}, later {report.later}")
    cut = [f"{unsure} calls of an earlier run were cut short and may have rung; they are not made again"]
    finish("cloud call", [*(cut if unsure else []), *report.problems])


def exchange_of(config: CloudConfig) -> AfricasTalkingCalls:
    """What makes telephones ring; ConfigurationError says what it lacks."""
    sms, telephone = config.sms, config.telephone
    if sms.username is None or telephone.number is None:
        raise ConfigurationError(
            "telephone.number: expected the number that calls, and sms.username the carrier's account, got none; name"
            " both, or let people dial the menu"
        )
    account = CallAccount(
        username=sms.username,
        api_key=Secrets(config).sms_api_key(),
        number=telephone.number,
        base_url=telephone.base_url,
    )
    exchange = AfricasTalkingCalls(account)
    if exchange.live and not reaches_people(config):
        raise ConfigurationError(
            "sms.carrier: expected one that reaches people before real telephones ring, got a spool or a stand-in;"
            " name a stand-in in telephone.base_url too"
        )
    return exchange


def ring_all(
    store: Store, config: CloudConfig, exchange: AfricasTalkingCalls, clock: Callable[[], datetime]
) -> CallReport:
    """Call everybody who is due, under the operator's rules."""
    now = clock()
    kept_hours = exchange.live or config.sms.hours.rehearse
    rules = CallRules(
        cannot_tell=line_of(store, config, clock).cannot_tell,
        silenced=silenced_by(store, config, now),
        consented=store.consented(now) if exchange.live else None,
        hours=config.sms.hours.hours() if kept_hours else None,
        notice=timedelta(minutes=config.telephone.heads_up_minutes),
    )
    return place_calls(store, exchange, rules, clock)
