"""Where an installation keeps the inputs of its nights, and the keeper of one night."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.replay_folder import FOLDER, ReplayFolder
from cloud.adapters.replay_keeper import Installation, NightKeeper, night_keeper
from cloud.adapters.state_ladder import StateLadder
from cloud.adapters.store.store import Store
from cloud.commands.day_inputs import code_version
from cloud.config import CloudConfig, Secrets


def replay_folder(config: CloudConfig) -> ReplayFolder:
    """The folder of kept nights of an installation."""
    return ReplayFolder(
        folder=config.data_dir / FOLDER, keep_days=config.replay.keep_days, most_mb=config.replay.most_mb
    )


@contextmanager
def keeper_of(config: CloudConfig, store: Store, states: StateLadder, now: datetime) -> Iterator[NightKeeper | None]:
    """The keeper of one night; None where the operator wants nothing kept."""
    if not config.replay.keep_days:
        yield None
        return
    installation = Installation(
        store=store,
        database_url=Secrets(config).database_url(),
        keys=PersonalKeys.read(config.keys_file),
        seasons=states.seasons,
        folder=replay_folder(config),
        code_version=code_version(),
        now=now,
    )
    with night_keeper(installation) as keeper:
        yield keeper
