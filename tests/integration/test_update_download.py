"""What an update costs on the wire, and what becomes of it when the wire breaks: a real server, real slots."""

import contextlib
import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.errors import (
    ConfigurationError,
    RepositoryUnavailableError,
    StoreUnavailableError,
    UpdateRefusedError,
)
from edge.updates.bundle import BLOCK_BYTES, bundle_of
from edge.updates.check import Check, Outcome, Tools
from edge.updates.durable import Disk
from edge.updates.journal import read_journal
from edge.updates.launcher import LAUNCHED
from edge.updates.slots import Slots
from edge.updates.transport import Wire
from tests.authority import Authority
from tests.release_server import Served, release_server
from tests.release_world import NOON, Follower, Maker, configuration, never

CHANCE = random.Random(7)
FIRST = {f"canopy/part-{number}": CHANCE.randbytes(60_000) for number in range(4)}
SECOND = {**FIRST, "canopy/part-2": CHANCE.randbytes(60_000)}
TOTAL = 240_000


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "repository").begin()


@pytest.fixture
def served(maker: Maker) -> Iterator[Served]:
    with release_server(maker.public) as server:
        yield server


@pytest.fixture
def follower(tmp_path: Path, maker: Maker, served: Served) -> Follower:
    root = tmp_path / "root.json"
    shutil.copy(maker.metadata("1.root.json"), root)
    return Follower(tmp_path / "gateway", served.url, root)


def spent(follower: Follower) -> tuple[Outcome, int]:
    check = follower.check()
    outcomes = {outcome.kind: outcome for outcome in check.run()}
    return outcomes["models"], check.spent


def test_only_what_changed_crosses_the_wire(maker: Maker, follower: Follower) -> None:
    maker.publish(bundle_of("models", "1", FIRST))
    first, full = spent(follower)
    assert first.state == "placed"
    assert TOTAL < full < TOTAL * 1.05
    follower.settle()
    maker.publish(bundle_of("models", "2", SECOND))
    second, delta = spent(follower)
    assert second.fetched is not None
    assert (second.fetched.blocks, second.fetched.reused) == (4, 12)
    assert 60_000 < delta < 75_000
    active = follower.slots("models").active
    assert active is not None
    assert {name: (active / name).read_bytes() for name in SECOND} == SECOND


def test_nothing_new_costs_next_to_nothing(maker: Maker, follower: Follower) -> None:
    maker.publish(bundle_of("models", "1", FIRST))
    spent(follower)
    outcome, cost = spent(follower)
    assert outcome.state == "newest"
    assert cost < 2000


@pytest.mark.parametrize("parts", [True, False])
def test_a_broken_connection_goes_on_where_it_broke_off(
    parts: bool,  # noqa: FBT001 -- two kinds of server
    maker: Maker,
    follower: Follower,
    served: Served,
) -> None:
    served.mischief.parts = parts
    maker.publish(bundle_of("models", "1", FIRST))
    served.mischief.cut_after = 150_000
    check = follower.check()
    with pytest.raises(RepositoryUnavailableError, match="broke off"):
        check.run()
    assert follower.slots("models").current is None
    served.mischief.cut_after = None
    outcome, cost = spent(follower)
    assert outcome.state == "placed"
    assert outcome.fetched is not None
    assert outcome.fetched.kept * BLOCK_BYTES > 130_000
    if parts:
        assert check.spent + cost < TOTAL + 2 * BLOCK_BYTES + 6000
    else:
        assert cost > TOTAL, "a server that knows no parts gives all of it again"


def test_a_daily_budget_spreads_a_release_over_days(maker: Maker, follower: Follower) -> None:
    follower.settings["daily_budget_kb"] = 100.0
    maker.publish(bundle_of("models", "1", FIRST))
    days = 0
    for day in range(10):
        follower.now = NOON + timedelta(days=day, hours=1)
        maker.now = NOON + timedelta(days=day)
        maker.publish()
        days += 1
        with contextlib.suppress(RepositoryUnavailableError):
            if spent(follower)[0].state == "placed":
                break
        assert read_journal(follower.updates).spent < 110_000
        with pytest.raises(RepositoryUnavailableError, match="byte budget"):
            follower.look()
    assert days == 3
    assert "in place" in read_journal(follower.updates).outcome


