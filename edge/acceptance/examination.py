"""A gateway examined for its receipt: what the doctor finds, what the machine can do, and every trouble that stands."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.acceptance.measures import Speed, commit_ms, heat_c, peak_memory_mb, speed
from edge.acceptance.page import Line, Page, lines_of_troubles
from edge.cameras import newest_picture
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.data_folder import OUTBOX_FILE
from edge.database import Database
from edge.doctor import Finding, Part
from edge.errors import EdgeError
from edge.health import software_version
from edge.logbook import Logbook
from edge.settings.profile import PROFILES
from edge.timekeeper import Timekeeper
from edge.troubles import Troubles

SLOWEST_PICTURE_S: Final = 10.0
"""A camera is asked every few minutes: a machine that needs longer for a picture falls behind on a card of them."""
MEMORY_LIMIT_MB: Final = 200.0
SLOW_COMMIT_MS: Final = 500.0
HOT_C: Final = 80.0
"""Boards slow down, and then stop, from here on."""
LONGEST_WAIT_S: Final = 3600.0
_PICTURE_AGE_S: Final = 2 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What an examination looks with; tests put their own in."""

    clock: Clock
    findings: Callable[[], Iterable[Finding]]
    speed: Callable[[Path | None], Speed] = speed
    heat_c: Callable[[], float | None] = heat_c
    watts: float = 3.0
    """Power that one working core adds, where the machine does not count its energy."""


def examined(config: GatewayConfig, means: Means, tell: Callable[[str], None]) -> Page:
    """The receipt of a gateway, made on it."""
    lines = list(_found(means))
    if "sim" not in {line.part for line in lines}:
        lines.append(Line(part="sim", state="open", text="no modem is configured"))
    lines += _machine(config, means)
    believed = True
    path = config.data_dir / OUTBOX_FILE
    if path.exists():
        try:
            database = Database(path, tell=tell, replace_damaged=False)
            try:
                believed = Timekeeper(database, means.clock).believed_now().quality != "floor"
                lines += _remembered(config, database, means)
            finally:
                database.close()
        except EdgeError as error:
            lines.append(Line(part="queue", state="fail", text=str(error)))
    else:
        lines.append(Line(part="queue", state="fail", text="nothing was ever queued; start the gateway"))
    return Page(
        organisation=config.organisation,
        gateway=config.gateway_id,
        machine=PROFILES[config.profile].title,
        software=software_version(),
        at=means.clock.now(),
        clock_believed=believed,
        lines=tuple(lines),
    )


def _found(means: Means) -> Iterator[Line]:
    """The doctor's findings; how long the broker took is measured by the way."""
    names: dict[Part, str] = {"modem": "sim", "broker": "link"}
    before_s = means.clock.monotonic_s()
    for finding in means.findings():
        now_s = means.clock.monotonic_s()
        took = f", after {now_s - before_s:.1f} s" if finding.part == "broker" and finding.well else ""
        before_s = now_s
        yield Line(
            part=names.get(finding.part, finding.part),
            state="pass" if finding.well else "fail",
            text=finding.text + took,
        )


def _machine(config: GatewayConfig, means: Means) -> Iterator[Line]:
    try:
        measured = means.speed(config.models_dir)
    except EdgeError as error:
        yield Line(part="speed", state="fail", text=str(error))
    else:
        yield from _speed(measured, means.watts)
    memory_mb = peak_memory_mb()
    yield _limited("memory", f"{memory_mb:.0f} MB with every model at work", memory_mb, MEMORY_LIMIT_MB, "MB")
    sync_ms = commit_ms(config.data_dir)
    if sync_ms is None:
        yield Line(part="disk", state="fail", text=f"{config.data_dir}: cannot be written; correct its permissions")
    else:
        yield _limited("disk", f"a durable write takes {sync_ms:.1f} ms", sync_ms, SLOW_COMMIT_MS, "ms")
    heat = means.heat_c()
    if heat is None:
        yield Line(part="heat", state="open", text="this machine measures no temperature")
    else:
        yield _limited("heat", f"{heat:.0f} deg C", heat, HOT_C, "deg C")


def _speed(measured: Speed, watts: float) -> Iterator[Line]:
    each_s = measured.elapsed_s / measured.pictures
    text = (
        f"{measured.pictures_per_s:.1f} pictures of 1600 x 1200 a second by {', '.join(measured.models)}"
        " (a synthetic golden picture)"
    )
    yield _limited("speed", text, each_s, SLOWEST_PICTURE_S, "s a picture")
    if measured.joules is not None:
        used = f"{measured.joules / measured.pictures:.2f} J a picture, measured (the whole processor)"
        yield Line(part="energy", state="pass", text=used)
    else:
        estimate = measured.processor_s * watts / measured.pictures
        text = f"{estimate:.2f} J a picture, estimated: {watts:g} W while a core works; this machine counts no energy"
        yield Line(part="energy", state="open", text=text)


