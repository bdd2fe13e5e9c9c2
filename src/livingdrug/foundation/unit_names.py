"""The names of units that clinics and laboratories write, and what each stands for among pint's units.

A closed list, because short names mislead a general parser: K is kelvin there and thousand in a blood count, G gauss,
C coulomb, gr grain. Whole words of four letters and more that pint knows (gram, kelvin, microliter) are units, too.
"""

from __future__ import annotations

MASSES = {"kg": "kilogram", "g": "gram", "gm": "gram", "mg": "milligram", "ug": "microgram", "mcg": "microgram",
          "ng": "nanogram", "pg": "picogram", "fg": "femtogram", "lb": "pound", "lbs": "pound", "oz": "ounce",
          "Da": "dalton", "kDa": "kilodalton"}  # fmt: skip
VOLUMES = {"L": "liter", "l": "liter", "dL": "deciliter", "cL": "centiliter", "mL": "milliliter", "uL": "microliter",
           "mcL": "microliter", "nL": "nanoliter", "pL": "picoliter", "fL": "femtoliter", "cc": "cubic_centimeter"}  # fmt: skip
LENGTHS = {"m": "meter", "cm": "centimeter", "dm": "decimeter", "mm": "millimeter", "um": "micrometer",
           "nm": "nanometer", "km": "kilometer", "in": "inch", "ft": "foot"}  # fmt: skip
AMOUNTS = {"mol": "mole", "mmol": "millimole", "umol": "micromole", "mcmol": "micromole", "nmol": "nanomole",
           "pmol": "picomole", "fmol": "femtomole", "M": "molar", "mM": "millimolar", "uM": "micromolar",
           "nM": "nanomolar", "pM": "picomolar"}  # fmt: skip
ACTIVITIES = {"U": "enzyme_unit", "IU": "enzyme_unit", "u": "enzyme_unit", "iu": "enzyme_unit", "unit": "enzyme_unit",
              "units": "enzyme_unit", "mU": "millienzyme_unit", "mIU": "millienzyme_unit", "uU": "microenzyme_unit",
              "uIU": "microenzyme_unit", "kU": "kiloenzyme_unit", "kIU": "kiloenzyme_unit", "kat": "katal",
              "mkat": "millikatal", "ukat": "microkatal", "nkat": "nanokatal"}  # fmt: skip
TIMES = {"s": "second", "sec": "second", "secs": "second", "min": "minute", "mins": "minute", "h": "hour",
         "hr": "hour", "hrs": "hour", "d": "day", "day": "day", "days": "day", "wk": "week", "wks": "week",
         "mo": "month", "mos": "month", "mth": "month", "mths": "month", "yr": "year", "yrs": "year"}  # fmt: skip
COUNTED = {"cell": "cell", "cells": "cell", "copy": "copy", "copies": "copy", "molecule": "molecule",
           "molecules": "molecule"}  # fmt: skip
TEMPERATURES = {"degC": "degree_Celsius", "°C": "degree_Celsius", "C": "degree_Celsius", "Cel": "degree_Celsius",
                "degF": "degree_Fahrenheit", "°F": "degree_Fahrenheit", "F": "degree_Fahrenheit", "K": "kelvin",
                "delta_degC": "delta_degree_Celsius", "delta_degF": "delta_degree_Fahrenheit"}  # fmt: skip
PRESSURES = {"mmHg": "millimeter_Hg", "cmHg": "centimeter_Hg", "cmH2O": "centimeter_H2O", "cmH_O": "centimeter_H2O", "Pa": "pascal",
             "hPa": "hectopascal", "kPa": "kilopascal", "bar": "bar", "mbar": "millibar"}  # fmt: skip
SHARES = {"%": "percent", "percent": "percent", "pct": "percent"}

NAMES: dict[str, str] = {
    **MASSES, **VOLUMES, **LENGTHS, **AMOUNTS, **ACTIVITIES, **TIMES, **COUNTED, **TEMPERATURES, **PRESSURES, **SHARES,
}  # fmt: skip
_lower: dict[str, set[str]] = {}
for _name, _unit in NAMES.items():
    _lower.setdefault(_name.lower(), set()).add(_unit)
ANY_CASE: dict[str, str] = {name: next(iter(units)) for name, units in _lower.items() if len(units) == 1}
"""Lower case -> unit, where capitals decide nothing: MG/DL is mg/dL, but MM may be mm or mmol/L."""

TEMPERATURE_SCALES = frozenset({"degree_Celsius", "degree_Fahrenheit"})
THOUSANDS = {"K": 3, "k": 3, "thousand": 3, "thousands": 3, "thou": 3, "Tsd": 3, "tsd": 3, "Tausend": 3, "M": 6, "mill": 6, "million": 6, "millions": 6,
             "mio": 6, "Mio": 6, "G": 9, "Gpt": 9, "Giga": 9, "giga": 9, "Mrd": 9, "billion": 9, "T": 12, "Tpt": 12, "Tera": 12}  # fmt: skip
"""What stands alone above a volume in a blood count, as a power of ten: K/µL, G/L, T/L, Gpt/L, million/mL."""

AMBIGUOUS = {
    "gr": "gram or grain; write g",
    "T": "10^12, as in T/L, only above a litre",
    "y": "year or something else; write year",
    "a": "year or something else; write year",
    "t": "tonne or something else; write kg",
    "E": "part of a power of ten; write 1e9 or 10^9",
    "e": "part of a power of ten; write 1e9 or 10^9",
}
