"""``seguia cloud gateway``: how gateways are, and orders to one of them."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from cloud.adapters.broker import BrokerLink
from cloud.adapters.sms.modem import command_key
from cloud.adapters.store.store import Store
from cloud.commands.cloud_site import ConfigOption, DataOption, configuration, open_store
from cloud.config import CloudConfig, Secrets
from cloud.errors import ConfigurationError, InputError, ServiceUnavailableError
from cloud.ordering import Address, evidence_order, fate_of, hand_over, update_order
from edge.contract import MessageId, topic_of
from edge.order import Order

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="How gateways are, and orders to one of them.",
)
_LOOK_S: Final = 0.1
_RECEIPT_S: Final = 10.0

WaitOption = Annotated[float, typer.Option(min=0.0, help="Seconds to wait for the picture.")]


@app.command(name="list", short_help="The last word of each gateway, a JSON object a line.")
def listed(data: DataOption = None, config: ConfigOption = None) -> None:
    """The last word of each gateway, one JSON object a line.

    Example: seguia cloud gateway list --data /var/lib/seguia
    """
    with open_store(configuration(data, config)) as store:
        for status in store.gateways():
            told = status.heartbeat.model_dump(mode="json", exclude_none=True)
            place = {"organisation": status.organisation, "gateway": status.gateway}
            typer.echo(json.dumps({**place, "received_at": status.received_at.isoformat(), **told}, ensure_ascii=False))


@app.command(short_help="Ask for the picture behind the last detection of a parcel.")
def evidence(
    parcel: Annotated[str, typer.Argument(help="Parcel whose last detection is meant.")],
    message: Annotated[
        str | None, typer.Option(help="Another detection, as BOOT/SEQUENCE of the parcel's gateway.")
    ] = None,
    wait: WaitOption = 60.0,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask the gateway for the picture behind a detection that came without one; it is kept there for some days.

    Example: seguia cloud gateway evidence P01 --data /var/lib/seguia
    """
    settings = configuration(data, config)
    with open_store(settings) as store:
        found = store.parcel_detection(parcel)
        if found is None:
            raise InputError(f"parcel {parcel}: expected one with a detection, got none; see seguia cloud gateway list")
        wanted = _named(found.message, message)
        if store.evidence_of(wanted) is not None:
            typer.echo(f"{_name(wanted)}: its picture is here already")
            return
        now = datetime.now(UTC)
        address = Address(organisation=found.organisation, gateway=wanted.gateway, key=_key(settings))
        _order(settings, address, evidence_order(wanted, now))
        if not _came(lambda: store.evidence_of(wanted) is not None, wait):
            raise InputError(
                f"{_name(wanted)}: asked for, and not here after {wait:g} s; it comes with the gateway's next"
                " sendings unless it is kept there no more (its log says so) or seguia cloud ingest stands still"
            )
        typer.echo(f"{_name(wanted)}: its picture has come; seguia cloud serve shows it")


@app.command(short_help="Let a gateway look for releases at once.")
def update(
    gateway: Annotated[str, typer.Argument(help="Name of the gateway.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Let a gateway look for releases at once; it takes what its own rules let it take.

    Example: seguia cloud gateway update gw-01 --data /var/lib/seguia
    """
    settings = configuration(data, config)
    with open_store(settings) as store:
        organisation = _organisation_of(store, gateway)
    address = Address(organisation=organisation, gateway=gateway, key=_key(settings))
    _order(settings, address, update_order(datetime.now(UTC)))
    typer.echo(f"gateway {gateway}: asked to look for releases; its heartbeat tells what came of it")


def _order(settings: CloudConfig, address: Address, order: Order) -> None:
    # A line is open once the broker answered a subscription; what is heard there is the ingest's business.
    topics = (topic_of(address.organisation, address.gateway, "heartbeat"),)
    link = BrokerLink(settings.broker, Secrets(settings).broker_password(), hear=lambda _: False, topics=topics)
    link.open()
    try:
        number = hand_over(link, address, order, datetime.now(UTC))
        _came(lambda: fate_of(link, number) is not None, _RECEIPT_S)
        fate = fate_of(link, number)
    finally:
        link.close()
    if fate != "taken":
        why = "it is not connected" if fate == "nobody" else "the broker did not take the order"
        raise ServiceUnavailableError(f"gateway {address.gateway}: expected it to hear an order, got: {why}; try later")


def _key(settings: CloudConfig) -> bytes:
    modem = settings.sms.modem
    key = command_key(settings.command_key_file or (None if modem is None else modem.command_key_file))
    if key is None:
        raise ConfigurationError(
            "seguia-cloud.toml: orders are always sealed: expected command_key_file, got none; it is the gateways' own"
        )
    return key


def _organisation_of(store: Store, gateway: str) -> str:
    for status in store.gateways():
        if status.gateway == gateway:
            return status.organisation
    raise InputError(f"gateway {gateway}: expected one that was heard of; see seguia cloud gateway list")


def _named(last: MessageId, message: str | None) -> MessageId:
    if message is None:
        return last
    boot, _, number = message.rpartition("/")
    if not boot or not number.isdigit():
        raise InputError(f"--message: expected BOOT/SEQUENCE, got {message!r}")
    return MessageId(gateway=last.gateway, boot=boot, sequence=int(number))


def _name(message: MessageId) -> str:
    return f"detection {message.gateway}/{message.boot}/{message.sequence}"


def _came(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK_S)
    return True
