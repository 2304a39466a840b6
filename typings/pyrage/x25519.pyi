"""Keys of the age format."""

from typing import Self

class Recipient:
    @classmethod
    def from_str(cls, text: str) -> Self: ...

class Identity:
    @classmethod
    def generate(cls) -> Self: ...
    @classmethod
    def from_str(cls, text: str) -> Self: ...
    def to_public(self) -> Recipient: ...
