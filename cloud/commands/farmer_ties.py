"""Whom a person is told about: ties to parcels, and delegates for a while."""

from datetime import date, datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from cloud.commands.cloud_site import ConfigOption, DataOption
from cloud.commands.farmer_office import FarmerArgument, Office, office
from cloud.errors import InputError
from cloud.people.ties import Tie

ParcelArgument = Annotated[str, typer.Argument(metavar="PARCEL", help="Id of a parcel.")]
SinceOption = Annotated[
    datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="First day; default today.")
]


def join(app: typer.Typer) -> None:
    """Add these commands to an app."""
    for command in (tie, untie, delegate):
        app.command()(command)


def tie(  # noqa: PLR0913 -- options of a command
    farmer_id: FarmerArgument,
    parcel_id: ParcelArgument,
    *,
    role: Annotated[str, typer.Option("--role", help="owner or worker.")] = "worker",
    silent: Annotated[bool, typer.Option("--silent", help="Known, but not told about this parcel.")] = False,
    since: SinceOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell a person about a parcel too; each parcel may have several people, each person several parcels.

    Example: seguia cloud farmer tie f-3fa2c177 P12 --role owner --data /var/lib/seguia
    """
    with office(data, config) as opened:
        _save(opened, farmer_id, parcel_id, {"role": role, "told": not silent, "since": _day(opened, since)})


def delegate(
    farmer_id: FarmerArgument,
    parcel_id: ParcelArgument,
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day on which they stand in.")],
    since: SinceOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Let a person stand in for a parcel until a day, told and heard beside its own people.

    Example: seguia cloud farmer delegate f-3fa2c177 P12 --until 2026-08-31 --data /var/lib/seguia
    """
    with office(data, config) as opened:
        content = {"role": "delegate", "since": _day(opened, since), "until": until.date()}
        _save(opened, farmer_id, parcel_id, content)


def untie(
    farmer_id: FarmerArgument, parcel_id: ParcelArgument, data: DataOption = None, config: ConfigOption = None
) -> None:
    """Tell a person no more about a parcel, from today on.

    Example: seguia cloud farmer untie f-3fa2c177 P12 --data /var/lib/seguia
    """
    with office(data, config) as opened:
        today = opened.now.date()
        own = next((one for one in opened.store.parcels() if one.id == parcel_id), None)
        tied = {one.parcel_id for one in opened.store.ties(farmer_id)}
        if own is not None and own.farmer is not None and own.farmer.id == farmer_id and parcel_id not in tied:
            # The parcel's own file names them: said once here, it holds against the file.
            ended = Tie(farmer_id=farmer_id, parcel_id=parcel_id, role="owner", told=False, since=today)
            opened.store.save_ties([ended])
        else:
            opened.store.untie(farmer_id, parcel_id, today)
        typer.echo(f"{farmer_id}: told no more about {parcel_id}")


def _day(opened: Office, given: datetime | None) -> date:
    return opened.now.date() if given is None else given.date()


def _save(opened: Office, farmer_id: str, parcel_id: str, content: dict[str, object]) -> None:
    if parcel_id not in {one.id for one in opened.store.parcels()}:
        raise InputError(f"farmer {farmer_id}: expected the id of a parcel, got {parcel_id}, which none has")
    try:
        made = Tie.model_validate({"farmer_id": farmer_id, "parcel_id": parcel_id, **content})
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError(f"farmer {farmer_id}: {reason}; correct the options") from error
    opened.store.save_ties([made])
    end = f" until {made.until}" if made.until else ""
    typer.echo(f"{farmer_id}: {made.role} of {parcel_id} since {made.since}{end}{'' if made.told else ', not told'}")
