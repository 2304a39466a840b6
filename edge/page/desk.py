"""What the installer's page asks and orders, as plain records: no request and no socket is known here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from math import dist
from pathlib import Path
from typing import Any, Final

from edge.camera import ParcelViewConfig, ReferencePointsConfig
from edge.care import CHORES, Chore, due_now, due_on, signs_of
from edge.care_book import CareBook
from edge.clock import Clock, clock_doubt
from edge.commissioning.aim import overlay_png, preview_jpeg
from edge.commissioning.catalogue import catalogue, chore_name
from edge.commissioning.inspection import Inspector, Tools, aim_finding, open_queue
from edge.commissioning.keeping import keep, outline, references
from edge.commissioning.sights import CanopyDrawer, Seen, Sight, see, sights_of, take_picture
from edge.commissioning.steps import STEPS, Finding
from edge.config import GatewayConfig
from edge.config_file import read_config
from edge.data_folder import OUTBOX_FILE, DataFolder
from edge.database import Database
from edge.doctor import Finding as Examined
from edge.doctor import ask_broker
from edge.errors import CaptureError, ConfigurationError, EdgeError, StoreUnavailableError, UnreadableFrameError
from edge.page.orders import Look, Outline, References
from edge.page.wording import figures, in_words, name_of, taken
from edge.settings.installer import Language
from edge.troubles import Troubles

PREVIEW_WIDTH_PX: Final = 640
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTools:
    """What the page works with; tests put their own in."""

    clock: Clock
    tell: Callable[[str], None]
    draw: CanopyDrawer | None = None
    deliver: Callable[[GatewayConfig], None] | None = None
    """Sends what waits; an EdgeError names what the office did not take."""
    test_sms: Callable[[GatewayConfig, str], None] | None = None
    """Queues a text to the installer, for the gateway at work to send."""
    broker: Callable[[GatewayConfig], Examined] = ask_broker


class Desk:
    """One gateway's page; one order at a time, for there is one camera and one broker."""

    def __init__(self, config_file: Path, tools: DeskTools) -> None:
        self._file = config_file
        self._tools = tools
        self._lock = threading.Lock()
        self._seen: tuple[Path, int, Seen] | None = None
        self._absent: dict[str, str] = {}
        """Cameras that gave no picture when they were asked last, and why: an old picture would belie them."""

    def overview(self, language: Language) -> Answer:
        """What the page is about: steps, cameras and what can be done here."""
        config = read_config(self._file)
        words = catalogue(language)
        return {
            "gateway": config.gateway_id,
            "cameras": [sight.name for sight in sights_of(config)],
            "steps": [{"step": step, "name": words["steps"][step]} for step in STEPS],
            "sms": config.installer is not None and config.modem is not None,
            "takes": bool(config.camera) and not _daemon_works(config),
        }

    def look(self, order: Look) -> Answer:
        """What is found at a step, in words, and what its panel shows."""
        with self._lock:
            config = read_config(self._file)
            if order.step == "aim":
                return self._aim(config, order.camera, order.language)
            with self._queue(config) as queue:
                finding = self._inspector(config, queue).find(
                    order.step, sight=order.camera, telephone_at=order.telephone_at
                )
                return in_words(finding, order.language) | self._panel(config, order, queue)

    def picture(self, camera: int) -> bytes:
        """The newest picture of a camera as a JPEG; EdgeError when there is none to show."""
        with self._lock:
            return preview_jpeg(self._newest(read_config(self._file), camera).shown, width=PREVIEW_WIDTH_PX)

    def canopy(self, camera: int) -> bytes:
        """Its canopy as a see-through PNG of the same size; EdgeError when none was drawn."""
        with self._lock:
            seen = self._newest(read_config(self._file), camera)
            if seen.canopy is None:
                raise UnreadableFrameError(f"{seen.path}: no canopy is drawn for this picture")
            return overlay_png(seen.canopy, width=min(PREVIEW_WIDTH_PX, seen.shown.shape[1]))

    def take(self, camera: int) -> None:
        """Take a picture now; nothing from a folder, or while the gateway at work takes them itself."""
        with self._lock:
            config = read_config(self._file)
            sights = sights_of(config)
            if not sights or _daemon_works(config):
                return
            sight = _of(sights, camera)
            self._absent.pop(sight.name, None)
            try:
                take_picture(config, sight, self._tools.clock.now())
            except CaptureError as error:
                self._absent[sight.name] = str(error)

    def keep_outline(self, wanted: Outline) -> Path:
        """Keep the parcel's outline in the camera's file; that file."""
        with self._lock:
            config = read_config(self._file)
            seen = self._newest(config, wanted.camera)
            size_px = (seen.frame.width, seen.frame.height)
            view = outline(wanted.corners, size_px, (wanted.width_m, wanted.depth_m), wanted.rows_from)
            return self._kept(config, wanted.camera, view)

    def keep_references(self, wanted: References) -> Path:
        """Keep where the references hang in the camera's file; that file."""
        with self._lock:
            config = read_config(self._file)
            seen = self._newest(config, wanted.camera)
            if seen.frame.temperature_c is None:
                raise ConfigurationError("references: expected a thermal picture, got a photo; choose that camera")
            points = references(wanted.wet, wanted.dry, (seen.frame.width, seen.frame.height))
            return self._kept(config, wanted.camera, points)

    def send(self) -> None:
        """Send what waits, unless the gateway at work does; EdgeError names what the office did not take."""
        with self._lock:
            config = read_config(self._file)
            if self._tools.deliver is not None and not _daemon_works(config):
                self._tools.deliver(config)

    def send_sms(self, language: Language) -> None:
        """Queue a test SMS to the installer, which the gateway at work sends."""
        config = read_config(self._file)
        if config.installer is None or config.modem is None or self._tools.test_sms is None:
            raise ConfigurationError("test SMS: expected [modem] and [installer] in gateway.toml, got none; add them")
        words: str = catalogue(language)["sms"]["test"]
        self._tools.test_sms(config, words.format(gateway=config.gateway_id))

    def tick(self, chore: Chore) -> None:
        """Write down that a chore was done today."""
        self._write(lambda book, today: book.tick([chore], today))

    def finish(self) -> None:
        """Write down that the gateway is set up; the care calendar begins."""
        self._write(lambda book, today: book.finish(today))

    def _write(self, act: Callable[[CareBook, date], None]) -> None:
        now = self._tools.clock.now()
        doubt = clock_doubt(now)
        if doubt is not None:
            raise ConfigurationError(doubt)
        with self._lock:
            config = read_config(self._file)
            database = Database(config.data_dir / OUTBOX_FILE, tell=self._tools.tell, replace_damaged=False)
            try:
                act(CareBook(database), now.date())
            finally:
                database.close()

    @contextmanager
    def _queue(self, config: GatewayConfig) -> Iterator[Database | None]:
        """The queue's file beside a gateway that may be at work: opened for one answer, never in its way."""
        database = open_queue(config.data_dir / OUTBOX_FILE, self._tools.tell)
        try:
            yield database
        finally:
            if database is not None:
                database.close()

    def _inspector(self, config: GatewayConfig, queue: Database | None) -> Inspector:
        tools = Tools(clock=self._tools.clock, database=lambda: queue, draw=self._tools.draw, broker=self._tools.broker)
        return Inspector(config, tools)

    def _aim(self, config: GatewayConfig, camera: int, language: Language) -> Answer:
        absent = self._absent.get(_of(sights_of(config), camera).name) if sights_of(config) else None
        if absent is not None:
            return in_words(Finding(step="aim", state="bad", code="absent", detail=absent), language)
        try:
            seen = self._newest(config, camera)
        except (UnreadableFrameError, ConfigurationError) as error:
            sights = sights_of(config)
            nothing = bool(sights) and _of(sights, camera).newest() is None
            code = "no_camera" if not sights else "no_picture" if nothing else "unreadable"
            return in_words(Finding(step="aim", state="bad", code=code, detail=str(error)), language)
        finding, aim = aim_finding(seen)
        shown = {"picture": name_of(seen), "canopy": seen.canopy is not None, "taken": taken(seen, language)}
        return in_words(finding, language) | shown | ({} if aim is None else figures(aim, language))

    def _panel(self, config: GatewayConfig, order: Look, queue: Database | None) -> Answer:
        sights = sights_of(config)
        if order.step in {"outline", "references"} and sights:
            return self._marks(config, _of(sights, order.camera), order)
        if order.step == "done" and queue is not None:
            return self._care(config, queue, order.language)
        return {}

    def _marks(self, config: GatewayConfig, sight: Sight, order: Look) -> Answer:
        """What was marked before, as shares of the picture."""
        try:
            seen, camera = self._newest(config, order.camera), sight.camera()
        except EdgeError:
            return {}
        width, height = seen.frame.width, seen.frame.height
        shown: Answer = {"picture": name_of(seen), "thermal": seen.frame.temperature_c is not None}
        view, points = camera.parcel_view, camera.references
        if view is not None and view.image_points:
            shown["corners"] = [(x / width, y / height) for x, y in view.image_points]
            shown["sides"] = [round(dist(view.parcel_points_m[0], view.parcel_points_m[end]), 2) for end in (1, 3)]
            shown["rows_from"] = view.rows_from
        if points is not None:
            shown["references"] = [(x / width, y / height) for x, y in (points.wet_point, points.dry_point)]
        return shown

    def _care(self, config: GatewayConfig, queue: Database, language: Language) -> Answer:
        book = CareBook(queue)
        looked, today = book.looked(), self._tools.clock.now().date()
        signs = signs_of((each.part, each.text) for each in Troubles(queue).standing())
        due = {each.chore for each in due_now(looked, today, config.care, signs)}
        finished = book.commissioned_on()
        return {
            "finished_on": None if finished is None else finished.isoformat(),
            "care": [
                {
                    "chore": chore,
                    "name": chore_name(chore, language),
                    "due_on": due_on(chore, looked[chore], config.care).isoformat(),
                    "due": chore in due,
                }
                for chore in CHORES
                if chore in looked
            ],
        }

    def _newest(self, config: GatewayConfig, camera: int) -> Seen:
        sights = sights_of(config)
        if not sights:
            raise UnreadableFrameError("expected a camera or a watched folder, got none; add one to gateway.toml")
        sight = _of(sights, camera)
        path = sight.newest()
        if path is None:
            raise UnreadableFrameError(f"{sight.watch.folder}: expected a picture, got none yet; take one")
        stamp = path.stat().st_mtime_ns
        if self._seen is None or self._seen[:2] != (path, stamp):
            self._seen = (path, stamp, see(sight, path, self._tools.draw))
        return self._seen[2]

    def _kept(self, config: GatewayConfig, camera: int, what: ParcelViewConfig | ReferencePointsConfig) -> Path:
        self._seen = None  # the camera file changes how a picture is read
        return keep(self._file, _of(sights_of(config), camera), what)


def _daemon_works(config: GatewayConfig) -> bool:
    try:
        DataFolder(config.data_dir).release()
    except StoreUnavailableError:
        return True
    return False


def _of(sights: tuple[Sight, ...], camera: int) -> Sight:
    return sights[min(camera, len(sights) - 1)]
