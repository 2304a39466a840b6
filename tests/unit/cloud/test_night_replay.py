"""A night beside a keeper of its inputs: what it reads, what its verdicts name, and what happens when keeping fails."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from cloud.advice.inputs import DayInputs
from cloud.errors import InputError, ServiceUnavailableError
from cloud.night_reads import Look, NightReads
from cloud.nightly import NightInputs, NightReport, run_night
from cloud.records import InputReference
from cloud.speech.voice import Voice
from tests.unit.cloud.test_nightly import DAY, NOW, MemoryStore, parcel, sky

NAMED = InputReference(name="what the night rested on", sha256="e" * 64)


@dataclass
class Keeper:
    """Keeps in memory; the night reads another store than the one it writes to."""

    reads: NightReads
    fails: str = ""
    pins: int = 0
    seen: list[tuple[DayInputs, Look]] = field(default_factory=list)
    learned: bytes | None = None

    def pinned(self) -> NightReads:
        self.pins += 1
        return self.reads

    def remember(self, day: DayInputs, look: Look, learned: bytes | None = None) -> DayInputs:
        self.learned = learned
        if self.fails == "remember":
            raise InputError("weather: of a kind that cannot be kept")
        self.seen.append((day, look))
        return replace(day, inputs=(*day.inputs, NAMED))

    def keep(self) -> tuple[str, ...]:
        if self.fails == "keep":
            raise ServiceUnavailableError("the disk is full")
        return ("replay inputs kept: 1 nights, 0.0 MB",)


def run(keeper: Keeper, store: MemoryStore, learned: bytes | None = None) -> NightReport:
    inputs = NightInputs(
        day=DAY,
        now=NOW,
        weather=sky(DAY - timedelta(days=70), 70),
        forecast=sky(DAY, 8, member=True),
        code_version="test",
        voice=Voice(draft=True),
        learned=learned,
        replay=keeper,
    )
    return run_night(store, inputs)


def test_the_night_reads_what_is_pinned_and_its_verdicts_name_it() -> None:
    store, keeper = MemoryStore([]), Keeper(MemoryStore([parcel(1)]))
    report = run(keeper, store)
    (verdict,) = report.decision.verdicts
    assert verdict.proposed.parcel_id == "P01"
    assert verdict.proposed.inputs[-1] == NAMED
    assert keeper.pins == 2
    ((day, look),) = keeper.seen
    assert (day.day, look.day, look.moment, look.first) == (DAY, DAY, NOW, DAY - timedelta(days=70))
    assert report.water[-1] == "replay inputs kept: 1 nights, 0.0 MB"
    assert store.kept[DAY][1] == (verdict,)


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ("remember", "weather: of a kind that cannot be kept; advice of this night cannot be replayed"),
        ("keep", "the disk is full"),
    ],
)
def test_inputs_that_cannot_be_kept_are_told_and_change_nothing_else(fails: str, told: str) -> None:
    store, keeper = MemoryStore([]), Keeper(MemoryStore([parcel(1)]), fails=fails)
    report = run(keeper, store)
    assert told in report.problems
    assert len(report.decision.verdicts) == 1
    assert len(store.queued) == len(report.messages)
    assert (NAMED in report.decision.verdicts[0].proposed.inputs) == (fails == "keep")
    assert not any(line.startswith("replay") for line in report.water)


def test_what_the_judge_learned_goes_the_same_way_unless_it_cannot_be_read() -> None:
    keeper = Keeper(MemoryStore([parcel(1)]))
    report = run(keeper, MemoryStore([]), learned=b"junk")
    assert keeper.learned is None
    assert len(report.decision.verdicts) == 1
    (told,) = (line for line in report.problems if "nobody is held for being new tonight" in line)
    assert "what the judge learned of released advice: expected a file made by" in told
