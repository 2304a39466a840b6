import json

from edge.heartbeat import Heartbeat, ModemState, PowerState, TroubleState
from edge.home_discovery import FIGURES, Place, discovery, state

PLACE = Place(organisation="demo", gateway="gw-01", prefix="homeassistant")


def test_every_figure_that_is_described_is_told_and_the_other_way_round() -> None:
    described = discovery(PLACE, ("P1", "P 2"), "seguia 1", 180)
    told = state(Heartbeat(online=True), {"P1": True, "P 2": False})
    assert set(described["cmps"]) == set(told)
    for key, component in described["cmps"].items():
        assert component["value_template"] == f"{{{{ value_json.{key} }}}}"
        assert component["expire_after"] == 180
    assert {"P1 stressed", "P 2 stressed"} <= {one["name"] for one in described["cmps"].values()}
    json.dumps(described)


def test_names_never_meet_in_a_topic() -> None:
    keys = discovery(PLACE, ("P-1", "P_1", "P 1", "قطعة"), "", 60)["cmps"]
    assert len(keys) == len(FIGURES) + 4
    assert PLACE.discovery_topic == "homeassistant/device/seguia_gw_2d_01/config"
    assert all(key.isascii() and key.isidentifier() for key in keys)


def test_the_device_is_one_with_its_availability() -> None:
    described = discovery(PLACE, (), "seguia 1", 60)
    assert described["availability_topic"] == PLACE.availability_topic
    assert described["state_topic"] == PLACE.state_topic
    identities = [component["unique_id"] for component in described["cmps"].values()]
    assert len(set(identities)) == len(identities)
    assert described["cmps"]["battery_percent"]["unit_of_measurement"] == "%"


def test_figures_are_those_of_the_heartbeat_and_unknown_ones_are_null() -> None:
    beat = Heartbeat(
        online=True,
        queued=2,
        modem=ModemState(ready=True, signal_dbm=-70),
        power=PowerState(mode="survive", charge=0.314),
        troubles=(TroubleState(part="sim", text="no credit"),),
        trouble_count=5,
    )
    told = state(beat, {"P1": True})
    assert (told["queued"], told["modem_signal_dbm"], told["battery_percent"]) == (2, -70, 31.4)
    assert (told["power_mode"], told["troubles"], told["stress_P1"]) == ("survive", 5, "ON")
    empty = state(Heartbeat(online=True), {})
    assert empty["battery_percent"] is None
    assert empty["disk_free_mb"] is None
    assert state(Heartbeat(online=True, power=PowerState(mode="normal")), {})["battery_percent"] is None
