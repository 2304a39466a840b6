import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import StoreUnavailableError
from edge.updates import launcher
from edge.updates.bundle import bundle_of
from edge.updates.durable import Disk
from edge.updates.slots import Refusal, Slots
from edge.updates.trial import BAD_MINUTES, SILENT_MINUTES, Health, Trial, judged

SOUND = Health(sound=True, heard=True)
SILENT = Health(sound=True, heard=False)
STUCK = Health(sound=False, heard=True, text="sending: nothing is finished any more")


def laid(updates: Path, slot: str, release: str) -> Slots:
    """A whole release in a slot."""
    folder = updates / "config" / slot
    folder.mkdir(parents=True)
    bundle = bundle_of("config", release, {"gateway.toml": release.encode()})
    (folder / "gateway.toml").write_text(release, encoding="utf-8")
    (folder / launcher.COMPLETE).write_bytes(bundle.listed)
    return Slots(updates, "config")


def test_at_first_what_came_with_the_device_runs(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "config")
    assert (slots.current, slots.active, slots.trial()) == (None, None, None)
    assert (slots.digest("a"), slots.manifest(None)) == (None, None)
    assert slots.spare == "a"
    assert slots.refused() == ()


def test_a_release_is_put_on_trial_and_stays(tmp_path: Path) -> None:
    slots = laid(tmp_path, "a", "1")
    trial = slots.put_on_trial("a", heard_before=True)
    assert (slots.current, slots.spare, slots.trial()) == ("a", "b", trial)
    assert (trial.before, trial.release, trial.digest) == (None, "1", slots.digest("a"))
    slots.keep()
    assert slots.current == "a"
    assert slots.trial() is None


def test_going_back_names_the_reason_and_the_release_is_known_as_refused(tmp_path: Path) -> None:
    laid(tmp_path, "a", "1").put_on_trial("a", heard_before=False)
    slots = laid(tmp_path, "b", "2")
    slots.keep()
    slots.put_on_trial("b", heard_before=False)
    slots.roll_back("it fell")
    assert (slots.current, slots.trial()) == ("a", None)
    assert slots.refused() == (Refusal(digest=str(slots.digest("b")), release="2", why="it fell"),)
    slots.roll_back("again")
    assert slots.current == "a", "without a trial there is nothing to go back from"


def test_going_back_from_the_first_release_is_to_what_was_installed(tmp_path: Path) -> None:
    slots = laid(tmp_path, "a", "1")
    slots.put_on_trial("a", heard_before=False)
    slots.roll_back("it fell")
    assert slots.current is None
    assert not os.path.lexists(tmp_path / "config" / launcher.CURRENT)


def test_going_back_to_a_slot_that_is_no_longer_whole_is_to_what_was_installed(tmp_path: Path) -> None:
    laid(tmp_path, "a", "1").put_on_trial("a", heard_before=False)
    slots = laid(tmp_path, "b", "2")
    slots.keep()
    slots.put_on_trial("b", heard_before=False)
    (tmp_path / "config" / "a" / launcher.COMPLETE).unlink()
    slots.roll_back("it fell")
    assert slots.current is None


def test_three_starts_without_a_healthy_minute_go_back(tmp_path: Path) -> None:
    laid(tmp_path, "a", "1").put_on_trial("a", heard_before=False)
    slots = laid(tmp_path, "b", "2")
    slots.keep()
    slots.put_on_trial("b", heard_before=False)
    folder = tmp_path / "config"
    assert [launcher.begin(folder) for _ in range(4)] == ["b", "b", "b", "a"]
    assert launcher.begin(folder) == "a"
    assert "3 times" in slots.refused()[0].why


def test_power_cuts_between_healthy_minutes_do_not_end_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = laid(tmp_path, "a", "1")
    slots.put_on_trial("a", heard_before=False)
    for number in range(10):
        monkeypatch.setattr(launcher, "machine_boot", lambda number=number: f"boot {number}")
        assert launcher.begin(tmp_path / "config") == "a"
        trial = slots.trial()
        assert trial is not None
        slots.note(judged(trial, SOUND, 15)[0])
    trial = slots.trial()
    assert trial is not None
    assert (trial.good, trial.boots, trial.falls) == (10, 0, 0)


def test_falls_on_a_machine_that_runs_on_begin_the_minutes_anew_and_in_the_end_go_back(tmp_path: Path) -> None:
    """It works for ten minutes each time, then it falls: no power cut explains that."""
    slots = laid(tmp_path, "a", "1")
    slots.put_on_trial("a", heard_before=False)
    began = []
    for _ in range(7):
        began.append(launcher.begin(tmp_path / "config"))
        trial = slots.trial()
        for _ in range(10) if trial is not None else ():
            assert trial is not None
            trial, verdict, _ = judged(trial, SOUND, 15)
            assert verdict == "on"
            slots.note(trial)
    assert began == ["a"] * 6 + [None]
    assert slots.refused()[0].why == "fell 6 times on a machine that ran on"


def test_a_machine_without_a_name_for_its_starts_counts_no_falls() -> None:
    again = launcher.begun_again({"boots": 0, "machine": "", "good": 4}, "")
    assert (again["boots"], again["falls"], again["good"]) == (1, 0, 4)
    assert launcher.machine_boot() != ""


