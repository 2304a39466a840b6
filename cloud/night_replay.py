"""A night beside the keeper of its inputs, where there is one: keeping may fail, the night goes on."""

from cloud.advice.inputs import DayInputs
from cloud.errors import CloudError
from cloud.night_reads import Look, NightReads
from cloud.night_store import ReplayKeeper


def reads_of(store: NightReads, keeper: ReplayKeeper | None) -> NightReads:
    """The store as it is or, where inputs are kept, as it stands at this entry of its ledger."""
    return store if keeper is None else keeper.pinned()


def remembered(
    day: DayInputs, look: Look, keeper: ReplayKeeper | None, learned: bytes | None
) -> tuple[DayInputs, tuple[str, ...]]:
    """The day with the digest of what it rests on; without it, and why, where that cannot be kept."""
    if keeper is None:
        return day, ()
    try:
        return keeper.remember(day, look, learned), ()
    except CloudError as error:
        return day, (f"{error}; advice of this night cannot be replayed",)


def kept_inputs(keeper: ReplayKeeper | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keep what the night rested on; what is told of it, and what went wrong."""
    if keeper is None:
        return (), ()
    try:
        return keeper.keep(), ()
    except CloudError as error:
        return (), (str(error),)
