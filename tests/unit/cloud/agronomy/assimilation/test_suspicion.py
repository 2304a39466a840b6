from datetime import UTC, datetime

import numpy as np
import pytest

from cloud.agronomy.assimilation.readings import Batch, batches
from cloud.agronomy.assimilation.suspicion import (
    blame,
    diagnose,
    distrust,
    impossible,
    remember_share,
    remember_tiny,
    still,
    suspects,
    unrelieved,
    words_of,
)
from cloud.agronomy.assimilation.trust import (
    Key,
    Mark,
    Trusts,
    footing_of,
    keys_of,
    remember,
    remember_jump,
    remember_lean,
    remember_offset,
)
from cloud.records import Observation

DAY = 19_800
AT = datetime(2024, 3, 18, 12, tzinfo=UTC)
NOTHING = np.zeros(1)


def batch(value: float, kind: str = "soil_water_fraction", sigma: float = 0.02, source: str = "probe") -> Batch:
    seen = Observation.model_validate(
        {"parcel_id": "a", "observed_at": AT, "kind": kind, "value": value, "sigma": sigma, "source": source}
    )
    (found,) = batches([(0, seen)])
    return found


def known(trusts: Trusts, key: Key = ("a", "soil_water_fraction", "probe", "")) -> np.ndarray:
    return trusts.places([key])


def test_sources_are_known_by_parcel_kind_name_and_layer() -> None:
    layers = [
        Observation.model_validate(
            {
                "parcel_id": "a",
                "observed_at": AT,
                "kind": "soil_water_fraction",
                "value": 0.2,
                "sigma": 0.02,
                "source": "probe",
                "depth_from_m": 0.1,
                "depth_to_m": 0.3,
            }
        )
    ]
    assert keys_of(["a"], batches([(0, layers[0])])[0]) == [("a", "soil_water_fraction", "probe", "0.10-0.30")]
    assert keys_of(["a"], batch(0.2)) == [("a", "soil_water_fraction", "probe", "")]


def test_a_new_source_is_trusted_and_odd_readings_count_against_it() -> None:
    trusts = Trusts()
    place = known(trusts)
    assert trusts.odd_probability(place) == pytest.approx(0.03)
    for faulty in (1.0, 1.0):
        remember(trusts, place, batch(0.2), DAY, (np.array([faulty]), np.array([0.2])))
    # count 1.93, odd 1.93: (0.03 x 8 + 1.93) / (8 + 1.93)
    assert trusts.odd_probability(place) == pytest.approx(2.17 / 9.93)
    for _ in range(60):
        remember(trusts, place, batch(0.2), DAY, (NOTHING, np.array([0.2])))
    assert trusts.odd_probability(place) < 0.03


def test_the_record_grows_and_keeps_what_it_holds() -> None:
    trusts = Trusts()
    first = known(trusts)
    trusts.table[first, Mark.ODD] = 0.5
    keys: list[Key] = [("a", "cwsi", f"s{number}", "") for number in range(100)]
    places = trusts.places(keys)
    assert places.tolist() == list(range(1, 101))
    assert len(trusts.table) >= 101
    assert trusts.table[first, Mark.ODD] == 0.5
    assert np.isnan(trusts.table[places, Mark.OFFSET]).all()
    assert trusts.places(keys[:2]).tolist() == [1, 2]


def test_what_is_remembered_is_kept_as_text_by_parcel() -> None:
    trusts = Trusts()
    places = trusts.places([("a", "cwsi", "irt", ""), ("b", "told", "meter", ""), ("a", "told", "reply", "")])
    trusts.table[places, Mark.BIAS] = 0.1, 1.0 / 3.0, -2.0
    texts = trusts.texts(["a", "b", "c"])
    assert texts[2] == ""
    again = Trusts.from_texts(["a", "b", "c"], texts)
    assert set(again.rows) == set(trusts.rows)
    for key, row in again.rows.items():
        assert np.array_equal(again.table[row], trusts.table[trusts.rows[key]], equal_nan=True)
    assert Trusts.from_texts(["a"], np.array([""], dtype=object)).rows == {}


def test_a_source_is_compared_with_its_own_last_reading() -> None:
    trusts, fresh, drift = Trusts(), np.array([0.05**2]), np.array([0.005**2])
    place = known(trusts)
    offset, variance, telling = footing_of(trusts, place, batch(0.2), fresh, drift)
    assert (offset[0], telling[0]) == (0.0, 0.0)
    assert variance == pytest.approx(fresh)
    remember_offset(trusts, place, NOTHING, np.array([0.03]))
    offset, variance, telling = footing_of(trusts, place, batch(0.25), fresh, drift)
    assert (offset[0], telling[0]) == (0.03, 1.0)
    # 0.7 of the stated 0.02, and the drift.
    assert variance == pytest.approx(0.014**2 + 0.005**2)
    remember_jump(trusts, place, np.ones(1), np.array([0.05]), variance)
    # Six times the prior and one square, of 9 variances at most.
    assert footing_of(trusts, place, batch(0.25), fresh, drift)[1] == pytest.approx(15.0 / 7.0 * variance)


