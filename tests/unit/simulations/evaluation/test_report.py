"""The page: bars coloured, synthetic figures marked, differences told, nothing fetched, nothing unescaped."""

import re

from models.evaluation.bars import Bar
from simulations.evaluation.comparison import Difference
from simulations.evaluation.parts import PARTS, Part, Rebuilt
from simulations.evaluation.report import cell, curve, page, table

WILTING = Rebuilt(
    name="wilting",
    part=PARTS["wilting"],
    figures={
        "split": "leave-episode-out",
        "rows": [{"method": "<network>", "auc": 0.91, "qwk": None}],
        "below_baseline": [],
        "notes": ["seen once"],
        "calibration_curve": {"rows": [{"mean_probability": 0.25, "observed_fraction": 0.5}]},
        "bars": [
            Bar(what="AUC", least=0.93).row(0.91),
            Bar(what="QWK", least=0.6).row(None),
            Bar(what="ECE", most=0.05).row(0.04),
        ],
    },
)
SCENES = Rebuilt(
    name="pattern",
    part=Part(module="none", summary="dry rows", synthetic=True),
    figures={"false_alarms": 0.01},
)
MISSING = Rebuilt(name="thermal", part=Part(module="none", summary="temperature"), problem="needs the package torch")
MACHINE = {"processor": "one & only"}


def test_the_page_holds_every_part_and_fetches_nothing() -> None:
    text = page([WILTING, SCENES, MISSING], {}, MACHINE)
    assert text.startswith("<!doctype html>")
    assert not re.search(r"(src|href)=", text)
    for name in ("wilting", "pattern", "thermal"):
        assert f'<h2 id="{name}">' in text
    assert "one &amp; only" in text
    assert "&lt;network&gt;" in text
    assert "<network>" not in text


def test_bars_are_coloured_by_how_they_stand() -> None:
    text = page([WILTING], {}, MACHINE)
    assert '<td class="missed">missed</td>' in text
    assert '<td class="met">met</td>' in text
    assert '<td class="none">not measured</td>' in text
    assert text.count("<h3>bars") == 0, "bars stand once, above the figures"


def test_synthetic_figures_are_marked_and_others_are_not() -> None:
    assert "SYNTHETIC" in page([SCENES], {}, MACHINE)
    assert "SYNTHETIC" not in page([WILTING], {}, MACHINE)


def test_a_part_that_was_not_rebuilt_says_why() -> None:
    text = page([MISSING], {}, MACHINE)
    assert "Not rebuilt: needs the package torch" in text
    assert "Every number" not in text


def test_what_differs_from_the_card_is_listed() -> None:
    found = [Difference(figure="rows [A].auc", published=0.91, rebuilt=None)]
    assert "rows [A].auc: card 0.91, rebuilt nothing" in page([WILTING], {"wilting": found}, MACHINE)
    assert "Every number of the published card was rebuilt" in page([WILTING], {"wilting": []}, MACHINE)
    assert "published card" not in page([SCENES], {}, MACHINE), "a part without a card claims nothing"


def test_cells_show_what_is_known() -> None:
    assert cell(None) == "&ndash;"
    assert cell(0.9300) == "0.93"
    assert cell(12) == "12"
    assert "<td>&ndash;</td>" in table([{"a": 1}, {"b": 2}])


def test_the_curve_goes_up_where_more_came_than_was_said() -> None:
    drawn = curve([{"mean_probability": 0.25, "observed_fraction": 0.5}])
    assert 'points="45.0,90.0"' in drawn
    assert page([WILTING], {}, MACHINE).count("<svg") == 1


def test_visits_are_drawn_into_the_page_and_not_listed() -> None:
    row = {
        "mode": "blind <all>",
        "plot": "p1",
        "days": ["2018-05-01", "2018-05-11"],
        "measured_mm": [200.0, 190.0],
        "estimated_mm": [203.0, 189.0],
        "low_mm": [195.0, 180.0],
        "high_mm": [210.0, 195.0],
        "scored": [True, True],
    }
    text = page(
        [Rebuilt(name="maricopa", part=Part(module="none", summary="cotton"), figures={"series": [row]})], {}, {}
    )
    pictures = re.findall(r'<img alt="[^"<>]*" src="data:image/svg\+xml;base64,[A-Za-z0-9+/=]+">', text)
    assert len(pictures) == text.count("<figcaption>") == 4
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "blind &lt;all&gt;: each plot" in text
    assert "<h3>series" not in text


def test_a_page_says_what_its_reader_must_know_first() -> None:
    assert "Rows named leaky are warnings" in page([], {}, {})
    water = page([], {}, {}, "water")
    assert "Every estimate uses only what was known by its day" in water
    assert "leaky" not in water
