"""``seguia cloud import``: parcels, farmers, irrigations and measurements from files into the store."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cloud.adapters.files.farmers import read_consents, read_farmers
from cloud.adapters.files.parcels import read_parcels
from cloud.adapters.files.read import Read
from cloud.adapters.files.tables import read_events, read_observations
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.commands.console import finish, ignored, tell
from cloud.commands.farmer_office import unusual
from cloud.errors import ConfigurationError, InputError
from cloud.messages import Farmer
from cloud.people.consent import Consent
from cloud.people.enrolment import laid_over

COMMAND = "cloud import"
_UNNAMED_SOURCE = "unnamed"
"""Source of readings that name none: the same whatever their file is called, so that none counts twice."""

T = TypeVar("T")
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def take(
    parcels: Annotated[Path | None, typer.Option("--parcels", help="Parcels, GeoJSON.")] = None,
    farmers: Annotated[
        Path | None, typer.Option("--farmers", help="CSV: id, name, phone_number, language; see the contract for more.")
    ] = None,
    events: Annotated[Path | None, typer.Option("--events", help="Irrigations given, CSV.")] = None,
    observations: Annotated[Path | None, typer.Option("--observations", help="Readings of probes, CSV.")] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Take parcels, farmers, irrigations and readings into the store; what cannot be used is named, the rest is taken.

    Example: seguia cloud import --data /var/lib/seguia --parcels parcels.geojson --farmers farmers.csv
    """
    if all(path is None for path in (parcels, farmers, events, observations)):
        raise ConfigurationError(
            "cloud import: expected --parcels, --farmers, --events or --observations, got none; name a file"
        )
    problems: list[str] = []
    with open_store(configuration(data, config)) as store:
        if parcels is not None:
            store.save_parcels(_records(read_parcels(parcels), "parcels", problems))
        if farmers is not None:
            _save_farmers(store, read_farmers(farmers), problems)
            _keep_consents(store, read_consents(farmers), problems)
        if events is not None:
            store.add_events(_records(read_events(events, store.parcels()), "irrigations", problems))
        if observations is not None:
            seen = read_observations(observations, store.parcels(), unnamed=_UNNAMED_SOURCE)
            changed = store.save_observations(_records(seen, "observations", problems))
            typer.echo(f"observations new or corrected: {changed}")
        problems += store.left_out
    finish(COMMAND, problems)


def _records(read: Read[T], noun: str, problems: list[str]) -> tuple[T, ...]:
    _remark(read, problems)
    typer.echo(f"{noun}: {len(read.records)} of {read.reference.name}")
    return read.records


def _remark(read: Read[T], problems: list[str]) -> None:
    problems += read.problems
    tell(COMMAND, [*ignored(read.reference.name, read.ignored_fields), *read.notes])


def _save_farmers(store: Store, read: Read[Farmer], problems: list[str]) -> None:
    """One by one, so that one number that cannot receive an SMS does not keep the others out; these are not counted."""
    _remark(read, problems)
    kept = []
    for person in read.records:
        try:
            store.save_farmers((laid_over(store.farmer(person.id), person),))
        except InputError as error:
            problems.append(str(error))
        else:
            kept.append(person)
    typer.echo(f"farmers: {len(kept)} of {read.reference.name}")
    tell(COMMAND, [line for person in kept for line in unusual(store, person)])


def _keep_consents(store: Store, read: Read[Consent], problems: list[str]) -> None:
    problems += read.problems
    kept = 0
    for one in read.records:
        try:
            store.set_consent(one.farmer_id, given=True, how=one.how, by=one.by, at=one.at, wording=one.wording)
        except InputError as error:
            problems.append(str(error))
        else:
            kept += 1
    if read.records:
        typer.echo(f"consents: {kept} of {read.reference.name}")
