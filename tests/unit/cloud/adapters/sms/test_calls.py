"""Telephones made to ring through the official SDK, and whatever the carrier may answer."""

import json
import socket

import pytest

from cloud.adapters.sms.answers import Answer
from cloud.adapters.sms.calls import AfricasTalkingCalls, CallAccount, read_call
from cloud.dispatch.carrier import OutcomeKind
from cloud.errors import ConfigurationError
from simulations.carrier.exchange import Step
from simulations.carrier.switchboard import Switchboard

NUMBER = "+212612345678"
NOWHERE = "http://127.0.0.1:9/telephone/x"


def calls(url: str, key: str = "stand-in") -> AfricasTalkingCalls:
    account = CallAccount(username="sandbox", api_key=key, number="+212500000000", base_url=url, timeouts_s=(1.0, 2.0))
    return AfricasTalkingCalls(account)


def test_a_call_is_asked_for_with_its_numbers_and_named_by_the_carrier() -> None:
    with Switchboard(NOWHERE) as board:
        board.will_press(NUMBER)
        outcome = calls(board.url).place(NUMBER)
    assert (outcome.kind, outcome.carrier_id) == ("accepted", "ATVId_212612345678_1")
    assert len(board.calls[NUMBER]) == 1


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (Step(http=500, body="oops"), "retry"),
        (Step(http=401, body="The supplied authentication is invalid"), "halt"),
        (Step(http=302), "halt"),
        (Step(http=200, body="<html>"), "unknown"),
        (Step(cut_to=20), "unknown"),
        (Step(drop="after"), "unknown"),
    ],
)
def test_only_what_surely_did_not_ring_may_be_called_again(step: Step, kind: OutcomeKind) -> None:
    with Switchboard(NOWHERE) as board:
        board.will_press(NUMBER)
        board.plan.append(step)
        assert calls(board.url).place(NUMBER).kind == kind


def test_a_wrong_key_and_a_number_that_nobody_has() -> None:
    with Switchboard(NOWHERE) as board:
        assert calls(board.url, key="wrong").place(NUMBER).kind == "halt"
        nobody = calls(board.url).place(NUMBER)
    assert (nobody.kind, nobody.reason) == ("rejected", "InvalidPhoneNumber")


def test_a_service_that_is_away_is_asked_again_later() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert calls(f"http://127.0.0.1:{closed.getsockname()[1]}").place(NUMBER).kind == "retry"


@pytest.mark.parametrize("url", ["http://sms.example:80", "https://127.0.0.1.example", "http://127.0.0.1.example:80"])
def test_the_key_leaves_for_no_other_address(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^telephone\.base_url: expected a stand-in on this machine"):
        calls(url)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"entries": [{"status": "Queued", "sessionId": "s"}], "errorMessage": "None"}, "accepted"),
        ({"entries": [{"status": "DestinationNotSupported"}], "errorMessage": "None"}, "rejected"),
        ({"entries": [{"status": "InsufficientBalance"}]}, "halt"),
        ({"entries": [], "errorMessage": "InsufficientBalance"}, "halt"),
        ({"entries": [], "errorMessage": "Invalid callerId: " + NUMBER}, "rejected"),
        ({"entries": [{"status": "Teleported"}]}, "unknown"),
        ({"entries": []}, "unknown"),
        ({"entries": [None]}, "unknown"),
        ({"entries": 7}, "unknown"),
        ([], "unknown"),
    ],
)
def test_each_documented_answer_has_its_meaning(content: object, kind: OutcomeKind) -> None:
    outcome = read_call(Answer(status=200, text=json.dumps(content)), NUMBER)
    assert outcome.kind == kind
    assert NUMBER not in (outcome.reason or "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:80@calls.example", "http://localhost:x@calls.example/"])
def test_the_key_goes_to_no_host_behind_the_name_of_this_machine(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^telephone\.base_url: expected a stand-in on this machine"):
        calls(url)
