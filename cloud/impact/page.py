"""The report of a trial as one HTML page that needs nothing else: verdict, why, drawings, checks, what was told."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from cloud.impact.drawing import forest, ways

_STYLE: Final = """
body { font: 16px/1.5 "DejaVu Sans", system-ui, sans-serif; color: #1b1f23; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem }
.word { font-size: 1.4rem; border-left: 6px solid #0b4f8a; padding: .4rem .9rem; margin: 1rem 0 }
.word.not { border-color: #a40e26 }
table { border-collapse: collapse; margin: .6rem 0 } th, td { text-align: left; padding: .25rem .8rem .25rem 0;
  border-bottom: 1px solid #e3e6e9; vertical-align: top }
figure { margin: 1.2rem 0 } figcaption { color: #57606a } svg { width: 100%; height: auto }
@media print { body { margin: 0 } details { display: block } }
"""


def page_of(report: Mapping[str, Any]) -> str:
    """The page of a report."""
    design = report["design"]
    title = f"Water saved: {design['name']}"
    shade = "word" if report["saved"] else "word not"
    mark = "" if report["registered"] else "<p>Not registered before the trial.</p>"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="{shade}">{escape(str(report["verdict"]))}</p>',
        mark,
        _listed("Why it is not proven", report["reasons"]),
        _table("The water", _water(report)),
        _figure(forest(_intervals(report), "Share of water saved with its interval"), _FOREST),
        _figure(ways(report["groups"], len(design["baseline_seasons"]), "Use over need by season"), _WAYS),
        _table("What could make it wrong", _checks(report)),
        _listed("How far these numbers carry", report["limits"]),
        _folded("Could not be used", report.get("problems", ())),
        _folded("Told on the way", report.get("notes", ())),
        _folded("Changed since the registration", report.get("changes", ())),
        _folded("Files", [f"{name}: {digest}" for name, digest in dict(report.get("inputs", {})).items()]),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


_FOREST: Final = (
    "Share of water saved. The bold line is the trial; below it the meter gaps at their worst and best, each season and"
    " crop by itself, and what the last season before the trial would have shown."
)
_WAYS: Final = (
    "Metered water over the need of the crop, by when the group was to be advised; hollow marks before its advice, full"
    " ones since. Without advice the lines would run side by side."
)


def _intervals(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    rows = [
        ("the trial", report["water"]),
        ("gaps at their worst", report["water_gaps_at_worst"]),
        ("gaps at their best", report["water_gaps_at_best"]),
    ]
    rows += [(f"season {name}", row) for name, row in report["seasons"].items()]
    rows += [(name, row) for name, row in report["crops"].items()]
    before = report["before_the_trial"]
    return rows + ([] if before is None else [("before the trial", before)])


def _water(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    water, grown = report["water"], report["yield_change"]
    return [
        ("saved", _told(water["saved_fraction"], water["low"], water["high"])),
        ("used, expected, saved [m3/ha]", _numbers(water, "used_m3_ha", "expected_m3_ha", "saved_m3_ha")),
        ("saved in all [m3]", _numbers(water, "saved_m3")),
        ("parcel-seasons advised, compared", f"{water['advised_parcel_seasons']}, {water['comparing_parcel_seasons']}"),
        ("blocks", str(water["blocks"])),
        ("yield change", _told(grown["change_fraction"], grown["low"], grown["high"])),
    ]


def _checks(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    chance, placebo, lost, gaps = (report[name] for name in ("chance", "placebo", "attrition", "gaps"))
    compliance, before = report["compliance"], report["before_the_trial"]
    rows = [
        (
            "chance of as much under a start drawn anew",
            "nobody was drawn" if chance is None else f"{chance['p_value']:.3f}",
        ),
        (
            "pretended treatments called an effect",
            "too few blocks" if placebo is None else _percent(placebo["called_an_effect_fraction"]),
        ),
        (
            "lost parcel-seasons, advised and others",
            f"{lost['advised_lost']} of {lost['advised']}, {lost['comparing_lost']} of {lost['comparing']}",
        ),
        ("parcel-seasons with meter gaps", f"{gaps['with_gaps']} of {gaps['parcel_seasons']}"),
        (
            "difference before the trial",
            "needs two seasons" if before is None else _told(before["saved_fraction"], before["low"], before["high"]),
        ),
    ]
    if compliance is not None:
        assigned, advised = compliance["assigned_parcel_seasons"], compliance["advised_as_assigned"]
        rows.append(("advised of those assigned", f"{advised} of {assigned}"))
        rows.append(("advised before their turn", str(compliance["advised_before_their_turn"])))
        rows.append(("advice followed", _percent(compliance["followed_fraction"])))
    return rows


def _told(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "unknown"
    return f"{100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.0f} %"


def _numbers(row: Mapping[str, Any], *names: str) -> str:
    return ", ".join("unknown" if row[name] is None else f"{row[name]:.0f}" for name in names)


def _table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<h2>{escape(title)}</h2><table>{body}</table>"


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _listed(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(str(line))}</li>" for line in lines)
    return f"<h2>{escape(title)}</h2><ul>{items}</ul>" if lines else ""


def _folded(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(str(line))}</li>" for line in lines)
    return f"<details><summary>{escape(title)} ({len(lines)})</summary><ul>{items}</ul></details>" if lines else ""
