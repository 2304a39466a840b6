"""Where an answer has a value: a dotted path into what JSON or a form holds."""

from collections.abc import Mapping


def value_at(content: object, path: str) -> str | None:
    """The plain value at a path such as messages.0.id, as text; None where there is none, or no plain one."""
    for step in path.split("."):
        if isinstance(content, Mapping):
            content = content.get(step)
        elif isinstance(content, list) and step.isdecimal() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    if isinstance(content, bool):
        return str(content).lower()
    return str(content) if isinstance(content, str | int) else None


def folded(words: tuple[str, ...]) -> frozenset[str]:
    """Words as they are compared: without case."""
    return frozenset(word.casefold() for word in words)
