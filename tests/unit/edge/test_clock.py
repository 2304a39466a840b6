from datetime import UTC, datetime, timedelta

from edge.clock import SOFTWARE_BORN_AT, Clock, clock_doubt, utc_now


def test_a_clock_after_the_softwares_birth_is_believed() -> None:
    assert clock_doubt(SOFTWARE_BORN_AT) is None


def test_a_gateway_that_woke_up_in_1970_is_not_believed_and_says_the_way_out() -> None:
    doubt = clock_doubt(datetime(1970, 1, 1, 0, 1, tzinfo=UTC))
    assert doubt is not None
    assert "expected 2026-01-01" in doubt
    assert "got 1970-01-01 00:01" in doubt
    assert "time server" in doubt


def test_time_may_not_run_back_behind_what_was_written_down() -> None:
    known = datetime(2026, 7, 1, tzinfo=UTC)
    assert clock_doubt(known - timedelta(minutes=4), known) is None
    assert clock_doubt(known - timedelta(minutes=6), known) is not None


def test_the_systems_clock_is_aware_and_monotonic() -> None:
    clock = Clock()
    assert utc_now().tzinfo is UTC
    assert clock.monotonic_s() <= clock.monotonic_s()
