"""What became of told irrigations, by hand."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.outreach.counts import Heard, Told, ToldCount, season_name
from cloud.outreach.following import told_counts

HOUR, DAY = 3600, 86400
EVENING = 20_000 * DAY + 18 * HOUR


def told(position: int = 1, day: int = 0, **changed: Any) -> Told:  # noqa: ANN401 -- any field
    content: dict[str, Any] = {
        "parcel_id": "p1",
        "position": position,
        "farmer_id": "f1",
        "language": "ary",
        "channel": "sms",
        "carrier": "modem",
        "queued_s": EVENING + day * DAY,
        "until_s": EVENING + day * DAY + 14 * HOUR,
        "correction": 0,
        "irrigates": 1,
    }
    return Told(**(content | changed))


def heard(after_h: float, source: str = "reply", given: int = 1, **changed: Any) -> Heard:  # noqa: ANN401 -- any field
    content: dict[str, Any] = {
        "parcel_id": "p1",
        "started_s": EVENING + int(after_h * HOUR),
        "position": 100 + int(after_h),
        "source": source,
        "given": given,
    }
    return Heard(**(content | changed))


def counts(texts: list[Told], words: list[Heard], now_days: float = 30.0) -> list[ToldCount]:
    return told_counts(texts, words, now_s=int(EVENING + now_days * DAY))


def only(texts: list[Told], words: list[Heard]) -> tuple[int, ...]:
    """Told, answered, confirmed, metered, denied."""
    (found,) = counts(texts, words)
    return found.told, found.answered, found.confirmed, found.metered, found.denied


def test_silence_is_neither_done_nor_denied() -> None:
    assert only([told()], []) == (1, 0, 0, 0, 0)
    assert counts([], [heard(1)]) == []


def test_the_farmers_word() -> None:
    assert only([told()], [heard(12)]) == (1, 1, 1, 0, 0)
    assert only([told()], [heard(12, given=0)]) == (1, 1, 0, 0, 1)


def test_the_last_word_counts() -> None:
    assert only([told()], [heard(12, position=5), heard(12, given=0, position=6)]) == (1, 1, 0, 0, 1)
    assert only([told()], [heard(12, given=0, position=5), heard(12, position=6)]) == (1, 1, 1, 0, 0)


def test_a_meter_is_believed_before_a_word_and_an_empty_one_says_nothing() -> None:
    assert only([told()], [heard(12, given=0), heard(13, "meter")]) == (1, 1, 0, 1, 0)
    assert only([told()], [heard(13, "meter", given=0)]) == (1, 0, 0, 0, 0)


def test_an_agronomist_speaks_for_the_farmer_without_being_an_answer() -> None:
    assert only([told()], [heard(12, "agronomist")]) == (1, 0, 1, 0, 0)


def test_what_is_presumed_is_nobodys_word() -> None:
    assert only([told()], [heard(12, "inferred")]) == (1, 0, 0, 0, 0)


def test_water_counts_from_the_telling_until_a_day_after_the_window() -> None:
    assert only([told()], [heard(-1, "meter")]) == (1, 0, 0, 0, 0)
    assert only([told()], [heard(14 + 24, "meter")]) == (1, 0, 0, 1, 0)
    assert only([told()], [heard(14 + 24.1, "meter")]) == (1, 0, 0, 0, 0)


def test_water_after_the_next_telling_is_the_next_irrigations() -> None:
    texts = [told(1), told(2, day=1)]
    assert only(texts, [heard(24 + 12, "meter")]) == (2, 0, 0, 1, 0)
    assert only(texts, [heard(12, "meter"), heard(24 + 12, "meter")]) == (2, 0, 0, 2, 0)


def test_water_within_a_long_window_is_its_own_though_the_next_was_told() -> None:
    texts = [told(1, until_s=EVENING + 28 * HOUR), told(2, day=1, until_s=EVENING + 50 * HOUR)]
    assert only(texts, [heard(27, "meter")]) == (2, 0, 0, 2, 0)


def test_other_parcels_water_is_not_this_ones() -> None:
    assert only([told()], [heard(12, parcel_id="p2")]) == (1, 0, 0, 0, 0)
    assert only([told()], [heard(12, parcel_id="p0"), heard(12)]) == (1, 1, 1, 0, 0)


def test_a_correction_takes_the_irrigation_back() -> None:
    later = {"position": 2, "queued_s": EVENING + HOUR, "correction": 1}
    assert counts([told(), told(**later, irrigates=0)], []) == []
    assert only([told(), told(**later)], [heard(12)]) == (1, 1, 1, 0, 0)
    after = {"position": 2, "queued_s": EVENING + 20 * HOUR, "until_s": EVENING + 40 * HOUR, "correction": 1}
    assert only([told(), told(**after, irrigates=0)], []) == (1, 0, 0, 0, 0)


def test_a_telling_to_two_people_is_one_irrigation() -> None:
    assert only([told(1), told(2, farmer_id="f2")], [heard(12)]) == (1, 1, 1, 0, 0)


def test_a_window_that_ended_less_than_a_day_ago_is_not_judged_yet() -> None:
    assert counts([told()], [heard(12)], now_days=1.5) == []
    assert len(counts([told()], [heard(12)], now_days=1.6)) == 1


def test_groups_are_by_farmer_language_channel_and_carrier() -> None:
    texts = [told(1), told(2, day=3), told(3, parcel_id="p2", farmer_id="f2", language="fr")]
    found = {(one.farmer_id, one.language): one.told for one in counts(texts, [])}
    assert found == {("f1", "ary"): 2, ("f2", "fr"): 1}


def test_a_season_has_two_years() -> None:
    assert season_name(2026) == "2025/26"
    assert season_name(2000) == "1999/00"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["p1", "p2"])), max_size=12, unique=True),
    st.lists(
        st.tuples(
            st.floats(0, 500),
            st.sampled_from(["meter", "reply", "agronomist", "inferred"]),
            st.integers(0, 1),
            st.sampled_from(["p1", "p2"]),
        ),
        max_size=20,
    ),
)
def test_nothing_is_counted_twice(days: list[tuple[int, str]], words: list[tuple[float, str, int, str]]) -> None:
    texts = [told(place, day=day, parcel_id=parcel) for place, (day, parcel) in enumerate(days)]
    said = [
        heard(hours, source, given, parcel_id=parcel, position=place)
        for place, (hours, source, given, parcel) in enumerate(words)
    ]
    for one in counts(texts, said):
        assert one.followed + one.denied <= one.told == len(texts)
        assert one.answered <= one.told
    assert sum(one.told for one in counts(texts, said)) == len(texts)
