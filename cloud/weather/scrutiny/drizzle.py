"""Rain that is so little, so often and so finely measured that it is probably told in another unit."""

from typing import Final

import numpy as np

from cloud.weather.scrutiny.finding import Series

FEWEST_DAYS: Final = 365
FEWEST_WET_DAYS: Final = 30
LARGEST_MM: Final = 5.0
MEAN_MM: Final = 0.5
"""A year with thirty wet days has one above 5 mm, and more than half a millimetre on their mean, where crops grow."""
TENTHS: Final = 0.1
FINE_SHARE: Final = 0.25
"""Gauges in mm tell tenths or fifths; inches are told in hundredths. Desert towns told in tenths are as dry."""


def rain_in_inches(series: Series, source: str) -> str:
    """One line where the rain of a year or more looks like inches read as millimetres; nothing else."""
    rain = series.values.get("rain_mm")
    if rain is None or series.dimensions > 2:  # noqa: PLR2004 -- members make the third: a forecast is too short to tell
        return ""
    for site in range(rain.shape[1]):
        known = rain[:, site][~np.isnan(rain[:, site])]
        wet = known[known > 0.0]
        if known.size < FEWEST_DAYS or wet.size < FEWEST_WET_DAYS:
            continue
        fine = np.abs(wet / TENTHS - np.round(wet / TENTHS)) > 1e-6  # noqa: PLR2004 -- rounding of the file's decimals
        if wet.max() < LARGEST_MM and wet.mean() < MEAN_MM and fine.mean() > FINE_SHARE:
            return (
                f"{source}: rain_mm: expected a wetter day than {wet.max():g} mm among {wet.size} wet ones, got none:"
                " rain in inches looks like this; name the column rain_in if it is, else the place is that dry"
            )
    return ""
