"""Drawings of a trial as SVG text: intervals under one another, and use over need of each group through the seasons."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

_INK: Final = "#1b1f23"
_BLUE: Final = "#0b4f8a"
_GREY: Final = "#8a929a"
_COLOURS: Final = (_GREY, _BLUE, "#c2570c", "#3b7a57", "#7a4f9a", "#a40e26", "#b58900")
"""The first is for those who are never advised."""
_ROW: Final = 26
_WIDTH: Final = 720
_LEFT: Final = 190
_RIGHT: Final = 150
_LABEL: Final = 15.0
"""Least distance of labels from each other."""


def forest(rows: Sequence[tuple[str, Mapping[str, Any]]], name: str) -> str:
    """Intervals of shares, one a row, on a common axis [%]; rows without an interval say so."""
    bounds = [100.0 * row[side] for _, row in rows for side in ("low", "high") if row[side] is not None]
    low, high = min([-5.0, *bounds]), max([5.0, *bounds])
    scale = (_WIDTH - _LEFT - _RIGHT) / (high - low)

    def across(percent: float) -> float:
        return float(_LEFT + (percent - low) * scale)

    height = _ROW * (len(rows) + 2)
    parts = [_line(across(0.0), 8.0, across(0.0), height - _ROW, _GREY, dash="3 3")]
    for tick in _ticks(low, high):
        parts.append(_text(across(tick), height - 8.0, f"{tick:g} %", anchor="middle"))
        parts.append(_line(across(tick), height - _ROW, across(tick), height - _ROW + 4, _GREY))
    for number, (label, row) in enumerate(rows):
        middle = _ROW * (number + 0.8)
        parts.append(_text(_LEFT - 10, middle + 4, label, anchor="end"))
        parts.append(_bar(row, middle, across, first=number == 0))
    return _svg(height, parts, name)


def _bar(row: Mapping[str, Any], middle: float, across: Callable[[float], float], *, first: bool) -> str:
    if row["low"] is None or row["saved_fraction"] is None:
        return _text(_LEFT, middle + 4, "nothing to compare", colour=_GREY)
    low, value, high = (100.0 * row[side] for side in ("low", "saved_fraction", "high"))
    told = f"{value:.1f} [{low:.1f}, {high:.1f}]"
    return (
        _line(across(low), middle, across(high), middle, _BLUE, width=4 if first else 2)
        + f'<circle cx="{across(value):.1f}" cy="{middle:.1f}" r="{6 if first else 4}" fill="{_BLUE}"/>'
        + _text(_WIDTH - _RIGHT + 12, middle + 4, told)
    )


def ways(groups: Sequence[Mapping[str, Any]], baseline: int, name: str) -> str:
    """Use over need of each group of starts by season; hollow before its advice, full since."""
    shares = [[_share(used, need) for used, need in zip(g["used_m3_ha"], g["need_m3_ha"], strict=True)] for g in groups]
    top = max([1.2, *(share for row in shares for share in row if share is not None)]) * 1.05
    seasons = list(groups[0]["seasons"]) if groups else []
    height, bottom = 300, 260
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(seasons) - 1, 1)
    parts = [
        _line(_LEFT - 10, _high(tick, top, bottom), _WIDTH - _RIGHT + 10, _high(tick, top, bottom), "#e3e6e9")
        + _text(_LEFT - 16, _high(tick, top, bottom) + 4, f"{tick:g}", anchor="end")
        for tick in _ticks(0.0, top)
    ]
    edge = _LEFT + (baseline - 0.5) * step
    parts.append(_line(edge, 10, edge, bottom, _GREY, dash="3 3") + _text(edge + 4, 18, "trial", colour=_GREY))
    parts += [_text(_LEFT + place * step, bottom + 20, season, anchor="middle") for place, season in enumerate(seasons)]
    colour, ends = 0, []
    for group, row in zip(groups, shares, strict=True):
        colour = 0 if group["starts"] is None else colour % (len(_COLOURS) - 1) + 1
        parts.append(_way(group, row, _COLOURS[colour], (step, top, bottom)))
        last = next((share for share in reversed(row) if share is not None), 0.0)
        label = "never advised" if group["starts"] is None else f"advised from {group['starts']}"
        ends.append((_high(last, top, bottom), label, _COLOURS[colour]))
    parts += _labels(ends)
    return _svg(height, parts, name)


def _way(group: Mapping[str, Any], row: Sequence[float | None], colour: str, scale: tuple[float, float, float]) -> str:
    step, top, bottom = scale
    points = [(_LEFT + place * step, _high(share, top, bottom)) for place, share in enumerate(row) if share is not None]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    start = group["starts"]
    begins = list(group["seasons"]).index(start) if start is not None else len(row)
    marks = "".join(
        f'<circle cx="{_LEFT + place * step:.1f}" cy="{_high(share, top, bottom):.1f}" r="5" stroke="{colour}"'
        f' stroke-width="2" fill="{colour if place >= begins else "#fff"}"/>'
        for place, share in enumerate(row)
        if share is not None
    )
    line = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    return line + marks


def _labels(ends: Sequence[tuple[float, str, str]]) -> list[str]:
    """Names beside the ends of the lines, from the top down, none over another."""
    parts, lowest = [], -_LABEL
    for height, label, colour in sorted(ends):
        lowest = max(height, lowest + _LABEL)
        parts.append(_text(_WIDTH - _RIGHT + 12, lowest + 4, label, colour=colour))
    return parts


def _share(used: float | None, need: float | None) -> float | None:
    return used / need if used is not None and need else None


def _high(value: float, top: float, bottom: float) -> float:
    return bottom - value / top * (bottom - 10)


def _ticks(low: float, high: float) -> list[float]:
    span = high - low
    step = next((s for s in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0) if span / s <= 8), 500.0)  # noqa: PLR2004 -- about eight ticks
    first = int(low // step)
    return [round(step * k, 6) for k in range(first, int(high // step) + 1) if step * k >= low]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1, dash: str = "") -> str:  # noqa: PLR0913 -- two points and a pen
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
        f' stroke-width="{width}"{dashed}/>'
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="12">{escape(words)}</text>'


def _svg(height: float, parts: Sequence[str], name: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img"'
        f' aria-label="{escape(name)}" font-family="DejaVu Sans, sans-serif"><title>{escape(name)}</title>'
        f"{''.join(parts)}</svg>"
    )
