"""``seguia cloud attend``: farmers' texts heard, answered and made to count while they are fresh."""

import signal
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish, shown, tell
from cloud.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from cloud.adapters.store.store import Store
    from cloud.attending import Attended

COMMAND: Final = "cloud attend"
EVERY_S: Final = 3.0
CALLS_BACK: Final = timedelta(days=30)

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
ByOption = Annotated[str, typer.Option("--by", help="Who does it; only a keyed mark of the name is kept.")]


@app.callback(invoke_without_command=True)
def attend(  # noqa: PLR0913 -- options of a command
    context: typer.Context,
    every: Annotated[float, typer.Option("--every", min=0.2, max=60.0, help="Seconds between two looks.")] = EVERY_S,
    *,
    once: Annotated[bool, typer.Option("--once", help="Attend to what is there, and stop.")] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Ask the carrier for texts too, where no callback comes in.")
    ] = False,
    no_send: Annotated[bool, typer.Option("--no-send", help="Queue answers; another process sends them.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Hear each new text, thank its farmer, look again at the advice of its parcel, and send; stop with Ctrl-C.

    Example: seguia cloud attend --data /var/lib/seguia
    """
    if context.invoked_subcommand is not None:
        return
    from cloud.commands.attending_loop import Loop  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.commands.cloud_fetch import source_of  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    clock, stop = clock_of(settings), Event()
    source = source_of(settings, clock) if fetch else None
    if fetch and source is None:
        raise ConfigurationError(
            "attend --fetch: expected a carrier that can be asked for texts, got none; leave it out"
        )
    with open_store(settings) as store:
        loop = Loop.of(store, settings, clock=clock, sends=not no_send, source=source)
        if once:
            _tell(done := loop.round())
            finish(COMMAND, done.problems)
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        typer.echo(f"attend: looking every {every:g} s", err=True)
        while not stop.is_set():
            _tell(done := loop.round())
            tell(COMMAND, done.problems)
            stop.wait(every)


@app.command()
def calls(data: DataOption = None, config: ConfigOption = None) -> None:
    """Who asked to be called and was not yet: the number of the wish, its farmer and the time, oldest first.

    Example: seguia cloud attend calls --data /var/lib/seguia
    """
    settings = configuration(data, config)
    with open_store(settings) as store:
        wishes = store.calls_wanted(clock_of(settings)() - CALLS_BACK)
    for kept in wishes:
        reading = kept.reading
        typer.echo(shown(f"{kept.position}: farmer {reading.farmer_id}, {reading.received_at:%Y-%m-%d %H:%M} UTC"))
    if not wishes:
        typer.echo("nobody waits for a call")


@app.command()
def called(
    wish: Annotated[int, typer.Argument(metavar="WISH", help="Number of the wish, as calls shows it.")],
    by: ByOption,
    what: Annotated[str, typer.Option("--what", help="What came of it, without names and numbers.")] = "called",
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Remember that a farmer was called back.

    Example: seguia cloud attend called 1207 --by Amina --data /var/lib/seguia
    """
    from cloud.adapters.personal import without_numbers  # noqa: PLC0415 -- heavy; --help must be instant

    settings = configuration(data, config)
    with open_store(settings) as store:
        if not store.keep_called(wish, by, without_numbers(what), clock_of(settings)()):
            raise InputError(f"wish {wish}: expected one that waits for a call, got none such; see: attend calls")
    typer.echo(f"wish {wish}: kept")


@app.command()
def notes(
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="So many days back.")] = 7,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """What agronomists should know of texts: not understood, contradicting, no water by canal, swaps.

    Example: seguia cloud attend notes --days 3 --data /var/lib/seguia
    """
    settings = configuration(data, config)
    since = clock_of(settings)() - timedelta(days=days)
    with open_store(settings) as store:
        lines = store.notes_since(since)
        dry = _dry_sources(store, since)
    for line in (*lines, *dry):
        typer.echo(shown(line))


@app.command()
def swap(
    parcel: Annotated[str, typer.Argument(metavar="PARCEL", help="One of two neighbours' parcels.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The other one.")],
    by: ByOption,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Take the swap back.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Put the swap of two parcels' next turns in force, as neighbours agreed by word of mouth; both are told.

    Example: seguia cloud attend swap P12 P15 --by Amina --data /var/lib/seguia
    """
    from cloud.commands.attending_loop import swap_by_agronomist  # noqa: PLC0415 -- heavy; --help must be instant

    settings = configuration(data, config)
    with open_store(settings) as store:
        line = swap_by_agronomist(store, settings, (parcel, other), by=by, undo=undo, now=clock_of(settings)())
    typer.echo(shown(line))


def _tell(done: "Attended") -> None:
    if done.idle:
        return
    typer.echo(
        f"{done.heard} texts heard, {done.answers} answers queued, {done.renewed} looked at again,"
        f" {done.corrected} farmers told anew"
    )
    tell(COMMAND, done.notes)


def _dry_sources(store: "Store", since: datetime) -> list[str]:
    """One line for each canal or pump from which no water came."""
    parcels = {parcel.id: parcel for parcel in store.parcels()}
    counts: dict[str, set[str]] = {}
    for kept in store.readings_meaning(["no_water"], since):
        parcel = parcels.get(kept.reading.parcel_id or "")
        if parcel is None:
            continue
        water = parcel.water
        name = f"canal {water.canal}" if water.canal else f"pump {water.pump}" if water.pump else "no known source"
        counts.setdefault(name, set()).add(parcel.id)
    return [
        f"{name}: no water came, say {len(ids)} parcels ({', '.join(sorted(ids))})"
        for name, ids in sorted(counts.items())
    ]