def test_a_trial_that_cannot_be_counted_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid(tmp_path, "a", "1").put_on_trial("a", heard_before=False)
    slots = laid(tmp_path, "b", "2")
    slots.keep()
    slots.put_on_trial("b", heard_before=False)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(launcher, "put", full)
    assert launcher.begin(tmp_path / "config") == "a"
    assert slots.current == "b", "only this start"


def test_a_trial_written_by_another_version_is_no_trial_here(tmp_path: Path) -> None:
    slots = laid(tmp_path, "a", "1")
    slots.put_on_trial("a", heard_before=False)
    (tmp_path / "config" / launcher.TRIAL).write_text('{"slot": "a", "boots": 1}', encoding="utf-8")
    assert slots.trial() is None
    assert launcher.begin(tmp_path / "config") == "a"


def test_a_list_that_rotted_is_none(tmp_path: Path) -> None:
    slots = laid(tmp_path, "a", "1")
    (tmp_path / "config" / "a" / launcher.COMPLETE).write_bytes(b"rot")
    assert slots.manifest("a") is None
    assert slots.digest("a") is not None


def test_only_so_many_refusals_are_kept_each_once(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "config")
    for number in [*range(60), 59]:
        slots.refuse(Refusal(digest=str(number), release="r", why="w"))
    assert [each.digest for each in slots.refused()] == [str(number) for number in range(10, 60)]
    (tmp_path / "config" / launcher.REFUSED).write_text("{}", encoding="utf-8")
    assert slots.refused() == ()


def test_a_healthy_minute_begins_the_count_of_starts_anew(tmp_path: Path) -> None:
    slots = laid(tmp_path, "a", "1")
    slots.put_on_trial("a", heard_before=False)
    folder = tmp_path / "config"
    assert launcher.begin_code(folder) == "a"
    assert (folder / launcher.STARTS).read_text(encoding="ascii") == "1"
    slots.started_well()
    slots.started_well()
    assert not (folder / launcher.STARTS).exists()


def trial(**fields: object) -> Trial:
    return Trial(**{"slot": "b", "before": "a", "release": "2", "digest": "d", "heard_before": True, **fields})  # type: ignore[arg-type]


def test_a_trial_ends_well_after_its_minutes() -> None:
    state, verdicts = trial(), []
    for _ in range(15):
        state, verdict, _ = judged(state, SOUND, 15)
        verdicts.append(verdict)
    assert verdicts == ["on"] * 14 + ["stays"]


def test_trouble_in_a_row_ends_a_trial_and_a_good_minute_between_forgives() -> None:
    state, verdict, why = trial(), "on", ""
    for _ in range(BAD_MINUTES - 1):
        state, verdict, why = judged(state, STUCK, 15)
    assert (verdict, why) == ("on", STUCK.text)
    state, verdict, _ = judged(state, SOUND, 15)
    assert state.bad == 0
    for _ in range(BAD_MINUTES):
        state, verdict, why = judged(state, Health(sound=False, heard=False), 15)
    assert (verdict, why) == ("goes", "a part of the gateway stands still")


def test_who_was_heard_before_must_be_heard_again() -> None:
    state, verdict = trial(), "on"
    for _ in range(SILENT_MINUTES - 1):
        state, verdict, _ = judged(state, SILENT, 15)
    assert verdict == "on", "a network fails by itself, too"
    assert judged(state, SOUND, 15)[1] == "stays", "heard once is enough"
    assert judged(state, SILENT, 15)[1:] == ("goes", "the ingest, which answered before, did not in 240 minutes")


def test_who_was_never_heard_need_not_be() -> None:
    assert judged(trial(heard_before=False, good=14), SILENT, 15)[1] == "stays"


def test_a_file_is_put_in_place_whole_and_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    disk = Disk(steps.append)
    disk.write(tmp_path / "x", b"1", mode=0o600)
    assert (tmp_path / "x").read_bytes() == b"1"
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600
    assert steps == ["write x", "move x", "wrote x"]

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    changes: tuple[Callable[[], None], ...] = (
        lambda: disk.write(tmp_path / "x", b"2"),
        lambda: disk.fill(tmp_path / "y", b"2"),
        lambda: disk.point(tmp_path / "link", "x"),
        lambda: disk.sync(tmp_path),
        lambda: disk.remove(tmp_path / "x"),
        lambda: disk.clear(tmp_path / "x"),
    )
    for change in changes:
        with pytest.raises(StoreUnavailableError, match="No space left"):
            change()
    with pytest.raises(StoreUnavailableError):
        disk.make_folder(Path("/proc/nowhere"))


def test_a_half_written_file_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")

    def stop(step: str) -> None:
        if step == "move x":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Disk(stop).write(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"old"


def test_clearing_takes_a_file_a_link_or_a_folder(tmp_path: Path) -> None:
    disk = Disk()
    (tmp_path / "folder" / "in").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("folder")
    for name in ("link", "file", "folder", "absent"):
        disk.clear(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    disk.remove(tmp_path / "absent" / "too")


def test_what_a_trial_is_kept_as_is_read_by_the_launcher(tmp_path: Path) -> None:
    slots = laid(tmp_path, "a", "1")
    slots.put_on_trial("a", heard_before=True)
    kept = json.loads((tmp_path / "config" / launcher.TRIAL).read_bytes())
    assert {"slot", "before", "digest", "release", "boots"} <= set(kept)
