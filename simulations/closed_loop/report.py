"""The report of a simulation as one HTML page that needs nothing else: verdict, bars, drawings, tables, limits."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from simulations.closed_loop.drawings import Drawing, drawings_of
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.pilot import Pilot
from simulations.evaluation.report import STYLE, table

_MORE: Final = """
.word { font-size: 1.3rem; border-left: 6px solid #0b4f8a; padding: .4rem .9rem; margin: 1rem 0 }
.word.not { border-color: #a40e26 } details { margin: .6rem 0 } summary { cursor: pointer }
"""


def page(pilot: Pilot, outcomes: Sequence[Outcome], figures: Mapping[str, Any]) -> str:
    """The whole page."""
    word = str(figures["verdict"])
    shade = "word" if word.startswith("saved") else "word not"
    drawn = drawings_of(outcomes, figures) if outcomes else []
    parts = [
        f"<h1>Seguia: simulated pilot {escape(pilot.name)}</h1>",
        f'<p><span class="synthetic">{escape(str(figures["label"]))}</span></p>',
        f'<p class="{shade}">{escape(word)}</p>',
        _listed("Not run", figures["not_run"]),
        f"<h2>Bars</h2>{table(figures['bars'])}" if figures["bars"] else "",
        _listed("How far these numbers carry", figures["limits"]),
        *[_figure(one) for one in drawn],
        "<h2>Strategies</h2><p>Means of all field-seasons; depths are gross at the inlet but for those named net.</p>",
        table(_strategies(figures["strategies"])),
        *[_comparison(row, "Against the mixture") for row in figures["comparisons"]],
        *[_comparison(row, "The same practices read otherwise") for row in figures["other_readings_of_practice"]],
        *[_comparison(row, "What a source is worth") for row in figures["ablations"]],
        _fairness(figures.get("fairness", ())),
        f"<details><summary>The pilot</summary><pre>{escape(pilot.model_dump_json(indent=1))}</pre></details>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>'
        f"Seguia: simulated pilot {escape(pilot.name)}</title><style>{STYLE}{_MORE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _figure(one: Drawing) -> str:
    return (
        f'<figure><img alt="{escape(one.caption)}" src="data:image/svg+xml;base64,{b64encode(one.svg).decode()}">'
        f"<figcaption>{escape(one.caption)}</figcaption></figure>"
    )


def _listed(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"<h2>{escape(title)}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _strategies(strategies: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for name, means in strategies.items():
        for crop, own in (("all", means), *means["by_crop"].items()):
            rows.append({"strategy": name, "crop": crop, **{k: v for k, v in own.items() if k != "by_crop"}})
    return rows


def _comparison(row: Mapping[str, Any], title: str) -> str:
    lines = [
        {
            "group": name,
            "field seasons": found["field_seasons"],
            "used [mm]": found["used_mm"],
            f"{row['baseline']} used [mm]": found["baseline_used_mm"],
            "water saved": told(found["water_saved"]),
            "yield": told(found["yield_ratio"]),
            "crop-years": found["water_saved"]["clusters"],
        }
        for name, found in row["groups"].items()
    ]
    heading = f"{title}: {row['strategy']} against {row['baseline']}"
    return f"<details><summary>{escape(heading)}</summary>{table(lines)}</details>"


def _fairness(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    lines = [
        {
            "by": row["by"],
            "group": row["group"],
            "field seasons": row["field_seasons"],
            "yield": None if row["yield_ratio"] is None else told(row["yield_ratio"]),
            "water saved": None if row.get("water_saved") is None else told(row["water_saved"]),
            "held": None if row.get("held_fraction") is None else told(row["held_fraction"]),
            "error of belief [mm]": None
            if not row.get("advice_error_mm")
            else round(row["advice_error_mm"]["value"], 1),
        }
        for row in rows
    ]
    return f"<h2>By group, the worst first</h2>{table(lines)}"


def told(interval: Mapping[str, Any]) -> str:
    """A share with its 95 % interval in per cent."""
    if interval["low"] is None or interval["high"] is None:
        return f"{interval['value']:.1%} (no interval)"
    return f"{interval['value']:.1%} [{interval['low']:.1%}, {interval['high']:.1%}]"
