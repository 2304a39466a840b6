"""Who works at a gateway besides the capture and the uplink: one line each, none where the configuration names none."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.cameras import Cameras, CameraStation, by_interval, daily_cameras, open_camera
from edge.caretaker import LONGEST_TURN_S, Caretaker, CareTools, Looks
from edge.contract import topic_of
from edge.fallback import Fallback, FallbackTools
from edge.health import heartbeat_of
from edge.heartbeat import Heartbeat
from edge.logbook import Logbook
from edge.measured_day import measured_by
from edge.messenger import Messenger, read_command_key
from edge.observers import observers
from edge.orders import Orders
from edge.schedule import due
from edge.sensors.book import SensorBook
from edge.sensors.power_watch import PowerWatch
from edge.sensors.sensing import Instruments, Sensing, SensingTools, open_bus
from edge.settings.camera import CaptureConfig
from edge.shelf import Shelf
from edge.updates.worker import Updates
from edge.upkeep import Upkeep
from edge.watchfulness import Watchfulness
from edge.worker import Post, Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """The optional parts of one gateway; None is what it does not have."""

    power: PowerWatch
    """How much the gateway may do with its energy."""
    watchfulness: Watchfulness
    """What each camera's photos say of the camera itself."""
    care: Caretaker
    orders: Orders
    """Whoever hears the cloud's commands."""
    shelf: Shelf
    """Pictures that the cloud may ask for."""
    upkeep: Upkeep
    """Minds the clock and the queue's file."""
    cameras: Cameras
    daily: tuple[str, ...] = ()
    """Cameras that give a picture every day while all is well."""
    sensing: Sensing | None = None
    messenger: Messenger | None = None
    fallback: Fallback | None = None
    updates: Updates | None = None
    extra: tuple[Post, ...] = ()
    """Workers that nobody else asks for anything."""

    @property
    def command(self) -> Callable[[bytes], None] | None:
        """Takes a command over as it came; None for a gateway that carries none out."""
        return self.orders.take if self.orders.wanted else None

    @property
    def plan(self) -> Callable[[bytes], None] | None:
        """Takes plans over as they came; None for a gateway that never advises by itself."""
        return None if self.fallback is None else self.fallback.take

    @property
    def heard(self) -> Callable[[], None] | None:
        """Is told whenever the cloud says something; None where nobody asks."""
        return None if self.fallback is None else self.fallback.heard

    def posts(self) -> tuple[Post, ...]:
        """Everybody who needs a thread."""
        posts = [Post(name="care", worker=self.care, rest_s=1.0, patience_s=2 * LONGEST_TURN_S), *self.extra]
        posts.append(Post(name="upkeep", worker=self.upkeep, rest_s=5.0, patience_s=600.0))
        if self.cameras.names:
            patience_s = 60.0 + self.cameras.longest_turn_s
            posts.append(Post(name="photographing", worker=self.cameras, rest_s=1.0, patience_s=patience_s))
        if self.sensing is not None:
            posts.append(Post(name="sensing", worker=self.sensing, rest_s=1.0, patience_s=600.0))
        if self.fallback is not None:
            posts.append(Post(name="advising", worker=self.fallback, rest_s=10.0, patience_s=300.0))
        if self.messenger is not None:
            posts.append(Post(name="messaging", worker=self.messenger, patience_s=self.messenger.longest_turn_s))
        if self.updates is not None:
            posts.append(Post(name="updating", worker=self.updates, rest_s=2.0))
        return tuple(posts)

    def states(self) -> dict[str, object]:
        """What each part says of itself in a heartbeat, by the heartbeat's field."""
        self.watchfulness.miss(self.daily)
        states: dict[str, object] = {
            "care": self.care.state(),
            "cameras": self.cameras.states(self.watchfulness.stands),
        }
        if self.messenger is not None:
            states["modem"] = self.messenger.state()
        if self.sensing is not None:
            states |= {"sensors": self.sensing.state(), "power": self.power.state()}
        if self.fallback is not None:
            states["plan"] = self.fallback.state()
        if self.updates is not None:
            states["update"] = self.updates.state()
        return states


