"""``seguia impact design``: who starts when, what that can prove, and the kit to carry it out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud.commands.console import finish, tell

if TYPE_CHECKING:
    from cloud.impact.assemble import Assembled
    from cloud.impact.design import Design

COMMAND: Final = "impact design"


def design(
    parcels: Annotated[Path, typer.Option("--parcels", help="Parcels GeoJSON.")],
    given: Annotated[Path, typer.Option("--design", help="Design, TOML: name, kind, seasons, block, seed.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the kit; must not hold a registration yet.")],
    past: Annotated[
        Path | None, typer.Option("--past", help="Folder like DATA with metered seasons before: scatter, past use.")
    ] = None,
    on: Annotated[str | None, typer.Option("--registered-on", help="Day of the registration; default: today.")] = None,
) -> None:
    """Draw a trial, register it and write the kit: assignment, protocol, forms, tables; JSON of what it can prove.

    Chance draws with the seed of the design, once: an existing registration is never overwritten. registration.json
    fixes outcome, baseline, model, exclusions and every start; send its SHA-256 to somebody outside the project.

    Example: seguia impact design --parcels parcels.geojson --design design.toml --out kit
    """
    from cloud.adapters.files.parcels import read_parcels  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.commands.impact_files import past_seasons, read_design, refuse_overwriting, write  # noqa: PLC0415 -- as above
    from cloud.impact.assign import drawn  # noqa: PLC0415 -- as above
    from cloud.impact.kit import TEXTS, kit_texts, promise_json, promise_text, tables  # noqa: PLC0415 -- as above
    from cloud.impact.power import promise_of  # noqa: PLC0415 -- as above
    from cloud.impact.registration import content_of, digest_of, written  # noqa: PLC0415 -- as above

    refuse_overwriting(out / "registration.json")
    plan = read_design(given)
    read = read_parcels(parcels)
    before = None if past is None else past_seasons(past, plan)
    plan, notes = _with_past(plan, before)
    made = drawn(read.records, plan, {} if before is None else past_use(before))
    crops = {parcel.id: parcel.crop for parcel in read.records}
    promise = promise_of(made.assignment, crops, {parcel.id: parcel.area_ha for parcel in read.records}, plan)
    day = on or datetime.now(tz=UTC).date().isoformat()
    content = content_of(plan, made.assignment, day, str(read.reference.sha256))
    registered = {"sha256": digest_of(content), "registered_on": day}
    texts = {name: (files("cloud.impact") / "kit" / name).read_text(encoding="utf-8") for name in TEXTS}
    proves = promise_json(plan, promise, notes)
    for name, text in {
        **kit_texts(texts, plan, promise, registered),
        **tables(made.assignment, crops, plan),
        "design.toml": given.read_text(encoding="utf-8"),
        "data/parcels.geojson": parcels.read_text(encoding="utf-8"),
        "promise.json": json.dumps(proves, indent=1, ensure_ascii=False) + "\n",
        "registration.json": written(content),
    }.items():
        write(out / name, text)
    typer.echo(json.dumps({**registered, **proves}, indent=1, ensure_ascii=False))
    tell(COMMAND, [*read.notes, *made.notes, *notes, promise_text(plan, promise).replace("**", "")])
    finish(COMMAND, [*read.problems, *made.problems])


def _with_past(plan: Design, before: Assembled | None) -> tuple[Design, list[str]]:
    from cloud.impact.variance import measured_variance  # noqa: PLC0415 -- heavy; --help must be instant

    if before is None:
        return plan, ["scatter: assumed by the design, not measured; give --past with metered seasons"]
    variance, notes = measured_variance(before.panel, plan.variance)
    return plan.model_copy(update={"variance": variance}), [*before.problems, *notes]


def past_use(before: Assembled) -> dict[str, float]:
    """Use over need of each parcel in its past seasons, where metered."""
    import numpy as np  # noqa: PLC0415 -- heavy; --help must be instant

    panel = before.panel
    known = np.isfinite(panel.used_mm) & np.isfinite(panel.need_mm)
    used, need = (np.where(known, values, 0.0).sum(axis=1) for values in (panel.used_mm, panel.need_mm))
    return {
        name: float(top / bottom) for name, top, bottom in zip(panel.parcels, used, need, strict=True) if bottom > 0.0
    }