def test_asked_for_by_hand_the_budget_is_passed_over(maker: Maker, follower: Follower) -> None:
    follower.settings["daily_budget_kb"] = 50.0
    maker.publish(bundle_of("models", "1", FIRST))
    with pytest.raises(RepositoryUnavailableError, match="byte budget"):
        follower.look()
    assert follower.look(again=True)["models"].state == "placed"


def test_a_damaged_block_on_our_own_disk_is_fetched_again(maker: Maker, follower: Follower, served: Served) -> None:
    maker.publish(bundle_of("models", "1", FIRST))
    served.mischief.cut_after = 150_000
    with pytest.raises(RepositoryUnavailableError):
        follower.look()
    served.mischief.cut_after = None
    blocks = sorted((follower.updates / "staging" / "models" / "blocks").iterdir())
    blocks[0].write_bytes(b"rot")
    (blocks[0].parent / ("f" * 64)).write_bytes(b"of another release")
    assert spent(follower)[0].state == "placed"


def test_what_does_not_pass_its_trial_run_is_refused_once_and_for_all(maker: Maker, follower: Follower) -> None:
    maker.publish(configuration("poll_interval_s = 3.0\n"))
    outcomes = {each.kind: each for each in follower.check(never).run()}
    assert outcomes["config"].text == "release: did not pass its trial run: it shall not"
    again = follower.look()["config"]
    assert (again.state, again.release) == ("refused", "1")
    assert follower.slots().current is None
    assert follower.look(again=True)["config"].state == "placed"


def test_a_gateways_own_configuration_comes_before_the_general_one(maker: Maker, follower: Follower) -> None:
    maker.repository.add(configuration("poll_interval_s = 9.0\n", "general"), "stable")
    maker.publish(configuration("poll_interval_s = 8.0\n", "own"), "demo.gw-01")
    assert follower.look()["config"].release == "own"


def test_one_kind_at_a_time_is_on_trial(maker: Maker, follower: Follower) -> None:
    maker.repository.add(bundle_of("code", "1", {"seguia.py": b""}), "stable")
    maker.publish(configuration("poll_interval_s = 9.0\n"))
    outcomes = follower.look()
    assert (outcomes["code"].state, outcomes["config"].state) == ("placed", "waits")
    assert follower.look()["config"].text == "waits for the trial of code to end"
    follower.settle()
    assert follower.look()["config"].state == "placed"


def test_a_release_that_was_withdrawn_goes_on_running_and_nobody_else_takes_it(
    maker: Maker, follower: Follower
) -> None:
    maker.publish(configuration("poll_interval_s = 9.0\n"))
    follower.look()
    maker.repository.withdraw("config/stable")
    maker.publish()
    assert follower.look()["config"].state == "none"
    assert follower.content() == "poll_interval_s = 9.0\n"
    with pytest.raises(ConfigurationError, match="expected one of no releases"):
        maker.repository.withdraw("config/stable")


def test_too_large_a_release_is_refused_before_it_is_fetched(maker: Maker, follower: Follower) -> None:
    follower.settings["size_limit_mb"] = 0.1
    maker.publish(bundle_of("models", "1", FIRST))
    outcome, cost = spent(follower)
    assert outcome.state == "refused"
    assert "expected at most 0.1 MB" in outcome.text
    assert cost < 10_000


