"""Percentiles that a workload publishes as counters: `hop_p50_ns`, `hop_p99_ns`, `hop_p999_ns`, `gap_max_ns`.

A name is what was timed (`hop`), then the percentile: p and digits, read as p50, p90, p99, p99.9, or max.
"""

import re

_KEY = re.compile(r"(?:(\w+?)_)?(p(\d{2,5})|max)_ns$")
MAX = 100.0


def parse(key):
    """(what, percentile) of a counter's name, or None."""
    found = _KEY.fullmatch(key)
    if not found:
        return None
    digits = found.group(3)
    return found.group(1) or "", MAX if digits is None else float(digits[:2] + "." + digits[2:])


def label(percentile):
    return "max" if percentile == MAX else "p%g" % percentile


def of(row):
    """{what: {percentile: ns}} of a row of the summary; what has only a maximum isn't a distribution."""
    out = {}
    for key, value in row["counters"].items():
        found = parse(key)
        if found:
            out.setdefault(found[0], {})[found[1]] = value
    return {what: some for what, some in out.items() if 50.0 in some}