def test_a_faulty_reading_moves_no_offset() -> None:
    trusts = Trusts()
    place = known(trusts)
    remember_offset(trusts, place, np.ones(1), np.array([0.2]))
    assert np.isnan(trusts.table[place, Mark.OFFSET]).all()
    remember_offset(trusts, place, NOTHING, np.array([0.02]))
    remember_offset(trusts, place, np.ones(1), np.array([0.2]))
    assert trusts.table[place, Mark.OFFSET] == pytest.approx(0.02)


def test_a_camera_tells_of_relief_only_after_thirst() -> None:
    trusts = Trusts()
    place = known(trusts, ("a", "cwsi", "irt", ""))
    for seen, expected in ((0.0, 0.05), (0.3, 0.5), (0.9, 1.0)):
        trusts.table[place, Mark.SEEN] = seen
        telling = footing_of(trusts, place, batch(0.1, "cwsi"), np.ones(1), NOTHING)[2]
        assert telling == pytest.approx(expected)


@pytest.mark.parametrize(("value", "found"), [(0.02, 1.0), (0.059, 1.0), (0.065, 0.0), (0.2, 0.0)])
def test_a_probe_in_air_reads_less_than_any_soil_holds(value: float, found: float) -> None:
    assert impossible(batch(value), np.array([0.15]))[0] == found
    assert impossible(batch(value, "stress_index"), np.array([0.15]))[0] == 0.0


def test_a_sandy_soil_may_read_little() -> None:
    assert impossible(batch(0.04), np.array([0.06]))[0] == 0.0


def test_a_number_that_stands_still_while_it_should_move() -> None:
    trusts = Trusts()
    place = known(trusts)
    found = [still(trusts, place, batch(0.2 + wobble), np.array([0.02])) for wobble in (0.0, 0.0005, 0.0, -0.0005)]
    assert [flag[0] for flag, _ in found] == [0.0, 0.0, 0.0, 1.0]
    likely = [float(chance[0]) for _, chance in found]
    assert likely[0] == 0.0
    assert likely == sorted(likely)
    assert still(trusts, place, batch(0.22), np.array([0.02]))[0][0] == 0.0
    assert trusts.table[place, Mark.STILL] == 1.0


def test_a_number_may_stand_still_where_nothing_is_expected_to_move() -> None:
    trusts = Trusts()
    place = known(trusts)
    calm = [still(trusts, place, batch(0.2), np.array([0.0005])) for _ in range(30)]
    assert calm[-1][0][0] == 0.0
    assert calm[-1][1][0] < 0.5
    camera = known(trusts, ("a", "stress_index", "camera", ""))
    for _ in range(6):
        found = still(trusts, camera, batch(0.0, "stress_index"), np.array([0.3]))
        assert [float(one[0]) for one in found] == [0.0, 0.0]


def test_stress_that_water_does_not_relieve() -> None:
    trusts = Trusts()
    place = known(trusts, ("a", "stress_index", "camera", ""))
    sees = [
        unrelieved(trusts, place, batch(0.7, "stress_index"), np.array([days]), np.array([2.0]))[0]
        for days in (1.0, 9.0, 2.0, 3.0)
    ]
    assert sees == [0.0, 0.0, 0.0, 1.0]
    assert unrelieved(trusts, place, batch(0.1, "stress_index"), np.ones(1), np.array([-1.0]))[0] == 0.0
    assert unrelieved(trusts, place, batch(0.2), np.ones(1), np.ones(1))[0] == 0.0


def lean(trusts: Trusts, place: np.ndarray, told: tuple[float, float], readings: int = 60) -> None:
    """Readings that lie by so many standard errors from what is expected, with told water and without."""
    for number in range(readings):
        watered = number % 2 == 0
        by = np.array([told[0] if watered else told[1]])
        remember(trusts, place, batch(0.3), DAY, (NOTHING, np.array([0.2])))
        remember_lean(trusts, place, by, by, np.array([watered]))


@pytest.mark.parametrize(
    ("told", "fault", "blamed"),
    [
        ((0.6, 0.6), "drifts", 0.0),
        ((-0.6, -0.5), "drifts", 0.0),
        ((-1.2, 0.1), None, -1.3),
        ((1.2, 0.1), None, 1.1),
        ((0.9, 0.3), "drifts", 0.0),
        ((0.1, -0.1), None, 0.0),
    ],
)
def test_a_lean_is_the_sensors_own_unless_it_comes_with_told_water(
    told: tuple[float, float], fault: str | None, blamed: float
) -> None:
    trusts = Trusts()
    place = known(trusts)
    lean(trusts, place, told)
    contrast = diagnose(trusts, place, batch(0.3), DAY, (NOTHING, NOTHING, NOTHING))
    assert contrast == pytest.approx(blamed, abs=0.05)
    assert [one.fault for one in suspects(trusts)] == ([] if fault is None else [fault])
    assert distrust(trusts, place)[0] == (0.7 if fault == "drifts" else 0.0)


