"""Clocks that wake up in the past, leap ahead, fall back, and who may set them right."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.belief import NEAR, RIVAL_MUST_LAST_S, Anchor, Believed, Floors, Sight, believe
from edge.clock import SOFTWARE_BORN_AT

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


def sight(wall: datetime, uptime_s: float = 100.0, *, synchronised: bool = False, boot: str = "b1") -> Sight:
    return Sight(wall=wall, uptime_s=uptime_s, boot=boot, synchronised=synchronised)


def floors(kept: datetime = SOFTWARE_BORN_AT, network: datetime | None = None, cloud: datetime | None = None) -> Floors:
    network = network or SOFTWARE_BORN_AT
    cloud = cloud or SOFTWARE_BORN_AT
    return Floors(kept=max(kept, network, cloud), network=max(network, cloud), cloud=cloud)


def test_a_clock_that_nobody_vouches_for_is_kept_where_nothing_speaks_against_it() -> None:
    believed, anchor = believe(sight(NOW), floors(NOW - timedelta(hours=1)), None)
    assert believed == Believed(NOW, "kept")
    assert not believed.sure
    assert anchor.at(100.0) == NOW


def test_a_clock_that_wakes_up_in_the_past_is_not_believed_and_time_goes_on_from_the_floor() -> None:
    woken, anchor = believe(sight(NOW - YEAR), floors(NOW), None)
    assert woken == Believed(NOW, "floor")
    later, anchor = believe(sight(NOW - YEAR + timedelta(hours=1), 3700.0), floors(NOW), anchor)
    assert later == Believed(NOW + timedelta(hours=1), "floor")
    synced, anchor = believe(sight(NOW + timedelta(days=3), 3800.0, synchronised=True), floors(NOW), anchor)
    assert synced == Believed(NOW + timedelta(days=3), "network")
    assert anchor.by == "network"


def test_a_clock_set_by_hand_above_the_floor_is_kept_again() -> None:
    _, anchor = believe(sight(NOW - YEAR), floors(NOW), None)
    believed, _ = believe(sight(NOW + timedelta(days=2), 200.0), floors(NOW), anchor)
    assert believed == Believed(NOW + timedelta(days=2), "kept")


def test_a_leap_ahead_that_nobody_vouches_for_is_not_followed_and_is_forgotten_when_the_clock_comes_back() -> None:
    _, anchor = believe(sight(NOW), floors(NOW), None)
    leapt, anchor = believe(sight(NOW + YEAR, 101.0), floors(NOW), anchor)
    assert leapt == Believed(NOW + timedelta(seconds=1), "floor")
    assert floors(NOW).told(leapt) == floors(NOW)
    back, _ = believe(sight(NOW + timedelta(seconds=2), 102.0), floors(NOW), anchor)
    assert back == Believed(NOW + timedelta(seconds=2), "kept")


def test_a_step_back_that_nobody_vouches_for_is_not_followed() -> None:
    _, anchor = believe(sight(NOW), floors(NOW - timedelta(days=1)), None)
    believed, _ = believe(sight(NOW - timedelta(hours=2), 101.0), floors(NOW - timedelta(days=1)), anchor)
    assert believed == Believed(NOW + timedelta(seconds=1), "floor")


def test_what_somebody_vouched_for_is_carried_by_the_uptime_whatever_the_clock_does() -> None:
    _, anchor = believe(sight(NOW, synchronised=True), floors(), None)
    for wall in (NOW + YEAR, NOW - YEAR, NOW + timedelta(hours=1)):
        believed, anchor = believe(sight(wall, 160.0), floors(NOW), anchor)
        assert believed == Believed(NOW + timedelta(seconds=60), "network")


def test_network_time_that_leaps_is_believed_only_when_it_lasts() -> None:
    _, anchor = believe(sight(NOW, synchronised=True), floors(), None)
    leapt, anchor = believe(sight(NOW + YEAR, synchronised=True), floors(NOW), anchor)
    assert leapt == Believed(NOW, "network")
    soon, anchor = believe(sight(NOW + YEAR, 101.0, synchronised=True), floors(NOW), anchor)
    assert soon == Believed(NOW + timedelta(seconds=1), "network")
    past_s = 100.0 + RIVAL_MUST_LAST_S
    lasting = sight(NOW + YEAR + timedelta(seconds=RIVAL_MUST_LAST_S), past_s, synchronised=True)
    believed, anchor = believe(lasting, floors(NOW), anchor)
    assert believed == Believed(lasting.wall, "network")
    assert anchor.rival is None


def test_network_time_that_comes_back_in_time_was_never_believed() -> None:
    _, anchor = believe(sight(NOW, synchronised=True), floors(), None)
    _, anchor = believe(sight(NOW + YEAR, synchronised=True), floors(NOW), anchor)
    assert anchor.rival is not None
    back, anchor = believe(sight(NOW + timedelta(seconds=5), 105.0, synchronised=True), floors(NOW), anchor)
    assert back == Believed(NOW + timedelta(seconds=5), "network")
    assert anchor.rival is None
    _, anchor = believe(sight(NOW + YEAR, 106.0, synchronised=True), floors(NOW), anchor)
    assert anchor.rival_since_s == 106.0


def test_a_floor_that_was_wrong_ahead_is_forgiven_by_network_time_but_not_below_the_cloud_s() -> None:
    poisoned = floors(NOW + YEAR, network=NOW + YEAR)
    believed, _ = believe(sight(NOW, synchronised=True), poisoned, None)
    assert believed == Believed(NOW, "network")
    assert poisoned.told(believed) == floors(NOW, network=NOW)
    by_cloud = floors(cloud=NOW + timedelta(days=1))
    refused, _ = believe(sight(NOW, synchronised=True), by_cloud, None)
    assert refused == Believed(NOW + timedelta(days=1), "floor")


def test_the_cloud_s_word_outranks_network_time_and_lowers_every_floor() -> None:
    anchor = Anchor(boot="b1", zero=NOW - timedelta(seconds=100), by="cloud")
    believed, anchor = believe(sight(NOW + YEAR, synchronised=True), floors(), anchor)
    assert believed == Believed(NOW, "cloud")
    assert floors(NOW + YEAR, network=NOW + YEAR, cloud=NOW + YEAR).told(believed) == floors(cloud=NOW)
    beyond, _ = believe(sight(NOW + YEAR, 100.0 + 2 * RIVAL_MUST_LAST_S, synchronised=True), floors(), anchor)
    assert beyond.quality == "cloud"


def test_another_start_of_the_machine_has_another_uptime() -> None:
    anchor = Anchor(boot="b1", zero=NOW, by="cloud")
    assert believe(sight(NOW, boot="b2"), floors(), anchor)[0] == Believed(NOW, "kept")
    nameless = Anchor(boot="", zero=NOW + YEAR, by="cloud")
    assert believe(sight(NOW, boot=""), floors(), nameless)[0] == Believed(NOW, "kept")


def test_a_moment_the_cloud_named_is_past_for_every_rank() -> None:
    assert floors(NOW).at_least(NOW - YEAR) == Floors(kept=NOW, network=SOFTWARE_BORN_AT, cloud=SOFTWARE_BORN_AT)
    assert floors().at_least(NOW) == Floors(kept=NOW, network=NOW, cloud=NOW)


@given(
    st.lists(
        st.tuples(st.integers(-800, 800), st.integers(1, 20_000), st.booleans(), st.booleans()),
        min_size=1,
        max_size=25,
    )
)
def test_whatever_a_clock_does_one_vouched_look_at_the_right_time_sets_it_right(
    story: list[tuple[int, int, bool, bool]],
) -> None:
    """Days of error, seconds that pass, whether a time service stands behind it, whether the machine starts anew."""
    known, anchor, uptime_s, truth, boot = floors(), None, 100.0, NOW, 0
    for days, passed_s, synchronised, restarts in story:
        truth += timedelta(seconds=passed_s)
        uptime_s = 1.0 if restarts else uptime_s + passed_s
        boot += restarts
        seen = sight(truth + timedelta(days=days), uptime_s, synchronised=synchronised, boot=f"b{boot}")
        believed, anchor = believe(seen, known, anchor)
        assert believed.at >= SOFTWARE_BORN_AT - NEAR
        known = known.told(believed)
        assert known.kept >= known.network >= known.cloud
    _, anchor = believe(sight(truth, uptime_s, synchronised=True, boot=f"b{boot}"), known, anchor)
    truth += timedelta(seconds=RIVAL_MUST_LAST_S)
    uptime_s += RIVAL_MUST_LAST_S
    believed, _ = believe(sight(truth, uptime_s, synchronised=True, boot=f"b{boot}"), known, anchor)
    known = known.told(believed)
    assert believed == Believed(truth, "network")
    assert known.kept == truth


@given(st.integers(-800, 800), st.integers(-800, 800))
def test_no_clock_without_a_witness_lowers_a_floor(first: int, second: int) -> None:
    known = floors(NOW)
    anchor: Anchor | None = None
    for number, days in enumerate((first, second)):
        believed, anchor = believe(sight(NOW + timedelta(days=days), 10.0 + number), known, anchor)
        after = known.told(believed)
        assert after.kept >= known.kept
        known = after
