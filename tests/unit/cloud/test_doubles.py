"""Starts of gateways that come back after another one spoke."""

from cloud.doubles import Doubles


def test_a_gateway_that_starts_anew_is_one_gateway() -> None:
    doubles = Doubles()
    assert not any(doubles.note("demo", "gw-01", start) for start in ("a", "a", "b", "b", "c", *map(str, range(50))))


def test_a_start_that_comes_back_after_another_is_a_second_gateway_and_told_once() -> None:
    doubles = Doubles()
    story = [doubles.note("demo", "gw-01", start) for start in ("a", "b", "a", "b", "a")]
    assert story == [False, False, True, False, False]


def test_gateways_of_other_names_and_organisations_are_others() -> None:
    doubles = Doubles()
    places = (("demo", "gw-01"), ("demo", "gw-02"), ("other", "gw-01"))
    assert not any(doubles.note(*place, "a") for place in places)
    assert not any(doubles.note(*place, "a") for place in places)
