"""Water states as NetCDF files: written whole or not at all, read back to the last bit, refused when they are not ours.

A state is derived from weather, irrigation and observations, and can always be made anew from them: a file that cannot
be read is named and costs time, never an answer.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cloud.adapters.state_soundness import (
    check_format,
    check_shapes,
    check_size,
    check_values,
    known_day,
    known_depth_m,
    known_past,
)
from cloud.agronomy.carrying.carried import CarriedWater, Described
from cloud.agronomy.carrying.checkpoints import Checkpoint, Marks
from cloud.agronomy.carrying.lived import Lived
from cloud.agronomy.state import WaterState
from cloud.agronomy.step import Water
from cloud.errors import InputError, ServiceUnavailableError
from cloud.records import InputReference
from cloud.variables import Indices

if TYPE_CHECKING:
    import xarray as xr

FORMAT: Final = 2
"""Raised when the meaning of a field changes; a file of another number is refused."""

_TITLE: Final = "Soil water state of irrigated parcels (Seguia)"
_UNITS: Final = {"mm": "mm", "m": "m", "s": "m s-1", "percent": "%", "days": "d"}
_OWN: Final = ("crop", "soil", "rest")
_NO_DAY: Final = "NaT"
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
"""What reading a file raises that is not what it seems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """A state that was read, and what it was read from."""

    carried: CarriedWater
    code_version: str
    sha256: str
    name: str

    def reference(self, day: date) -> InputReference:
        """The file as an input of the advice of a day."""
        age = max((day - self.carried.state.day).days, 0)
        return InputReference(name=f"water state {self.name}", sha256=self.sha256, age_days=float(age))


def write_state(path: Path, carried: CarriedWater, code_version: str) -> None:
    """Write a state; the file appears whole, on the disk and not only in its cache, or not at all."""
    _write(path, _dataset(carried, code_version))


def write_checkpoint(path: Path, checkpoint: Checkpoint, code_version: str) -> None:
    """Write a state with what stands behind it."""
    dataset = _dataset(checkpoint.carried, code_version).assign(_lived_arrays(checkpoint.lived))
    _write(path, dataset.assign_attrs(engine=checkpoint.engine))


def _write(path: Path, dataset: xr.Dataset) -> None:
    half = path.with_name(f"{path.name}.{os.getpid()}.half")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.to_netcdf(half, engine="netcdf4", encoding=_encoding(dataset))
        _settle(half)
        half.replace(path)
        _settle(path.parent)
    except (OSError, RuntimeError) as error:
        with suppress(OSError):
            half.unlink()
        reason = getattr(error, "strerror", None) or error
        raise ServiceUnavailableError(
            f"{path}: the water state cannot be written ({reason}); check the folder and its room"
        ) from error


def read_state(path: Path) -> StateFile:
    """The whole state of a file; InputError where it is none that this version can go on from."""
    if not path.is_file():
        raise InputError(f"{path}: expected a water state, got no such file; correct the path or leave the state out")
    with _opened(path) as dataset:
        carried = _carried(path.name, dataset, np.arange(dataset.sizes["parcel"]))
        version = str(dataset.attrs["code_version"])
    return StateFile(carried=carried, code_version=version, sha256=_sha256(path), name=path.name)


def read_marks(path: Path) -> tuple[Marks, str]:
    """What the state of a file is known by, without its water, and the version that made it."""
    with _opened(path) as dataset, _whole(path.name):
        lived = Lived(
            since=dataset["lived_since"].values.astype("datetime64[D]"),
            months=tuple(str(month) for month in dataset["lived_months"].values),
            sums=dataset["lived_sums"].values,
            seen=dataset["lived_seen"].values,
        )
        marks = Marks(
            parcels=_described(dataset),
            lived=known_past(path.name, lived, dataset.sizes["parcel"]),
            seed=int(dataset.attrs["seed"]),
            members=int(dataset.sizes["member"]),
            profile_depth_m=known_depth_m(path.name, dataset.attrs["profile_depth_m"]),
            engine=str(dataset.attrs["engine"]),
        )
        return marks, str(dataset.attrs["code_version"])


def read_rows(path: Path, rows: Indices) -> CarriedWater:
    """The water of some parcels of a file, by their places in it."""
    with _opened(path) as dataset:
        return _carried(path.name, dataset, rows)


def _opened(path: Path) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    try:
        check_size(path)
        dataset = xr.open_dataset(path, engine="netcdf4", decode_cf=False)
    except _DAMAGE as error:
        raise InputError(
            f"{path.name}: expected a water state, got a file that cannot be read ({error}); make it anew or"
            " leave it out"
        ) from error
    try:
        check_format(path.name, dataset, FORMAT, _names())
        with _whole(path.name):
            check_shapes(path.name, dataset)
    except InputError:
        dataset.close()
        raise
    return dataset


