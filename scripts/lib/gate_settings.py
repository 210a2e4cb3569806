# SPDX-License-Identifier: Apache-2.0
"""scripts/gate.toml: margins, levels, what is measured by default, and exceptions with their reasons. An unknown key is an error."""

import math
import os
import re
import tomllib
from collections import namedtuple

import usage

FILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "gate.toml")

Override = namedtuple("Override", "match margin why")
Ratio = namedtuple("Ratio", "weft rival least why")
_SHAPE = {"margin": float, "alpha": float, "pairs": list, "min_time": float, "layouts": int, "select": str, "calibrate": str, "omit": list, "override": list,
          "ratio": list, "exact": dict}


class Settings:
    def __init__(self, values, where):
        self.where, self.values = where, values
        _keys(values, _SHAPE, where)
        self.margin, self.alpha, self.stages = values["margin"], values["alpha"], tuple(values["pairs"])
        self.min_time, self.layouts, self.select = values["min_time"], values["layouts"], _pattern(values["select"], where)
        self.calibrate = _pattern(values["calibrate"], where)
        self.omit = [(_pattern(o["match"], where), o["why"]) for o in _each(values["omit"], {"match": str, "why": str}, where)]
        self.overrides = [Override(_pattern(o["match"], where), o["margin"], o["why"]) for o in
                          _each(values["override"], {"match": str, "margin": float, "why": str}, where)]
        self.ratios = [Ratio(**r) for r in _each(values["ratio"], {"weft": str, "rival": str, "least": float, "why": str}, where)]
        self.exact = values["exact"]
        _keys(self.exact, {"instructions": float, "bytes": float, "syscalls": float, "allocations": float, "iterations": dict, "footprint": list},
              where + ": exact")
        for name, n in self.exact["iterations"].items():
            if not isinstance(n, int) or n < 1 or len(str(n)) != len(str(2 * n)):
                raise usage.Stop("%s: exact: iterations of %s want a number whose double has as many digits" % (where, name))
        if not all(isinstance(n, int) and n > 0 for n in self.stages) or list(self.stages) != sorted(set(self.stages)) or not self.stages:
            raise usage.Stop("%s: pairs wants rising numbers, the pairs after each stage" % where)
        if not 0 < self.alpha < 0.5 or not 0 < self.margin < 1 or self.min_time <= 0 or self.layouts < 1:
            raise usage.Stop("%s: alpha, margin, min_time or layouts is out of range" % where)

    def margin_of(self, name):
        return next((o.margin for o in self.overrides if o.match.search(name)), self.margin)

    def limits_of(self, name):
        """Of what is counted: an override that allows more counts here too."""
        allowed = next((o.margin for o in self.overrides if o.match.search(name)), 0.0)
        return {what: max(limit, allowed) for what, limit in self.exact.items() if isinstance(limit, (int, float))}

    def log_margin(self, name):
        return math.log1p(self.margin_of(name))

    def omitted(self, name):
        """Why this one isn't measured unless asked for; None: it is."""
        return next((why for match, why in self.omit if match.search(name)), None)


def _pattern(text, where):
    try:
        return re.compile(text)
    except re.error as error:
        raise usage.Stop("%s: %r is no regular expression: %s" % (where, text, error)) from None


def _keys(values, shape, where):
    for key, value in values.items():
        if key not in shape:
            raise usage.Stop("%s: unknown key '%s'" % (where, key))
        if not isinstance(value, shape[key]) and not (shape[key] is float and isinstance(value, int)):
            raise usage.Stop("%s: %s wants a %s" % (where, key, shape[key].__name__))
    missing = set(shape) - set(values)
    if missing:
        raise usage.Stop("%s: %s is missing" % (where, ", ".join(sorted(missing))))


def _each(tables, shape, where):
    for table in tables:
        if not isinstance(table, dict):
            raise usage.Stop("%s: a list of tables is wanted" % where)
        _keys(table, shape, where)
    return tables


def load(path=FILE):
    where = os.path.basename(path)
    try:
        with open(path, "rb") as text:
            return Settings(tomllib.load(text), where)
    except OSError as error:
        raise usage.Stop("--settings: %s: %s" % (path, os.strerror(error.errno))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise usage.Stop("%s: %s" % (where, error)) from None
