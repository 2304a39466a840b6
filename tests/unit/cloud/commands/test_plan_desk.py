"""A night's plans cost nothing but the plans, whatever goes wrong with them."""

from types import SimpleNamespace
from typing import Any

import pytest

from cloud.commands import plan_desk
from cloud.commands.plan_desk import plan_night
from cloud.errors import InputError
from edge.errors import ContractError
from tests.plan_world import MADE_AT


@pytest.mark.parametrize("error", [InputError("no key"), ContractError("plan: expected at most 300 kB, got 400")])
def test_plans_that_cannot_be_made_or_encoded_are_told_and_end_no_night(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(plan_desk, "_planned", fail)
    nothing: Any = None
    config: Any = SimpleNamespace(planning=SimpleNamespace(gateways={"gw-01": None}))
    assert plan_night(nothing, config, nothing, now=MADE_AT).problems == (str(error),)
