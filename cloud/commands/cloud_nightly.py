"""``seguia cloud nightly``: decide the day for every parcel of the store and queue its messages."""

import os
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

import typer

from cloud.adapters.files.tables import read_pumps, read_quotas, read_turns
from cloud.adapters.state_ladder import StateLadder
from cloud.adapters.store.store import Store
from cloud.agronomy.engines.engine_name import engine_named
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish, tell
from cloud.commands.day_inputs import Desk, code_version
from cloud.commands.plan_desk import plan_night
from cloud.commands.replay_site import keeper_of
from cloud.commands.voice import voice_of
from cloud.commands.weather_memory import weather_of_the_night
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError
from cloud.nightly import NightInputs, NightReport, by_decision, coming_day, run_night
from cloud.records import InputReference

COMMAND = "cloud nightly"
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def nightly(
    day: Annotated[
        datetime | None,
        typer.Option("--day", formats=["%Y-%m-%d"], help="Local day to decide; default the coming."),
    ] = None,
    rebuild_state: Annotated[  # noqa: FBT002 -- a flag of the command line
        bool,
        typer.Option("--rebuild-state", help="Follow every season anew from its start and replace the kept states."),
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Observe, simulate, advise and judge every parcel, keep the day, and queue the messages worth sending.

    Example: seguia cloud nightly --data /var/lib/seguia --day 2026-07-14
    """
    settings = configuration(data, config)
    now = clock_of(settings)()
    with open_store(settings) as store:
        if rebuild_state:
            tell(COMMAND, [f"{states_of(settings).forget()} kept water states were given up; they are made anew"])
        asked = coming_day(now, "Africa/Casablanca") if day is None else day.date()
        report = night(store, settings, day=asked, now=now)
        planned = plan_night(store, settings, report, now=now)
        purged = store.purge_texts(now, settings.people.keep_days, by=COMMAND)
    for name, count in by_decision(report.decision.verdicts).items():
        typer.echo(f"{name}: {count}")
    for line in report.water:
        typer.echo(line)
    typer.echo(f"messages queued: {len(report.messages)}")
    for line in planned.lines:
        typer.echo(line)
    if purged is not None:
        typer.echo(f"texts older than {settings.people.keep_days} days erased: {purged.texts}")
    tell(COMMAND, [*report.notes, *planned.notes])
    finish(COMMAND, [*report.problems, *planned.problems])


def night(store: Store, config: CloudConfig, *, day: date, now: datetime) -> NightReport:
    """One night of an installation: its files read, its store used, its rules kept."""
    if config.weather.past_path is None:
        raise ConfigurationError("weather.past_path: expected the file of past weather, got none; name it there")
    desk, states = Desk(), states_of(config)
    known = weather_of_the_night(config, config.weather.past_path, store.parcels(), day, now, desk)
    limits, widened = config.constraints, store.judge_limits()
    if widened is not None:
        name = f"limits of the judge, version {widened.version}"
        desk.references.append(InputReference(name=name, sha256=widened.digest()))
    inputs = NightInputs(
        day=day,
        now=now,
        weather=known.weather,
        forecast=known.forecast,
        code_version=code_version(),
        turns=desk.optional(limits.turns_path, read_turns),
        quotas=desk.optional(limits.quota_path, read_quotas),
        pumps=desk.optional(limits.pumps_path, read_pumps),
        references=tuple(desk.references),
        voice=voice_of(config),
        rules=config.notices.rules,
        limits={} if widened is None else widened.factors,
        prices=config.prices,
        owners=config.owners,
        engine=engine_named(os.environ, config.water.engine),
        states=states,
    )
    with keeper_of(config, store, states, now) as keeper:
        report = run_night(store, replace(inputs, replay=keeper))
        left_out = dict.fromkeys((*store.left_out, *(() if keeper is None else keeper.left_out)))
    return replace(report, notes=(*desk.notes, *report.notes), problems=(*desk.problems, *left_out, *report.problems))


def states_of(config: CloudConfig) -> StateLadder:
    """The water states that an installation keeps."""
    return StateLadder.in_folder(
        config.data_dir,
        code_version=code_version(),
        states_kept=config.water.states_kept,
        monthly_states_kept=config.water.monthly_states_kept,
    )
