"""Whatever is recommended, named or pressed: screens fit and say exactly the record, clips too, and nothing breaks."""

from typing import get_args
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.records import Language, Recommendation, Verdict
from cloud.speech.catalogue import catalogue
from cloud.speech.phrases import told_window
from cloud.speech.readback import read_back
from cloud.speech.render import render
from cloud.telephone.call_xml import response
from cloud.telephone.caller import Caller, Plot, Speaker
from cloud.telephone.clips import clips_heard, clips_of_advice, needed_clips
from cloud.telephone.flow import CallPlace, Studio, Switch, press, tell
from cloud.telephone.menu import keys_of, screen_of
from cloud.telephone.pages import Footer, fits, pages_of_text
from tests.property.test_speech_roundtrip import irrigations, judged

SPOKEN: tuple[Language, ...] = get_args(Language)
KEYS = st.lists(st.sampled_from(["0", "00", *"123456789", "12", "x", ""]), max_size=9)
NAMES = st.lists(st.text(max_size=40), max_size=12)


def advice_text(verdict: Verdict, language: Language) -> str:
    return render(verdict, language=language, draft=True).text


SPEAKER = Speaker(words=catalogue, advice=advice_text, languages=SPOKEN)


def owner(language: Language, *plots: Plot) -> Caller:
    return Caller(farmer_ids=("f1",), language=language, plots=plots)


@settings(max_examples=100, deadline=None)
@given(advice=irrigations(), language=st.sampled_from(SPOKEN))
def test_the_advice_screens_read_back_to_the_same_numbers(advice: Recommendation, language: Language) -> None:
    caller = owner(language, Plot(parcel_id="p1", name=advice.parcel_name, verdict=judged(advice)))
    more, back = (
        f"\n{key} {catalogue(language).text(word)}" for key, word in (("00", "ussd.more"), ("0", "ussd.back"))
    )
    keys, pages = ["1"], list[str]()
    while True:
        screen = screen_of(keys, caller, SPEAKER)
        assert fits(screen.text)
        pages.append(screen.text.removesuffix(back).removesuffix(more))
        if more not in screen.text:
            break
        keys.append("00")
    heard = read_back(" ".join(pages), language, told_on=advice.day)
    assert heard == read_back(advice_text(judged(advice), language), language, told_on=advice.day)
    assert advice.depth_mm is not None
    assert (heard.volume_m3, heard.depth_mm) == (advice.volume_m3, advice.depth_mm.p50)
    assert heard.duration_minutes == (None if advice.duration_h is None else round(advice.duration_h * 60))


@settings(max_examples=150, deadline=None)
@given(advice=irrigations(), recorded=st.sets(st.sampled_from([f"n-{n}" for n in range(0, 1000, 5)]), max_size=60))
def test_the_clips_of_an_advice_say_its_day_hour_and_amount(advice: Recommendation, recorded: set[str]) -> None:
    heard = clips_heard(clips_of_advice(judged(advice), frozenset(recorded)))
    begin, _ = told_window(advice)
    assert (heard.weekday, heard.day_of_month, heard.hour, heard.minute) == (
        begin.weekday(),
        begin.day,
        begin.hour,
        begin.minute,
    )
    minutes = None if advice.duration_h is None else round(advice.duration_h * 60)
    assert (heard.duration_minutes, heard.volume_m3) == (minutes, advice.volume_m3 if minutes is None else None)
    assert begin.tzinfo is None


@settings(max_examples=150, deadline=None)
@given(
    advice=irrigations(), language=st.sampled_from(SPOKEN), keys=KEYS, names=st.lists(st.text(max_size=40), max_size=12)
)
def test_whatever_is_pressed_the_session_goes_on_or_ends_and_changes_one_thing_at_most(
    advice: Recommendation, language: Language, keys: list[str], names: list[str]
) -> None:
    plots = [Plot(parcel_id="p1", name=advice.parcel_name, verdict=judged(advice))]
    plots += [Plot(parcel_id=f"q{place}", name=name) for place, name in enumerate(names)]
    screen = screen_of(keys_of("*".join(keys)), owner(language, *plots), SPEAKER)
    assert fits(screen.text)
    assert screen.effect is None or screen.ends
    assert screen == screen_of(keys_of("*".join(keys)), owner(language, *plots), SPEAKER)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=400), more=st.text(max_size=8), back=st.text(max_size=8))
def test_a_text_in_pages_loses_nothing(text: str, more: str, back: str) -> None:
    footer = Footer(more=f"00 {more}", back=f"0 {back}")
    plain = "".join(text.split())
    pages = pages_of_text(" ".join(text.split()), footer)
    shown = [page.removesuffix(f"\n{footer.back}").removesuffix(f"\n{footer.more}") for page in pages]
    assert "".join("".join(shown).split()) == plain
    assert all(fits(page) for page in pages)


@settings(max_examples=100, deadline=None)
@given(
    advice=irrigations(),
    names=st.lists(st.text(max_size=30), max_size=3),
    digits=st.text(max_size=4),
    plot=st.integers(0, 5),
)
def test_a_call_is_always_a_document_of_known_instructions(
    advice: Recommendation, names: list[str], digits: str, plot: int
) -> None:
    plots = [Plot(parcel_id="p1", name=advice.parcel_name, verdict=judged(advice))]
    plots += [Plot(parcel_id=f"q{place}", name=name) for place, name in enumerate(names)]
    caller = owner("en", *plots)
    for studio in (Studio(voices={"en": "woman"}), Studio(clips={"english": frozenset(needed_clips())}), Studio()):
        switch = Switch(studio=studio, speaker=SPEAKER, keys_url=lambda place: f"https://s.example/{place.plot}")
        for turn in (tell(caller, switch, CallPlace(plot=plot)), press(caller, switch, CallPlace(plot=plot), digits)):
            tags = {child.tag for child in ET.fromstring(response(turn.actions)).iter()}
            assert tags <= {"Response", "Say", "Play", "GetDigits", "Reject"}
            assert (turn.note is None) == ("Reject" not in tags)
