"""Where a demo lives: its folder, its files, its clock and its configuration of gateway and cloud."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cloud.config import BrokerConfig, CloudConfig, ConstraintsConfig, WebConfig
from cloud.sms_config import SmsConfig
from cloud.weather_config import WeatherConfig
from simulations.demo import farm

MARK: Final = "this-folder-belongs-to-the-seguia-demo"
TIMEZONE: Final = ZoneInfo("Africa/Casablanca")
ORGANISATION: Final = "demo"
STAND_IN_KEY: Final = "stand-in"
"""What opens the stand-in of the carrier: it reaches no telephone, so it is no secret."""


class DemoFolderError(Exception):
    """The demo's folder cannot be used; the caller names another one."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSite:
    """Paths of one demo."""

    folder: Path

    @property
    def photos(self) -> Path:
        """Folder that the gateway watches."""
        return self.folder / "gateway" / "photos"

    @property
    def gateway_file(self) -> Path:
        """The gateway's configuration."""
        return self.folder / "gateway" / "gateway.toml"

    @property
    def cloud(self) -> Path:
        """The cloud's data folder."""
        return self.folder / "cloud"

    @property
    def inputs(self) -> Path:
        """Parcels, weather, forecast, turns, pumps, farmers and irrigations of the demo."""
        return self.folder / "inputs"


def prepare_folder(folder: Path) -> DemoSite:
    """Start afresh in a folder that is empty or belongs to an earlier demo; anybody else's folder is left alone."""
    if folder.exists() and not folder.is_dir():
        raise DemoFolderError(f"--data {folder}: expected a folder, got a file; choose another path")
    mark = folder / MARK
    ours = mark.is_file() and not mark.is_symlink() and not folder.is_symlink()
    if folder.is_dir() and any(folder.iterdir()) and not ours:
        raise DemoFolderError(
            f"--data {folder}: expected an empty folder or one of an earlier demo, got other files; choose another"
        )
    site = DemoSite(folder=folder.absolute())
    try:
        if ours:
            shutil.rmtree(folder)
        for place in (site.photos, site.inputs):
            place.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
    except OSError as error:
        raise DemoFolderError(
            f"--data {folder}: expected a folder that can be written, got {error.strerror}; choose another with --data"
        ) from error
    return site


def demo_clock() -> Callable[[], datetime]:
    """A clock that starts on the demo's evening and then runs like any other."""
    started_at = datetime.combine(farm.DEMO_DAY, farm.EVENING, tzinfo=TIMEZONE)
    begun = time.monotonic()
    return lambda: started_at + timedelta(seconds=time.monotonic() - begun)


def keep_clock(path: Path, clock: Callable[[], datetime]) -> None:
    """Write the demo's clock into its configuration: the operator's commands then live on the same evening."""
    apart_s = round((clock() - datetime.now(UTC)).total_seconds())
    # A key of the whole file stands before its tables.
    path.write_text(f"clock_offset_s = {apart_s}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")


def cloud_config(
    installed: CloudConfig, site: DemoSite, *, broker_port: int, web_port: int, sms_url: str
) -> CloudConfig:
    """What ``seguia cloud init`` wrote, pointed at the demo's own servers: only configuration changes."""
    return installed.model_copy(
        update={
            "organisation": ORGANISATION,
            "broker": BrokerConfig(port=broker_port, protocol="v3.1.1"),
            "web": WebConfig(port=web_port),
            "weather": WeatherConfig(past_path=site.inputs / "weather.csv", forecast_path=site.inputs / "forecast.csv"),
            "constraints": ConstraintsConfig(
                turns_path=site.inputs / "turns.csv", pumps_path=site.inputs / "pumps.csv"
            ),
            "sms": SmsConfig(
                carrier="africastalking",
                username="sandbox",
                api_key_file=site.inputs / "stand-in.key",
                base_url=sms_url,
                sender="SEGUIA",
                price_per_segment=0.8,
                callback_secret_file=installed.sms.callback_secret_file,
                reviewed_only=False,
            ),
        }
    )
