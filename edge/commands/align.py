"""``seguia align``: the band files of one capture as one frame whose pixels lie on each other, in reflectance."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from edge.band_set import REFERENCE, flat, panel_factors, read_capture, read_reflectance
from edge.errors import ConfigurationError
from edge.micasense import BandFile
from edge.radiometry.alignment import Alignment, align_all, laid_on
from edge.radiometry.masks import FloatImage

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def align(
    capture: Annotated[list[Path], typer.Argument(help="Band files of one capture; one stands for all beside it.")],
    out: Annotated[Path, typer.Option("--out", help="Frame to write, .npz; its camera file stands beside it, .toml.")],
    panel: Annotated[Path | None, typer.Option("--panel", help="A band file of the panel's photo.")] = None,
    panel_reflectance: Annotated[
        str | None, typer.Option("--panel-reflectance", help="The panel's own: blue=0.67,green=0.69,...")
    ] = None,
) -> None:
    """Lay the band files of a MicaSense capture on each other and write one frame that ``seguia detect`` reads.

    Example: seguia align IMG_0001_1.tif --panel IMG_0000_1.tif --panel-reflectance blue=0.67,green=0.69,red=0.68,
    nir=0.61,red_edge=0.67 --out frame.npz && seguia detect frame.npz --camera frame.toml

    Without a panel the frame is radiance: NDVI stays out by the colour of the light. Prints how well each band lies
    as JSON; exit 1 names bands that do not lie within 3 pixels, or whose panel was not found.
    """
    if out.suffix.lower() != ".npz":
        raise ConfigurationError(f"--out {out}: expected a name that ends in .npz, got another; name it frame.npz")
    if panel is None and panel_reflectance is not None:
        raise ConfigurationError("--panel-reflectance: expected --panel FILE with it, got none; name the panel's photo")
    files = read_capture(capture)
    factors = {} if panel is None else panel_factors(read_capture([panel]), read_reflectance(panel_reflectance))
    problems = [f"{name}: panel not found" for name in files if panel is not None and factors.get(name) is None]
    images = {name: flat(file, factors.get(name) if not problems else None) for name, file in files.items()}
    reference = REFERENCE if REFERENCE in images else next(iter(images))
    alignments = align_all(images, reference)
    problems += [f"{name}: does not lie on {reference}" for name, found in alignments.items() if not found.good]
    write(out, images, alignments, files[reference])
    unit = "reflectance" if factors and None not in factors.values() else "radiance"
    typer.echo(json.dumps({"unit": unit, "reference": reference, "bands": told(alignments), "factors": factors}))
    if problems:
        sys.stderr.write(f"seguia align: {out}: {'; '.join(problems)}\n")
        raise SystemExit(1)


def write(
    out: Path, images: Mapping[str, FloatImage], alignments: Mapping[str, Alignment], reference: BandFile
) -> None:
    """The frame, its camera file and the moment it was taken, side by side."""
    laid = [laid_on(image, alignments[name]) if name in alignments else image for name, image in images.items()]
    bands = ", ".join(f'"{name}"' for name in images)
    try:
        np.savez_compressed(out, image=np.stack(laid, axis=-1))
        out.with_suffix(".toml").write_text(f"bands = [{bands}]\n", encoding="utf-8")
        if reference.taken_at is not None:
            moment = json.dumps({"taken_at": reference.taken_at.isoformat()})
            out.with_suffix(".json").write_text(moment + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{out}: expected to write a frame, got {error.strerror}; name another") from error


def told(alignments: Mapping[str, Alignment]) -> dict[str, dict[str, Any]]:
    """How well each band lies, in numbers a reader can check."""
    return {
        name: {
            "good": found.good,
            "correlation": round(found.correlation, 3),
            "residual_px": None if found.residual_px is None else round(found.residual_px, 2),
        }
        for name, found in alignments.items()
    }
