"""Model cards, written from measured figures: ``card.toml`` for the detector, ``card.md`` for people."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.registry import Dataset, file_sha256, files_of

Card = Mapping[str, object]
WIDTH = 120


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
    out_of_scope = card["out_of_scope"]
    assert isinstance(out_of_scope, list)
    parts.append("## Out of scope\n\n" + "\n".join(f"- {line}" for line in out_of_scope))
    parts.append(f"## Licence\n\n{card['licence']}")
    for section in ("training", "calibration", "export", "evaluation"):
        table = card[section]
        assert isinstance(table, Mapping)
        parts.append(section_text(section, table))
    return (
        "\n\n".join(parts)
        + "\n\nWritten by `seguia models export`; every figure is rebuilt by `seguia models evaluate`.\n"
    )


def listed(items: Sequence[object]) -> str:
    """Rows as a table, anything else as a list; an empty list says so."""
    rows = [item for item in items if isinstance(item, Mapping)]
    if rows:
        return markdown_table(rows)
    return "\n".join(f"- {item}" for item in items) or "none"


def section_text(section: str, table: Mapping[str, object]) -> str:
    """One section: its plain values as a list, its lists of rows as tables."""
    plain = [f"- {name}: {cell(item)}" for name, item in table.items() if not isinstance(item, list)]
    tables = [f"### {name}\n\n{listed(item)}" for name, item in table.items() if isinstance(item, list)]
    return "\n\n".join([f"## {section.capitalize()}", *(["\n".join(plain)] if plain else []), *tables])


def write_card(folder: Path, card: Card, prose: str) -> None:
    """Put ``card.toml`` and ``card.md`` beside the model they describe."""
    (folder / "card.toml").write_text(toml_text(card), encoding="utf-8")
    (folder / "card.md").write_text(markdown_text(card, prose), encoding="utf-8")


def size_and_hash(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a model file."""
    return path.stat().st_size, file_sha256(path)
