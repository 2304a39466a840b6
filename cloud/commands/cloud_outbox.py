"""``seguia cloud outbox``: what waits, what is in doubt, one message step by step, and an operator's word on it."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import typer

from cloud.adapters.personal import without_numbers
from cloud.adapters.store.doubts import Act, Step
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.errors import InputError

MONTH: Final = timedelta(days=30)
SHOWN: Final = 12
NameArgument = Annotated[str, typer.Argument(metavar="MESSAGE", help="Its id, or the first 8 digits of it or more.")]
ByOption = Annotated[str, typer.Option("--by", help="Who says so; kept encrypted.")]
WhyOption = Annotated[str, typer.Option("--why", help="How it is known; kept encrypted.")]
app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="What waits to be sent, what is in doubt, and an operator's word on it.",
)


@app.command("list")
def list_(data: DataOption = None, config: ConfigOption = None) -> None:
    """Count what waits, and name what is in doubt, channels that stand still, and texts delivered again and again.

    Example: seguia cloud outbox list --data /var/lib/seguia
    """
    settings = configuration(data, config)
    with open_store(settings) as store:
        for line in _lines(store, clock_of(settings)()):
            typer.echo(line)


@app.command()
def show(name: NameArgument, data: DataOption = None, config: ConfigOption = None) -> None:
    """Everything that happened to one message: each attempt, what the carrier answered, and who decided what.

    Example: seguia cloud outbox show 4f0c2a9b --data /var/lib/seguia
    """
    with open_store(configuration(data, config)) as store:
        for step in store.steps(name):
            typer.echo(_told(step))


@app.command()
def sent(
    name: NameArgument, by: ByOption, why: WhyOption, data: DataOption = None, config: ConfigOption = None
) -> None:
    """A message in doubt did arrive: somebody asked the farmer or the carrier.

    Example: seguia cloud outbox sent 4f0c2a9b --by Salma --why "he read it to me" --data /var/lib/seguia
    """
    _resolve(name, "sent", (by, why), data, config)


@app.command()
def resend(
    name: NameArgument, by: ByOption, why: WhyOption, data: DataOption = None, config: ConfigOption = None
) -> None:
    """A message in doubt did not arrive: queue it again, if it is still of use.

    Example: seguia cloud outbox resend 4f0c2a9b --by Salma --why "not in the carrier's list" --data /var/lib/seguia
    """
    _resolve(name, "resend", (by, why), data, config)


@app.command("give-up")
def give_up(
    name: NameArgument, by: ByOption, why: WhyOption, data: DataOption = None, config: ConfigOption = None
) -> None:
    """A message in doubt is given up: nobody knows, and it is too late.

    Example: seguia cloud outbox give-up 4f0c2a9b --by Salma --why "the window is over" --data /var/lib/seguia
    """
    _resolve(name, "failed", (by, why), data, config)


@app.command()
def resume(
    carrier: Annotated[str, typer.Argument(help="The channel that stands still, such as africastalking.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """A halted channel works again: its trouble is mended. Without this it is tried with one message after 15 minutes.

    Example: seguia cloud outbox resume africastalking --data /var/lib/seguia
    """
    settings = configuration(data, config)
    with open_store(settings) as store:
        if store.channel_halt(carrier) is None:
            raise InputError(
                f"channel {carrier[:40]!r}: expected one that stands still, got one that does not;"
                " see: seguia cloud outbox list"
            )
        store.open_channel(carrier, at=clock_of(settings)(), reason="an operator says that it works again")
    typer.echo(f"channel {carrier} is open")


def _resolve(name: str, act: Act, said: tuple[str, str], data: DataOption, config: ConfigOption) -> None:
    by, why = (part.strip() for part in said)
    if not by or not why:
        raise InputError("outbox: expected --by and --why, got an empty one; say who decides, and how it is known")
    if without_numbers(by + why) != by + why:
        raise InputError("outbox: expected a reason without a telephone number, got one with; leave the number out")
    settings = configuration(data, config)
    with open_store(settings) as store:
        message_id = store.resolve_doubt(name, act, by=by, why=why, now=clock_of(settings)())
    typer.echo(f"{message_id[:SHOWN]} {'queued again' if act == 'resend' else act}")


def _lines(store: Store, now: datetime) -> list[str]:
    counted = store.counted()
    lines = [f"queued {counted.get('queued', 0)}, being sent {counted.get('sending', 0)}"]
    lines += [f"channel {halt.carrier} halted since {_short(halt.since)}: {halt.reason}" for halt in store.halts()]
    for doubt in store.doubtful():
        handed = "before this version" if doubt.handed_at is None else _short(doubt.handed_at)
        reports = f"{doubt.reports} reports of its telephone belong to no known text" if doubt.reports else "no report"
        lines.append(
            f"in doubt {doubt.message_id[:SHOWN]} parcel {doubt.parcel_id} farmer {doubt.farmer_id} over"
            f" {doubt.carrier or 'unknown'} {handed}, of use until {_short(doubt.valid_until)}, {reports}:"
            f" {doubt.reason}"
        )
    often = store.delivered_too_often(now - MONTH)
    return lines + [f"delivered {times} times {name[:SHOWN]}: ask the carrier" for name, times in often]


def _told(step: Step) -> str:
    counts = "" if step.counts else " (changed nothing)"
    said = "" if step.said is None else f": {step.said}"
    return f"{_short(step.at)} {step.what} by {step.who}{counts}{said}"


def _short(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")
