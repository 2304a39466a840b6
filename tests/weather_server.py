"""A weather service for tests: real HTTP on this machine, answers in the documented forms, faults on request.

All numbers are synthetic: a sine over the day, the same for every place but for its latitude.
"""

import gzip
import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

UNITS = {
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "dew_point_2m": "°C",
    "precipitation": "mm",
    "shortwave_radiation": "W/m²",
    "wind_speed_10m": "m/s",
}
POWER_UNITS = {
    "T2M_MIN": "C",
    "T2M_MAX": "C",
    "T2MDEW": "C",
    "RH2M": "%",
    "WS2M": "m/s",
    "ALLSKY_SFC_SW_DWN": "MJ/m^2/day",
    "PRECTOTCORR": "mm/day",
}
MEMBERS = 3


def at_hour(name: str, stamp: int, member: int = 0) -> float:
    """Synthetic weather of one hour."""
    sun = max(0.0, math.sin((stamp / 3600.0 % 24 - 6.0) / 12.0 * math.pi))
    return {
        "temperature_2m": round(12.0 + 14.0 * sun + member, 1),
        "relative_humidity_2m": round(70.0 - 40.0 * sun),
        "dew_point_2m": 9.0,
        "precipitation": 0.1,
        "shortwave_radiation": round(800.0 * sun, 1),
        "wind_speed_10m": 2.5,
    }[name]


def hourly_answer(query: dict[str, str], first: datetime, hours: int, members: int = 1) -> dict[str, Any]:
    """An answer of Open-Meteo's forecast, archive or ensemble API."""
    stamps = [int(first.timestamp()) + 3600 * hour for hour in range(hours)]
    hourly: dict[str, Any] = {"time": stamps}
    units = {"time": "unixtime"}
    for member in range(members):
        for name in query["hourly"].split(","):
            key = name if member == 0 else f"{name}_member{member:02}"
            hourly[key] = [at_hour(name, stamp, member) for stamp in stamps]
            units[key] = UNITS[name]
    return {
        "latitude": float(query["latitude"]) + 0.03,
        "longitude": float(query["longitude"]) - 0.02,
        "generationtime_ms": 0.2,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 478.0,
        "hourly_units": units,
        "hourly": hourly,
    }


def power_answer(query: dict[str, str], *, known_until: date) -> dict[str, Any]:
    """An answer of NASA POWER's daily point API; days after ``known_until`` are its fill value."""
    first, last = (datetime.strptime(query[name], "%Y%m%d").replace(tzinfo=UTC).date() for name in ("start", "end"))
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    value = dict(zip(POWER_UNITS, (11.5, 25.5, 8.5, 51.0, 1.9, 19.5, 0.2), strict=True))
    series = {
        name: {f"{day:%Y%m%d}": value[name] if day <= known_until else -999.0 for day in days}
        for name in query["parameters"].split(",")
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [float(query["longitude"]), float(query["latitude"]), 512.3]},
        "properties": {"parameter": series},
        "header": {
            "title": "NASA/POWER Source Native Resolution Daily Data",
            "api": {"version": "v2.8.0", "name": "POWER Daily API"},
            "sources": ["SYN1DEG", "FLASHFLUX", "MERRA2"],
            "fill_value": -999.0,
            "time_standard": "LST",
            "start": query["start"],
            "end": query["end"],
        },
        "messages": [],
        "parameters": {name: {"units": unit, "longname": name} for name, unit in POWER_UNITS.items()},
        "times": {"data": 0.9, "process": 0.02},
    }


@dataclass(kw_only=True)
class Fault:
    """What the server does instead of answering."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    promised: int | None = None
    """Length that the header promises; the body is cut off before it."""


@dataclass
class WeatherStandIn:
    """The server's address, what it was asked, and what it is to do wrong next."""

    now: datetime
    url: str = ""
    asked: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    power_known_until: date = date.max
    archive_known_until: date = date.max

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path.endswith("/point"):
            return power_answer(query, known_until=self.power_known_until)
        if path.endswith("/archive"):
            first, last = (
                datetime.fromisoformat(query[name]).replace(tzinfo=UTC) for name in ("start_date", "end_date")
            )
            answer = hourly_answer(query, first, 24 * ((last - first).days + 1))
            for name in UNITS:
                for place, stamp in enumerate(answer["hourly"]["time"]):
                    if datetime.fromtimestamp(stamp, UTC).date() > self.archive_known_until:
                        answer["hourly"][name][place] = None
            return answer
        midnight = self.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        past, ahead = int(query["past_days"]), int(query["forecast_days"])
        members = MEMBERS if path.endswith("/ensemble") else 1
        return hourly_answer(query, midnight - timedelta(days=past), 24 * (past + ahead), members)


def bomb(size: int) -> Fault:
    """A small answer that unpacks to ``size`` bytes."""
    return Fault(body=gzip.compress(b" " * size), headers={"Content-Encoding": "gzip"})


@contextmanager
def weather_server(now: datetime) -> Iterator[WeatherStandIn]:
    """The stand-in, answering until the block ends."""
    stand_in = WeatherStandIn(now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            stand_in.asked.append(self.path)
            fault = stand_in.faults.pop(0) if stand_in.faults else None
            if fault is None:
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                body = gzip.compress(json.dumps(stand_in.answer(parts.path, query)).encode())
                fault = Fault(body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
            time.sleep(fault.wait_s)
            self.send_response(fault.status)
            for name, value in fault.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(fault.promised or len(fault.body)))
            self.end_headers()
            try:
                self.wfile.write(fault.body)
            except (BrokenPipeError, ConnectionResetError):
                return

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
