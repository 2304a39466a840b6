"""The flow of a parcel's own equipment."""

import pytest

from cloud.delivery import own_flow_m3_h
from tests.synthetic_season import parcel


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ({}, None),
        ({"flow_m3_h": 30.0}, 30.0),
        ({"emitters_per_ha": 4000.0, "emitter_flow_l_h": 2.0}, 16.0),
        ({"emitters_per_ha": 4000.0, "emitter_flow_l_h": 2.0, "flow_m3_h": 12.0}, 12.0),
        ({"emitters_per_ha": 4000.0}, None),
        ({"emitter_flow_l_h": 2.0}, None),
    ],
)
def test_a_flow_that_is_given_counts_else_the_emitters_together(
    system: dict[str, float], expected: float | None
) -> None:
    assert own_flow_m3_h(parcel(area_ha=2.0, irrigation={"method": "drip", **system})) == expected
