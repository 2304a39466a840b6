"""Every attack that The Update Framework names, over real HTTP: nothing tampered, old or cut ever runs."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.signer._crypto_signer import CryptoSigner

from edge.errors import ConfigurationError, EdgeError, RepositoryUnavailableError, UpdateRefusedError
from edge.updates.bundle import BLOCK_BYTES, bundle_of
from models.release.repository import ReleaseRepository
from tests.release_server import Served, release_server
from tests.release_world import NOON, Follower, Maker, configuration, new_keys

OLD, NEW = "poll_interval_s = 3.0\n", "poll_interval_s = 4.0\n"


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


def state_of(maker: Maker, folder: Path) -> Path:
    """A copy of all that is public now, as an attacker keeps it."""
    return Path(shutil.copytree(maker.public, folder))


def put_back(maker: Maker, kept: Path) -> None:
    shutil.rmtree(maker.public)
    shutil.copytree(kept, maker.public)


def first_release(maker: Maker, follower: Follower) -> None:
    maker.publish(configuration(OLD))
    assert follower.look()["config"].state == "placed"
    follower.settle()
    assert follower.content() == OLD


def refused(follower: Follower) -> str:
    """The word of refusal; what runs is what ran."""
    with pytest.raises(UpdateRefusedError) as caught:
        follower.look()
    assert follower.content() == OLD
    return str(caught.value)


def test_an_honest_release_runs(maker: Maker, follower: Follower) -> None:
    first_release(maker, follower)
    maker.publish(configuration(NEW, "2"))
    outcome = follower.look()["config"]
    assert (outcome.state, outcome.release) == ("placed", "2")
    assert follower.content() == NEW


def test_arbitrary_installation_a_list_of_a_stranger(maker: Maker, follower: Follower, served: Served) -> None:
    first_release(maker, follower)
    stranger = Maker(follower.folder / "stranger").begin()
    stranger.publish(configuration(NEW))
    stranger.publish(configuration(NEW))
    for path in (stranger.public / "metadata").iterdir():
        served.mischief.instead[f"/{path.name}"] = path.read_bytes()
    assert "not signed by enough of the keys" in refused(follower)


def test_arbitrary_installation_another_list_under_a_signed_name(
    maker: Maker, follower: Follower, served: Served
) -> None:
    first_release(maker, follower)
    maker.publish(configuration(NEW, "2"))
    forged = configuration("poll_interval_s = 3600.0\n", "2")
    for each in (maker.public / "targets" / "config").glob("*.stable"):
        each.write_bytes(forged.listed)
    outcome = follower.look()["config"]
    assert outcome.state == "refused"
    assert "not what its signed description says" in outcome.text or "more bytes" in outcome.text
    assert follower.content() == OLD


def test_arbitrary_installation_other_bytes_in_a_signed_pack(maker: Maker, follower: Follower) -> None:
    first_release(maker, follower)
    maker.publish(configuration(NEW, "2"))
    for pack in (maker.public / "targets" / "config").glob("*.pack"):
        pack.write_bytes(bytes(byte ^ 1 for byte in pack.read_bytes()))
    outcome = follower.look()["config"]
    assert outcome.state == "refused"
    assert follower.content() == OLD
    assert follower.slots().refused() == (), "whoever spoils bytes on the way must not bar a release for good"


def test_rollback_the_whole_repository_of_yesterday(maker: Maker, follower: Follower, tmp_path: Path) -> None:
    maker.publish(configuration(NEW, "0"))
    yesterday = state_of(maker, tmp_path / "yesterday")
    first_release(maker, follower)
    put_back(maker, yesterday)
    assert "older than" in refused(follower)


def test_rollback_an_old_list_under_a_new_timestamp(maker: Maker, follower: Follower, tmp_path: Path) -> None:
    """Whoever holds the publishing machine's keys offers the list of an earlier day."""
    maker.publish(configuration(NEW, "0"))
    old = ReleaseRepository(maker.folder, maker.now).targets(staged=False).version
    first_release(maker, follower)
    for path in (maker.public / "metadata").glob("*.targets.json"):
        if int(path.name.split(".")[0]) > old:
            path.unlink()
    maker.repository.publish(maker.keys["snapshot"], maker.keys["timestamp"])
    assert "older than" in refused(follower)


def test_freeze_the_same_answers_for_ever(maker: Maker, follower: Follower) -> None:
    first_release(maker, follower)
    follower.now = NOON + timedelta(days=8)
    assert "out of date" in refused(follower)


def test_freeze_with_a_clock_that_woke_up_in_the_past(maker: Maker, follower: Follower, tmp_path: Path) -> None:
    """The clock says 2026-11-22 again; what was verified since vouches for a later day."""
    first_release(maker, follower)
    kept = state_of(maker, tmp_path / "kept")
    maker.now = NOON + timedelta(days=30)
    maker.publish()
    follower.now = NOON + timedelta(days=30, hours=1)
    follower.look()
    shutil.rmtree(follower.updates / "metadata")  # even where the disk lost all that was seen
    put_back(maker, kept)
    follower.now = NOON + timedelta(hours=2)
    assert "out of date" in refused(follower)


