"""The pilot kit of a trial: everything another district needs to carry one out, as named texts."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from string import Template
from typing import Any, Final

from cloud.impact.design import Assigned, Design
from cloud.impact.power import Promise

TEXTS: Final = (
    "protocol.en.md",
    "protocol.fr.md",
    "checklist.en.md",
    "checklist.fr.md",
    "form_meter.en-fr.md",
    "form_yield.en-fr.md",
    "report.en-fr.md",
)
"""Texts of the kit that hold places to fill in."""

_KIND_TEXT: Final = {
    ("stepped", "en"): "Blocks (canal groups, farms or parcels) start one group after another, in an order that"
    " chance drew with the seed of the design; those that have not started yet show what happens without advice, and"
    " some wait until the end of the trial.",
    ("stepped", "fr"): "Les blocs (groupes de canal, fermes ou parcelles) commencent l'un après l'autre, dans un ordre"
    " tiré au sort avec la graine du plan ; ceux qui n'ont pas commencé montrent ce qui se passe sans conseil, et"
    " certains attendent la fin de l'essai.",
    ("pairs", "en"): "Parcels are paired by crop, method, canal, area, place and past use; chance drew with the seed of"
    " the design which one of each pair is advised. The other is advised after the trial.",
    ("pairs", "fr"): "Les parcelles sont appariées par culture, méthode, canal, surface, lieu et usage passé ; le sort,"
    " avec la graine du plan, a choisi celle de chaque paire qui est conseillée. L'autre l'est après l'essai.",
}
_PROMISE_TEXT: Final = {
    "en": "With ${parcels} parcels in ${blocks} blocks, the smallest saving that is proven with a chance of ${power} is"
    " **${least} %**. A true saving of ${expected} % is seen in the water with a chance of ${water}. That a yield loss"
    " of ${margin} % or more is excluded when there is none has a chance of ${grown}. For ${power} each it would take"
    " ${parcels_water} parcels for the water and ${parcels_yield} for the yield.",
    "fr": "Avec ${parcels} parcelles en ${blocks} blocs, la plus petite économie prouvée avec une chance de ${power}"
    " est de **${least} %**. Une vraie économie de ${expected} % se voit dans l'eau avec une chance de ${water}."
    " Exclure une perte de rendement de ${margin} % quand il n'y en a pas a une chance de ${grown}. Pour ${power}"
    " il faudrait ${parcels_water} parcelles pour l'eau et ${parcels_yield} pour le rendement.",
}


def kit_texts(
    texts: Mapping[str, str], design: Design, promise: Promise, registered: Mapping[str, str]
) -> dict[str, str]:
    """The kit's texts with the trial's own numbers; ``registered`` holds ``sha256`` and ``registered_on``."""
    common = {
        **registered,
        "name": design.name,
        "baseline_seasons": ", ".join(design.baseline_seasons),
        "trial_seasons": ", ".join(design.trial_seasons),
        "parcels": str(promise.parcels),
        "blocks": str(promise.blocks),
        "yield_margin_percent": f"{design.yield_margin_percent:g}",
        "confidence": f"{100 * design.confidence:g} %",
        "error": f"{100 * (1 - design.confidence):.3g} %",
        "most_attrition_difference": f"{100 * design.most_attrition_difference:g}",
    }
    filled = {}
    for name, text in texts.items():
        language = "fr" if ".fr." in name else "en"
        own = {
            "kind_text": _KIND_TEXT[design.kind, language],
            "promise_text": promise_text(design, promise, language),
        }
        filled[name] = Template(text).substitute({**common, **own})
    return filled


def promise_text(design: Design, promise: Promise, language: str = "en") -> str:
    """What the trial can prove, in a sentence or two."""
    return Template(_PROMISE_TEXT[language]).substitute(
        parcels=promise.parcels,
        blocks=promise.blocks,
        power=f"{100 * design.power:.0f} %",
        least=f"{100 * promise.least_saving_fraction:.1f}",
        expected=f"{design.expected_saving_percent:g}",
        water=f"{100 * promise.power_for_water:.0f} %",
        grown=f"{100 * promise.power_for_yield:.0f} %",
        margin=f"{design.yield_margin_percent:g}",
        parcels_water=promise.parcels_for_water,
        parcels_yield=promise.parcels_for_yield,
    )


def tables(assignment: Sequence[Assigned], crops: Mapping[str, str], design: Design) -> dict[str, str]:
    """CSV templates by name, headers as seguia impact reads them and a row for whatever must be filled in."""
    seasons = [(one.parcel_id, season) for season in design.seasons for one in assignment]
    return {
        "assignment.csv": _csv(
            ("parcel_id", "block", "pair", "starts"),
            [(one.parcel_id, one.block, one.pair or "", one.starts or "after the trial") for one in assignment],
        ),
        "data/seasons.csv": _csv(
            ("parcel_id", "season", "crop", "starts_on", "ends_on", "area_ha"),
            [(parcel, season, crops[parcel], "", "", "") for parcel, season in seasons],
        ),
        "data/yields.csv": _csv(
            ("parcel_id", "season", "yield_t_ha"), [(parcel, season, "") for parcel, season in seasons]
        ),
        "data/readings.csv": _csv(("parcel_id", "meter_id", "read_at", "counter_m3"), []),
        "data/events.csv": _csv(("parcel_id", "started_at", "volume_m3", "source"), []),
        "data/outages.csv": _csv(("parcel_id", "from", "to"), []),
        "data/advised.csv": _csv(
            ("parcel_id", "advised_from", "followed_fraction"), [(one.parcel_id, "", "") for one in assignment]
        ),
        "data/weather.csv": _csv(
            ("date", "tmin_c", "tmax_c", "rh_mean_percent", "wind_m_s", "radiation_mj_m2", "rain_mm"), []
        ),
    }


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def promise_json(design: Design, promise: Promise, notes: Sequence[str]) -> dict[str, Any]:
    """The promise as JSON holds it, with the scatter it rests on."""
    return {
        "label": "SYNTHETIC seasons with the scatter below",
        "parcels": promise.parcels,
        "blocks": promise.blocks,
        "least_saving_fraction": promise.least_saving_fraction,
        "power": design.power,
        "expected_saving_fraction": design.expected_saving_percent / 100.0,
        "power_for_water": promise.power_for_water,
        "power_for_yield": promise.power_for_yield,
        "parcels_for_water": promise.parcels_for_water,
        "parcels_for_yield": promise.parcels_for_yield,
        "scatter": json.loads(design.variance.model_dump_json()),
        "notes": list(notes),
    }
