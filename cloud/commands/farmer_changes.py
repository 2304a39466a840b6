"""What may change of a person: consent, number, language, and when they are told."""

from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cloud.commands.cloud_site import ConfigOption, DataOption
from cloud.commands.console import tell
from cloud.commands.farmer_office import COMMAND, ByOption, FarmerArgument, Office, asked_number, moment, office, who
from cloud.commands.farmer_welcome import welcome, welcome_all
from cloud.errors import InputError
from cloud.messages import Farmer
from cloud.people.consent import ALL_HOW, WORDING
from cloud.people.enrolment import preference, weekday
from cloud.people.masks import masked_number

HowOption = Annotated[str, typer.Option("--how", help=f"How it was said: {', '.join(ALL_HOW)}.")]
AtOption = Annotated[str | None, typer.Option("--at", help="When it was said; default now.")]


def join(app: typer.Typer) -> None:
    """Add these commands to an app."""
    for command in (consent, stop, start, phone, language, prefer, welcome):
        app.command()(command)


def checked(content: dict[str, Any]) -> Farmer:
    """A person of what was given; InputError names what cannot be used and never repeats it."""
    try:
        return Farmer.model_validate(content)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(str(fault["loc"][0]) for fault in error.errors()))
        raise InputError(f"farmer {content.get('id', '')}: {wrong} cannot be used; see: --help") from error


def weigh_word(opened: Office, farmer_id: str, *, how: str, at: datetime) -> None:
    """Refuse a word that was said in no known way or is still to be said, before anything of it is kept."""
    if how not in ALL_HOW:
        raise InputError(f"farmer {farmer_id}: expected how it was said ({', '.join(ALL_HOW)}), got {how}")
    if at > opened.now:
        raise InputError(f"farmer {farmer_id}: expected a word that was said, got one of {at:%Y-%m-%d %H:%M}, ahead")


def keep_word(  # noqa: PLR0913 -- a word has as many parts; each is named
    opened: Office,
    farmer_id: str,
    *,
    given: bool,
    how: str,
    by: str | None,
    at: datetime,
    wording: str | None = None,
    note: str = "",
) -> bool:
    """Keep a person's word on messages, recorded by somebody."""
    weigh_word(opened, farmer_id, how=how, at=at)
    kept = opened.store.set_consent(farmer_id, given=given, how=how, by=who(by), at=at, wording=wording, note=note)
    if given:
        tell(COMMAND, welcome_all(opened, [farmer_id])[1])
    return kept


def consent(  # noqa: PLR0913 -- options of a command
    farmer_id: FarmerArgument,
    how: HowOption,
    by: ByOption = None,
    *,
    wording: Annotated[str, typer.Option("--wording", help="Version of the words they agreed to.")] = WORDING,
    at: AtOption = None,
    note: Annotated[str, typer.Option("--note", help="Where the paper or the recording is; no names.")] = "",
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Record that a person agreed to messages.

    Example: seguia cloud farmer consent f-3fa2c177 --how written --by Amina --note "folder 12" --data /var/lib/seguia
    """
    with office(data, config) as opened:
        when = moment(at, opened.now)
        kept = keep_word(opened, farmer_id, given=True, how=how, by=by, at=when, wording=wording, note=note)
        typer.echo(f"{farmer_id}: agreed on {when:%Y-%m-%d}" + ("" if kept else " (kept before)"))


def stop(
    farmer_id: FarmerArgument,
    how: HowOption = "agronomist",
    by: ByOption = None,
    at: AtOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Record that a person wants no more messages; nothing is sent from now on.

    Example: seguia cloud farmer stop f-3fa2c177 --by Amina --data /var/lib/seguia
    """
    with office(data, config) as opened:
        keep_word(opened, farmer_id, given=False, how=how, by=by, at=moment(at, opened.now))
        typer.echo(f"{farmer_id}: gets no more messages")


def start(
    farmer_id: FarmerArgument,
    how: HowOption = "agronomist",
    by: ByOption = None,
    at: AtOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Record that a person who had stopped wants messages again.

    Example: seguia cloud farmer start f-3fa2c177 --how spoken --by Amina --data /var/lib/seguia
    """
    with office(data, config) as opened:
        keep_word(opened, farmer_id, given=True, how=how, by=by, at=moment(at, opened.now), wording=WORDING)
        typer.echo(f"{farmer_id}: gets messages again")


def phone(farmer_id: FarmerArgument, data: DataOption = None, config: ConfigOption = None) -> None:
    """Give a person another number, asked for or read from standard input; consent stays with the person.

    Answers from the old number count as theirs for two weeks more, unless somebody else has it by then.

    Example: seguia cloud farmer phone f-3fa2c177 --data /var/lib/seguia
    """
    with office(data, config) as opened:
        person = opened.farmer(farmer_id)
        changed = person.model_copy(update={"phone_number": asked_number()})
        opened.store.save_farmers([changed])
        typer.echo(f"{farmer_id}: {masked_number(person.phone_number)} -> {masked_number(changed.phone_number)}")
        opened.say_whose_number(changed)


def language(
    farmer_id: FarmerArgument,
    texts: Annotated[str, typer.Argument(metavar="LANGUAGE", help="fr, en, ar, ary, ary-Latn, zgh or zgh-Latn.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write to a person in another language or script from now on.

    Example: seguia cloud farmer language f-3fa2c177 ary-Latn --data /var/lib/seguia
    """
    with office(data, config) as opened:
        _change(opened, farmer_id, {"language": texts})


def prefer(  # noqa: PLR0913 -- options of a command
    farmer_id: FarmerArgument,
    *,
    spoken: Annotated[
        str | None,
        typer.Option("--spoken", help="darija, tachelhit, tamazight, tarifit, arabic, french or english."),
    ] = None,
    voice: Annotated[bool | None, typer.Option("--voice/--no-voice", help="Called and read to.")] = None,
    quiet_from: Annotated[str | None, typer.Option("--quiet-from", help="Local time such as 20:00.")] = None,
    quiet_until: Annotated[str | None, typer.Option("--quiet-until", help="Local time such as 07:00.")] = None,
    market_day: Annotated[str | None, typer.Option("--market-day", help="Weekday, or none.")] = None,
    friday: Annotated[bool | None, typer.Option("--friday/--no-friday", help="Left alone at Friday prayer.")] = None,
    ramadan: Annotated[bool | None, typer.Option("--ramadan/--no-ramadan", help="Told by Ramadan's clock.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Such as Africa/Casablanca.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """How and when a person is told: what is left out stays as it is.

    Example: seguia cloud farmer prefer f-3fa2c177 --voice --spoken tachelhit --market-day tuesday --data DIR
    """
    given: dict[str, Any] = {
        "spoken": spoken,
        "voice": voice,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "friday_prayer": friday,
        "ramadan": ramadan,
        "timezone": timezone,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if market_day is not None:
        changes["market_day"] = None if market_day == "none" else weekday(market_day)
    if not changes:
        raise InputError(f"farmer {farmer_id}: expected at least one preference, got none; see: --help")
    with office(data, config) as opened:
        _change(opened, farmer_id, changes)


def _change(opened: Office, farmer_id: str, changes: dict[str, Any]) -> None:
    person = opened.farmer(farmer_id)
    changed = checked({**person.model_dump(), **changes})
    opened.store.save_farmers([changed])
    told = ", ".join(f"{name} {preference(name, getattr(changed, name))}" for name in changes)
    typer.echo(f"{farmer_id}: {told}" + ("" if changed != person else " (as before)"))
