"""``seguia cloud send``: hand what is queued to the carriers, once."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from cloud.adapters.files.tables import read_turns
from cloud.adapters.sms.carriers import OpenCarrier, carriers_of, reachable, taking_once
from cloud.adapters.sms.one_sender import one_sender
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish
from cloud.commands.day_inputs import Desk
from cloud.config import CloudConfig
from cloud.conversation.taking import hear_new
from cloud.dispatch.carrier import HasBalance
from cloud.dispatch.policy import SendPolicy, must_be_licensed
from cloud.dispatch.purse import Purse
from cloud.dispatch.report import SendReport
from cloud.errors import CloudError
from cloud.sending import Sender, send_over

PACKAGED_MODELS = Path(__file__).parents[2] / "models"
TIMEZONE: Final = "Africa/Casablanca"
"""Whose midnight begins a day's money."""
MUCH: Final = 100
"""Parts of messages from which on a run is worth a look at the account first."""
LISTENS_EVERY: Final = timedelta(seconds=5)
"""A STOP that comes in while messages leave is heard after so long."""
BUSY: Final = "another sender is at work and takes what is due"
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def send(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many messages.")] = 100_000,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Send what is due; late messages are dropped with their reason, doubtful ones are never sent again.

    Example: seguia cloud send --data /var/lib/seguia
    """
    settings = configuration(data, config)
    carriers = carriers_of(settings)
    for carrier in carriers:
        must_be_licensed(carrier, policy_of(settings))
    with open_store(settings) as store:
        there, away = reachable(carriers)
        report = deliver(store, settings, there, clock=clock_of(settings), limit=limit)
    if report.busy:
        typer.echo(BUSY)
        return
    typer.echo(
        f"accepted {report.accepted}, rejected {report.rejected}, waiting {report.requeued}, expired {report.expired}"
    )
    left = [*away]
    if report.cut_short:
        left.append(f"{report.cut_short} messages of an earlier run were cut short and may have left")
    if report.expired:
        left.append(
            f"{report.expired} messages were no longer valid and were not sent;"
            " send more often, or decide the day again"
        )
    finish("cloud send", [*left, *report.alarms])


def carrier_of(config: CloudConfig) -> OpenCarrier:
    """The carrier that an installation tries first."""
    return carriers_of(config)[0]


def deliver(
    store: Store,
    config: CloudConfig,
    carriers: OpenCarrier | Sequence[OpenCarrier] | None = None,
    *,
    clock: Callable[[], datetime],
    limit: int = 1000,
) -> SendReport:
    """Send what is due under the operator's rules, unless another process is doing so.

    ServiceUnavailableError when no carrier of the installation is there and none was given.
    """
    away: tuple[str, ...] = ()
    if carriers is None:
        carriers, away = reachable(carriers_of(config))
    tried = tuple(carriers) if isinstance(carriers, Sequence) else (carriers,)
    with one_sender(config.data_dir) as alone:
        if not alone:
            return SendReport(busy=True)
        cut_short = store.recover_claims(clock(), repeatable=taking_once(tried))
        late = store.expire(clock())
        notices = [*away, *_thin_accounts(store, config, tried)]
        report = send_over(store, tried, sender_of(store, config, tried, clock), limit=limit)
        for farmer_id, carrier_name in report.opted_out.items():
            store.opted_out(farmer_id, by=carrier_name, at=clock())
    report.cut_short = cut_short
    report.expired += late
    report.notices.extend(notices)
    return report


def sender_of(
    store: Store, config: CloudConfig, carriers: Sequence[OpenCarrier], clock: Callable[[], datetime]
) -> Sender:
    """Rules, hours, money and pace of an installation at this moment."""
    live = any(carrier.live for carrier in carriers)
    sms = config.sms
    now = clock()
    policy = replace(
        policy_of(config),
        silenced=silenced_by(store, config, now),
        consented=store.consented(now),
        signed=store.signed_catalogues(signatures=sms.catalogue_signatures),
    )
    return Sender(
        clock=clock,
        policy=policy,
        hours=sms.hours.hours() if live or sms.hours.rehearse else None,
        purse=_purse(store, config, now),
        messages_per_s=None if sms.carriers == ("spool",) else sms.messages_per_s,
        silenced_now=_SilenceWatch(store=store, config=config, clock=clock, asked_at=now, found=policy.silenced).now,
    )


@dataclass(slots=True, kw_only=True)
class _SilenceWatch:
    """Who wants silence while a run lasts, looked at anew every few seconds."""

    store: Store
    config: CloudConfig
    clock: Callable[[], datetime]
    asked_at: datetime
    found: frozenset[str]

    def now(self) -> frozenset[str]:
        """Who wants silence, as of some seconds ago at most."""
        moment = self.clock()
        if moment - self.asked_at >= LISTENS_EVERY:
            self.asked_at, self.found = moment, silenced_by(self.store, self.config, moment)
        return self.found


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


def silenced_by(store: Store, config: CloudConfig, now: datetime) -> frozenset[str]:
    """Farmers who wrote STOP and not START since, by every text that came in, attended to or not."""
    hear_new(store, now=now, turns=lambda: Desk().optional(config.constraints.turns_path, read_turns))
    return store.refused(now)


def _thin_accounts(store: Store, config: CloudConfig, carriers: Sequence[OpenCarrier]) -> list[str]:
    """Before much is sent: accounts that will not last for what waits, or cannot be asked."""
    price, parts = config.sms.price_per_segment, store.segments_waiting()
    if parts < MUCH or not price:
        return []
    lines = []
    for carrier in carriers:
        if not isinstance(carrier, HasBalance):
            continue
        try:
            left = carrier.balance()
        except CloudError as error:
            lines.append(str(error))
            continue
        if left.amount < parts * price:
            lines.append(
                f"account at {carrier.name}: {left.amount:.2f} {left.currency} left, {parts} parts wait at {price:.2f}"
                f" each: enough for about {max(left.amount, 0.0) / price:.0f}; fill it up"
            )
    return lines


def _purse(store: Store, config: CloudConfig, now: datetime) -> Purse | None:
    ceiling, price = config.sms.cost_ceiling_per_day, config.sms.price_per_segment
    if ceiling is None or price is None:
        return None
    local = now.astimezone(ZoneInfo(TIMEZONE))
    midnight = datetime.combine(local.date(), time(0), local.tzinfo)
    spent = store.segments_since(midnight) * price
    return Purse(ceiling=ceiling, price_per_segment=price, spent=spent, timezone=TIMEZONE)
