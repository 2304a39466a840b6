"""Records as JSON Lines: detections, recommendations, verdicts; a bad line is named and the others are read."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cloud.adapters.files.read import Read, first_fault, read_text
from cloud.errors import InputError
from cloud.records import Recommendation, Verdict
from edge.contract import Detection

M = TypeVar("M", bound=BaseModel)


def read_detections(path: Path) -> Read[Detection]:
    """Detections as ``seguia detect`` writes them, or with the fewest fields a file needs; absent fields are null."""

    def detection(content: dict[str, Any]) -> Detection:
        for name in ("sha256", "opinion"):
            if name not in content:
                raise InputError(f"{name}: expected a value, got none; add it")
        content.setdefault("model", None)
        if content["opinion"] is False and not content.get("reasons"):
            # A file may leave the reasons out; the record still says that it has none to give.
            content["reasons"] = ["unknown"]
        return Detection.model_validate({name: value for name, value in content.items() if _given(name, value)})

    return _read(path, detection, Detection)


def read_recommendations_or_verdicts(path: Path) -> Read[Recommendation | Verdict]:
    """Recommendations or verdicts, told apart line by line."""

    def either(content: dict[str, Any]) -> Recommendation | Verdict:
        model: type[Recommendation | Verdict] = Verdict if "decision" in content else Recommendation
        return model.model_validate({name: value for name, value in content.items() if name in model.model_fields})

    return _read(path, either, Recommendation, Verdict)


def write_lines(path: Path | None, records: Iterable[BaseModel]) -> None:
    """One JSON object a line, to a file or, for None, to standard output; a file appears complete or not at all."""
    lines = "".join(record.model_dump_json() + "\n" for record in records)
    if path is None:
        sys.stdout.write(lines)
        return
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(lines, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: expected a folder that can be written, got {error.strerror}; choose another"
        ) from error


def _object(line: str) -> dict[str, Any]:
    content = json.loads(line)
    if not isinstance(content, dict):
        raise InputError(f"expected a JSON object, got {type(content).__name__}; one object a line")
    return content


def _given(name: str, value: object) -> bool:
    # Null stands for absent, except for the model, which has no default.
    return value is not None or name == "model"


def _read(path: Path, record_of: Callable[[dict[str, Any]], M], *models: type[BaseModel]) -> Read[M]:
    text, reference = read_text(path)
    known = {name for model in models for name in model.model_fields}
    records: list[M] = []
    problems: list[str] = []
    ignored: set[str] = set()
    # Only a line feed ends a line: JSON lets U+2028 and U+0085, at which splitlines() cuts, stand inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            content = _object(line)
            ignored.update(name for name in content if name not in known)
            records.append(record_of(content))
        except ValidationError as error:
            problems.append(f"{path.name} line {number}: {first_fault(error)}; correct the line")
        except InputError as error:
            problems.append(f"{path.name} line {number}: {error}")
        except (ValueError, RecursionError) as error:
            problems.append(f"{path.name} line {number}: expected JSON, got {error}; correct the line")
    return Read(
        records=tuple(records), problems=tuple(problems), ignored_fields=tuple(sorted(ignored)), reference=reference
    )
