"""``seguia cloud check``: the doctor; each thing that is not well comes with its remedy."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import typer

from cloud.adapters.backup.making import kept_in
from cloud.adapters.broker import BrokerLink
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.sms.modem import command_key
from cloud.adapters.store.database import system_clock
from cloud.adapters.store.store import Store
from cloud.commands.catalogue_desk import standing_line, standing_of
from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.outbox_looks import accounts, outbox
from cloud.commands.plan_looks import plans
from cloud.config import CloudConfig, Secrets
from cloud.errors import CloudError, ConfigurationError, MissingDataError, ServiceUnavailableError
from cloud.sms_config import CarrierName

_LEAST_FREE_MB: Final = 200
_PATIENCE_S: Final = 5.0
_ATTENDED_WITHIN: Final = timedelta(minutes=10)
_BACKED_UP_WITHIN: Final = timedelta(days=2)
_CALLS_BACK: Final = timedelta(days=30)

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "bad"]
    text: str
    exit_code: int = 0


@app.command()
def check(
    data: DataOption = None,
    config: ConfigOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Look at configuration, keys, folder, database, broker, weather and messages; say what to do where it is not well.

    Example: seguia cloud check --data /var/lib/seguia
    """
    findings = list(examine(configuration(data, config)))
    for finding in findings:
        line = json.dumps(asdict(finding)) if as_json else f"{finding.state:5}{finding.name:12}{finding.text}"
        typer.echo(line)
        if finding.exit_code:
            typer.echo(f"{finding.name}: {finding.text}", err=True)
    raise typer.Exit(max(finding.exit_code for finding in findings))


def examine(config: CloudConfig) -> Iterator[Finding]:
    """Every finding, one after the other."""
    yield Finding(name="config", state="ok", text=f"organisation {config.organisation}")
    for name, look in _LOOKS.items():
        try:
            text = look(config)
        except CloudError as error:
            yield Finding(name=name, state="bad", text=str(error), exit_code=error.exit_code)
        else:
            state: Literal["ok", "note"] = "note" if text.startswith("none") else "ok"
            yield Finding(name=name, state=state, text=text)


def _keys(config: CloudConfig) -> str:
    PersonalKeys.read(config.keys_file)
    return f"{config.keys_file}, mode 0600"


def _folder(config: CloudConfig) -> str:
    folder = config.data_dir
    if not folder.is_dir():
        raise ServiceUnavailableError(f"{folder}: no such folder; make it, or correct data_dir")
    if not os.access(folder, os.W_OK):
        raise ServiceUnavailableError(f"{folder}: cannot be written; run: chown it to the user that runs Seguia")
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < _LEAST_FREE_MB:
        raise ServiceUnavailableError(f"{folder}: at least {_LEAST_FREE_MB} MB free, got {free_mb}; make room")
    return f"{folder}, {free_mb} MB free"


def _database(config: CloudConfig) -> str:
    with Store.open(Secrets(config).database_url(), PersonalKeys.read(config.keys_file)) as store:
        return f"{store.address}, tables up to date, {len(store.parcels())} parcels, {len(store.gateways())} gateways"


def _people(config: CloudConfig) -> str:
    keys = PersonalKeys.read(config.keys_file)
    with Store.open(Secrets(config).database_url(), keys) as store:
        if store.master() not in {None, keys.name} or (keys.older and store.needs_older()):
            raise ConfigurationError(
                "personal-data keys: expected a rotation that is done, got one that stopped on the way to generation"
                f" {keys.name}; run: seguia cloud farmer rotate-keys"
            )
        enrolled = {farmer.id for farmer in store.farmers()}
        silent = len(enrolled - store.consented(clock_of(config)()))
    without = f", {silent} without consent: nothing live is sent to them" if silent else ""
    return f"{len(enrolled) or 'none'} enrolled{without}"


def _broker(config: CloudConfig) -> str:
    link = BrokerLink(config.broker, Secrets(config).broker_password(), hear=lambda _: False)
    try:
        link.open(_PATIENCE_S)
        return f"{config.broker.address} lets us subscribe, MQTT {link.protocol}"
    finally:
        link.close()


