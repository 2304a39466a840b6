"""SYNTHETIC ensembles around weather that really came: errors that grow with the lead, biased by season, too sure.

No archive of real forecasts is at hand. The skill by lead is of the order that medium-range ensembles have; the faults
(warm and season-dependent bias, members too much alike, drizzle on dry days, storms too small) are put in on purpose;
or left out, for an ensemble that is honest already and should lose nothing by being corrected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

from cloud.variables import Days, Floats, Indices
from cloud.weather.outlook.climatology import WET_MM, day_of_year, usual_of

MEMBERS: Final = 20
SKILL: Final = (0.97, 0.95, 0.92, 0.88, 0.82, 0.75, 0.67, 0.58, 0.50, 0.43)
"""Correlation of each member's anomaly with what came, leads 1 to 10 days."""
RAIN_SKILL_POWER: Final = 1.3
"""Rain is foreseen worse: its correlations are these to this power."""
SHARED: Final = 0.7
"""Share of the error's variance that all members have in common: they are too much alike."""
BIAS: Final = (0.18, 0.18)
"""Bias at lead 0, in standard deviations of the season: constant, and its winter part; it doubles by lead 10."""
WET_FACTOR: Final = 1.35
AMOUNT_FACTOR: Final = 0.75
_MEMORY: Final = {"temperature": 0.7, "rain": 0.3}
"""Correlation of the errors of neighbouring leads."""
_GAMMA_SHAPE: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Forecasts of one site: members (N, L, M) and what came (N, L) by variable."""

    issued_on: Days
    leads: tuple[int, ...]
    members: Mapping[str, Floats]
    observed: Mapping[str, Floats]


def make(
    days: Days,
    truth: Mapping[str, Floats],
    generator: np.random.Generator,
    *,
    honest: bool = False,
    skill: Sequence[float] = SKILL,
) -> Made:
    """An issue on every day whose leads all came; ``truth`` holds daily values (D,) by variable."""
    count, leads = days.size - len(skill), np.arange(1, len(skill) + 1)
    ahead = np.arange(count)[:, None] + leads[None, :]
    together = _noise(generator, ahead.shape, _MEMORY["temperature"])
    apart = _noise(generator, (*ahead.shape, MEMBERS), _MEMORY["temperature"])
    members = {}
    for name, came in truth.items():
        if name == "rain_mm":
            members[name] = _rain((days, came, ahead), generator, np.array(skill), honest=honest)
            continue
        # What one variable errs in, the others err in too.
        own = 0.6 * together + 0.8 * _noise(generator, ahead.shape, _MEMORY["temperature"])
        each = 0.6 * apart + 0.8 * _noise(generator, apart.shape, _MEMORY["temperature"])
        members[name] = _smooth((days, came, ahead), (own[..., None], each), np.array(skill), honest=honest)
    return Made(
        issued_on=days[:count],
        leads=tuple(leads.tolist()),
        members=members,
        observed={name: came[ahead] for name, came in truth.items()},
    )


def _noise(generator: np.random.Generator, shape: tuple[int, ...], memory: float) -> Floats:
    """Standard normal errors that remember the lead before."""
    noise = generator.standard_normal(shape)
    for lead in range(1, shape[1]):
        noise[:, lead] = memory * noise[:, lead - 1] + np.sqrt(1.0 - memory**2) * noise[:, lead]
    return noise


def _said(skill: Floats, came: Floats, errors: tuple[Floats, Floats], *, honest: bool) -> Floats:
    """Members of a standard normal quantity, from an error that all share and one of each.

    Honest members scatter about what they have in common as what comes does; the others are too much alike.
    """
    shared, each = errors
    left = np.sqrt(1.0 - skill**2)
    common = skill * came + left * shared
    said: Floats = skill * common + left * each
    return said if honest else skill * came + left * (np.sqrt(SHARED) * shared + np.sqrt(1.0 - SHARED) * each)


def _smooth(
    came_ahead: tuple[Days, Floats, Indices], errors: tuple[Floats, Floats], skills: Floats, *, honest: bool
) -> Floats:
    days, came, ahead = came_ahead
    usual = usual_of(days, came[:, None]).on(days)
    mean, spread = usual.mean[:, 0], usual.spread[:, 0]
    skill, lead = skills[None, :, None], np.arange(1, skills.size + 1)[None, :]
    anomaly = ((came - mean) / spread)[ahead][..., None]
    winter = np.cos(2.0 * np.pi * day_of_year(days)[ahead] / 365.25)
    bias = 0.0 * winter if honest else (BIAS[0] + BIAS[1] * winter) * (1.0 + lead / 10.0)
    said = _said(skill, anomaly, errors, honest=honest) + bias[..., None]
    members: Floats = mean[ahead][..., None] + spread[ahead][..., None] * said
    return members


def _rain(
    came_ahead: tuple[Days, Floats, Indices], generator: np.random.Generator, skills: Floats, *, honest: bool
) -> Floats:
    """Rain through a hidden normal variable: hits, misses and false alarms come by themselves."""
    days, came, ahead = came_ahead
    usual = usual_of(days, came[:, None]).on(days)
    chance, amount = usual.wet_fraction[:, 0], usual.wet_mean[:, 0]
    dry = generator.random(days.size) * (1.0 - chance)
    level = np.where(came >= WET_MM, 1.0 - chance + chance * gammainc(_GAMMA_SHAPE, _GAMMA_SHAPE * came / amount), dry)
    hidden = ndtri(np.clip(level, 1e-6, 1.0 - 1e-6))[ahead][..., None]
    skill = skills[None, :, None] ** RAIN_SKILL_POWER
    shared = _noise(generator, ahead.shape, _MEMORY["rain"])[..., None]
    own = _noise(generator, (*ahead.shape, MEMBERS), _MEMORY["rain"])
    said = ndtr(_said(skill, hidden, (shared, own), honest=honest))
    wetter = np.clip(chance[ahead] * (1.0 if honest else WET_FACTOR), 0.0, 0.95)[..., None]
    inside = np.clip((said - (1.0 - wetter)) / wetter, 0.0, 1.0 - 1e-6)
    scale = (1.0 if honest else AMOUNT_FACTOR) * amount[ahead][..., None] / _GAMMA_SHAPE
    return np.where(said > 1.0 - wetter, gammaincinv(_GAMMA_SHAPE, inside) * scale, 0.0)
