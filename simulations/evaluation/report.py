"""The figures as one HTML page that needs nothing else: bars, tables, curves, and what differs from the cards."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from models.evaluation.bars import MET, MISSED
from simulations.evaluation.comparison import Difference
from simulations.evaluation.parts import Rebuilt

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f23 }
table { border-collapse: collapse; margin: .6rem 0 1.4rem; font-variant-numeric: tabular-nums; font-size: 13px }
th, td { border-bottom: 1px solid #d0d7de; padding: .2rem .6rem; text-align: left }
th { background: #f3f5f7 }
.met { color: #11632b } .missed { color: #a40e26; font-weight: 600 } .none { color: #6a4b00 }
.synthetic { background: #fff1c9; padding: .1rem .4rem }
figure { margin: 1rem 0 } img { max-width: 100% } figcaption { color: #57606a; font-size: 13px }
.warning { border-left: 4px solid #a40e26; padding-left: .8rem }
"""
SIDE: Final = 180
SAID_OF: Final = {
    "vision": " Rows named leaky are warnings, not results.",
    "water": " Every estimate uses only what was known by its day. Where settings were chosen on data that are scored,"
    " the part says so.",
}
"""What a reader of a page must know first."""
NOT_LISTED: Final = frozenset({"bars", "series"})
"""Bars stand above the figures; visits one by one are drawn."""
DRAWN: Final = frozenset({"series", "by_season", "covers", "ranks"})
"""Figures of which there are drawings."""


def cell(value: object) -> str:
    """One cell: figures with up to four decimals, a dash for what is not known."""
    if value is None:
        return "&ndash;"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return escape(str(value))


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with every column that any of them has; the state of a bar is coloured."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in columns)
    lines = []
    for row in rows:
        cells = "".join(f"<td{shade(name, row.get(name))}>{cell(row.get(name))}</td>" for name in columns)
        lines.append(f"<tr>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def shade(name: str, value: object) -> str:
    """The class of a cell that states how a bar stands."""
    if name != "state":
        return ""
    return f' class="{value if value in (MET, MISSED) else "none"}"'


def curve(rows: Sequence[Mapping[str, Any]]) -> str:
    """A calibration curve: what was said to the right, what came upwards, the diagonal for what was right."""
    points = [(SIDE * float(row["mean_probability"]), SIDE * (1 - float(row["observed_fraction"]))) for row in rows]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    return (
        f'<svg viewBox="-6 -6 {SIDE + 12} {SIDE + 12}" width="{SIDE + 40}" role="img" aria-label="calibration curve">'
        f'<path d="M0 {SIDE}L{SIDE} 0" stroke="#999" stroke-dasharray="4"/><rect width="{SIDE}" height="{SIDE}"'
        f' fill="none" stroke="#ccc"/><polyline points="{line}" fill="none" stroke="#0b5cad"/>{dots}</svg>'
    )


def opened(figures: Mapping[str, Any], level: int = 3) -> str:
    """Nested figures as headings, lists and tables."""
    plain = {name: value for name, value in figures.items() if not isinstance(value, list | Mapping)}
    parts = [f"<ul>{''.join(f'<li>{escape(name)}: {cell(value)}</li>' for name, value in plain.items())}</ul>"]
    for name, value in figures.items():
        if name in plain or name in NOT_LISTED:
            continue
        parts.append(f"<h{level}>{escape(name.replace('_', ' '))}</h{level}>")
        parts.append(opened(value, min(level + 1, 6)) if isinstance(value, Mapping) else listed(value))
    return "".join(part for part in parts if part != "<ul></ul>")


def listed(items: Sequence[Any]) -> str:
    """A list of rows as a table, with its curve where it is one of calibration; other lists as they are."""
    rows = [item for item in items if isinstance(item, Mapping)]
    if rows:
        drawn = curve(rows) if all({"mean_probability", "observed_fraction"} <= row.keys() for row in rows) else ""
        return drawn + table(rows)
    return f"<ul>{''.join(f'<li>{cell(item)}</li>' for item in items)}</ul>" if items else "<p>none</p>"


def section(part: Rebuilt, differing: Sequence[Difference]) -> str:
    """Everything told of one part."""
    marked = ' <span class="synthetic">SYNTHETIC scenes, no field data</span>' if part.part.synthetic else ""
    parts = [f'<h2 id="{escape(part.name)}">{escape(part.name)}: {escape(part.part.summary)}{marked}</h2>']
    if part.problem is not None:
        return f'{parts[0]}<p class="warning">Not rebuilt: {escape(part.problem)}</p>'
    if part.bars:
        parts.append(table(part.bars))
    if differing:
        lines = "".join(f"<li>{escape(str(one))}</li>" for one in differing)
        parts.append(f'<div class="warning"><p>Differs from the published card:</p><ul>{lines}</ul></div>')
    elif part.part.card is not None:
        parts.append("<p>Every number of the published card was rebuilt.</p>")
    return "".join(parts) + drawn(part.figures) + opened(part.figures)


def drawn(figures: Mapping[str, Any]) -> str:
    """Drawings of a part that tells its visits one by one; each stands in the page itself."""
    if not DRAWN & figures.keys():
        return ""
    from simulations.evaluation.water.drawings import drawings_of  # noqa: PLC0415 -- heavy; --help must be instant

    return "".join(
        f'<figure><img alt="{escape(one.caption)}" src="data:image/svg+xml;base64,{b64encode(one.svg).decode()}">'
        f"<figcaption>{escape(one.caption)}</figcaption></figure>"
        for one in drawings_of(figures)
    )


def page(
    parts: Sequence[Rebuilt],
    differing: Mapping[str, Sequence[Difference]],
    machine: Mapping[str, str],
    kind: str = "vision",
) -> str:
    """The whole report."""
    facts = "".join(f"<li>{escape(name)}: {escape(value)}</li>" for name, value in machine.items())
    body = "".join(section(part, differing.get(part.name, ())) for part in parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>'
        f"Seguia: {kind} figures</title>"
        f"<style>{STYLE}</style></head><body><h1>{kind.capitalize()} figures, rebuilt</h1>"
        f"<p>Made by <code>seguia evaluate {kind}</code>.{SAID_OF.get(kind, '')}</p>"
        f"<ul>{facts}</ul>{body}</body></html>\n"
    )
