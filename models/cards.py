"""Model cards, written from measured figures: ``card.toml`` for the detector, ``card.md`` for people."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from models.registry import Dataset, file_sha256, files_of

Card = Mapping[str, object]
WIDTH: Final = 120
LISTS: Final = {"out_of_scope": "Out of scope", "not_trained_on": "Never seen as a real photo in training"}
WIRING: Final = ("input", "output")
LAST: Final = ("calibration", "training", "export", "cost")
FIRST: Final = ("bars", "evaluation", "bias")
HEADINGS: Final = {
    "bias": "Bias: every figure by group, the worst group first",
    "bars": "Bars",
    "robustness": "Robustness: what changes of the picture cost",
    "conformal": "Conformal sets",
    "risk_coverage": "Risk and coverage: the error when the least sure abstain",
    "parity": "Eight bits against thirty-two",
    "cost": "Size, speed and energy",
}


def toml_value(value: object) -> str:
    """A value as TOML writes it; tables inside arrays become inline tables."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            return "{ " + ", ".join(f"{name} = {toml_value(item)}" for name, item in value.items()) + " }"
        case list() | tuple():
            items = [toml_value(item) for item in value]
            line = f"[{', '.join(items)}]"
            return line if len(line) <= WIDTH else "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        case _:
            raise TypeError(f"card value: expected text, number, list or table, got {type(value).__name__}")


def toml_text(card: Card) -> str:
    """The card as TOML: plain values first, then one table for each mapping."""
    plain = [f"{name} = {toml_value(item)}\n" for name, item in card.items() if not isinstance(item, Mapping)]
    tables = [
        f"\n[{name}]\n" + "".join(f"{key} = {toml_value(item)}\n" for key, item in table.items())
        for name, table in card.items()
        if isinstance(table, Mapping)
    ]
    return "# Written by `seguia models export` from measured figures; do not edit.\n" + "".join([*plain, *tables])


def cell(value: object) -> str:
    """One cell of a table for people: figures with three decimals, a dash for what is not known."""
    if value is None:
        return "–"  # noqa: RUF001 -- a dash, not a minus
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def markdown_table(rows: Sequence[Mapping[str, object]]) -> str:
    """A table with every column that any row has, in the order they appear."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ["---"] * len(names), *([cell(row.get(name)) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def dataset_entry(dataset: Dataset, data: Path) -> dict[str, object]:
    """What a card says of a data set it was trained on."""
    return {
        "name": dataset.name,
        "origin": dataset.origin,
        "licence": dataset.licence,
        "citation": dataset.citation,
        "files": len(files_of(dataset, data)),
        "sha256_of_listing": dataset.sha256_of_listing,
    }


def markdown_text(card: Card, prose: str) -> str:
    """The card for people: what it is, what it may be used for, then every table of figures."""
    parts = [f"# {card['name']} {card['version']}", prose.strip()]
    parts += [f"## {title}\n\n{listed(lines(card, key))}" for key, title in LISTS.items() if key in card]
    parts.append(f"## Licence\n\n{card['licence']}")
    parts += [section_text(HEADINGS.get(name, said(name)), table) for name, table in sections(card).items()]
    return (
        "\n\n".join(parts)
        + "\n\nWritten by `seguia models export`; every figure is rebuilt by `seguia models evaluate`.\n"
    )


def lines(card: Card, key: str) -> list[object]:
    """A list at the top of the card; anything else is a fault of whoever wrote it."""
    found = card[key]
    if not isinstance(found, list):
        raise TypeError(f"card {key}: expected a list, got {type(found).__name__}")
    return found


def sections(card: Card) -> dict[str, Mapping[str, object]]:
    """The tables people read: what was measured first, then others in the order given, then how it was made."""
    tables = {name: table for name, table in card.items() if isinstance(table, Mapping) and name not in WIRING}
    others = [name for name in tables if name not in (*FIRST, *LAST)]
    return {name: tables[name] for name in (*FIRST, *others, *LAST) if name in tables}


def said(name: str) -> str:
    """A key as words."""
    return name.replace("_", " ").capitalize()


def listed(items: Sequence[object]) -> str:
    """Rows as a table, numbers in one line, anything else as a list; an empty list says so."""
    rows = [item for item in items if isinstance(item, Mapping)]
    if rows:
        return markdown_table(rows)
    if items and all(isinstance(item, int | float) for item in items):
        return ", ".join(f"{item:g}" for item in items)
    return "\n".join(f"- {item}" for item in items) or "none"


def section_text(heading: str, table: Mapping[str, object]) -> str:
    """One section: its plain values as a list, tables in tables opened, its lists of rows as tables."""
    flat: dict[str, object] = {}
    for name, item in table.items():
        flat.update(
            {f"{name}.{key}": inner for key, inner in item.items()} if isinstance(item, Mapping) else {name: item}
        )
    plain = [f"- {name}: {cell(item)}" for name, item in flat.items() if not isinstance(item, list)]
    tables = [f"### {name}\n\n{listed(item)}" for name, item in flat.items() if isinstance(item, list)]
    return "\n\n".join([f"## {heading}", *(["\n".join(plain)] if plain else []), *tables])


def write_card(folder: Path, card: Card, prose: str) -> None:
    """Put ``card.toml`` and ``card.md`` beside the model they describe."""
    (folder / "card.toml").write_text(toml_text(card), encoding="utf-8")
    (folder / "card.md").write_text(markdown_text(card, prose), encoding="utf-8")


def size_and_hash(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a model file."""
    return path.stat().st_size, file_sha256(path)
