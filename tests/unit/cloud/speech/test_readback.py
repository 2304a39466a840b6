from datetime import date, datetime, timedelta

import pytest

from cloud.errors import IntegrityError
from cloud.speech.grammars import GRAMMARS
from cloud.speech.readback import read_back

TUESDAY = date(2026, 7, 21)


def test_a_message_written_by_hand_is_heard() -> None:
    heard = read_back(
        "Nord 10 mm: irrigate on Wednesday 22/07 (start between 22:00 and 5:30) for 2 hours 5 minutes (30 m3, 6 mm).",
        "en",
        told_on=TUESDAY,
    )
    assert (heard.begin, heard.end) == (datetime(2026, 7, 22, 22, 0), datetime(2026, 7, 23, 5, 30))  # noqa: DTZ001 -- local clock
    assert (heard.duration_minutes, heard.volume_m3, heard.depth_mm) == (125, 30.0, 6.0)


def test_what_is_not_said_is_not_heard() -> None:
    heard = read_back("Nord: do NOT irrigate.", "en", told_on=TUESDAY)
    assert (heard.day, heard.begin, heard.end, heard.duration_minutes) == (None,) * 4
    assert (heard.volume_m3, heard.depth_mm) == (None, None)


@pytest.mark.parametrize("when", ["today", "tomorrow Wednesday", "Wednesday", "22/07", "Wednesday 2/7"])
def test_a_day_without_its_name_and_date_is_not_heard(when: str) -> None:
    heard = read_back(f"Nord: irrigate {when} at 6:00 for 2 hours.", "en", told_on=TUESDAY)
    assert (heard.day, heard.begin, heard.end) == (None, None, None)
    assert heard.duration_minutes == 120


def test_the_day_of_a_message_is_the_first_it_names() -> None:
    text = "Nord: do NOT irrigate on Tuesday 21/07. Rain expected: 12 mm. Next advice Friday 24/07."
    heard = read_back(text, "en", told_on=TUESDAY)
    assert (heard.day, heard.begin, heard.depth_mm) == (TUESDAY, None, 12.0)


def test_a_day_after_the_first_may_lie_in_another_season() -> None:
    text = "Nord: no irrigation advice for Tuesday 21/07. Next advice Thursday 01/04."
    assert read_back(text, "en", told_on=TUESDAY).day == TUESDAY


@pytest.mark.parametrize("days", range(-150, 151, 25))
def test_a_date_is_the_one_nearest_to_the_day_of_telling(days: int) -> None:
    named = TUESDAY + timedelta(days=days)
    heard = read_back(f"Nord: do NOT irrigate on {named:%A %d/%m}.", "en", told_on=TUESDAY)
    assert heard.day == named


def test_a_number_said_twice_is_not_trusted() -> None:
    assert read_back("Nord: 5 mm or 6 mm", "en", told_on=TUESDAY).depth_mm is None


def test_a_date_near_new_year_is_taken_in_the_right_year() -> None:
    heard = read_back("Nord: Friday 01/01 at 6:00", "en", told_on=date(2026, 12, 30))
    assert heard.begin == datetime(2027, 1, 1, 6, 0)  # noqa: DTZ001 -- local clock
    leap = read_back("Nord: Tuesday 29/02 at 6:00", "en", told_on=date(2028, 2, 20))
    assert leap.begin == datetime(2028, 2, 29, 6, 0)  # noqa: DTZ001 -- local clock


def test_the_name_of_a_day_must_agree_with_its_date() -> None:
    with pytest.raises(IntegrityError, match="does not agree with the date 23/07"):
        read_back("Nord: Wednesday 23/07 at 6:00", "en", told_on=TUESDAY)
    with pytest.raises(IntegrityError, match="31/02"):
        read_back("Nord: Wednesday 31/02 at 6:00", "en", told_on=TUESDAY)


def test_a_word_that_ends_like_another_is_not_taken_for_it() -> None:
    # The last letter of "jawbo" (answer) is also the word for "and", which stands before an hour.
    heard = read_back("الفدان 5: ما كاينش نصيحة لنهار التلات 21/07. جاوبو 3 = عيطو ليا.", "ary", told_on=TUESDAY)
    assert (heard.day, heard.begin) == (TUESDAY, None)


def test_a_language_without_a_grammar_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(GRAMMARS, "zgh")
    with pytest.raises(IntegrityError, match="message in zgh"):
        read_back("ⵉⴳⵔ", "zgh", told_on=TUESDAY)
