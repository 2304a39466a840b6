"""A sheet to draw on, and the bytes of what was drawn: the same drawing is the same bytes, without display or date."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from matplotlib import style
from matplotlib.figure import Figure

ImageFormat = Literal["svg", "png"]

INK: Final = "#1b1f23"
BLUE: Final = "#0b4f8a"
ORANGE: Final = "#c2570c"
PALE: Final = "#b9cfe4"
GREY: Final = "#8a929a"
"""Told apart by lightness too, so that a print in black and white still speaks; safe for the colour-blind."""

_STYLE: Final[dict[str, Any]] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.dpi": 110,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": "#e3e6e9",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.7,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "seguia",
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


@contextmanager
def sheet(width_inches: float, height_inches: float) -> Iterator[Figure]:
    """An empty figure in the house's style; it is drawn on, and turned into bytes, while the context lasts."""
    # Names of parcels may hold letters that the font lacks: a picture viewer has others.
    with style.context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield Figure(figsize=(width_inches, height_inches), layout="constrained")


def bytes_of(figure: Figure, image_format: ImageFormat) -> bytes:
    """The figure as a file."""
    content = io.BytesIO()
    metadata = {"Date": None} if image_format == "svg" else {"Software": None}
    figure.savefig(content, format=image_format, metadata=metadata)
    return content.getvalue()
