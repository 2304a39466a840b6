"""From a trained network to an 8-bit ONNX file: unsigned activations, signed weights per channel."""

import os
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

# Read when the library is loaded: it would report on this machine to its maker, from its first line on.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

OPSET = 17
Tensor = NDArray[np.float32]


class CalibrationImages(CalibrationDataReader):
    """Images handed one by one to the calibration of the activations."""

    def __init__(self, images: Iterable[Tensor]) -> None:
        self._rest: Iterator[Tensor] = iter(images)

    def get_next(self) -> dict[str, Tensor] | None:
        """The next input, or None when all were seen."""
        image = next(self._rest, None)
        return None if image is None else {"image": image}


def export_float(network: nn.Module, size: tuple[int, int], output: str, path: Path) -> None:
    """Write a 32-bit graph with free batch, height and width for the input ``image`` (N, 3, H, W) in 0..1."""
    example = torch.rand(1, 3, *size)
    axes = {"image": {0: "batch", 2: "height", 3: "width"}, output: {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces its retirement on every call
        torch.onnx.export(
            network.eval(),
            (example,),
            str(path),
            input_names=["image"],
            output_names=[output],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def quantise(source: Path, target: Path, images: Iterable[Tensor], kinds: tuple[str, ...]) -> None:
    """Write the 8-bit form of ``source``: only the operators in ``kinds`` work in 8 bits."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            CalibrationImages(images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(kinds),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    slim(target)


def slim(path: Path) -> None:
    """Rewrite a graph without names of nodes and with equal constants stored once: the same arithmetic, fewer bytes."""
    model = onnx.load(str(path))
    first: dict[bytes, str] = {}
    kept, alias = [], {}
    for constant in model.graph.initializer:
        name, constant.name = constant.name, ""
        content = constant.SerializeToString()
        constant.name = name
        alias[name] = first.setdefault(content, name)
        if alias[name] == name:
            kept.append(constant)
    constants = [onnx.TensorProto.FromString(constant.SerializeToString()) for constant in kept]
    del model.graph.initializer[:]
    model.graph.initializer.extend(constants)
    for node in model.graph.node:
        node.name = ""
        for index, name in enumerate(node.input):
            node.input[index] = alias.get(name, name)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def session_of(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """A quiet session on ``threads`` threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def answers(path: Path, images: Iterable[Tensor]) -> Tensor:
    """Outputs of a graph for images (1, 3, H, W), stacked."""
    session = session_of(path)
    return np.concatenate([session.run(None, {"image": image})[0] for image in images])


def milliseconds(path: Path, size: tuple[int, int], repeats: int = 40) -> float:
    """Median processor time of one image of ``size`` on one thread; other work on the machine does not count."""
    session = session_of(path)
    image = np.random.default_rng(0).random((1, 3, *size), dtype=np.float32)
    spent = []
    for turn in range(repeats + 5):
        started = time.process_time()
        session.run(None, {"image": image})
        if turn >= 5:  # noqa: PLR2004 -- the warm-up above
            spent.append((time.process_time() - started) * 1e3)
    return float(np.median(spent))