def _backup(config: CloudConfig) -> str:
    folder, recipients = config.backup.folder, config.backup.recipients
    if folder is None or not recipients:
        return "none made yet: name [backup] folder and recipients, then run: seguia cloud backup"
    if folder.resolve().is_relative_to(config.data_dir.resolve()):
        raise ConfigurationError(
            f"backup.folder {folder}: expected a folder outside the data folder, got one below it, which is lost with"
            " it; name one on another disk"
        )
    made = kept_in(folder)
    if not made:
        raise MissingDataError(f"{folder}: expected a backup, got none; run every day: seguia cloud backup")
    age = system_clock() - made[0].made_at
    if age > _BACKED_UP_WITHIN:
        raise MissingDataError(
            f"{made[0].path}: expected a backup within {_BACKED_UP_WITHIN.days} days, got one {age.days} days old;"
            " run every day: seguia cloud backup"
        )
    told = f"{made[0].path.name} of {len(made)}; try one now and then: seguia cloud backup try"
    if config.data_dir.is_dir() and folder.stat().st_dev == config.data_dir.stat().st_dev:
        return f"none on another disk: {folder} is on the same disk as the data: carry backups elsewhere; {told}"
    return told


def _weather(config: CloudConfig) -> str:
    paths = {"past": config.weather.past_path, "forecast": config.weather.forecast_path}
    named = {name: path for name, path in paths.items() if path is not None}
    if not named:
        return "none configured yet; name the files in [weather]"
    return ", ".join(f"{name} {_aged(path, config.weather.max_age_days)}" for name, path in named.items())


def _aged(path: Path, most_days: int) -> str:
    try:
        changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise MissingDataError(
            f"weather file {path}: cannot be read ({error.strerror}); fetch it, or correct [weather]"
        ) from error
    days = (datetime.now(UTC) - changed_at).total_seconds() / 86400
    if days > most_days:
        raise MissingDataError(
            f"weather file {path}: at most {most_days} days old, got {days:.1f} since it was written; fetch a new one"
        )
    return f"{path.name} written {days:.1f} days ago"


def _web(config: CloudConfig) -> str:
    address = f"{config.web.host}:{config.web.port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.web.host, config.web.port))
        except OSError as error:
            return f"none free at {address} ({error.strerror}): the map runs there already, or choose another web.port"
    return f"{address} is free for the map"


def _messages(config: CloudConfig) -> str:
    return "; else ".join(_carrier_told(config, name) for name in config.sms.carriers)


def _carrier_told(config: CloudConfig, name: CarrierName) -> str:
    secrets = Secrets(config)
    match name:
        case "spool":
            return "carrier spool: messages are written to a folder and reach nobody"
        case "modem":
            assert config.sms.modem is not None, "the configuration refuses this carrier without its section"
            sealed = command_key(config.sms.modem.command_key_file) is not None
            by = "sealed" if sealed else "not sealed: name command_key_file here and in each gateway.toml"
            return f"carrier modem of {', '.join(sorted(config.sms.modem.gateways))}, commands {by}"
        case "aggregator":
            assert config.sms.aggregator is not None, "the configuration refuses this carrier without its section"
            secrets.aggregator_secret()
            return f"carrier aggregator at {urlsplit(config.sms.aggregator.url).hostname}"
        case _:
            secrets.sms_api_key()
            secrets.callback_secret()
            where = f" at {config.sms.base_url}" if config.sms.base_url is not None else ""
            return f"carrier africastalking, account {config.sms.username}{where}"


def _words(config: CloudConfig) -> str:
    with open_store(config) as store:
        found = standing_of(store, config)
    live = [language for language, (_, _, may) in found.items() if may]
    told = "; ".join(
        f"{language}: {standing_line(words, standing, live=False)}"
        for language, (words, standing, may) in found.items()
        if not may
    )
    if live:
        return f"may go live: {', '.join(live)}; not: {told}"
    if config.sms.carriers == ("spool",) or config.sms.base_url is not None:
        return "none signed: no language may reach a telephone; see: seguia cloud catalogue list"
    raise MissingDataError(
        "catalogues: expected words that somebody signed, got none, so nothing would be sent; see:"
        " seguia cloud catalogue list"
    )


def _texts(config: CloudConfig) -> str:
    now = clock_of(config)()
    with open_store(config) as store:
        waiting, calls = store.waiting_texts(now - _ATTENDED_WITHIN), store.calls_wanted(now - _CALLS_BACK)
    called = f"; {len(calls)} farmers wait for a call: seguia cloud attend calls" if calls else ""
    if waiting:
        return f"none attends: {waiting} texts wait for an answer; run: seguia cloud attend{called}"
    return f"every text is attended to{called}"


_LOOKS: Final[dict[str, Callable[[CloudConfig], str]]] = {
    "keys": _keys,
    "folder": _folder,
    "database": _database,
    "people": _people,
    "broker": _broker,
    "weather": _weather,
    "web": _web,
    "messages": _messages,
    "outbox": outbox,
    "texts": _texts,
    "accounts": accounts,
    "words": _words,
    "backup": _backup,
    "plans": plans,
}
