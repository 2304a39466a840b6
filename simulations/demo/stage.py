"""The whole system on one machine, top to bottom: only servers and addresses differ from a real installation."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from cloud.adapters.files.parcels import read_parcels
from cloud.adapters.mqtt import Ingest, IngestSettings
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands import cloud_import, cloud_init, cloud_nightly, cloud_send, cloud_serve
from cloud.commands.attending_loop import Loop
from cloud.config import FILE_NAME, CloudConfig, Secrets, read_config
from cloud.nightly import NightReport
from cloud.secrets import write_secret
from simulations.carrier.standin import StandIn
from simulations.demo import farm, photos, weather
from simulations.demo.broker import embedded_broker
from simulations.demo.field import gateway_daemon, write_gateway_file
from simulations.demo.site import STAND_IN_KEY, DemoSite, cloud_config, keep_clock, prepare_folder

SEED: Final = 20260830
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that runs during a demo."""

    site: DemoSite
    config: CloudConfig
    store: Store
    carrier: StandIn
    ingest: Ingest
    map_address: str
    clock: Clock
    weather: weather.DemoWeather
    photos: photos.PhotoSet


def prepare_inputs(site: DemoSite, folder: Path | None, clock: Clock) -> tuple[weather.DemoWeather, photos.PhotoSet]:
    """Write every input of the demo, and drop the photos into the watched folder."""
    generator = np.random.default_rng(SEED)
    chosen = photos.choose_photos(folder, site.folder / "rendered", generator)
    season = weather.demo_weather(farm.DEMO_DAY)
    weather.write_weather(season, site.inputs / "weather.csv", last_day=farm.DEMO_DAY)
    weather.write_forecast(season, site.inputs / "forecast.csv", issued_at=clock(), generator=generator)
    copied = shutil.copyfile(farm.farm_file(), site.inputs / "parcels.geojson")
    parcels = read_parcels(copied).records
    farm.write_farmers(farm.farmers(parcels), site.inputs / "farmers.csv")
    farm.write_events(parcels, site.inputs / "events.csv", demo_day=farm.DEMO_DAY)
    farm.write_turns(site.inputs / "turns.csv", demo_day=farm.DEMO_DAY)
    farm.write_pumps(site.inputs / "pumps.csv")
    afternoon = clock().replace(hour=14, minute=0, second=0, microsecond=0)
    photos.deliver(chosen, site.photos, camera_id=farm.camera_of(synthetic=chosen.synthetic), last_at=afternoon)
    return season, chosen


@contextmanager
def raised(folder: Path, given_photos: Path | None, web_port: int, clock: Clock) -> Iterator[Stage]:
    """Bring up broker, carrier, store, map and ingest on this machine's loopback interface."""
    site = prepare_folder(folder)
    season, chosen = prepare_inputs(site, given_photos, clock)
    write_secret(site.inputs / "stand-in.key", STAND_IN_KEY + "\n")
    with ExitStack() as stack:
        broker_port = stack.enter_context(embedded_broker())
        carrier = stack.enter_context(StandIn(api_key=STAND_IN_KEY, senders=("SEGUIA",)))
        with redirect_stdout(io.StringIO()):
            cloud_init.init(data=site.cloud, organisation="demo")
        keep_clock(site.cloud / FILE_NAME, clock)
        installed = read_config(site.cloud / FILE_NAME)
        config = cloud_config(installed, site, broker_port=broker_port, web_port=web_port, sms_url=carrier.url)
        listener = cloud_serve.listen(config)
        secrets = Secrets(config)
        keys = PersonalKeys.read(config.keys_file)
        store = stack.enter_context(Store.open(secrets.database_url(), keys, clock=clock))
        address = stack.enter_context(cloud_serve.serving(store, config, listener, clock))
        carrier.callback_url = f"{address}callbacks/{secrets.callback_secret()}"
        ingest = Ingest(store, IngestSettings(broker=config.broker), clock)
        ingest.start()
        stack.callback(ingest.stop)
        write_gateway_file(site, broker_port=broker_port)
        yield Stage(
            site=site,
            config=config,
            store=store,
            carrier=carrier,
            ingest=ingest,
            map_address=address,
            clock=clock,
            weather=season,
            photos=chosen,
        )


def take_the_farm_in(stage: Stage) -> None:
    """Import parcels, farmers and irrigations with the operator's own command."""
    with redirect_stdout(io.StringIO()):
        cloud_import.take(
            parcels=stage.site.inputs / "parcels.geojson",
            farmers=stage.site.inputs / "farmers.csv",
            events=stage.site.inputs / "events.csv",
            data=stage.site.cloud,
            config=None,
        )


def see(stage: Stage) -> tuple[str, ...]:
    """Let the gateway daemon look at the photos and deliver; returns what it could not use."""
    with gateway_daemon(stage.site) as field:
        return field.finish()


def decide(stage: Stage) -> NightReport:
    """Run the night of the installation: decide the coming day."""
    return cloud_nightly.night(stage.store, stage.config, day=farm.COMING_DAY, now=stage.clock())


def send(stage: Stage) -> tuple[str, ...]:
    """Send through the official SDK and wait for the delivery reports; returns the alarms of the run."""
    carrier = cloud_send.carrier_of(stage.config)
    report = cloud_send.deliver(stage.store, stage.config, carrier, clock=stage.clock)
    stage.carrier.wait(15.0)
    return report.alarms


def attending(stage: Stage) -> Loop:
    """What attends to farmers' texts while the demo runs."""
    return Loop.of(stage.store, stage.config, clock=stage.clock)
