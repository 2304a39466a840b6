"""Every step of setting up looked at by trying it: what the page shows and what the installer's telephone is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from edge.clock import Clock, clock_doubt
from edge.commissioning.aim import Aim, aim_of
from edge.commissioning.sights import CanopyDrawer, Seen, Sight, see, sights_of
from edge.commissioning.steps import STEPS, Finding, State, Step
from edge.config import GatewayConfig
from edge.database import Database
from edge.doctor import Finding as Examined
from edge.doctor import ask_broker, ask_modem
from edge.errors import EdgeError, StoreUnavailableError
from edge.heartbeat import ModemState
from edge.logbook import Logbook
from edge.radiometry.references import MIN_SPAN_K

WEAK_SIGNAL_DBM: Final = -100
"""Below it a modem is in the network and yet loses texts."""
APART_S: Final = 120.0
WAITS_TOO_LONG_S: Final = 600.0
_CAUSES: Final = (
    ("certificate", ("certificate", "ssl", "pem", "tls")),
    ("refused", ("not authori", "bad user", "refusal", "permission", "hung up", "denied", "password")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What an inspector looks with; tests and the daemon put their own in."""

    clock: Clock
    database: Callable[[], Database | None]
    """The queue's file where there is one; only read."""
    draw: CanopyDrawer | None = None
    broker: Callable[[GatewayConfig], Examined] = ask_broker
    modem: Callable[[], ModemState] | None = None
    """How the modem at work is; None: nobody holds it, and it is asked itself."""


class Inspector:
    """Looks at one step after another; nothing it does changes the gateway."""

    def __init__(self, config: GatewayConfig, tools: Tools) -> None:
        self._config = config
        self._tools = tools

    @property
    def sights(self) -> tuple[Sight, ...]:
        """The cameras and folders of this gateway."""
        return sights_of(self._config)

    def find(self, step: Step, *, sight: int = 0, telephone_at: datetime | None = None) -> Finding:
        """What is found at a step; ``sight``: which camera; ``telephone_at``: what the installer's telephone says."""
        match step:
            case "aim" | "outline" | "references":
                return self._of_camera(step, sight)
            case "sim":
                return self._sim()
            case "clock":
                return self._time(telephone_at)
            case "broker":
                return self._of_broker()
            case "message":
                return self._message()
            case "done":
                return done([self.find(each) for each in STEPS[:-1]])

    def _of_camera(self, step: Step, place: int) -> Finding:
        sights = self.sights
        if not sights:
            return Finding(step=step, state="bad", code="no_camera") if step != "references" else _no_thermal()
        sight = sights[min(place, len(sights) - 1)]
        if step == "outline":
            return outline_of(sight)
        try:
            path = sight.newest()
            seen = None if path is None else see(sight, path, self._tools.draw if step == "aim" else None)
        except EdgeError as error:
            return _unreadable(step, str(error))
        if step == "references":
            return references_of(sight, seen)
        return Finding(step="aim", state="open", code="no_picture") if seen is None else aim_finding(seen)[0]

    def _sim(self) -> Finding:
        if self._config.modem is None:
            return Finding(step="sim", state="idle", code="none")
        if self._tools.modem is not None:
            state = self._tools.modem()
            return _of_signal(state.signal_dbm) if state.ready else _sim_trouble(state.trouble)
        asked = ask_modem(self._config, self._config.modem, self._tools.clock)
        if not asked.well:
            return _sim_trouble(asked.text)
        if "dBm" not in asked.text:
            return Finding(step="sim", state="good", code="busy", detail=asked.text)
        signal_dbm = int(asked.text.partition("signal ")[2].partition(" dBm")[0])
        return _of_signal(signal_dbm, asked.text)

    def _time(self, telephone_at: datetime | None) -> Finding:
        now = self._tools.clock.now()
        slots = {"time": f"{now:%Y-%m-%d %H:%M}"}
        doubt = clock_doubt(now, self._last_time())
        if doubt is not None:
            return Finding(step="clock", state="bad", code="doubtful", slots=slots, detail=doubt)
        apart_s = 0.0 if telephone_at is None else abs((telephone_at - now).total_seconds())
        if apart_s > APART_S:
            return Finding(step="clock", state="bad", code="apart", slots=slots | {"minutes": round(apart_s / 60)})
        return Finding(step="clock", state="good", code="right", slots=slots)

    def _last_time(self) -> datetime | None:
        database = self._tools.database()
        return None if database is None else Logbook(database).last_time()

    def _of_broker(self) -> Finding:
        slots = {"place": self._config.broker.host}
        try:
            asked = self._tools.broker(self._config)
        except EdgeError as error:  # certificates that are not there yet
            asked = Examined(part="broker", well=False, text=str(error))
        if asked.well:
            return Finding(step="broker", state="good", code="reached", slots=slots)
        # What to check is named too: only what came before it is the cause.
        cause = asked.text.partition("; check")[0].lower()
        code = next((code for code, marks in _CAUSES if any(mark in cause for mark in marks)), "unreachable")
        return Finding(step="broker", state="bad", code=code, slots=slots, detail=asked.text)

    def _message(self) -> Finding:
        try:
            database = self._tools.database()
            if database is None:
                return Finding(step="message", state="open", code="none")
            stored = int(Logbook(database).counters().get("messages_stored", 0))
            ((waiting, oldest_at),) = database.rows(
                "SELECT count(*), min(made_at) FROM outbox WHERE kind != 'evidence'"
            )
        except StoreUnavailableError as error:
            return Finding(step="message", state="bad", code="waiting", slots=_waits(0, 0), detail=str(error))
        waited_s = 0.0 if oldest_at is None else max(0.0, self._tools.clock.now().timestamp() - oldest_at)
        if waiting and waited_s > WAITS_TOO_LONG_S:
            return Finding(step="message", state="bad", code="waiting", slots=_waits(waiting, waited_s))
        if waiting:
            return Finding(step="message", state="open", code="underway", slots={"count": waiting})
        if not stored:
            return Finding(step="message", state="open", code="none")
        return Finding(step="message", state="good", code="stored", slots={"count": stored})


