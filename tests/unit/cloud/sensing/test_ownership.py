"""Whose instruments are believed of a parcel: its own gateways', and a stranger's never."""

from datetime import timedelta

import pytest

from cloud.config import CloudConfig
from cloud.sensing.ownership import Owners
from cloud.sensing.sensed import Sensed, SensorName
from cloud.sensing.taking import take_readings
from tests.instruments import METER, MIDNIGHT, counts, parcel
from tests.instruments_double import Instrumented

NOW = MIDNIGHT + timedelta(days=1)
P = parcel().id


def spoken_by(gateway: str, organisation: str | None = None) -> list[Sensed]:
    name = SensorName(organisation or METER.organisation, gateway, "forged")
    readings = counts([0, 100, 200, 200])
    return [Sensed(name=name, reading=one.reading, at=one.at) for one in readings]


def taken(owners: Owners, *readings: Sensed) -> tuple[float, tuple[str, ...]]:
    store = Instrumented()
    store.sensed_here = list(readings)
    notes = take_readings(store, (parcel(),), NOW, owners)
    return sum(one.depth_mm or 0.0 for one in store.metered), notes


def test_another_gateway_waters_nobodys_parcel() -> None:
    owners = Owners(organisation=METER.organisation, gateways={P: (METER.gateway,)})
    depth_mm, notes = taken(owners, *counts([0, 100, 200, 200]), *spoken_by("gw-of-another-farm"))
    assert depth_mm == taken(owners, *counts([0, 100, 200, 200]))[0] > 0
    stranger = f"instruments of gateway {METER.organisation}/gw-of-another-farm: speak of parcel {P!r}"
    assert notes == (f"{stranger}, which is not theirs; not used (name them in [sensing] gateways if they are)",)


def test_another_organisation_is_not_believed_even_where_nobody_is_named() -> None:
    depth_mm, notes = taken(Owners(organisation=METER.organisation), *spoken_by(METER.gateway, "elsewhere"))
    assert depth_mm == 0
    assert "elsewhere/" in notes[0]


def test_two_gateways_of_one_parcel_are_told_where_nobody_is_named() -> None:
    owners = Owners(organisation=METER.organisation)
    _, notes = taken(owners, *counts([0, 100, 200, 200]), *spoken_by("gw-77"))
    assert notes == (
        f"parcel {P}: instruments of gateways gw-01, gw-77 speak of it; name its own in [sensing] gateways",
    )


def test_the_gateway_that_advises_a_parcel_measures_it_unless_others_are_named() -> None:
    planned = {"signing_key_file": "k", "gateways": {"gw-01": {"opening_key": "ab" * 32, "parcels": ["P1", "P2"]}}}
    content = {"organisation": "office", "planning": planned, "sensing": {"gateways": {"P2": ["gw-01", "gw-02"]}}}
    owners = CloudConfig.model_validate(content).owners
    assert owners == Owners(organisation="office", gateways={"P1": ("gw-01",), "P2": ("gw-01", "gw-02")})


@pytest.mark.parametrize("gateways", [{}, {P: (METER.gateway,)}])
def test_the_own_gateway_is_believed_without_a_word(gateways: dict[str, tuple[str, ...]]) -> None:
    depth_mm, notes = taken(Owners(organisation=METER.organisation, gateways=gateways), *counts([0, 100, 200, 200]))
    assert depth_mm > 0
    assert notes == ()
