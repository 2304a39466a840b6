"""SYNTHETIC panels of trials as arrays, with a known saving."""

from dataclasses import replace

import numpy as np

from cloud.impact.design import Design
from cloud.impact.panel import Panel


def design(**change: object) -> Design:
    plain = {"name": "t", "baseline_seasons": ("a", "b"), "trial_seasons": ("c", "d"), "resamples": 199, **change}
    return Design.model_validate(plain)


def panel(used: list[list[float]], start: list[int], **change: object) -> Panel:
    """A small panel by hand: one crop, need 100 mm, 1 ha, each parcel its own block, two seasons before."""
    water = np.array(used, dtype=np.float64)
    parcels, seasons = water.shape
    made = Panel(
        parcels=tuple(f"p{number}" for number in range(parcels)),
        seasons=tuple("abcdefgh"[:seasons]),
        crops=("maize",),
        baseline=2,
        area_ha=np.ones_like(water),
        crop=np.zeros(water.shape, dtype=np.intp),
        used_mm=water,
        low_mm=water,
        high_mm=water,
        need_mm=np.full_like(water, 100.0),
        yield_t_ha=np.full_like(water, 5.0),
        start=np.array(start, dtype=np.intp),
        block=np.arange(parcels, dtype=np.intp),
        pair=np.full(parcels, -1, dtype=np.intp),
        near=np.zeros((parcels, parcels), dtype=bool),
    )
    return replace(made, **change)  # type: ignore[arg-type]  # any field, by name


def drawn_panel(
    random: np.random.Generator, *, blocks: int = 12, size: int = 4, saving: float = 0.3, scatter: float = 0.05
) -> Panel:
    """Blocks in three starts (c, d, never), two crops, dry and wet years, levels of their own."""
    parcels = blocks * size
    block = np.repeat(np.arange(blocks), size)
    crop = np.broadcast_to((np.arange(parcels) % 2)[:, None], (parcels, 4)).astype(np.intp)
    start = random.permutation(np.array([2, 3, 4])[np.arange(blocks) % 3])[block]
    need = np.array([[300.0, 420.0, 350.0, 500.0], [500.0, 610.0, 480.0, 700.0]])[crop, np.arange(4)]
    year = np.array([[1.0, 1.2, 0.9, 1.1], [1.0, 0.8, 1.3, 1.0]])[crop, np.arange(4)]
    level = np.exp(random.normal(0.0, 0.3, (parcels, 1)))
    used = need * year * level * np.exp(random.normal(0.0, scatter, (parcels, 4)))
    used = np.where(np.arange(4) >= start[:, None], used * (1.0 - saving), used)
    return panel(
        used.tolist(),
        start.tolist(),
        crops=("maize", "wheat"),
        crop=crop,
        need_mm=need,
        block=block,
        yield_t_ha=5.0 * level * np.exp(random.normal(0.0, 0.005, (parcels, 4))),
        area_ha=np.broadcast_to(random.uniform(0.5, 3.0, (parcels, 1)), (parcels, 4)),
    )


def paired_panel(random: np.random.Generator, *, pairs: int = 20, saving: float = 0.3) -> Panel:
    """Pairs of parcels of which a coin advised one from the first season of the trial."""
    pair = np.repeat(np.arange(pairs), 2)
    coin = np.repeat(random.random(pairs) < 0.5, 2)
    start = np.where((np.arange(2 * pairs) % 2 == 1) == coin, 2, 4)
    level = np.exp(random.normal(0.0, 0.3, (2 * pairs, 1)))
    used = 100.0 * level * np.exp(random.normal(0.0, 0.05, (2 * pairs, 4)))
    used = np.where(np.arange(4) >= start[:, None], used * (1.0 - saving), used)
    grown = 5.0 * level * np.exp(random.normal(0.0, 0.005, (2 * pairs, 4)))
    return panel(used.tolist(), start.tolist(), block=pair, pair=pair, yield_t_ha=grown)
