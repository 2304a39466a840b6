"""What the desk found, as the page shows it: in words of a language, with figures."""

from datetime import UTC, datetime
from typing import Any

from edge.commissioning.aim import Aim
from edge.commissioning.catalogue import catalogue, isolated, remedy, said
from edge.commissioning.sights import Seen
from edge.commissioning.steps import Finding
from edge.settings.installer import Language


def in_words(finding: Finding, language: Language) -> dict[str, Any]:
    """A finding: its colour, what was found, what puts it right, and the cause as the program says it."""
    return {
        "step": finding.step,
        "state": finding.state,
        "code": finding.code,
        "said": said(finding, language),
        "remedy": remedy(finding, language),
        "detail": finding.detail,
    }


def figures(aim: Aim, language: Language) -> dict[str, Any]:
    """The figures behind an aim, in a line, and the horizon to be drawn."""
    horizon = aim.horizon
    roll = None if horizon is None else horizon.roll_deg
    slots = {
        "sharpness": round(aim.sharpness, 1),
        "light": round(100 * aim.exposure),
        "canopy": "?" if aim.canopy_fraction is None else f"{100 * aim.canopy_fraction:.0f}\u00a0%",
        "sky": "0\u00a0%" if horizon is None else f"{100 * horizon.sky_fraction:.0f}\u00a0%",
        "roll": "–" if roll is None else f"{roll:+.0f}°",  # noqa: RUF001 -- a dash for a number that is not known
    }
    words: str = catalogue(language)["page"]["figures"]
    return {"figures": words.format_map(slots), "horizon": None if horizon is None else horizon.line}


def taken(seen: Seen, language: Language) -> str:
    """When a picture came, in words: one of this morning says nothing of a screw turned now."""
    at = datetime.fromtimestamp(seen.path.stat().st_mtime, UTC)
    words: str = catalogue(language)["page"]["taken"]
    return words.format(time=isolated(f"{at:%Y-%m-%d %H:%M:%S}"))


def name_of(seen: Seen) -> str:
    """Another name for each picture, so that a browser asks for a new one."""
    return seen.frame.sha256[:16]
