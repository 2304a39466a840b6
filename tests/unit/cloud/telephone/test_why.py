from typing import Any

import pytest

from cloud.records import Evidence, Quantiles
from cloud.speech.catalogue import catalogue
from cloud.telephone.why import why
from tests.spoken import NO_DOSE, verdict

WAIT: dict[str, Any] = {"action": "wait", **NO_DOSE}
THIRSTY = catalogue("en").text("reason.stress_expected")
WET = Quantiles(p10=-9, p50=-3, p90=0.2)
DRY = Quantiles(p10=30, p50=41.4, p90=50)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"depletion_mm": DRY}, THIRSTY + " The soil lacks 41 mm of water."),
        ({"stress_probability_if_ignored": 0.066}, THIRSTY + " Without water, 7% risk of thirst."),
        (WAIT | {"reason_code": "soil_has_water", "stress_probability_if_ignored": 0.2}, "The soil has enough water."),
        (
            WAIT | {"reason_code": "turn_not_now", "depletion_mm": DRY},
            "It is not your water turn. The soil lacks 41 mm of water.",
        ),
        (WAIT | {"reason_code": "rain_expected"}, "Rain is expected."),
        (
            WAIT | {"reason_code": "rain_expected", "evidence": (Evidence(kind="forecast_rain_mm", value=17.6),)},
            "Rain expected: 18 mm.",
        ),
        (
            WAIT | {"reason_code": "rain_expected", "evidence": (Evidence(kind="forecast_rain_mm", value=0.2),)},
            "Rain is expected.",
        ),
        (WAIT | {"reason_code": "a_reason_of_tomorrow", "depletion_mm": DRY}, "The soil lacks 41 mm of water."),
        (WAIT | {"reason_code": "a_reason_of_tomorrow"}, "Ask your agronomist why."),
        (
            WAIT | {"reason_code": "unheard", "depletion_mm": WET},
            "Ask your agronomist why.",
        ),
    ],
)
def test_the_reason_is_what_the_record_says(changed: dict[str, Any], told: str) -> None:
    assert why(catalogue("en"), verdict(**changed)) == told


@pytest.mark.parametrize("decision", ["hold", "block"])
def test_nothing_is_explained_before_a_person_has_looked(decision: str) -> None:
    assert why(catalogue("en"), verdict(decision, depletion_mm=DRY)) == "An agronomist is checking."