def done(findings: list[Finding]) -> Finding:
    """Whether everything before is settled; references may stay open, for the crop's own line stands in."""
    left = sum(not each.settled and not (each.step == "references" and each.state == "open") for each in findings)
    if left:
        return Finding(step="done", state="open", code="left", slots={"count": left})
    return Finding(step="done", state="good", code="ready")


def aim_finding(seen: Seen) -> tuple[Finding, Aim | None]:
    """What a picture says about the aim of its camera, and the figures behind it; a thermal one is only shown."""
    if seen.frame.rgb is None:
        heat = seen.frame.temperature_c
        low, high = (0.0, 0.0) if heat is None else (float(value) for value in np.nanpercentile(heat, (2, 98)))
        slots = {"low": round(low, 1), "high": round(high, 1)}
        return Finding(step="aim", state="good", code="thermal", slots=slots), None
    aim = aim_of(seen.shown, seen.canopy)
    sky = 0.0 if aim.horizon is None else aim.horizon.sky_fraction
    roll = 0.0 if aim.horizon is None or aim.horizon.roll_deg is None else aim.horizon.roll_deg
    slots_of_photo = {
        "canopy": "?" if aim.canopy_fraction is None else round(100 * aim.canopy_fraction),
        "sky": round(100 * sky),
        "light": round(100 * aim.exposure),
        "sharpness": round(aim.sharpness, 1),
        "roll": round(abs(roll)),
    }
    state: State = "good" if aim.code == "well" else "bad"
    return Finding(step="aim", state=state, code=aim.code, slots=slots_of_photo), aim


def outline_of(sight: Sight) -> Finding:
    """Whether the parcel is outlined in the pictures of a camera, and how large it was said to be."""
    try:
        view = sight.camera().parcel_view
    except EdgeError as error:
        return _unreadable("outline", str(error))
    if view is None or not view.image_points:
        return Finding(step="outline", state="open", code="missing")
    first, second, _, fourth = (np.array(point) for point in view.parcel_points_m)
    width_m, depth_m = float(np.linalg.norm(second - first)), float(np.linalg.norm(fourth - first))
    slots = {"width": f"{width_m:.4g}", "depth": f"{depth_m:.4g}"}
    return Finding(step="outline", state="good", code="kept", slots=slots)


def references_of(sight: Sight, seen: Seen | None) -> Finding:
    """Whether a wet and a dry reference are seen, far enough from each other."""
    points = sight.camera().references
    heat = None if seen is None else seen.frame.temperature_c
    if seen is not None and heat is None and points is None:
        return _no_thermal()
    if points is None:
        return Finding(step="references", state="open", code="missing")
    read = None if seen is None else seen.frame.references_c
    if read is None:
        return Finding(step="references", state="bad", code="unseen")
    slots = {"wet": round(read[0], 1), "dry": round(read[1], 1)}
    if read[1] - read[0] < MIN_SPAN_K:
        return Finding(step="references", state="bad", code="near", slots=slots)
    return Finding(step="references", state="good", code="kept", slots=slots)


def open_queue(path: Path, tell: Callable[[str], None]) -> Database | None:
    """The queue's file beside a gateway that may be at work; None where no gateway has run yet."""
    return Database(path, tell=tell, replace_damaged=False) if path.exists() else None


def _no_thermal() -> Finding:
    return Finding(step="references", state="idle", code="no_thermal")


def _unreadable(step: Step, cause: str) -> Finding:
    code = "unseen" if step == "references" else "unreadable"
    return Finding(step=step, state="bad", code=code, detail=cause)


def _sim_trouble(cause: str | None) -> Finding:
    return Finding(step="sim", state="bad", code="trouble", detail=cause)


def _of_signal(signal_dbm: int | None, detail: str | None = None) -> Finding:
    weak = signal_dbm is not None and signal_dbm < WEAK_SIGNAL_DBM
    slots = {"signal": "?" if signal_dbm is None else f"{signal_dbm} dBm"}
    return Finding(
        step="sim", state="bad" if weak else "good", code="weak" if weak else "ready", slots=slots, detail=detail
    )


def _waits(count: int, waited_s: float) -> dict[str, str | float | int]:
    return {"count": count, "minutes": round(waited_s / 60)}