def hands_of(station: Station) -> Hands:
    """Everybody whom the configuration names; ConfigurationError when one of them cannot work by it."""
    power = PowerWatch(station.config.power, station.outbox, station.clock, station.voice)
    messenger = _messenger(station)
    shelf = Shelf(station.outbox, station.config.evidence)
    return Hands(
        power=power,
        orders=_orders(station, messenger, shelf),
        shelf=shelf,
        upkeep=Upkeep(station.outbox, station.clock, station.voice, shelf),
        watchfulness=Watchfulness(station.outbox.database, station.clock, station.voice, power.place),
        cameras=_cameras(station, power),
        daily=daily_cameras(station.config),
        sensing=_sensing(station, power),
        messenger=messenger,
        fallback=_fallback(station, messenger),
        care=_care(station, messenger),
    )


def observed(station: Station, hands: Hands) -> Hands:
    """The same with those who look at the gateway, who see what these very hands say of themselves."""

    def heartbeat() -> Heartbeat:
        return heartbeat_of(station.outbox, station.clock, ()).model_copy(update=hands.states())

    return replace(hands, extra=observers(station, heartbeat))


def _fallback(station: Station, messenger: Messenger | None) -> Fallback | None:
    settings = station.config.fallback
    if settings is None:
        return None
    keeper = station.outbox.timekeeper
    tools = FallbackTools(
        outbox=station.outbox,
        clock=station.clock,
        voice=station.voice,
        letters=None if messenger is None else messenger.letters,
        measured=measured_by(SensorBook(station.outbox), lambda: keeper.believed_now().at, rain=settings.rain_sensor),
    )
    fallback = Fallback(station.config, settings, tools)
    if messenger is not None:
        messenger.postbox.listeners.append(fallback.overhear)
    return fallback


def _cameras(station: Station, power: PowerWatch) -> Cameras:
    tools = CameraStation(database=station.outbox.database, clock=station.clock, voice=station.voice)
    cameras = [open_camera(station.config, camera, tools) for camera in station.config.camera]

    def is_due(camera: CaptureConfig, since_s: float | None) -> bool:
        if power.place is None and power.mode == "normal":
            return by_interval(camera, since_s)
        now, quality = station.outbox.timekeeper.believed_now()
        return due(None if quality == "floor" else now, since_s, power.watch(window_every_s=camera.every_s)).due

    known = Logbook(station.outbox.database).knows_stamp
    return Cameras(cameras, known, clock=station.clock, voice=station.voice, due=is_due)


def _care(station: Station, messenger: Messenger | None) -> Caretaker:
    def inspector() -> Looks:
        from edge.commissioning.inspection import Inspector, Tools  # noqa: PLC0415 -- only an installer's walk needs it
        from edge.commissioning.sights import canopy_drawer  # noqa: PLC0415 -- as above

        tools = Tools(
            clock=station.clock,
            database=lambda: station.outbox.database,
            draw=canopy_drawer(station.config),
            modem=None if messenger is None else messenger.state,
        )
        return Inspector(station.config, tools)

    tools = CareTools(
        database=station.outbox.database,
        clock=station.clock,
        voice=station.voice,
        inspector=inspector,
        letters=None if messenger is None else messenger.letters,
    )
    care = Caretaker(station.config, tools)
    if messenger is not None:
        messenger.postbox.listeners.append(care.hear)
    return care


def _sensing(station: Station, power: PowerWatch) -> Sensing | None:
    config = station.config
    if not config.sensor:
        return None
    tools = SensingTools(
        outbox=station.outbox,
        clock=station.clock,
        voice=station.voice,
        power=power,
        open_bus=open_bus(f"seguia-{config.organisation}-{config.gateway_id}"),
    )
    every_s = config.delivery.readings_interval_s
    return Sensing(Instruments(buses=config.bus, sensors=config.sensor, report_every_s=every_s), tools)


def _orders(station: Station, messenger: Messenger | None, shelf: Shelf) -> Orders:
    config = station.config
    file = config.command_key_file or (None if config.modem is None else config.modem.command_key_file)
    orders = Orders(
        station.outbox,
        topic_of(config.organisation, config.gateway_id, "command"),
        None if file is None else read_command_key(file),
        station.voice,
        sms=None if messenger is None else messenger.take,
    )
    orders.on("send_evidence", shelf.send)
    return orders


def _messenger(station: Station) -> Messenger | None:
    config = station.config
    if config.modem is None:
        return None
    return Messenger(config, config.modem, station.outbox, clock=station.clock, voice=station.voice)
