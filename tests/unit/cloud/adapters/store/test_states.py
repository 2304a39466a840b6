"""Which word moves a message."""

from typing import get_args

import pytest

from cloud.adapters.store.states import FINAL, moves
from cloud.messages import Delivery

REPORTED = get_args(Delivery.model_fields["state"].annotation)
STATES = (*REPORTED, "sending")


@pytest.mark.parametrize("reported", REPORTED)
@pytest.mark.parametrize("final", sorted(FINAL))
def test_nothing_moves_a_final_state(final: str, reported: str) -> None:
    assert not moves(final, reported)


@pytest.mark.parametrize("state", STATES)
def test_only_an_attempt_under_way_goes_back_to_the_queue(state: str) -> None:
    assert moves(state, "queued") == (state == "sending")


@pytest.mark.parametrize("state", STATES)
def test_a_word_said_twice_moves_nothing(state: str) -> None:
    assert state == "sending" or not moves(state, state)


@pytest.mark.parametrize(
    ("current", "reported", "expected"),
    [
        ("queued", "expired", True),
        ("sending", "wired", True),
        ("sending", "unknown", True),
        ("unknown", "sent", True),
        ("unknown", "delivered", True),
        ("halted", "delivered", True),
        ("wired", "unknown", False),
        ("sent", "wired", False),
        ("sent", "failed", True),
        ("unknown", "halted", False),
    ],
)
def test_moves_by_hand(current: str, reported: str, *, expected: bool) -> None:
    assert moves(current, reported) is expected
