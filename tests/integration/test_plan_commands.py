"""Plans through the real commands and a real broker: made by the night, kept for who comes later. SYNTHETIC."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import subscribe

from edge.heartbeat import Heartbeat, PlanState
from edge.plan import PlanBundle
from edge.plan_seal import decode_plans, open_recipients, opening_public, sealed_for
from tests.office import DAY, NUMBER, change, cloud, furnish, new_office, store_of

if TYPE_CHECKING:
    from tests.integration.conftest import Mosquitto

OPENING_KEY = bytes(range(32))
TOPIC = "seguia/v1/office/gw-01/plan"
NOW = datetime(2026, 6, 10, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Path:
    data = new_office(tmp_path)
    furnish(data)
    return data


def plan_for(data: Path, *parcels: str, port: int | None = None) -> str:
    """Name a gateway and its parcels, and make the key; what gateways check plans with."""
    key = opening_public(OPENING_KEY).hex()
    with (data / "seguia-cloud.toml").open("a", encoding="utf-8") as file:
        file.write('\n[planning]\nsigning_key_file = "keys/plan-signing.key"\n')
        file.write(f'[planning.gateways.gw-01]\nopening_key = "{key}"\nparcels = {json.dumps(parcels)}\n')
    if port is not None:
        text = (data / "seguia-cloud.toml").read_text(encoding="utf-8")
        line = next(one for one in text.splitlines() if one.startswith("port = "))
        change(data, line, f"port = {port}")
    made = cloud("plan", "key", "--data", data)
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def retained(port: int) -> bytes:
    heard: Callable[..., Any] = subscribe.simple
    message = heard(TOPIC, hostname="127.0.0.1", port=port, qos=1)
    assert message.retain
    return bytes(message.payload)


def bundle_of(public: str, payload: bytes) -> PlanBundle:
    return decode_plans(TOPIC, payload, bytes.fromhex(public))


def test_the_key_is_made_once_and_belongs_to_its_owner(office: Path) -> None:
    first = plan_for(office, "one")
    again = cloud("plan", "key", "--data", office)
    assert again.stdout.strip() == first
    assert len(bytes.fromhex(first)) == 32
    file = office / "keys" / "plan-signing.key"
    assert file.stat().st_mode & 0o077 == 0
    assert file.read_text().strip() != first


@pytest.mark.system("mosquitto")
def test_a_night_makes_plans_and_a_gateway_that_comes_later_gets_the_newest(
    office: Path, mosquitto: "Mosquitto"
) -> None:
    public = plan_for(office, "one", "two", port=mosquitto.port)
    consent = cloud("farmer", "consent", "f1", "--data", office, "--yes", "--how", "in writing", "--by", "the office")
    done = cloud("nightly", "--data", office, "--day", DAY)
    assert "plans: 2 parcels in 1 bundles" in done.stdout, (done.stdout, done.stderr, consent.output)
    bundle = bundle_of(public, retained(mosquitto.port))
    assert {plan.parcel_id for plan in bundle.plans} == {"one", "two"}
    for plan in bundle.plans:
        (person,) = open_recipients(plan.sealed_recipients, sealed_for(plan.parcel_id, bundle.number), OPENING_KEY)
        assert (person.phone_number, person.language) == (NUMBER, "en")
    again = cloud("nightly", "--data", office, "--day", DAY)
    assert again.exit_code in {0, 1}
    assert bundle_of(public, retained(mosquitto.port)).number > bundle.number
    with store_of(office) as store:
        held = PlanState(number=bundle.number, parcels=2, until=bundle.until, refused="plan 3: ended")
        store.save_heartbeat("office", "gw-01", Heartbeat(online=True, plan=held), NOW)
    shown = cloud("plan", "show", "--data", office, "--json")
    row = json.loads(shown.stdout)
    assert (row["gateway"], row["parcels"], row["held"]) == ("gw-01", 2, bundle.number)
    assert row["made"] > row["held"]
    assert (shown.exit_code, "ended" in shown.stderr) == (1, True)
    handed = cloud("plan", "publish", "--data", office)
    assert (handed.exit_code, handed.stdout.strip()) == (0, "published 1 of 1")


def test_without_a_broker_the_night_stands_and_the_plans_are_kept(office: Path) -> None:
    plan_for(office, "one")
    done = cloud("nightly", "--data", office, "--day", DAY)
    assert done.exit_code == 1
    assert "broker" in done.stderr
    assert "messages queued" in done.stdout
    with store_of(office) as store:
        assert store.newest_plan("office", "gw-01") is not None


def test_who_may_not_be_written_to_is_in_no_plan(office: Path) -> None:
    public = plan_for(office, "one", "stranger")
    change(office, 'carrier = "spool"', 'carrier = "africastalking"\nusername = "sandbox"')
    done = cloud("nightly", "--data", office, "--day", DAY)
    assert "farmer f1 is not in it" in done.stderr, done.stderr
    assert "no such parcel" in done.stderr
    with store_of(office) as store:
        kept = store.newest_plan("office", "gw-01")
    assert kept is not None
    assert [plan.sealed_recipients for plan in bundle_of(public, kept[1]).plans] == [""]


def test_publishing_before_the_first_night_is_told(office: Path) -> None:
    plan_for(office, "one")
    done = cloud("plan", "publish", "--data", office)
    assert done.exit_code == 1
    assert "no plan was made yet" in done.stderr
    shown = cloud("plan", "show", "--data", office)
    assert shown.stdout.strip() == "gw-01: made none, held none until unknown"


def test_a_configuration_that_cannot_plan_is_refused(office: Path) -> None:
    missing = cloud("plan", "key", "--data", office)
    assert "signing_key_file" in str(missing.exception)
    with (office / "seguia-cloud.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[planning.gateways.gw-01]\nopening_key = "{"ab" * 32}"\nparcels = ["one"]\n')
    refused = cloud("plan", "show", "--data", office)
    assert "needs planning.signing_key_file" in str(refused.exception)
    with (office / "seguia-cloud.toml").open("a", encoding="utf-8") as file:
        file.write(f'[planning.gateways.gw-02]\nopening_key = "{"ab" * 32}"\nparcels = ["one"]\n')
    change(office, "\n[planning.gateways.gw-01]", '\n[planning]\nsigning_key_file = "k"\n[planning.gateways.gw-01]')
    twice = cloud("plan", "show", "--data", office)
    assert "named twice" in str(twice.exception)


def test_a_spoiled_key_is_named_and_costs_the_plans_alone(office: Path) -> None:
    plan_for(office, "one")
    (office / "keys" / "plan-signing.key").write_text("no key")
    done = cloud("nightly", "--data", office, "--day", DAY)
    assert done.exit_code == 1
    assert "64 hex digits" in done.stderr
    assert "messages queued" in done.stdout
