from typing import Any

from . import errors as errors

def is_valid_reason(geometry: Any) -> str: ...
