"""``seguia align``: the band files of one capture as one frame whose pixels lie on each other, in reflectance."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer

from edge.errors import ConfigurationError, UnreadableFrameError
from edge.micasense import BandFile, read_band
from edge.radiometry.alignment import Alignment, align_all, laid_on
from edge.radiometry.masks import FloatImage
from edge.radiometry.panel import find_panel, radiance, reflectance_factor

ORDER: Final = ("blue", "green", "red", "red_edge", "nir")
REFERENCE: Final = "green"
_NUMBERED: Final = re.compile(r"^(?P<capture>.+)_\d+$")

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


def read_capture(paths: Sequence[Path]) -> dict[str, BandFile]:
    """Bands of a capture by name, in the order of their wavelengths; files of two captures are refused."""
    if len(paths) == 1 and (numbered := _NUMBERED.match(paths[0].stem)):
        beside = paths[0].parent.glob(f"{numbered['capture']}_*{paths[0].suffix}")
        paths = sorted(path for path in beside if _NUMBERED.match(path.stem)) or paths
    files = [read_band(path) for path in paths]
    strange = next((file for file in files if file.capture != files[0].capture), None)
    if strange is not None:
        raise UnreadableFrameError(
            f"{strange.path}: expected a band of the capture of {files[0].path}, got another's; give one capture"
        )
    if len({file.raw.shape for file in files}) > 1:
        raise UnreadableFrameError(f"{files[0].path}: expected bands of one size, got several; give one capture")
    named = {file.name: file for file in files}
    return {name: named[name] for name in ORDER if name in named}


def read_reflectance(text: str | None) -> dict[str, float]:
    """Reflectance [0..1] of the panel by band; ConfigurationError where a part is not name=number."""
    values: dict[str, float] = {}
    for part in (text or "").replace(" ", "").split(","):
        name, _, number = part.partition("=")
        try:
            values[name] = float(number)
        except ValueError:
            values[name] = 0.0
        if name not in ORDER or not 0 < values[name] <= 1:
            raise ConfigurationError(
                f"--panel-reflectance: expected parts such as green=0.69 of {', '.join(ORDER)}, got {part!r};"
                " they stand in the certificate of the panel"
            )
    return values


def panel_factors(files: Mapping[str, BandFile], reflectance: Mapping[str, float]) -> dict[str, float | None]:
    """Reflectance for each unit of radiance by band; None where the panel was not found or its own is unknown."""
    factors: dict[str, float | None] = {}
    for name, file in files.items():
        image = radiance(file.raw, file.calibration)
        seen = find_panel(image)
        known = name in reflectance and seen is not None
        factors[name] = reflectance_factor(image, seen, reflectance[name]) if known and seen is not None else None
    return factors


def flat(file: BandFile, factor: float | None) -> FloatImage:
    """A band as a lens without distortion would show it: reflectance, or radiance where there is no factor."""
    image = radiance(file.raw, file.calibration) * np.float32(factor or 1.0)
    return file.undistorted(image.astype(np.float32))


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
