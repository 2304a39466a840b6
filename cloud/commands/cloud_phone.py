"""``seguia cloud phone``: an agronomist with a farmer's telephone in hand."""

import secrets
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import typer

from cloud.adapters.store.store import Store
from cloud.answering import BY_RINGING, BY_USSD, BY_VOICE, Entered
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import tell
from cloud.commands.phone_console import HELP, Phone
from cloud.commands.telephone_line import line_of, reaches_people
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError, InputError
from cloud.messages import Farmer
from cloud.people.looks import Look

REHEARSED: Final = {"ussd": BY_USSD, "voice": BY_VOICE, "missed_call": BY_RINGING}
REHEARSED_CARRIER: Final = "africastalking"
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def phone(
    farmer: Annotated[str, typer.Argument(help="Id of the farmer whose telephone it is.")],
    by: Annotated[str, typer.Option("--by", help="Who types; kept, encrypted, with everything that is typed.")],
    *,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Mark what is typed as if the carrier had brought it; never where live.")
    ] = False,
    attend: Annotated[
        bool, typer.Option("--attend", help="Hear and answer after each line, where no attend runs beside.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Type as a farmer: see the thread, reply, dial the menu, press keys in a call. Lines come from standard input.

    Example: seguia cloud phone F01 --by "Salma B." --data /var/lib/seguia
    """
    settings = configuration(data, config)
    live = reaches_people(settings)
    if rehearse and live:
        raise ConfigurationError(
            "cloud phone --rehearse: expected an installation that reaches nobody, got a live one; leave it out, and"
            " what is typed is kept as entered by you"
        )
    if not by.strip():
        raise ConfigurationError("cloud phone --by: expected a name, got none; say who types")
    with open_store(settings) as store:
        person = store.farmer(farmer)
        if person is None:
            raise InputError(f"farmer {farmer}: expected somebody who is enrolled, got nobody; see: farmer list")
        clock = clock_of(settings)
        store.keep_look(Look(farmer_id=farmer, what="thread", by=by, at=clock()))
        tell("cloud phone", [_warning(farmer, by, live=live, rehearse=rehearse)])
        if sys.stdin.isatty():
            typer.echo(HELP, err=True)
        telephone = telephone_of(store, settings, person, by, rehearse=rehearse)
        if attend:
            telephone.after = _attending(store, settings)
        telephone.run(_lines())


def telephone_of(store: Store, config: CloudConfig, farmer: Farmer, by: str, *, rehearse: bool) -> Phone:
    """The telephone of a farmer over an installation."""
    typed = Entered(path="agronomist", by=by)
    return Phone(
        store=store,
        line=line_of(store, config, clock_of(config)),
        farmer=farmer,
        typed_as=lambda path: REHEARSED.get(path, Entered(path="ussd")) if rehearse else typed,
        text_carrier=REHEARSED_CARRIER if rehearse else typed.path,
        session=secrets.token_hex(8),
        write=typer.echo,
    )


def _attending(store: Store, config: CloudConfig) -> Callable[[], None]:
    """One round of ``seguia cloud attend``, its troubles told."""
    from cloud.commands.attending_loop import Loop  # noqa: PLC0415 -- heavy; only who asks for it waits

    loop = Loop.of(store, config, clock=clock_of(config), sends=True)
    return lambda: tell("cloud phone", loop.round().problems)


def _warning(farmer: str, by: str, *, live: bool, rehearse: bool) -> str:
    if live:
        return f"LIVE: what is typed counts as the word of farmer {farmer}, entered by {by}, and changes their advice"
    if rehearse:
        return f"rehearsal: no telephone is reached, and what is typed counts as sent by farmer {farmer}"
    return f"no telephone is reached; what is typed counts as the word of farmer {farmer}, entered by {by}"


def _lines() -> Iterator[str]:
    interactive = sys.stdin.isatty()
    while True:
        if interactive:
            typer.echo("> ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            return
        yield line
