"""``seguia cloud farmer``: people, what they agreed to, whom they speak for, and their rights over their data."""

import json
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from cloud.commands import farmer_changes, farmer_law, farmer_rights, farmer_ties
from cloud.commands.cloud_site import ConfigOption, DataOption
from cloud.commands.console import finish, shown
from cloud.commands.farmer_office import (
    COMMAND,
    ByOption,
    FarmerArgument,
    Office,
    PersonOption,
    moment,
    name_and_number,
    office,
)
from cloud.errors import InputError
from cloud.messages import Farmer
from cloud.people.consent import WORDING
from cloud.people.enrolment import preference
from cloud.people.looks import EVERYBODY
from cloud.people.masks import masked_name, masked_number

_ID_BYTES: Final = 4
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

JsonOption = Annotated[bool, typer.Option("--json", help="JSON, for other programs.")]
RevealOption = Annotated[bool, typer.Option("--reveal", help="Name and number in the clear; kept in the ledger.")]


@app.callback()
def farmer() -> None:
    """People: enrolled with their consent, told in their language, shown masked, and forgotten when they ask."""


@app.command()
def add(  # noqa: PLR0913 -- options of a command
    language: Annotated[str, typer.Option("--language", help="Of texts: fr, en, ar, ary, ary-Latn, zgh, zgh-Latn.")],
    *,
    farmer_id: Annotated[
        str | None,
        typer.Option("--id", help="An id that names nobody; drawn when left out. It stays after an erasure."),
    ] = None,
    how: Annotated[
        str | None, typer.Option("--consent", help="How they agreed to messages: written or spoken; left out: not yet.")
    ] = None,
    wording: Annotated[str, typer.Option("--wording", help="Version of the words they agreed to.")] = WORDING,
    at: Annotated[str | None, typer.Option("--at", help="When they agreed; default now.")] = None,
    person: PersonOption = None,
    by: ByOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Enrol a person; name and number are asked for, or read from a file or standard input, never from here.

    Example: seguia cloud farmer add --language ary --consent spoken --by Amina --data /var/lib/seguia
    """
    with office(data, config) as opened:
        chosen = farmer_id or f"f-{secrets.token_hex(_ID_BYTES)}"
        if opened.store.farmer(chosen) is not None:
            raise InputError(f"farmer {chosen}: expected an id that is free, got one in use; see: farmer show {chosen}")
        when = moment(at, opened.now)
        if how is not None:
            # Before the person is kept: a refusal that had enrolled somebody would bring them twice at the next try.
            farmer_changes.weigh_word(opened, chosen, how=how, at=when)
        name, number = name_and_number(person)
        given = {"id": chosen, "name": name, "phone_number": number, "language": language}
        enrolled = farmer_changes.checked(given)
        opened.store.save_farmers([enrolled])
        if how is not None:
            farmer_changes.keep_word(opened, chosen, given=True, how=how, by=by, at=when, wording=wording)
        typer.echo(f"enrolled: {chosen}, {masked_number(number)}, {language}")
        opened.say_whose_number(enrolled)
        if how is None:
            typer.echo(f"no consent yet, so nothing is sent: seguia cloud farmer consent {chosen} --how spoken")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """A person on a screen."""

    farmer: Farmer
    consent: str
    parcels: tuple[str, ...]

    def object(self, *, reveal: bool) -> dict[str, Any]:
        """For other programs."""
        clear = self.farmer.model_dump(mode="json")
        masked = {"name": masked_name(self.farmer.name), "phone_number": masked_number(self.farmer.phone_number)}
        return {**clear, **({} if reveal else masked), "consent": self.consent, "parcels": list(self.parcels)}

    def line(self) -> str:
        """For people, masked."""
        parts = (masked_name(self.farmer.name), masked_number(self.farmer.phone_number), self.farmer.language)
        return f"{self.farmer.id}: {', '.join(parts)}, consent {self.consent}, parcels {', '.join(self.parcels) or '-'}"


@app.command("list")
def list_people(
    data: DataOption = None, config: ConfigOption = None, *, by: ByOption = None, as_json: JsonOption = False
) -> None:
    """Everybody, masked: language, consent, and the parcels they are told about.

    Example: seguia cloud farmer list --data /var/lib/seguia
    """
    with office(data, config) as opened:
        opened.looked(EVERYBODY, "list", by)
        cards = _cards(opened, opened.store.farmers())
        for card in cards:
            told = json.dumps(card.object(reveal=False), ensure_ascii=False) if as_json else card.line()
            typer.echo(shown(told))
        if not cards and not as_json:
            typer.echo("nobody is enrolled yet: seguia cloud farmer add")
        finish(COMMAND, opened.store.left_out)


@app.command()
def show(
    farmer_id: FarmerArgument,
    data: DataOption = None,
    config: ConfigOption = None,
    *,
    reveal: RevealOption = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """One person: preferences, consent, parcels; masked unless revealed, and either is remembered.

    Example: seguia cloud farmer show f-3fa2c177 --reveal --by Amina --data /var/lib/seguia
    """
    with office(data, config) as opened:
        person = opened.farmer(farmer_id)
        # Before anything is shown: a look that could not be kept is none that is given.
        opened.looked(farmer_id, "reveal" if reveal else "show", by)
        (card,) = _cards(opened, [person])
        content = card.object(reveal=reveal)
        if as_json:
            typer.echo(json.dumps(content, ensure_ascii=False))
            return
        for name, value in content.items():
            said = ", ".join(value) if isinstance(value, list) else preference(name, value)
            typer.echo(shown(f"{name}: {said}"))
        for word in opened.store.consents(farmer_id):
            answer = "agreed" if word.given else "wants no more"
            version = f", wording {word.wording}" if word.wording else ""
            typer.echo(shown(f"{word.at:%Y-%m-%d %H:%M} {answer} ({word.how}{version}, recorded by {word.by})"))
        for tie in opened.store.ties(farmer_id):
            end = f" until {tie.until}" if tie.until else ""
            typer.echo(f"{tie.role} of {tie.parcel_id} since {tie.since}{end}{'' if tie.told else ', not told'}")


def _cards(opened: Office, people: Any) -> list[_Card]:  # noqa: ANN401 -- any order of people
    wanted, refused = opened.store.consented(opened.now), opened.store.refused(opened.now)
    parcels: dict[str, list[str]] = {}
    for parcel, told in opened.store.recipients(opened.now.date()).items():
        for one in told:
            parcels.setdefault(one.farmer_id, []).append(parcel)
    return [
        _Card(
            farmer=one,
            consent="yes" if one.id in wanted else "stopped" if one.id in refused else "none",
            parcels=tuple(sorted(parcels.get(one.id, []))),
        )
        for one in people
    ]


farmer_changes.join(app)
farmer_ties.join(app)
farmer_rights.join(app)
farmer_law.join(app)
