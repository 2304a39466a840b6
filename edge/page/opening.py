"""The desk of a real gateway: its clock, its canopy model, its modem's book and its way to the office."""

import secrets
import threading
from datetime import timedelta
from pathlib import Path
from typing import Final

from edge.clock import Clock
from edge.commissioning.sights import canopy_drawer
from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.contract import Command
from edge.data_folder import OUTBOX_FILE
from edge.errors import ConfigurationError
from edge.gateway import Gateway
from edge.installer import read_installer_number
from edge.letters import Letters
from edge.look import open_looker
from edge.outbox import Outbox
from edge.page.desk import Desk, DeskTools
from edge.voice import tell_operator

_DELIVERY_PATIENCE_S: Final = 20.0
_SMS_VALID: Final = timedelta(minutes=30)


def open_desk(config_file: Path) -> tuple[Desk, Clock]:
    """The desk of the gateway that a file describes, and its clock."""
    clock = Clock()
    tools = DeskTools(
        clock=clock,
        tell=tell_operator,
        draw=canopy_drawer(read_config(config_file)),
        deliver=deliver,
        test_sms=lambda config, text: queue_test_sms(config, text, clock),
    )
    return Desk(config_file, tools), clock


def deliver(config: GatewayConfig, patience_s: float = _DELIVERY_PATIENCE_S) -> None:
    """Look at the photos present, and wait for the office's word on everything; UplinkUnavailableError without it."""
    look, models = open_looker(config)
    with Gateway(config, look, models=models) as gateway:
        gateway.run_once(threading.Event(), patience_s)


def queue_test_sms(config: GatewayConfig, text: str, clock: Clock) -> None:
    """Put a text to the installer into the modem's book; the gateway at work sends it."""
    if config.installer is None:
        raise ConfigurationError("test SMS: expected [installer] in gateway.toml, got none; add it")
    number = read_installer_number(config.installer)
    now = clock.now()
    outbox = Outbox(config.data_dir / OUTBOX_FILE, clock=clock, tell=tell_operator)
    try:
        name = f"test-{config.gateway_id}-{secrets.token_hex(4)}"
        command = Command(id=name, about=name, phone_number=number, text=text, valid_until=now + _SMS_VALID)
        Letters(outbox).take(command, now, origin="gateway")
    finally:
        outbox.close()