def test_mix_and_match_parts_of_two_days(maker: Maker, follower: Follower, served: Served, tmp_path: Path) -> None:
    first_release(maker, follower)
    before = maker.repository.targets(staged=False).version
    maker.publish(configuration(NEW, "2"))
    older = maker.metadata(f"{before}.targets.json").read_bytes()
    served.mischief.instead[f"/{before + 1}.targets.json"] = older
    assert "another state" in refused(follower)


def test_mix_and_match_a_snapshot_that_the_timestamp_does_not_name(
    maker: Maker, follower: Follower, served: Served
) -> None:
    first_release(maker, follower)
    before = max(int(path.name.split(".")[0]) for path in (maker.public / "metadata").glob("*.snapshot.json"))
    older = maker.metadata(f"{before}.snapshot.json").read_bytes()
    maker.publish(configuration(NEW, "2"))
    served.mischief.instead[f"/{before + 1}.snapshot.json"] = older
    assert "not what its signed description says" in refused(follower)


@pytest.mark.parametrize("which", ["/timestamp.json", "snapshot.json", "targets.json", ".root.json"])
def test_endless_data_in_metadata_is_cut_off(which: str, maker: Maker, follower: Follower, served: Served) -> None:
    first_release(maker, follower)
    maker.repository.renew("root")
    maker.publish(configuration(NEW, "2"))
    served.mischief.endless = which
    with pytest.raises(EdgeError, match="more bytes than its description allows"):
        follower.look()
    check = follower.check()
    with pytest.raises(EdgeError):
        check.run()
    assert check.spent < 600_000
    assert follower.content() == OLD


def test_endless_data_in_a_pack_is_read_no_further_than_asked(maker: Maker, follower: Follower, served: Served) -> None:
    first_release(maker, follower)
    maker.publish(configuration(NEW, "2"))
    served.mischief.endless = ".pack"
    check = follower.check()
    assert {each.kind: each.state for each in check.run()}["config"] == "refused"
    assert check.spent < 20_000
    assert follower.content() == OLD


def test_slow_retrieval_is_hung_up_on(maker: Maker, follower: Follower, served: Served) -> None:
    first_release(maker, follower)
    follower.silence_s = 0.5
    served.mischief.slow = "/timestamp.json"
    with pytest.raises(RepositoryUnavailableError, match="less than 250 bytes a second"):
        follower.look()
    assert follower.content() == OLD


def test_extraneous_dependencies_nothing_is_taken_that_the_list_does_not_name(maker: Maker, follower: Follower) -> None:
    """A release names what must be installed; a gateway never fetches it from elsewhere."""
    first_release(maker, follower)
    maker.publish(bundle_of("config", "2", {"gateway.toml": NEW.encode()}, {"evil": "1.0"}))
    follower.version_of = lambda _: None
    outcome = follower.look()["config"]
    assert outcome.state == "refused"
    assert "expected evil 1.0 or later, got none" in outcome.text
    assert follower.content() == OLD


def test_key_compromise_one_root_key_makes_no_root(maker: Maker, follower: Follower, tmp_path: Path) -> None:
    first_release(maker, follower)
    thief = CryptoSigner.generate_ed25519()
    stolen = maker.keys["root"][0]
    repository = maker.repository
    repository.rotate("targets", [thief.public_key], [], None)
    repository.sign(stolen)
    root = tmp_path / "repository" / "staged" / "root.json"
    shutil.copy(root, maker.metadata("2.root.json"))
    assert "not signed by enough of the keys" in refused(follower)


def test_key_compromise_the_publishing_machine_can_install_nothing(maker: Maker, follower: Follower) -> None:
    """Snapshot and timestamp keys are online: stolen, they sign no list of releases."""
    first_release(maker, follower)
    repository = maker.repository
    repository.add(configuration(NEW, "2"), "stable")
    for online in (*maker.keys["snapshot"], *maker.keys["timestamp"]):
        assert repository.sign(online) == ()
    staged = maker.folder / "staged" / "targets.json"
    version = json.loads(staged.read_bytes())["signed"]["version"]
    shutil.copy(staged, maker.metadata(f"{version}.targets.json"))
    staged.unlink()
    repository.publish(maker.keys["snapshot"], maker.keys["timestamp"])
    assert "not signed by enough of the keys" in refused(follower)


def test_key_compromise_a_stolen_key_is_revoked_by_rotation(maker: Maker, follower: Follower) -> None:
    first_release(maker, follower)
    stolen = maker.keys["targets"][0]
    fresh = CryptoSigner.generate_ed25519()
    maker.repository.rotate("targets", [fresh.public_key], [stolen.public_key.keyid], None)
    maker.keys["targets"] = [fresh]
    maker.publish()
    follower.look()
    thief = Maker(maker.folder, {**maker.keys, "targets": [stolen]})
    thief.repository.add(configuration(NEW, "2"), "stable")
    assert thief.repository.sign(stolen) == ()
    with pytest.raises(UpdateRefusedError, match="0 of 1 signatures"):
        thief.repository.publish(maker.keys["snapshot"], maker.keys["timestamp"])
    maker.publish(configuration(NEW, "2"))
    assert follower.look()["config"].state == "placed"