def _limited(part: str, text: str, value: float, limit: float, unit: str) -> Line:
    well = value <= limit
    return Line(part=part, state="pass" if well else "fail", text=f"{text} (limit {limit:g} {unit})")


def _remembered(config: GatewayConfig, database: Database, means: Means) -> Iterator[Line]:
    """What the gateway at work wrote down."""
    yield _delivery(database, means.clock.now())
    yield _round_trip(Logbook(database).counters())
    at, quality = Timekeeper(database, means.clock).believed_now()
    vouched = quality in {"cloud", "network"}
    words = {"cloud": "by the cloud's word", "network": "by network time", "kept": "vouched for by nobody yet"}
    if quality == "floor":
        yield Line(part="time", state="fail", text=f"the clock is wrong: it is later than {at:%Y-%m-%d %H:%M} UTC")
    else:
        text = f"{at:%Y-%m-%d %H:%M} UTC, {words[quality]}"
        yield Line(part="time", state="pass" if vouched else "open", text=text)
    yield _battery(config, database, means.clock.now())
    for camera in config.camera:
        yield _camera(camera.camera_id, newest_picture(config, camera.camera_id), means.clock.now())
    standing = Troubles(database).standing()
    if not standing:
        yield Line(part="troubles", state="pass", text="the gateway knows of none")
    yield from lines_of_troubles([(each.part, each.text, each.since) for each in standing])


def _delivery(database: Database, now: datetime) -> Line:
    ((waiting, oldest_at),) = database.rows("SELECT count(*), min(made_at) FROM outbox WHERE kind != 'evidence'")
    stored = int(Logbook(database).counters().get("messages_stored", 0))
    waited_s = 0.0 if oldest_at is None else max(0.0, now.timestamp() - oldest_at)
    text = f"{stored} messages stored by the ingest, {waiting} wait, the oldest for {waited_s:.0f} s"
    if waiting and waited_s > LONGEST_WAIT_S:
        return Line(part="delivery", state="fail", text=f"{text}; see link and troubles")
    return Line(part="delivery", state="pass" if stored else "open", text=text)


def _round_trip(counters: dict[str, float]) -> Line:
    count = counters.get("acks", 0.0)
    if not count or "ack_wait_s" not in counters:
        return Line(part="answer", state="open", text="no message was answered by the ingest yet")
    mean_s = counters["ack_wait_s"] / count
    text = f"the ingest's word comes {mean_s:.2f} s after sending, on average of {count:.0f} messages"
    return Line(part="answer", state="pass", text=text)


def _battery(config: GatewayConfig, database: Database, now: datetime) -> Line:
    sensor = config.power.battery_sensor
    if sensor is None:
        return Line(part="battery", state="open", text="no battery sensor is named; see [power] battery_sensor")
    known = database.rows("SELECT 1 FROM sqlite_master WHERE name = 'reading'")
    rows = known and database.rows(
        "SELECT quantity, value, quality, kept_at FROM reading WHERE sensor_id = ? ORDER BY id DESC LIMIT 1", sensor
    )
    if not rows:
        return Line(part="battery", state="fail", text=f"{sensor}: never read; see that the gateway runs, and [[bus]]")
    quantity, value, quality, kept_at = rows[0]
    age_s = max(0.0, now.timestamp() - kept_at)
    well = quality == "good" and age_s <= config.power.stale_after_h * 3600
    text = f"{sensor}: {quantity} {value:g}, {quality}, read {age_s / 60:.0f} min ago"
    return Line(part="battery", state="pass" if well else "fail", text=text)


def _camera(name: str, newest: Path | None, now: datetime) -> Line:
    if newest is None:
        return Line(
            part="camera", state="fail", text=f"{name}: no picture yet; see its cable, and that the gateway runs"
        )
    age_s = max(0.0, now.timestamp() - newest.stat().st_mtime)
    state = Line(part="camera", state="pass", text=f"{name}: last picture {age_s / 60:.0f} min ago")
    if age_s <= _PICTURE_AGE_S:
        return state
    return Line(part="camera", state="fail", text=f"{name}: last picture {age_s / 86_400:.0f} days ago; see its cable")