def test_a_full_disk_is_told_and_what_runs_stays(
    maker: Maker, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Little:
        f_bavail, f_frsize = 10, 4096

    monkeypatch.setattr("os.statvfs", lambda _: Little)
    maker.publish(bundle_of("models", "1", FIRST))
    with pytest.raises(StoreUnavailableError, match="free space"):
        follower.look()
    assert follower.slots("models").current is None


def test_models_of_the_operators_own_are_left_alone(maker: Maker, follower: Follower, tmp_path: Path) -> None:
    maker.publish(bundle_of("models", "1", FIRST))
    config = follower.config.model_copy(update={"models_dir": tmp_path})
    tools = Tools(now=follower.now, try_out=lambda *_: None, disk=Disk())
    assert "models" not in {each.kind for each in Check(config, tools).run()}
    with pytest.raises(ConfigurationError, match=r"expected a table \[updates\]"):
        Check(config.model_copy(update={"updates": None}), tools)


def test_code_is_left_alone_where_nothing_would_start_it(maker: Maker, follower: Follower) -> None:
    maker.publish(bundle_of("code", "1", {"seguia.py": b""}))
    (follower.updates / "code" / LAUNCHED).unlink()
    assert "code" not in follower.look()
    (follower.updates / "code" / LAUNCHED).touch()
    assert follower.look()["code"].state == "placed"


def test_two_looks_at_once_do_not_meet(maker: Maker, follower: Follower) -> None:
    maker.publish(configuration("poll_interval_s = 9.0\n"))
    met: list[str] = []

    def other(_slots: Slots, _staged: Path) -> None:
        with pytest.raises(RepositoryUnavailableError) as caught:
            follower.look()
        met.append(str(caught.value))

    follower.check(other).run()
    assert len(met) == 1
    assert "another look at the repository is under way" in met[0]


def test_an_absent_repository_is_told_and_kept(maker: Maker, follower: Follower, served: Served) -> None:
    follower.url = "http://127.0.0.1:9/"
    with pytest.raises(RepositoryUnavailableError, match="cannot be reached"):
        follower.look()
    assert "cannot be reached" in read_journal(follower.updates).outcome
    follower.url = served.url
    served.mischief.status["timestamp.json"] = 503
    with pytest.raises(RepositoryUnavailableError, match="503"):
        follower.look()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_pack_that_is_not_there_is_told(status: int, maker: Maker, follower: Follower, served: Served) -> None:
    maker.publish(bundle_of("models", "1", FIRST))
    served.mischief.status[".pack"] = status
    with pytest.raises(RepositoryUnavailableError, match=f"HTTP status {status}"):
        follower.look()


def test_a_slow_pack_is_hung_up_on_and_what_came_is_kept(maker: Maker, follower: Follower, served: Served) -> None:
    maker.publish(bundle_of("models", "1", FIRST))
    follower.silence_s = 0.4
    served.mischief.slow = ".pack"
    with pytest.raises(RepositoryUnavailableError, match="broke off"):
        follower.look()


def test_a_server_that_gives_too_little_is_noticed(maker: Maker, served: Served) -> None:
    (maker.public / "short.pack").write_bytes(b"short")
    wire = Wire()
    with pytest.raises(RepositoryUnavailableError, match="expected 10 bytes from 0, got 5"):
        list(wire.part(f"{served.url}short.pack", 0, 10))
    wire.close()


def test_a_list_that_is_too_long_is_never_fetched(maker: Maker, follower: Follower) -> None:
    numbers = random.Random(3)
    files = {f"f{number}": numbers.randbytes(40) for number in range(4999)}
    bundle = bundle_of("models", "1", files)
    padded = type(bundle)(manifest=bundle.manifest, listed=bundle.listed + b"\0" * 1_000_000, pack=bundle.pack)
    maker.publish(padded)
    outcome, cost = spent(follower)
    assert outcome.state == "refused"
    assert "expected a list of at most" in outcome.text
    assert cost < 5000


def test_over_tls_the_server_is_held_to_the_named_authority(maker: Maker, follower: Follower, tmp_path: Path) -> None:
    authorities = []
    for name in ("ours", "a stranger's"):
        (tmp_path / name).mkdir()
        authorities.append(Authority(tmp_path / name))
    ours, strangers = authorities
    maker.publish(configuration("poll_interval_s = 9.0\n"))
    with release_server(maker.public, ours.issue("updates", server=True)) as server:
        follower.url = server.url
        for wrong in ({"ca_file": strangers.file}, {}):
            follower.settings = dict(wrong)
            with pytest.raises(RepositoryUnavailableError, match="certificate verify failed"):
                follower.look()
        follower.settings = {"ca_file": ours.file}
        assert follower.look()["config"].state == "placed"


def test_a_list_of_a_later_version_is_refused_with_the_way_out(maker: Maker, follower: Follower) -> None:
    bundle = configuration("poll_interval_s = 9.0\n")
    maker.publish(type(bundle)(manifest=bundle.manifest, listed=b"x\x9c\x03\x00\x00\x00\x00\x01", pack=b""))
    outcome = follower.look()["config"]
    assert outcome.state == "refused"
    assert "update the gateway's own code first" in outcome.text
    assert UpdateRefusedError.exit_code == 1
