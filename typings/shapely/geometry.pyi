from collections.abc import Mapping
from typing import Any

class Point:
    x: float
    y: float

class Geometry:
    is_valid: bool
    def representative_point(self) -> Point: ...

def shape(context: Mapping[str, Any]) -> Geometry: ...
