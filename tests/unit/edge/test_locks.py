"""Threads of a gateway that use its one file at once never wait for each other without end."""

import threading
import time
from pathlib import Path

from edge.outbox import Outbox
from edge.troubles import Troubles
from edge.voice import Voice

BUSY_S = 1.0


def test_queueing_telling_and_asking_for_the_time_go_on_side_by_side(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite")
    voice = Voice(lambda _: None)
    voice.keep(Troubles(outbox.database))
    turns = dict.fromkeys(("queue", "time", "note", "voice"), 0)
    end_s = time.monotonic() + BUSY_S

    def work(name: str) -> None:
        while time.monotonic() < end_s:
            match name:
                case "queue":
                    with outbox.database.transaction(durable=False):
                        outbox.put("detection", lambda *_: b"x")
                case "time":
                    outbox.timekeeper.believed_now()
                case "note":
                    outbox.timekeeper.note()
                case _:
                    voice.trouble("disk", "full")
                    voice.over("disk", "not full")
            turns[name] += 1

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BUSY_S + 10.0)
    stuck = [name for name, thread in zip(turns, threads, strict=True) if thread.is_alive()]
    assert not stuck, turns
    assert min(turns.values()) > 0
    outbox.close()
