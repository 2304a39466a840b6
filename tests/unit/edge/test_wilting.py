"""What the wilting reader makes of a graph's answers: sets, novelty, opt-in, refusals."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import ModelRefusedError
from edge.wilting import WiltingReader, conformal_set

GREY = np.full((64, 64, 3), 120, dtype=np.uint8)


@pytest.fixture
def reader(repository: Path) -> WiltingReader:
    return WiltingReader(repository / "tests" / "fixtures" / "models")


def calibrated(reader: WiltingReader, monkeypatch: pytest.MonkeyPatch, distance: float, **numbers: float) -> None:
    card = reader._network.card.model_copy(update={"calibration": numbers})
    monkeypatch.setattr(reader._network, "card", card)
    answers = {
        "cumulative_logits": np.array([2.0, 0.0, -2.0, -4.0], dtype=np.float32),
        "distance": np.array([distance], dtype=np.float32),
    }
    monkeypatch.setattr(reader._network, "answers", lambda _: answers)


def test_a_set_by_hand() -> None:
    sure = np.array([1.0, 1.0, 0.0, 0.0])
    assert conformal_set(sure, 0.5) == (2, 2)
    torn = np.array([1.0, 0.5, 0.0, 0.0])
    assert conformal_set(torn, 0.5) == (1, 2)
    assert conformal_set(torn, 0.0) == (1, 2), "never empty"


@given(
    values=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    limits=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
)
def test_a_wider_limit_never_narrows_the_set(values: list[float], limits: list[float]) -> None:
    exceeds = np.array(sorted(values, reverse=True))
    narrow, wide = (conformal_set(exceeds, limit) for limit in limits)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


def test_a_card_without_limits_gives_score_and_nothing_more(reader: WiltingReader) -> None:
    reading = reader.reading(GREY, "soybean")
    assert set(reading.fields) == {"model", "wilting_score", "wilting_probability"}
    assert (reading.reasons, reading.novelty) == ((), None)


def test_a_photo_near_the_known_ones_gets_its_set(reader: WiltingReader, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(reader, monkeypatch, 0.25, distance_limit=0.5, conformal_limit=0.6)
    reading = reader.reading(GREY, "soybean")
    assert reading.novelty == 0.5
    assert (reading.fields["wilting_low"], reading.fields["wilting_high"]) == (1, 2)
    assert reading.fields["wilting_probability"] == 0.5


def test_a_crop_without_labels_gets_a_wider_set(reader: WiltingReader, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(reader, monkeypatch, 0.25, distance_limit=0.5, conformal_limit=0.6)
    fields = reader.reading(GREY, "olive").fields
    assert (fields["wilting_low"], fields["wilting_high"]) == (0, 3)


def test_a_photo_far_from_the_known_ones_gets_no_score(reader: WiltingReader, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(reader, monkeypatch, 0.75, distance_limit=0.5, conformal_limit=0.6)
    reading = reader.reading(GREY, "soybean")
    assert (reading.fields, reading.reasons, reading.novelty) == ({}, ("unlike_training",), 1.5)


def test_a_distance_that_is_no_number_is_refused(reader: WiltingReader, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(reader, monkeypatch, float("nan"), distance_limit=0.5)
    with pytest.raises(ModelRefusedError, match="finite distance"):
        reader.reading(GREY)


def test_only_the_operator_opens_another_crop(reader: WiltingReader) -> None:
    assert reader.answers_for(None)
    assert reader.answers_for("soybean")
    assert not reader.answers_for("olive")
    assert reader.answers_for("olive", ("olive",))
    assert reader.reasons("olive") == ["crop_not_validated", "no_stress_calibration"]


def test_the_score_is_the_models_own_level_where_its_card_tells_the_slope(
    reader: WiltingReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrated(reader, monkeypatch, 0.1, score_slope=2.0)
    assert reader.reading(GREY).fields["wilting_score"] == 1.5  # the mean logit is -1: half a level below the middle, 2
    calibrated(reader, monkeypatch, 0.1, score_slope=0.1)
    assert reader.reading(GREY).fields["wilting_score"] == 0.0
    calibrated(reader, monkeypatch, 0.1)
    assert reader.reading(GREY).fields["wilting_score"] == pytest.approx(1.5177, abs=1e-3)


@given(logits=st.lists(st.floats(-6, 6), min_size=4, max_size=4), slope=st.sampled_from([0.0, 0.5, 2.0]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_set_holds_the_score(reader: WiltingReader, logits: list[float], slope: float) -> None:
    card = reader._network.card.model_copy(update={"calibration": {"conformal_limit": 0.2, "score_slope": slope}})
    answers = {"cumulative_logits": np.array(logits, dtype=np.float32)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader._network, "card", card)
        patch.setattr(reader._network, "answers", lambda _: answers)
        fields = reader.reading(GREY, "soybean").fields
    assert fields["wilting_low"] <= round(fields["wilting_score"]) <= fields["wilting_high"]
