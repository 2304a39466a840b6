"""The GSM modem of a gateway."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from edge.settings.section import LocalPath, Section


class ModemConfig(Section):
    """The gateway's own GSM modem, by which it sends and hears SMS for the cloud."""

    device: LocalPath = Field(
        default=Path("/dev/seguia-modem"),
        title="Modem device",
        description="Serial port that answers AT commands, e.g. /dev/ttyUSB2.",
    )
    baud_rate: Literal[9600, 57600, 115200, 460800] = Field(
        default=115200, title="Line rate [baud]", description="9600, 57600, 115200 or 460800; no matter over USB."
    )
    pin_file: LocalPath | None = Field(
        default=None,
        title="PIN file",
        description="File whose first line is the SIM's PIN; one that was refused is never tried again.",
    )
    smsc: str | None = Field(
        default=None,
        title="Service centre",
        description="Number of the SMS centre, +...; leave out to use the SIM's own.",
        pattern=r"^\+[1-9][0-9]{6,14}$",
    )
    daily_limit: int = Field(
        default=160,
        title="Daily limit",
        description="Parts of SMS a UTC day that the SIM may send; what would pass it is refused to the cloud.",
        ge=1,
        le=100_000,
    )
    seconds_per_part: float = Field(
        default=4.0, title="Pace [s]", description="Least time between two parts.", ge=0.0, le=600
    )
    send_timeout_s: float = Field(
        default=75.0,
        title="Patience for the network [s]",
        description="A part not answered in this time may have left and is never sent again.",
        ge=0.2,
        le=600,
    )
    command_key_file: LocalPath | None = Field(
        default=None,
        title="Command key file",
        description="Secret of 64 hex digits shared with the cloud; commands not sealed with it are ignored.",
    )
    number_prefixes: tuple[str, ...] = Field(
        default=(), title="Allowed prefixes", description='Send to such numbers only, e.g. ["+212"]; empty: to any.'
    )
    balance_code: str | None = Field(
        default=None,
        title="Balance code",
        description="USSD code such as *555# that seguia gateway check asks the operator.",
        pattern=r"^[*#0-9]{2,20}$",
    )
