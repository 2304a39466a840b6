"""``seguia cloud plan``: the key that signs plans, the plans that gateways should hold, and handing them out again."""

import json
import secrets
from typing import Annotated, Final

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.commands.console import finish
from cloud.errors import ConfigurationError

COMMAND: Final = "cloud plan"
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def plan() -> None:
    """Plans by which gateways advise their parcels while they do not hear the cloud; every night makes them anew."""


@app.command()
def key(data: DataOption = None, config: ConfigOption = None) -> None:
    """Make the key that signs plans, if there is none, and print what gateways check them with.

    Example: seguia cloud plan key --data /var/lib/seguia > plan-cloud.pub
    """
    from cloud.commands.plan_desk import signing_key  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.secrets import write_secret  # noqa: PLC0415 -- as above
    from edge.plan_seal import signing_public  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    file = settings.planning.signing_key_file
    if file is None:
        raise ConfigurationError(
            "planning.signing_key_file: expected a file name, got none; add to the configuration:"
            ' [planning] signing_key_file = "keys/plan-signing.key"'
        )
    if not file.exists():
        write_secret(file, secrets.token_hex(32) + "\n")
    typer.echo(signing_public(signing_key(settings)).hex())


@app.command()
def publish(data: DataOption = None, config: ConfigOption = None) -> None:
    """Hand the newest plans to the broker again, as after it lost what it had kept.

    Example: seguia cloud plan publish --data /var/lib/seguia
    """
    from cloud.commands.plan_desk import publish as hand_out  # noqa: PLC0415 -- heavy; --help must be instant

    settings = configuration(data, config)
    with open_store(settings) as store:
        kept = {name: store.newest_plan(settings.organisation, name) for name in settings.planning.gateways}
    bundles = {name: one[1] for name, one in kept.items() if one is not None}
    problems = [f"gateway {name}: no plan was made yet; run: seguia cloud nightly" for name in kept if not kept[name]]
    if bundles:
        problems.extend(hand_out(settings, bundles))
    typer.echo(f"published {len(bundles)} of {len(kept)}")
    finish(COMMAND, problems)


@app.command()
def show(
    data: DataOption = None,
    config: ConfigOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for other programs.")] = False,
) -> None:
    """List each gateway with the plan that was made for it and the one that it says it holds.

    Example: seguia cloud plan show --data /var/lib/seguia
    """
    settings = configuration(data, config)
    problems = []
    with open_store(settings) as store:
        beats = {one.gateway: one.heartbeat.plan for one in store.gateways()}
        for name, gateway in settings.planning.gateways.items():
            newest, held = store.newest_plan(settings.organisation, name), beats.get(name)
            made = None if newest is None else newest[0]
            row = {
                "gateway": name,
                "parcels": len(gateway.parcels),
                "made": made,
                "held": None if held is None else held.number,
                "until": None if held is None or held.until is None else held.until.isoformat(),
                "alone_since": None if held is None or held.alone_since is None else held.alone_since.isoformat(),
                "refused": None if held is None else held.refused,
            }
            words = f"{name}: made {made or 'none'}, held {row['held'] or 'none'} until {row['until'] or 'unknown'}"
            typer.echo(json.dumps(row) if as_json else words)
            if held is not None and held.refused is not None:
                problems.append(f"gateway {name}: {held.refused}")
    finish(COMMAND, problems)
