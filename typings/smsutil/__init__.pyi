class Part:
    content: str

class SplitResult:
    parts: list[Part]

def split(sms_text: str) -> SplitResult: ...
