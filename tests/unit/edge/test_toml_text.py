import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ConfigurationError
from edge.toml_text import toml_value, with_values

CAMERA = """# The camera on the north pole.
camera_id = "cam-1"   # painted on its case
timezone = "Africa/Casablanca"

# Bands as the maker orders them.
bands = [
    "red",  # 668 nm
    "nir",  # 840 nm
]

[correction]  # against ice water
offset_c = -0.4
checked_on = 2026-05-01

# Where the parcel lies.
[parcel_view]
rows_from = "left"  # the canal's side
image_points = [[0, 0], [1, 0],
    [1, 1], [0, 1]]
parcel_points_m = [[0, 0], [9, 0], [9, 9], [0, 9]]

# The end.
"""
POINTS = [[10.0, 20.0], [300.5, 22.0], [310.0, 200.0], [5.0, 190.0]]


def test_only_the_key_that_is_set_changes() -> None:
    changed = with_values(CAMERA, ["parcel_view"], {"image_points": POINTS})
    assert changed == CAMERA.replace(
        "image_points = [[0, 0], [1, 0],\n    [1, 1], [0, 1]]\n",
        "image_points = [[10.0, 20.0], [300.5, 22.0], [310.0, 200.0], [5.0, 190.0]]\n",
    )


def test_the_remark_behind_a_value_stays() -> None:
    text = 'a = "x # y" \t# of a\nb = [ # inside\n  1, # one\n]  # of b\n'
    assert with_values(text, [], {"a": 2, "b": [3]}) == "a = 2 \t# of a\nb = [3]  # of b\n"


def test_a_key_that_is_new_stands_at_the_end_of_its_table_and_before_the_next_ones_comment() -> None:
    changed = with_values(CAMERA, ["correction"], {"slope": 1.02})
    assert "checked_on = 2026-05-01\nslope = 1.02\n\n# Where the parcel lies.\n[parcel_view]" in changed
    assert with_values(CAMERA, [], {"looks_down": True}).index("looks_down = true") < CAMERA.index("[correction]")


def test_a_table_that_is_missing_is_added_at_the_end() -> None:
    changed = with_values(CAMERA, ["references"], {"wet_point": [1.0, 2.0], "radius_px": 3})
    assert changed == CAMERA + "\n[references]\nwet_point = [1.0, 2.0]\nradius_px = 3\n"
    assert with_values("", ["a"], {"b": 1}) == "\n[a]\nb = 1\n"
    assert with_values("a = 1", ["t"], {"b": 1}) == "a = 1\n\n[t]\nb = 1\n"
    assert with_values("a = 1", [], {"b": 2}) == "a = 1\nb = 2\n"


def test_none_takes_a_key_out() -> None:
    changed = with_values(CAMERA, ["parcel_view"], {"rows_from": None})
    assert changed == CAMERA.replace('rows_from = "left"  # the canal\'s side\n', "")
    assert with_values(CAMERA, ["parcel_view"], {"absent": None}) == CAMERA


@pytest.mark.parametrize(
    "written",
    [
        'parcel_view = { rows_from = "left" } # one line\nother = 1\n',
        'parcel_view.rows_from = "left"\nother = 1\n',
    ],
)
def test_a_table_in_one_line_or_in_dots_is_written_anew_or_refused_never_lost(written: str) -> None:
    try:
        changed = with_values(written, ["parcel_view"], {"rows_from": "right"})
    except ConfigurationError as error:
        pytest.fail(str(error))
    assert tomllib.loads(changed) == {"other": 1, "parcel_view": {"rows_from": "right"}}


def test_other_keys_of_a_table_in_one_line_are_not_lost_silently() -> None:
    written = 'parcel_view = { rows_from = "left", image_points = [] }\n'
    with pytest.raises(ConfigurationError, match="set it by hand"):
        with_values(written, ["parcel_view"], {"rows_from": "right"})


def test_the_second_of_an_array_of_tables_is_meant() -> None:
    text = '[[watch]]\nfolder = "a"\n\n[[watch]] # the second\nfolder = "b"\n'
    changed = with_values(text, ["watch"], {"camera_file": "c.toml"}, place=1)
    assert changed == text + 'camera_file = "c.toml"\n'
    with pytest.raises(ConfigurationError, match="set it by hand"):
        with_values(text, ["watch"], {"camera_file": "c.toml"}, place=2)


@pytest.mark.parametrize("text", ["a = ", "= 1", "[a\n", 'a = """\nno end\n'])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="expected TOML"):
        with_values(text, ["t"], {"b": 1})


def test_quoted_names_and_texts_that_look_like_toml_are_left_alone() -> None:
    text = '"a.b" = "[not a table]"\nlong = """\n[parcel_view]\nrows_from = "x"\n"""\n\n["odd name"]\nc = 1\n'
    changed = with_values(text, ["parcel_view"], {"rows_from": "left"})
    assert changed == text + '\n[parcel_view]\nrows_from = "left"\n'


names = st.text("abcdef_", min_size=1, max_size=5)
plain = st.one_of(
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.floats(-1e5, 1e5).map(lambda number: round(number, 3)),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)
tables = st.dictionaries(names, st.one_of(plain, st.lists(plain, max_size=3)), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(names, tables, max_size=4), tables)
def test_whatever_is_set_is_read_back_and_every_comment_stays(
    content: dict[str, dict[str, object]], values: dict[str, object]
) -> None:
    lines = ["# top"]
    for number, (table, keys) in enumerate(content.items()):
        lines += [f"# about {number}", f"[{table}] # header {number}"]
        for key, value in keys.items():
            shown = "[ # none\n]" if value == [] else toml_value(value)
            lines.append(f"{key} = {shown} # remark")
    text = "\n".join(lines) + "\n"
    target = next(iter(content), "fresh")
    wanted = tomllib.loads(text)
    wanted.setdefault(target, {}).update(values)
    changed = with_values(text, [target], values)
    assert tomllib.loads(changed) == wanted
    assert all(f"# about {number}\n" in changed and f"# header {number}\n" in changed for number in range(len(content)))
