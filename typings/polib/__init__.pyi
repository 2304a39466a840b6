from typing import Iterator

class POEntry:
    msgid: str
    msgstr: str
    msgid_plural: str
    msgstr_plural: dict[int, str]
    flags: list[str]
    comment: str
    tcomment: str
    @property
    def fuzzy(self) -> bool: ...
    def translated(self) -> bool: ...

class POFile(list[POEntry]):
    metadata: dict[str, str]
    metadata_is_fuzzy: bool
    header: str
    def __iter__(self) -> Iterator[POEntry]: ...
    def to_binary(self) -> bytes: ...
    def fuzzy_entries(self) -> list[POEntry]: ...
    def find(self, st: str, by: str = ...) -> POEntry | None: ...

def pofile(pofile: str, *, encoding: str = ..., wrapwidth: int = ..., check_for_duplicates: bool = ...) -> POFile: ...
