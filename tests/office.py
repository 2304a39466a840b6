"""An installation of the cloud for a test: two synthetic parcels, their farmer, past weather and a forecast."""

import json
import socket
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands.cloud import app
from cloud.messages import Farmer, Message
from tests.synthetic_season import write_ahead, write_past

DAY = date(2026, 6, 10)
NUMBER = "+212612345678"
CROSSING = [[[-6.4, 32.3], [-6.39, 32.31], [-6.39, 32.3], [-6.4, 32.31], [-6.4, 32.3]]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cloud(*arguments: object) -> Result:
    """``seguia cloud`` in this process; errors of its own stay in ``result.exception``."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def square(west: float) -> list[list[list[float]]]:
    east = west + 0.001
    return [[[west, 32.3], [east, 32.3], [east, 32.301], [west, 32.301], [west, 32.3]]]


def feature(name: str, west: float, farmer: str = "f1", **properties: object) -> dict[str, object]:
    given = {
        "id": name,
        "crop": "maize",
        "planted_on": "2026-03-25",
        "soil": {"texture": "loam"},
        "irrigation": {"method": "sprinkler", "flow_m3_h": 30},
        "farmer": {"id": farmer, "language": "en"},
    }
    geometry = {"type": "Polygon", "coordinates": square(west)}
    return {"type": "Feature", "geometry": geometry, "properties": {**given, **properties}}


def write_farm(path: Path, *features: dict[str, object]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def change(data: Path, old: str, new: str) -> None:
    """Correct one line of the configuration, as an operator does."""
    path = data / "seguia-cloud.toml"
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def new_office(folder: Path) -> Path:
    """A data folder with a configuration, keys and an empty database; nothing listens on its ports."""
    data = folder / "data"
    made = cloud("init", "--data", data, "--organisation", "office")
    assert made.exit_code == 0, made.output
    change(data, "port = 1883", f"port = {free_port()}")
    change(data, "port = 8765", f"port = {free_port()}")
    return data


def furnish(data: Path) -> None:
    """Weather, two parcels and their farmer."""
    write_past(data / "past.csv", DAY - timedelta(days=1))
    write_ahead(data / "ahead.csv", DAY)
    change(data, "[weather]\n", '[weather]\npast_path = "past.csv"\nforecast_path = "ahead.csv"\n')
    farm = write_farm(data / "farm.geojson", feature("one", -6.4), feature("two", -6.39))
    farmers = data / "farmers.csv"
    farmers.write_text(f"id,name,phone_number,language\nf1,Aicha,{NUMBER},en\n", encoding="utf-8")
    taken = cloud("import", "--data", data, "--parcels", farm, "--farmers", farmers)
    assert taken.exit_code == 0, taken.output


def store_of(data: Path) -> Store:
    return Store.open(f"sqlite:///{data / 'seguia.db'}", PersonalKeys.read(data / "keys" / "personal.json"))


def queue_now(data: Path, *, count: int = 1, valid_h: float = 12.0) -> None:
    """Queue reviewed texts for one farmer that are valid from now on, or were until a while ago."""
    now = datetime.now(UTC)
    with store_of(data) as store:
        store.save_farmers([Farmer(id="f1", name="Aicha", phone_number=NUMBER, language="en")])
        for number in range(count):
            message = Message(
                parcel_id=f"p{number}",
                kind="irrigate",
                language="en",
                text=f"Field {number}: irrigate 2 h",
                encoding="gsm7",
                segments=1,
                valid_until=now + timedelta(hours=valid_h),
                reviewed=True,
                farmer_id="f1",
            )
            store.queue_message(message, verdict_digest="0" * 64, now=now)


def states(data: Path) -> list[str]:
    """Where each message stands."""
    with store_of(data) as store:
        return sorted(log.state for log in store.message_log())
