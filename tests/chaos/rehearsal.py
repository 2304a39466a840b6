"""Kill the sender at random instants, let reports come in, and count what the carrier got of each text."""

import io
import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from cloud.adapters.ledger import verify
from cloud.adapters.store.database import system_clock
from cloud.adapters.store.store import Store
from cloud.commands import cloud_init
from cloud.commands.cloud_site import configuration, open_store
from cloud.web.api.callbacks import router
from tests.chaos.carrier import all_reported, faults, outbox, stand_in
from tests.chaos.farm import farmers, texts
from tests.chaos.sender import live

SECRET: Final = "rehearsal-of-the-outbox"
TEXTS_A_LIFE: Final = 20
LONGEST_LIFE_S: Final = 0.4
STEP_S: Final = 400.0
"""How far the clock goes on at each death: retries that wait are due again."""
REPORTED_S: Final = 1800.0
FAULTS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    kills: int
    texts: int
    lost: int
    twice: int
    by_report: int
    by_operator: int
    undecided: int
    """In doubt still, although the carrier has them: nobody may send them again."""
    reports_lost: int
    """Posted and not taken; a carrier may repeat them, this one does not."""
    intact: bool
    wall_s: float


def rehearse(folder: Path, *, kills: int, seed: int, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Kill ``kills`` senders at work, then let one finish; ``tell`` hears of progress."""
    begun = time.perf_counter()
    data = folder / "data"
    with redirect_stdout(io.StringIO()):
        cloud_init.init(data=data, organisation="rehearsal")
    count = TEXTS_A_LIFE * (kills + 1)
    settings = configuration(data, None)
    with open_store(settings) as store, callbacks(store) as callback_url, stand_in(callback_url) as address:
        store.save_farmers(farmers(count))
        _use(data, address)
        faults(address, share=FAULTS, requests=3 * count, seed=seed)
        killed, lives = _kill(data, kills, random.Random(seed), tell)
        _live_to_the_end(data, count, lives * STEP_S)
        asked = _ask_operator(store, address, data, count, lives * STEP_S)
        got = Counter(row["text"] for row in outbox(address))
        told = [text.text for text in texts(range(count))]
        return Outcome(
            kills=killed,
            texts=count,
            lost=sum(got[text] == 0 for text in told),
            twice=sum(got[text] > 1 for text in told),
            by_report=_resolved_by_report(store),
            by_operator=asked,
            undecided=len(store.doubtful()),
            reports_lost=all_reported(address, within_s=REPORTED_S),
            intact=verify(store).intact,
            wall_s=time.perf_counter() - begun,
        )


def _kill(data: Path, kills: int, chance: random.Random, tell: Callable[[str], None]) -> tuple[int, int]:
    """Senders killed at work, and all that lived."""
    killed = lives = 0
    while killed < kills:
        lives += 1
        known = range(max(killed - 2, 0) * TEXTS_A_LIFE, (killed + 1) * TEXTS_A_LIFE)
        with _sender(data, known, lives * STEP_S) as process:
            time.sleep(chance.uniform(0.0, LONGEST_LIFE_S))
            at_work = process.is_alive()
            if at_work:
                assert process.pid is not None, "a process that lives has a number"
                os.kill(process.pid, signal.SIGKILL)
        killed += at_work
        tell(f"{killed} of {kills} killed, {lives} lived")
    return killed, lives


@contextmanager
def _sender(data: Path, known: range, ahead_s: float) -> Iterator[multiprocessing.process.BaseProcess]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.sender"])
    here, there = context.Pipe()
    process = context.Process(target=live, args=(str(data), known, ahead_s, there), daemon=True)
    process.start()
    here.recv()
    yield process
    process.join()
    here.close()
    there.close()


def _live_to_the_end(data: Path, count: int, ahead_s: float) -> None:
    """Senders nobody kills, until no retry is left."""
    for number in range(1, 4):
        with _sender(data, range(count), ahead_s + number * 3_600.0):
            pass


def _ask_operator(store: Store, address: str, data: Path, count: int, ahead_s: float) -> int:
    """Let an operator send again what no report has told of, as often as it takes; how many that were."""
    asked = 0
    for number in range(4, 24):
        all_reported(address, within_s=REPORTED_S)
        silent = [doubt for doubt in store.doubtful() if doubt.reports == 0]
        if not silent and not store.waiting():
            return asked
        for doubt in silent:
            store.resolve_doubt(doubt.message_id, "resend", by="rehearsal", why="no report came", now=system_clock())
        asked += len(silent)
        with _sender(data, range(count), ahead_s + number * 3_600.0):
            pass
    return asked


def _resolved_by_report(store: Store) -> int:
    told = "its answer was lost; the delivery report of its telephone tells that it was sent"
    steps = (store.steps(entry.message_id) for entry in store.message_log())
    return sum(any(step.said == told for step in each) for each in steps)


def _use(data: Path, address: str) -> None:
    """Let the installation send over the stand-in, as fast as it goes."""
    (data / "stand-in.key").write_text("stand-in\n", encoding="utf-8")
    (data / "stand-in.key").chmod(0o600)
    path = data / "seguia-cloud.toml"
    content = path.read_text(encoding="utf-8")
    carrier = f'carrier = "africastalking"\nusername = "sandbox"\nbase_url = "{address}"\nmessages_per_s = 5000.0'
    kept = content.replace('carrier = "spool"', f'{carrier}\napi_key_file = "stand-in.key"', 1)
    assert kept != content, "the configuration made anew names a spool"
    path.write_text(kept, encoding="utf-8")


@contextmanager
def callbacks(store: Store) -> Iterator[str]:
    """Where the carrier posts its reports; it outlives every sender, as the web service does."""
    app = FastAPI()
    app.include_router(router(store, secret=SECRET, clock=_ahead))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/callbacks/{SECRET}"
    server.should_exit = True
    thread.join(timeout=10.0)


def _ahead() -> datetime:
    """The senders' clock runs ahead; a report is never older than the hand-over it speaks of."""
    return system_clock().replace(year=2090)
