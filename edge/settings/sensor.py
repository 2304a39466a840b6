"""The instruments of a gateway: the lines they hang on, and what each of them measures there."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.contract import Identifier
from edge.reading import Quantity, Reading, SensorId, fits
from edge.sensors.units import UNITS, known_units
from edge.settings.section import LocalPath, Section, stays_here

BusKind = Literal["modbus_tcp", "modbus_rtu", "sdi12", "chirpstack"]
DataType = Literal["int16", "uint16", "int32", "uint32", "uint64", "float32", "float64"]
_SERIAL: frozenset[str] = frozenset({"modbus_rtu", "sdi12"})
_TYPICAL_SIGMA: dict[str, float] = {"soil_water_fraction": 0.03, "water_m3": 0.05}
"""Where none is stated: a soil probe with its maker's calibration; a mechanical meter, as a share of its count."""


class BusConfig(Section):
    """A line or network that instruments hang on."""

    name: SensorId = Field(title="Name of the bus", description="Sensors name it in their bus.")
    kind: BusKind = Field(title="Kind of bus", description="What is spoken on it.")
    host: str = Field(
        default="127.0.0.1",
        title="Host",
        description="Of the Modbus TCP server, or of ChirpStack's MQTT broker.",
        min_length=1,
    )
    port: int | None = Field(
        default=None, title="Port", description="Default: 502 for Modbus TCP, 1883 for MQTT.", ge=1, le=65535
    )
    device: LocalPath = Field(
        default=Path("/dev/seguia-bus"), title="Serial device", description="Of an RS-485 or SDI-12 adaptor."
    )
    baud_rate: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = Field(
        default=9600, title="Line rate [baud]", description="Of the adaptor; SDI-12 itself is 1200 behind it."
    )
    parity: Literal["none", "even", "odd"] = Field(default="none", title="Parity", description="Of a serial line.")
    timeout_s: float = Field(default=2.0, title="Patience [s]", description="For one answer.", ge=0.05, le=60)
    application_id: str | None = Field(
        default=None,
        title="Application",
        description="ChirpStack's application id; leave out to hear all that the account may hear.",
        pattern=r"^[0-9A-Za-z-]{1,64}$",
    )
    username: str | None = Field(default=None, title="User name", description="Account at ChirpStack's broker.")
    password_file: LocalPath | None = Field(
        default=None, title="Password file", description="File whose first line is the password."
    )
    ca_file: LocalPath | None = Field(
        default=None, title="Certificate authority", description="PEM file ChirpStack's broker is checked against."
    )

    @property
    def is_serial(self) -> bool:
        """Whether it is a device of this machine."""
        return self.kind in _SERIAL

    @property
    def port_in_use(self) -> int:
        """The port, by its kind where none is given."""
        return self.port or (1883 if self.kind == "chirpstack" else 502)

    @model_validator(mode="after")
    def _a_password_does_not_cross_in_the_clear(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs username")
        if self.username is not None and self.ca_file is None and not stays_here(self.host):
            raise ValueError("username needs ca_file, which switches TLS on: its password would cross the network")
        return self


class SensorConfig(Section):
    """One number that an instrument measures, where it is found and what it means."""

    id: SensorId = Field(title="Sensor", description="Unique on this gateway, e.g. soil-a/20 for its 20 cm layer.")
    bus: SensorId = Field(title="Bus", description="Name of its [[bus]].")
    quantity: Quantity = Field(title="Quantity", description="What it measures, in the unit of that name.")
    parcel_id: Identifier | None = Field(
        default=None, title="Parcel", description="The parcel it stands for; leave out for the gateway's own battery."
    )
    instrument: SensorId | None = Field(
        default=None, title="Instrument", description="Shared by the layers of one probe, e.g. soil-a."
    )
    depth_from_m: float | None = Field(
        default=None, title="Layer from [m]", description="Top of the soil layer that it speaks for.", ge=0, le=5
    )
    depth_to_m: float | None = Field(default=None, title="Layer to [m]", description="Its bottom.", gt=0, le=5)
    address: str = Field(
        title="Address",
        description="Modbus unit 1 to 247; SDI-12 address 0-9 a-z A-Z; LoRaWAN devEUI of 16 hex digits.",
        min_length=1,
        max_length=16,
    )
    place: str = Field(
        title="Place of the number",
        description=(
            "Modbus: holding:ADDRESS or input:ADDRESS, from 0; SDI-12: M:N, N-th value from 1 of command M, M1 .. M9, C"
            " or R0 .. R9, MC, CC and RC0 with check sum; LoRaWAN: path in the decoded object, e.g. soil.vwc_20."
        ),
        min_length=1,
        max_length=80,
    )
    data_type: DataType = Field(
        default="uint16", title="Data type", description="Of Modbus registers; big-endian unless swapped."
    )
    swapped_words: bool = Field(
        default=False, title="Swapped words", description="true: the low register of a long number comes first."
    )
    unit: str | None = Field(
        default=None,
        title="Unit as it comes",
        description="After scale and offset, e.g. percent, l, bar, fahrenheit; default: the quantity's own.",
    )
    scale: float = Field(default=1.0, title="Scale", description="Number = raw x scale + offset; m3 of a pulse, say.")
    offset: float = Field(default=0.0, title="Offset", description="Added after scale.")
    no_value: tuple[float, ...] = Field(
        default=(), title="No value", description="Raw numbers by which it says that it has none, e.g. [65535, -9999]."
    )
    sigma: float | None = Field(
        default=None,
        title="Error",
        description="One standard deviation in the quantity's unit (of a counter: as a share); default by quantity.",
        gt=0,
        le=1e6,
    )
    least: float | None = Field(
        default=None, title="Least plausible", description="Default: the least that can be, by quantity."
    )
    most: float | None = Field(default=None, title="Most plausible", description="Default by quantity.")
    most_per_h: float | None = Field(
        default=None,
        title="Most an hour",
        description="Of a counter: the most it can count in an hour, e.g. m3/h of the pump; default by quantity.",
        gt=0,
    )
    rolls_over_at: float | None = Field(
        default=None,
        title="Rolls over at",
        description="Of a counter: number, in the quantity's unit, after which it begins at 0 again.",
        gt=0,
    )
    stuck_after_h: float | None = Field(
        default=None,
        title="Stuck after [h]",
        description="A number that does not move at all for so long is not believed; default by quantity; 0: never.",
        ge=0,
        le=8760,
    )
    every_s: float = Field(
        default=900.0,
        title="Interval [s]",
        description="How often it is read; longer on a low battery.",
        ge=1,
        le=86400,
    )

    @property
    def stated_sigma(self) -> float | None:
        """Its error as stated, or as is typical of its kind."""
        return self.sigma if self.sigma is not None else _TYPICAL_SIGMA.get(self.quantity)

    def reading(self, **measured: object) -> Reading:
        """A reading of this sensor."""
        return Reading.model_validate(
            {
                "sensor_id": self.id,
                "parcel_id": self.parcel_id,
                "quantity": self.quantity,
                "sigma": self.stated_sigma,
                "depth_from_m": self.depth_from_m,
                "depth_to_m": self.depth_to_m,
                "instrument": self.instrument,
                **measured,
            }
        )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.unit is not None and self.unit not in UNITS[self.quantity]:
            raise ValueError(
                f"sensor {self.id}: unit of {self.quantity}: expected one of {known_units(self.quantity)},"
                f" got {self.unit!r}"
            )
        if self.quantity == "soil_water_fraction" and self.depth_to_m is None:
            raise ValueError(f"sensor {self.id}: soil_water_fraction needs depth_from_m and depth_to_m, its layer")
        if self.depth_to_m is not None and self.depth_to_m <= (self.depth_from_m or 0.0):
            raise ValueError(f"sensor {self.id}: expected depth_to_m below depth_from_m")
        if self.least is not None and self.most is not None and self.least >= self.most:
            raise ValueError(f"sensor {self.id}: expected least below most")
        if self.scale == 0.0:
            raise ValueError(f"sensor {self.id}: scale: expected another number than 0")
        too_long = fits(self.reading(value=0.0))
        if too_long is not None:
            raise ValueError(too_long)
        return self


Buses = Annotated[tuple[BusConfig, ...], Field(max_length=16)]


def problems_of(sensors: tuple[SensorConfig, ...], buses: tuple[BusConfig, ...]) -> str | None:
    """Why sensors and buses do not belong together, one line; None when they do."""
    names = [bus.name for bus in buses]
    ids = [sensor.id for sensor in sensors]
    if twice := next((name for name in names if names.count(name) > 1), None):
        return f"bus {twice}: is named twice; each needs a name of its own"
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        return f"sensor {twice}: stands twice; each needs an id of its own"
    kinds = {bus.name: bus.kind for bus in buses}
    for sensor in sensors:
        if sensor.bus not in kinds:
            return f"sensor {sensor.id}: bus {sensor.bus!r}: expected the name of a [[bus]], got none of {names}"
    return None
