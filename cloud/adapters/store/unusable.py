"""Records that were kept under wider bounds and cannot be read any more: left out and named, never deleted."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from pydantic import ValidationError

from cloud.adapters.files.read import first_fault
from cloud.records import Record

R = TypeVar("R", bound=Record)

_NAMED: Final = 5


class Unusable:
    """What the last reading of each kind of record had to leave out."""

    def __init__(self) -> None:
        self._found: dict[type[Record], list[str]] = {}

    def read(self, model: type[R], rows: Iterable[tuple[str, str]]) -> tuple[R, ...]:
        """Records of stored JSON, each beside the name of its row; one that cannot be read stands in nobody's way.

        It is told until a later row of the same name can be read.
        """
        records: list[R] = []
        left_out: dict[str, str] = {}
        for subject, body in rows:
            try:
                records.append(model.model_validate_json(body))
            except ValidationError as error:
                left_out[subject] = f"{subject}, as it was kept: {first_fault(error)}"
            else:
                left_out.pop(subject, None)
        self._found[model] = list(left_out.values())
        return tuple(records)

    def lines(self, ways_out: Mapping[type[Record], str]) -> tuple[str, ...]:
        """One line for each record, for at most five of a kind, and one for the others."""
        told: list[str] = []
        for model, found in self._found.items():
            way_out = f"it is left out; correct it and import it again: {ways_out[model]}"
            told += [f"{one}; {way_out}" for one in found[:_NAMED]]
            if len(found) > _NAMED:
                told.append(f"{len(found) - _NAMED} more kept records of this kind cannot be read and are left out")
        return tuple(told)
