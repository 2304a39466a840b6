"""Some hundred damaged files through the readers; ``make fuzz`` reads ten thousand, with time and memory watched."""

from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.mutations import KNOWING
from tests.fuzz.seeds import seeds
from tests.fuzz.worker import CAMERAS, case_of, outcome_of

CASES = 400


def test_each_damaged_file_is_used_or_refused_with_its_reason(tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    for number in range(CASES):
        name, content, camera = case_of(7, number)
        path = tmp_path / name
        path.write_bytes(content)
        outcome = outcome_of(path, camera)
        assert outcome == "used" or outcome.startswith("refused: "), f"case {number} ({name}): {outcome}"
        outcomes[outcome] += 1
    assert outcomes["used"] > CASES / 50
    assert outcomes["refused: unreadable"] > CASES / 4


@pytest.mark.parametrize("name", [name for name in seeds() if name not in {"big.tif", "colour16.png", "jpeg.tif"}])
def test_the_files_that_damage_starts_from_are_sound(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(seeds()[name])
    outcomes = {outcome_of(path, camera) for camera in CAMERAS}
    assert "used" in outcomes, outcomes
    assert name.rpartition(".")[2] in KNOWING


def test_a_case_can_be_made_again() -> None:
    assert case_of(1, 5) == case_of(1, 5)
    assert case_of(1, 5)[1] != case_of(1, 6)[1]
