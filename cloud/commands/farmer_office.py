"""What the commands about people share: who acts, how a name and a number come in, and how they are shown."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.adapters.personal import mobile_number, number_region
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import clock_of, configuration, open_store
from cloud.commands.console import tell
from cloud.config import CloudConfig
from cloud.errors import InputError
from cloud.messages import Farmer
from cloud.people.looks import Look, Seen

COMMAND: Final = "cloud farmer"
HOME: Final = "MA"

FarmerArgument = Annotated[str, typer.Argument(metavar="FARMER", help="Id of a person.")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="Who does this; kept encrypted. Default: the user of this machine.")
]
PersonOption = Annotated[
    Path | None,
    typer.Option(
        "--person",
        help="JSON file with name and phone_number; else they are asked for, or read from standard input, one a line.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An installation, its store and its clock."""

    config: CloudConfig
    store: Store
    now: datetime

    def farmer(self, farmer_id: str) -> Farmer:
        """A person who is known; InputError otherwise."""
        farmer = self.store.farmer(farmer_id)
        if farmer is None:
            raise InputError(
                f"farmer {farmer_id}: expected the id of an enrolled person, got one that nobody has or that was"
                " erased; see: seguia cloud farmer list"
            )
        return farmer

    def looked(self, farmer_id: str, what: Seen, by: str | None) -> None:
        """Keep that somebody saw a person's data."""
        self.store.keep_look(Look(farmer_id=farmer_id, what=what, by=who(by), at=self.now))

    def say_whose_number(self, farmer: Farmer) -> None:
        """Tell what is unusual about a number that can be used."""
        tell(COMMAND, unusual(self.store, farmer))


def unusual(store: Store, farmer: Farmer) -> list[str]:
    """What an operator should know of a number that can be used: it is foreign, or somebody else has it too."""
    told = []
    region = number_region(farmer.phone_number)
    if region != HOME:
        told.append(f"farmer {farmer.id}: a number of {region}: texts to it leave the country and cost more")
    others = [one for one in store.farmers_of_number(farmer.phone_number) if one != farmer.id]
    if others:
        told.append(
            f"farmer {farmer.id}: the same number as {', '.join(others)}: each gets their own messages on it,"
            " STOP from it stops all of them, and an answer may need to say which parcel it is about"
        )
    return told


@contextmanager
def office(data: Path | None, config: Path | None) -> Iterator[Office]:
    """An installation opened for one command."""
    settings = configuration(data, config)
    with open_store(settings) as store:
        yield Office(config=settings, store=store, now=clock_of(settings)())


def who(by: str | None) -> str:
    """Who acts: as named, else the user of this machine."""
    return by or getpass.getuser()


def name_and_number(path: Path | None) -> tuple[str, str]:
    """A name and a number in E.164 form; never from the command line, where everybody on the machine reads them."""
    name, number = _of_file(path) if path is not None else (_asked("Name"), _asked("Telephone number"))
    if not name:
        raise InputError("farmer: expected a name, got none; give it on the first line")
    return name, mobile_number(number, subject="farmer")


def asked_number() -> str:
    """A number in E.164 form, asked for."""
    return mobile_number(_asked("Telephone number"), subject="farmer")


def moment(text: str | None, now: datetime) -> datetime:
    """A moment as given, in UTC where it names no offset; else the present."""
    if text is None:
        return now
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--at {text}: expected a day or a time such as 2026-05-01T09:30, got neither") from error
    return given if given.tzinfo is not None else given.replace(tzinfo=UTC)


def _asked(what: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, err=True)).strip()
    return sys.stdin.readline().strip()


def _of_file(path: Path) -> tuple[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        return str(content["name"]).strip(), str(content["phone_number"]).strip()
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, got {error.strerror}; check the path") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: expected JSON with name and phone_number, got something else; correct it") from error
