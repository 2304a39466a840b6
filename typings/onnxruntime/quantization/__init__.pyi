from collections.abc import Sequence
from typing import Any

class CalibrationDataReader:
    def get_next(self) -> dict[str, Any] | None: ...

class CalibrationMethod:
    MinMax: CalibrationMethod

class QuantFormat:
    QDQ: QuantFormat

class QuantType:
    QInt8: QuantType
    QUInt8: QuantType

def quantize_static(
    model_input: str,
    model_output: str,
    calibration_data_reader: CalibrationDataReader,
    quant_format: QuantFormat = ...,
    op_types_to_quantize: Sequence[str] | None = ...,
    per_channel: bool = ...,
    reduce_range: bool = ...,
    activation_type: QuantType = ...,
    weight_type: QuantType = ...,
    calibrate_method: CalibrationMethod = ...,
) -> None: ...