def test_few_readings_or_a_plain_fault_blame_nobody_else() -> None:
    trusts = Trusts()
    place = known(trusts)
    lean(trusts, place, (-1.2, 0.1), readings=10)
    assert diagnose(trusts, place, batch(0.3), DAY, (NOTHING, NOTHING, NOTHING))[0] == 0.0
    lean(trusts, place, (-1.2, 0.1))
    assert diagnose(trusts, place, batch(0.02), DAY, (np.ones(1), NOTHING, NOTHING))[0] == 0.0
    (one,) = suspects(trusts)
    assert (one.fault, one.since.isoformat()) == ("out_of_soil", "2024-03-18")
    assert "stands in air" in one.note


def test_a_source_that_is_odd_again_and_again_is_named_and_comes_back() -> None:
    trusts = Trusts()
    place = known(trusts)
    for _ in range(4):
        remember(trusts, place, batch(0.4), DAY, (np.ones(1), np.array([0.2])))
        diagnose(trusts, place, batch(0.4), DAY, (NOTHING, NOTHING, NOTHING))
    (one,) = suspects(trusts)
    assert one.fault == "odd"
    assert "disagrees again and again" in one.note
    for _ in range(40):
        remember(trusts, place, batch(0.2), DAY, (NOTHING, np.array([0.2])))
        diagnose(trusts, place, batch(0.2), DAY, (NOTHING, NOTHING, NOTHING))
    assert suspects(trusts) == ()


@pytest.mark.parametrize(
    ("share", "fault"), [(1.0, None), (0.5, "too_much"), (0.05, "not_seen"), (2.0, "too_little"), (0.85, None)]
)
def test_who_tells_irrigation_is_judged_by_what_the_soil_sees_of_it(share: float, fault: str | None) -> None:
    trusts = Trusts()
    place = known(trusts, ("a", "told", "meter", ""))
    for number in range(8):
        remember_share(trusts, place, DAY + number, (np.array([share]), np.array([0.3])))
    assert [one.fault for one in suspects(trusts)] == ([] if fault is None else [fault])


def test_two_claims_are_too_few_to_judge() -> None:
    trusts = Trusts()
    place = known(trusts, ("a", "told", "meter", ""))
    for _ in range(2):
        remember_share(trusts, place, DAY, (np.array([0.0]), np.array([0.1])))
    assert suspects(trusts) == ()


def test_litres_and_blame_are_named_and_blame_is_taken_back() -> None:
    trusts = Trusts()
    place = known(trusts, ("a", "told", "meter", ""))
    blame(trusts, place, DAY, np.array([-1.0]))
    assert [one.fault for one in suspects(trusts)] == ["too_much"]
    blame(trusts, place, DAY, NOTHING)
    assert suspects(trusts) == ()
    for _ in range(2):
        remember_tiny(trusts, place, DAY, np.array([0.9]))
    (one,) = suspects(trusts)
    assert one.fault == "litres"
    assert one.note.startswith("parcel a: irrigation reports (meter) tell next to nothing")
    assert one.note.endswith("check them")


def test_layers_of_one_instrument_are_one_suspect() -> None:
    trusts = Trusts()
    for layer in ("0.00-0.20", "0.20-0.40"):
        place = known(trusts, ("a", "soil_water_fraction", "probe", layer))
        diagnose(trusts, place, batch(0.02), DAY, (np.ones(1), NOTHING, NOTHING))
    assert len(suspects(trusts)) == 1


def test_days_since_a_reading_and_words() -> None:
    trusts = Trusts()
    place = known(trusts)
    remember(trusts, place, batch(0.2), DAY, (NOTHING, NOTHING))
    assert [float(trusts.days_since(place, DAY + days)[0]) for days in (0, 4, 400)] == [1.0, 4.0, 30.0]
    assert words_of("cwsi", "irt 2") == "canopy thermometer irt 2"
    assert words_of("soil_water_fraction", "Probe north") == "Probe north"
    assert words_of("told", "reply") == "irrigation reports (reply)"


def test_a_wrong_meter_explains_a_probe_that_leans() -> None:
    trusts = Trusts()
    place = known(trusts)
    lean(trusts, place, (0.6, 0.6))
    diagnose(trusts, place, batch(0.3), DAY, (NOTHING, NOTHING, NOTHING))
    blame(trusts, known(trusts, ("b", "told", "meter", "")), DAY, np.array([-1.0]))
    assert {one.fault for one in suspects(trusts)} == {"drifts", "too_much"}, "another parcel's meter"
    blame(trusts, known(trusts, ("a", "told", "meter", "")), DAY, np.array([-1.0]))
    assert {one.fault for one in suspects(trusts)} == {"too_much"}
