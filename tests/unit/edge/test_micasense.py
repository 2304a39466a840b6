"""What a band file of MicaSense says of its sensor, and hostile ones that say it badly."""

import time

import numpy as np
import pytest

from edge import micasense, tiff
from edge.radiometry.panel import radiance

EXIF = tiff.Directory(order="<", tags={micasense.EXPOSURE: (0.001,), micasense.SPEED: (100,)})
FRONT = tiff.Directory(order="<", tags={micasense.BLACK_LEVEL: (4800, 4802)})


def packet(**changes: str) -> str:
    said = {
        "BandName": "Red",
        "RadiometricCalibration": "<rdf:Seq><rdf:li>1e-4</rdf:li><rdf:li>1e-7</rdf:li><rdf:li>1e-5</rdf:li></rdf:Seq>",
        "VignettingCenter": "<rdf:Seq><rdf:li>2.5</rdf:li><rdf:li>1.5</rdf:li></rdf:Seq>",
        "VignettingPolynomial": "<rdf:Seq><rdf:li>-1e-5</rdf:li><rdf:li>0</rdf:li></rdf:Seq>",
    } | changes
    return "".join(f"<Camera:{key}>{value}</Camera:{key}>" for key, value in said.items())


def test_the_calibration_is_read_as_it_stands() -> None:
    found = micasense._calibration(packet(), FRONT, EXIF)
    assert found.coefficients == (1e-4, 1e-7, 1e-5)
    assert (found.dark_level, found.exposure_s, found.gain) == (4801.0, 0.001, 1.0)
    assert (found.vignetting_centre, found.vignetting) == ((2.5, 1.5), (-1e-5, 0.0))
    assert micasense._text(packet(), "BandName") == "Red"
    assert micasense._text(packet(), "Absent") == ""
    assert micasense._numbers(packet(), "Absent") == []
    dark = micasense._calibration(packet(DarkRowValue="100 102"), FRONT, EXIF)
    assert dark.dark_level == 101.0


@pytest.mark.parametrize(
    ("changes", "speed", "words"),
    [
        ({}, 0, "no dark level, exposure or gain"),
        ({"VignettingPolynomial": "1 " * 7}, 100, "7 factors"),
        ({"VignettingCenter": "1e999 0"}, 100, "no number"),
        ({"RadiometricCalibration": "1 2"}, 100, "not enough values"),
    ],
)
def test_an_impossible_calibration_is_refused(changes: dict[str, str], speed: int, words: str) -> None:
    exif = tiff.Directory(order="<", tags={micasense.EXPOSURE: (0.001,), micasense.SPEED: (speed,)})
    with pytest.raises(ValueError, match=words):
        micasense._calibration(packet(**changes), FRONT, exif)


def test_a_packet_of_repeated_tags_takes_no_longer_than_its_length() -> None:
    started_s = time.process_time()
    hostile = "<x:DarkRowValue>" * 60_000
    assert micasense._numbers(hostile, "DarkRowValue") == []
    assert micasense._text(hostile.replace("<", ""), "DarkRowValue").startswith("x:")
    assert time.process_time() - started_s < 2


def test_constants_that_leave_no_number_leave_missing_pixels() -> None:
    sensor = micasense._calibration(packet(RadiometricCalibration="1e-4 0 0.5"), FRONT, EXIF)
    found = radiance(np.full((4, 3), 20_000, np.uint16), sensor)
    assert np.isnan(found[2]).all()  # its gradient is 1 / (1 - 0.5 x 2)
    assert np.isfinite(found[[0, 1, 3]]).all()
