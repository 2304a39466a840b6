"""What the law asks of an installation: what leaves the country, forms filled with its facts, and fresh keys."""

import json
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption
from cloud.commands.farmer_keys import rotate_keys
from cloud.commands.farmer_office import Office, office
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.people.consent import WORDING
from cloud.people.forms_text import FORMS, form
from cloud.people.sovereignty import Sovereignty, weather_line

_USUAL_PERIOD = timedelta(days=30)


def join(app: typer.Typer) -> None:
    """Add these commands to an app."""
    app.command()(sovereignty)
    app.command()(forms)
    app.command("rotate-keys")(rotate_keys)


def sovereignty(
    *,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; default 30 days ago.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; default today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for other programs.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """What leaves the country, to whom and how much: the number and the text of messages, and nothing else of a person.

    Example: seguia cloud farmer sovereignty --from 2026-05-01 --to 2026-05-31 --data /var/lib/seguia
    """
    with office(data, config) as opened:
        report = _report(opened, None if first is None else first.date(), None if last is None else last.date())
    if as_json:
        typer.echo(json.dumps(report.object(), ensure_ascii=False))
        return
    for line in report.lines():
        typer.echo(line)


def forms(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the forms into.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Drafts for counsel: the declaration to the data protection authority and the consent forms, with our facts.

    Example: seguia cloud farmer forms --out forms --data /var/lib/seguia
    """
    with office(data, config) as opened:
        facts = _facts(opened)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in FORMS:
            path = out / name
            if path.exists():
                raise ConfigurationError(f"{path}: exists already; it is never overwritten, choose another folder")
            path.write_text(form(name, facts), encoding="utf-8")
            typer.echo(str(path))
    except OSError as error:
        raise ServiceUnavailableError(f"{out}: cannot be written ({error.strerror}); check the folder") from error
    typer.echo("drafts: have them read by counsel before anybody signs or files them", err=True)


def _report(opened: Office, first: date | None, last: date | None) -> Sovereignty:
    end = last or opened.now.date()
    begin = first or end - _USUAL_PERIOD
    if begin > end:
        raise ConfigurationError(f"--from {begin}: expected a day before --to {end}, got a later one")
    traffic = opened.store.traffic(
        datetime.combine(begin, time.min, UTC), datetime.combine(end + timedelta(days=1), time.min, UTC)
    )
    sms, fetch = opened.config.sms, opened.config.weather.fetch
    services = () if fetch is None else (*fetch.past, *([fetch.forecast] if fetch.forecast else []))
    return Sovereignty(
        first=begin,
        last=end,
        traffic=traffic,
        configured=sms.carriers,
        at_home=opened.config.people.carriers_at_home,
        weather=tuple(str(one) for one in services),
    )


def _facts(opened: Office) -> dict[str, object]:
    report = _report(opened, None, None)
    names = tuple(dict.fromkeys((*report.configured, *(one.carrier for one in report.traffic))))
    people = opened.config.people
    broker = opened.config.broker
    return {
        "today": opened.now.date(),
        "version": version("seguia"),
        "organisation": opened.config.organisation,
        "controller": people.controller,
        "contact": people.contact,
        "declaration": people.declaration,
        "farmers": len(opened.store.farmers()),
        "consented": len(opened.store.consented(opened.now)),
        "keep_days": people.keep_days,
        "carriers": "\n".join(f"- {name} : {report.place_of(name).where}" for name in names),
        "carrier_names": ", ".join(report.place_of(name).where for name in names),
        "weather": weather_line(report.weather),
        "broker_tls": "activé" if broker.ca_file is not None else "non activé (courtier local)",
        "wording": WORDING,
    }
