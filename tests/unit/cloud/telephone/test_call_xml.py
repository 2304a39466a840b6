from xml.etree import ElementTree as ET

import pytest

from cloud.telephone.call_xml import GetDigits, Play, Reject, Say, response


def test_a_call_flow_is_a_document_in_order() -> None:
    asked = GetDigits(asks=Say(text="Press 1.", voice="woman"), callback_url="https://s.example/v/0/0")
    text = response((Play(url="https://s.example/a.mp3"), asked, Say(text="Bye.", voice="woman"), Reject()))
    assert text == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Play url="https://s.example/a.mp3" />'
        '<GetDigits timeout="15" numDigits="1" callbackUrl="https://s.example/v/0/0"><Say voice="woman">Press 1.</Say>'
        '</GetDigits><Say voice="woman">Bye.</Say><Reject /></Response>'
    )


def test_without_actions_the_carrier_hangs_up() -> None:
    assert response(()) == '<?xml version="1.0" encoding="UTF-8"?><Response />'


@pytest.mark.parametrize(
    "name",
    [
        "</Say><Dial phoneNumbers='+1900'/><Say>",
        '"><Redirect>http://evil</Redirect>',
        "]]><!-- & <?php ?>",
        "&lt;Dial&gt;",
        "\x00\x08\x0b\x1f\ud800\ufffe\uffff",
    ],
)
def test_nothing_in_a_name_becomes_an_instruction(name: str) -> None:
    flow = response((Say(text=f"Parcel {name}.", voice=name), Play(url=f"https://s.example/{name}")))
    root = ET.fromstring(flow)
    assert [child.tag for child in root.iter()] == ["Response", "Say", "Play"]
    said = root.find("Say")
    assert said is not None
    assert (said.text or "").startswith("Parcel ")


def test_what_xml_cannot_hold_is_left_out_and_lines_become_one() -> None:
    root = ET.fromstring(response((Say(text="a\x00b\nc\ud800 قطعة 🌱", voice="v"),)))
    assert root[0].text == "a b c قطعة 🌱"
