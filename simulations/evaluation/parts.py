"""The parts of the figures: which module rebuilds each, and which card publishes them."""

import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

import numpy as np

from edge.errors import ConfigurationError, UnreadableFrameError
from models.job import Job

OURS: Final = frozenset({"edge", "cloud", "models", "simulations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One set of figures; ``card`` is the folder below the models whose card publishes them, if any does."""

    module: str
    summary: str
    card: str | None = None
    synthetic: bool = False


PARTS: Final[Mapping[str, Part]] = {
    "wilting": Part(module="models.wilting.evaluate", card="wilting", summary="visual wilting in colour photos"),
    "canopy": Part(module="models.canopy.evaluate", card="canopy", summary="green vegetation in colour photos"),
    "scene": Part(module="models.scene.evaluate", card="scene", summary="whether a photo shows a crop at all"),
    "history": Part(module="models.history.evaluate", summary="a fixed camera's photo against its own past"),
    "thermal": Part(module="models.thermal.evaluate", summary="canopy temperature, water stress index and stress"),
    "multispectral": Part(module="models.multispectral.evaluate", summary="bands laid together, crowns, water rank"),
    "scenes": Part(module="simulations.scene.figures", summary="canopy of rendered scenes", synthetic=True),
    "pattern": Part(
        module="simulations.pattern.figures",
        summary="rows drier than their neighbours: false alarms and what is found",
        synthetic=True,
    ),
}

WATER_PARTS: Final[Mapping[str, Part]] = {
    "maricopa": Part(module="simulations.evaluation.water.maricopa", summary="cotton, neutron probe, 32 plots"),
    "next_season": Part(
        module="simulations.evaluation.water.next_season", summary="what the first visits of Maricopa teach the rest"
    ),
    "nebraska": Part(module="simulations.evaluation.water.nebraska", summary="maize and soybean, TDR at three depths"),
    "greeley": Part(
        module="simulations.evaluation.water.greeley", summary="maize, measured canopy: parity told it, and learning it"
    ),
    "parity": Part(module="simulations.evaluation.water.parity", summary="the plain balance beside pyfao56"),
    "blend": Part(module="simulations.evaluation.water.blend", summary="town weather in the terms of NASA POWER"),
    "azmet": Part(module="simulations.evaluation.water.reference", summary="reference evapotranspiration, 2003 on"),
    "unreported": Part(
        module="simulations.evaluation.water.unreported",
        summary="irrigation nobody told of, sources that fail: SYNTHETIC twins; Maricopa with irrigation hidden",
        synthetic=True,
    ),
    "forecast": Part(
        module="simulations.evaluation.water.forecast",
        summary="forecasts corrected by earlier ones, beside raw ones and climatology",
        synthetic=True,
    ),
}


JUDGE_PARTS: Final[Mapping[str, Part]] = {
    "faults": Part(
        module="simulations.evaluation.judge.run",
        summary="sound days held, and faults caught, family by family, on real weather and a SYNTHETIC district",
        synthetic=True,
    ),
}

IMPACT_PARTS: Final[Mapping[str, Part]] = {
    "trials": Part(
        module="simulations.evaluation.impact.run",
        summary="SYNTHETIC trials with a known saving: false alarms, coverage, bias, power",
        synthetic=True,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What came of one part: its figures, or why there are none."""

    name: str
    part: Part
    figures: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    seconds: float = 0.0

    @property
    def bars(self) -> list[Mapping[str, Any]]:
        """The bars the part was held to."""
        found = self.figures.get("bars", [])
        rows = found.get("rows", []) if isinstance(found, Mapping) else found
        return [row for row in rows if isinstance(row, Mapping)]


def rebuild(name: str, part: Part, job: Job) -> Rebuilt:
    """Run one part; a package or data set that is missing is named in the result, any other fault goes on."""
    started = time.monotonic()
    try:
        figures = importlib.import_module(part.module).run(job)
    except ModuleNotFoundError as error:
        top = (error.name or "").partition(".")[0]
        if top in OURS:
            raise
        return Rebuilt(
            name=name,
            part=part,
            problem=f"needs the package {top}, which is not installed: pip install '.[edge,train,simulate]'",
        )
    except (ConfigurationError, UnreadableFrameError) as error:
        return Rebuilt(name=name, part=part, problem=str(error))
    return Rebuilt(name=name, part=part, figures=plain(figures), seconds=round(time.monotonic() - started, 1))


def plain(value: Any) -> Any:  # noqa: ANN401 -- figures nest as JSON does
    """Figures as JSON holds them: what is not finite is unknown, library numbers become numbers, keys become text."""
    match value:
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case bool() | int() | str() | None:
            return value
        case float():
            return float(value) if isfinite(value) else None
        case np.generic():
            return plain(value.item())
        case _:
            raise TypeError(f"figures: expected text, numbers, lists and tables, got {type(value).__name__}")
