"""Cubes on disk that only grow: Zarr groups in the form of the CF conventions, read by any reader of weather cubes.

A row counts once its moment stands in the group, and the moment is written last: what a stopped run left half written
is found by its missing moment, cut off and told. Every chunk is replaced whole or not at all.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError, ServiceUnavailableError

if TYPE_CHECKING:
    import xarray as xr
    import zarr

SECONDS: Final = {"units": "seconds since 1970-01-01", "calendar": "proleptic_gregorian"}
DAYS: Final = {"units": "days since 1970-01-01", "calendar": "proleptic_gregorian"}
_CHUNK_SITES: Final = 256
_PLACE: Final = {"latitude": "degrees_north", "longitude": "degrees_east", "elevation_m": "m"}
_SAME_PLACE_DEGREES: Final = 1e-4
_NO_ARCHIVE: Final = "expected a weather archive, got a folder that cannot be read as one"
_DAMAGE: Final = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)
_NOWHERE: Final = 999.0
"""Stands for a position that nobody gave: the one such place of an archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a cube is made of: its growing dimension with its moment, and how long a chunk is in every dimension."""

    title: str
    rows: str
    """Dimension that grows with every telling."""
    moment: str
    """Array of that dimension whose value, written last, makes a row count."""
    chunks: Mapping[str, int]
    coordinates: tuple[str, ...]
    """Arrays that accompany values and are none themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What an archive took: entries that are new, entries that are told otherwise now, and what was set right."""

    new: int = 0
    revised: int = 0
    told: tuple[str, ...] = ()


@dataclass(slots=True)
class Cube:
    """One group of arrays; ``told`` names what was found wrong with it and set right."""

    path: Path
    layout: Layout
    group: zarr.Group
    told: list[str] = field(default_factory=list)
    _held: dict[str, Any] = field(default_factory=dict)
    """The arrays by name: one object each, since an array knows its length only as long as nobody else changes it."""

    @classmethod
    def open(cls, path: Path, layout: Layout) -> Cube:
        """The cube of a folder, made where there is none; what was half written is cut off and told."""
        import zarr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

        with sound(path):
            return cls._opened(path, layout, zarr.open_group(path, mode="a", zarr_format=3))

    @classmethod
    def _opened(cls, path: Path, layout: Layout, group: zarr.Group) -> Cube:
        if not group.attrs:
            group.attrs.update(
                {
                    "Conventions": "CF-1.11",
                    "title": layout.title,
                    "coordinates": " ".join(layout.coordinates),
                }
            )
        cube = cls(path=path, layout=layout, group=group, _held=dict(group.arrays()))
        cube._settle()
        return cube

    def size(self, dimension: str) -> int:
        """Length of a dimension; 0 where nothing has it yet."""
        lengths = [array.shape[names.index(dimension)] for _, array, names in self._arrays() if dimension in names]
        return max(lengths, default=0)

    def values(self, name: str) -> NDArray[Any] | None:
        """A whole array, or None."""
        return np.asarray(self.stored(name)[...]) if name in self._held else None

    def stored(self, name: str) -> Any:  # noqa: ANN401 -- zarr's own array, whose items are of any kind
        """An array of the group as it lies on disk."""
        return self._held[name]

    def array(self, name: str, dimensions: Sequence[str], kind: str, attributes: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- zarr's own array
        """An array of the group, made where there is none, as long as the others in every dimension."""
        if name in self._held:
            return self.stored(name)
        sizes = {one: self.size(one) for one in dimensions}
        self._held[name] = self.group.create_array(
            name,
            shape=tuple(sizes.values()),
            chunks=tuple(self.layout.chunks.get(one, _CHUNK_SITES) for one in dimensions),
            dtype=kind,
            fill_value=np.nan if kind.startswith("float") else 0,
            dimension_names=tuple(dimensions),
            attributes=dict(attributes),
        )
        return self.stored(name)

    def grow(self, dimension: str, size: int) -> None:
        """Make every array at least so long in a dimension; the new cells are unknown."""
        for _, array, names in self._arrays():
            if dimension in names and array.shape[names.index(dimension)] < size:
                shape = [size if one == dimension else length for one, length in zip(names, array.shape, strict=True)]
                array.resize(tuple(shape))

    def sites(self, dataset: xr.Dataset) -> NDArray[np.intp]:
        """Index of every site of a dataset, new ones added; a place is known by where it lies."""
        place = {name: np.asarray(dataset[name].values, dtype=np.float64) for name in _PLACE}
        for name, unit in _PLACE.items():
            self.array(name, ("site",), "float64", {"units": unit})
        known = [np.nan_to_num(self.stored(name)[...], nan=_NOWHERE) for name in ("latitude", "longitude")]
        index = []
        wanted = [np.nan_to_num(place[name], nan=_NOWHERE) for name in ("latitude", "longitude")]
        for north, east in zip(*wanted, strict=True):
            found = np.flatnonzero(np.abs(known[0] - north) + np.abs(known[1] - east) < _SAME_PLACE_DEGREES)
            index.append(int(found[0]) if found.size else known[0].size)
            if not found.size:
                known = [np.append(known[0], north), np.append(known[1], east)]
        added = [column for column, one in enumerate(index) if one >= self.size("site")]
        self.grow("site", known[0].size)
        for column in added:
            for name, values in place.items():
                self.stored(name)[index[column]] = values[column]
        return np.array(index, dtype=np.intp)

    def flag(self, name: str, word: str) -> int:
        """Number that stands for a word in an array of flags; a new word gets the next."""
        array = self.stored(name)
        words = str(array.attrs.get("flag_meanings", "")).split()
        plain = "_".join(word.split()) or "unknown"
        if plain not in words:
            words.append(plain)
            array.attrs.update({"flag_values": list(range(len(words))), "flag_meanings": " ".join(words)})
        return words.index(plain)

    def named(self, *dimensions: str) -> list[str]:
        """Arrays of exactly these dimensions."""
        return [name for name, _, names in self._arrays() if names == dimensions]

    def _arrays(self) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
        for name, array in self._held.items():
            yield name, array, tuple(str(one) for one in getattr(array.metadata, "dimension_names", None) or ())

    def _settle(self) -> None:
        """Cut off rows without a moment, and make arrays equally long that a stopped run left unequal."""
        for dimension in {one for _, _, names in self._arrays() for one in names}:
            self.grow(dimension, self.size(dimension))
        moments = self.values(self.layout.moment)
        if moments is None or not np.isnan(moments).any():
            return
        counted = np.flatnonzero(~np.isnan(moments))
        kept = int(counted[-1]) + 1 if counted.size else 0
        self.told.append(
            f"{self.path.name}: {moments.size - kept} of {moments.size} entries were half written when a run stopped;"
            " set aside, what they came from is read again"
        )
        for _, array, names in self._arrays():
            if self.layout.rows in names:
                lengths = zip(names, array.shape, strict=True)
                array.resize(tuple(kept if one == self.layout.rows else length for one, length in lengths))


def opened(path: Path) -> xr.Dataset | None:
    """A cube as a dataset whose values are read when they are asked for; None where there is none."""
    if not path.is_dir():
        return None
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    with sound(path):
        try:
            dataset: xr.Dataset = xr.open_zarr(path, consolidated=False, decode_timedelta=False)
        except ValueError:
            dataset = _shortest(path)
        return dataset


def _shortest(path: Path) -> xr.Dataset:
    """A cube whose arrays a stopped run left unequal, each as long as the shortest of its dimension."""
    import xarray as xr  # noqa: PLC0415 -- as above
    import zarr  # noqa: PLC0415 -- as above

    names = sorted(zarr.open_group(path, mode="r").array_keys())
    variables: dict[str, xr.Variable] = {}
    coordinates: set[str] = set()
    for name in names:
        others = [one for one in names if one != name]
        alone_there = xr.open_zarr(path, consolidated=False, decode_timedelta=False, drop_variables=others)
        variables[name] = alone_there[name].variable
        coordinates |= {str(one) for one in alone_there.coords}
    lengths: dict[str, int] = {}
    for variable in variables.values():
        for dimension, length in variable.sizes.items():
            lengths[str(dimension)] = min(length, lengths.get(str(dimension), length))
    cut = {
        name: variable.isel({one: slice(lengths[str(one)]) for one in variable.dims})
        for name, variable in variables.items()
    }
    return xr.Dataset(cut).set_coords(sorted(coordinates))


@contextmanager
def sound(path: Path, *, written: bool = False) -> Iterator[None]:
    """Whatever a damaged cube raises is told in one line of ours; where it is written, the disk may be what fails."""
    try:
        yield
    except _DAMAGE as error:
        if written and isinstance(error, OSError):
            raise
        raise InputError(f"{path}: {_NO_ARCHIVE} ({type(error).__name__}); move it away") from error


def seconds_of(moments: NDArray[np.datetime64] | np.datetime64) -> NDArray[np.float64]:
    """Seconds since 1970; NaN where a moment is unknown."""
    known = np.asarray(moments, dtype="datetime64[s]")
    return np.where(np.isnat(known), np.nan, known.astype(np.int64).astype(np.float64))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else writes to the folder meanwhile."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise ServiceUnavailableError(
            f"{folder}: the weather archive cannot be written ({error.strerror or error}); check the folder"
        ) from error