def _names() -> set[str]:
    return {"parcel", "planted_on", *_OWN, *_state_fields(), *(f"water_{one.name}" for one in fields(Water))}


def _state_fields() -> tuple[str, ...]:
    return tuple(one.name for one in fields(WaterState) if one.name not in {"day", "water"})


def _arrays(state: WaterState) -> dict[str, np.ndarray[Any, Any]]:
    return {
        **{name: getattr(state, name) for name in _state_fields()},
        **{f"water_{one.name}": getattr(state.water, one.name) for one in fields(Water)},
    }


def _dataset(carried: CarriedWater, code_version: str) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- as above

    state = carried.state
    members = state.depletion_mm.shape[1]

    def variable(name: str, values: np.ndarray[Any, Any]) -> xr.Variable:
        second = {members: "member", 1: "single"}.get(values.shape[-1], f"{name}_column")
        plain = {"b": np.int8, "U": object}.get(values.dtype.kind, values.dtype)
        return xr.Variable(("parcel", second)[: values.ndim], values.astype(plain), _attributes(name))

    def texts(values: list[str]) -> xr.Variable:
        return xr.Variable(("parcel",), np.array(values, dtype=object))

    dataset = xr.Dataset({name: variable(name, values) for name, values in _arrays(state).items()})
    for name in _OWN:
        dataset[name] = texts([getattr(one, name) for one in carried.parcels])
    dataset["planted_on"] = texts([str(one.planted_on or _NO_DAY) for one in carried.parcels])
    dataset["parcel"] = texts([one.parcel_id for one in carried.parcels])
    dataset["parcel"].attrs["cf_role"] = "timeseries_id"
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "title": _TITLE,
        "seguia_state_format": FORMAT,
        "code_version": code_version,
        "day": state.day.isoformat(),
        "seed": carried.seed,
        "profile_depth_m": carried.profile_depth_m,
    }
    return dataset


def _attributes(name: str) -> dict[str, str]:
    units = _UNITS.get(name.rpartition("_")[2], "1")
    return {"units": units, "long_name": name.replace("_", " ")}


def _encoding(dataset: xr.Dataset) -> Mapping[str, Mapping[str, object]]:
    # The checksum tells a damaged file from a whole one; a fill value would tell unknown from unknown.
    numbers = [str(name) for name, values in dataset.data_vars.items() if values.dtype.kind not in "OU"]
    return {name: {"fletcher32": dataset[name].size > 0, "_FillValue": None} for name in numbers}


def _lived_arrays(lived: Lived) -> dict[str, xr.Variable]:
    import xarray as xr  # noqa: PLC0415 -- as above

    return {
        "lived_since": xr.Variable(("parcel",), lived.since.astype(np.int64), {"units": "days since 1970-01-01"}),
        "lived_months": xr.Variable(("month",), np.array(lived.months, dtype=object)),
        "lived_sums": xr.Variable(("month", "parcel"), lived.sums),
        "lived_seen": xr.Variable(("parcel",), lived.seen),
    }


def _carried(name: str, dataset: xr.Dataset, rows: Indices) -> CarriedWater:
    """The state of some rows of an open file."""
    with _whole(name):
        held = dataset.isel(parcel=rows).load()
        parcels = _described(held)
        read = {str(one): values.values for one, values in held.variables.items()}
        check_values(name, read, [one.parcel_id for one in parcels])
        state = {one: read[one] for one in _state_fields()}
        return CarriedWater(
            state=WaterState(
                day=known_day(name, dataset.attrs["day"]),
                water=Water(**{one.name: read[f"water_{one.name}"] for one in fields(Water)}),
                **{**state, "started": state["started"].astype(np.bool_)},
            ),
            parcels=parcels,
            seed=int(dataset.attrs["seed"]),
            profile_depth_m=known_depth_m(name, dataset.attrs["profile_depth_m"]),
        )


def _described(held: xr.Dataset) -> tuple[Described, ...]:
    texts = {one: [str(text) for text in held[one].values] for one in ("parcel", "planted_on", *_OWN)}
    return tuple(
        Described(
            parcel_id=texts["parcel"][row],
            planted_on=None if planted == _NO_DAY else date.fromisoformat(planted),
            **{one: texts[one][row] for one in _OWN},
        )
        for row, planted in enumerate(texts["planted_on"])
    )


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """What cannot be read of an open file is told as a damaged state."""
    try:
        yield
    except _DAMAGE as error:
        raise InputError(
            f"{name}: expected a whole water state, got a damaged one ({error}); make it anew or leave it out"
        ) from error


def _settle(path: Path) -> None:
    """Bring a file, or the names in a folder, from the cache to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