def test_a_threshold_of_people_must_sign_a_list(tmp_path: Path) -> None:
    keys = new_keys()
    keys["targets"] = [CryptoSigner.generate_ed25519() for _ in range(2)]
    maker = Maker(tmp_path / "repository", keys)
    maker.repository.create({role: tuple(each) for role, each in keys.items()}, {"root": 2, "targets": 2})
    maker.repository.add(configuration(NEW), "stable")
    maker.repository.sign(keys["targets"][0])
    assert maker.repository.lacking() == ("targets 2: 1 of 2 signatures by root 1",)
    with pytest.raises(UpdateRefusedError, match="1 of 2 signatures"):
        maker.repository.publish(keys["snapshot"], keys["timestamp"])
    maker.repository.sign(keys["targets"][1])
    maker.repository.publish(keys["snapshot"], keys["timestamp"])
    assert maker.repository.lacking() == ()


def test_a_wrong_root_trusts_nothing(maker: Maker, follower: Follower, tmp_path: Path) -> None:
    maker.publish(configuration(NEW))
    stranger = Maker(tmp_path / "stranger").begin()
    shutil.copy(stranger.metadata("1.root.json"), follower.root)
    with pytest.raises(UpdateRefusedError, match="not signed by enough"):
        follower.look()
    assert follower.content() is None


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b'{"signed": {"_type": "root"}, "signatures": []}'])
def test_a_damaged_trusted_root_is_named(content: bytes, maker: Maker, follower: Follower) -> None:
    follower.root.write_bytes(content)
    with pytest.raises(UpdateRefusedError, match="refused"):
        follower.look()


def test_no_trusted_root_is_told_with_the_way_out(maker: Maker, follower: Follower) -> None:
    follower.root.unlink()
    with pytest.raises(ConfigurationError, match="copy metadata/1"):
        follower.look()


def test_the_root_may_change_all_its_keys_step_by_step(maker: Maker, follower: Follower) -> None:
    first_release(maker, follower)
    for _ in range(3):
        fresh = CryptoSigner.generate_ed25519()
        gone = maker.keys["root"][0]
        maker.repository.rotate("root", [fresh.public_key], [gone.public_key.keyid], None)
        maker.keys["root"].append(fresh)
        maker.sign()
        maker.repository.publish(maker.keys["snapshot"], maker.keys["timestamp"])
        maker.keys["root"] = maker.keys["root"][1:]
    maker.publish(configuration(NEW, "2"))
    assert follower.look()["config"].state == "placed"
    assert follower.content() == NEW


def test_fast_forward_is_recovered_from_by_new_keys(maker: Maker, follower: Follower) -> None:
    """A stolen online key signed a version far ahead; new keys of these roles let honest versions count again."""
    first_release(maker, follower)
    honest = maker.metadata("timestamp.json").read_bytes()
    far = json.loads(honest)
    from tuf.api.metadata import Metadata  # noqa: PLC0415

    ahead = Metadata.from_bytes(honest)
    ahead.signed.version = 1_000_000
    ahead.sign(maker.keys["timestamp"][0])
    ahead.to_file(str(maker.metadata("timestamp.json")))
    follower.look()
    maker.metadata("timestamp.json").write_bytes(honest)
    assert "older than" in refused(follower)
    assert far["signed"]["version"] < 1_000_000
    for role in ("snapshot", "timestamp"):
        fresh = CryptoSigner.generate_ed25519()
        maker.repository.rotate(role, [fresh.public_key], [maker.keys[role][0].public_key.keyid], None)
        maker.keys[role] = [fresh]
    maker.publish(configuration(NEW, "2"))
    assert follower.look()["config"].state == "placed"
    assert follower.content() == NEW


def test_a_redirect_is_not_followed(maker: Maker, follower: Follower, served: Served) -> None:
    first_release(maker, follower)
    served.mischief.redirect = "http://127.0.0.1:9/timestamp.json"
    with pytest.raises(RepositoryUnavailableError, match="got 302"):
        follower.look()
    assert follower.content() == OLD


def test_a_truncated_pack_is_never_activated_and_goes_on_later(
    maker: Maker, follower: Follower, served: Served
) -> None:
    first_release(maker, follower)
    body = "".join(f"# {number * 7919 % 100_003}\n" for number in range(20_000)) + NEW
    maker.publish(configuration(body, "2"))
    served.mischief.cut_after = 3 * BLOCK_BYTES // 2
    with pytest.raises(RepositoryUnavailableError, match="broke off"):
        follower.look()
    assert follower.content() == OLD
    served.mischief.cut_after = None
    outcome = follower.look()["config"]
    assert outcome.fetched is not None
    assert outcome.fetched.kept >= 1
    assert follower.content() == body
