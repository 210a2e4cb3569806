"""Benchmark names: workload/runtime[/variant]/procs:N[/arg:value...].

Google Benchmark appends how it took the time; that is no part of a name and is stripped here, once.
"""

import re
from collections import namedtuple

_SUFFIX = re.compile(
    r"/(process_time|real_time|manual_time|(?:min_time|min_warmup_time|iterations|repeats|threads):[^/]*)$")

_CLOCK = re.compile(r"(/(process_time|real_time|manual_time))+$")

Name = namedtuple("Name", "full workload runtime variant procs args")


def strip(text):
    """The name without Google Benchmark's own suffixes."""
    text = text.strip()
    while True:
        shorter = _SUFFIX.sub("", text)
        if shorter == text:
            return text
        text = shorter


def without_clock(text):
    """The name without how its time is taken: of any Google Benchmark program, whose arguments and threads tell benchmarks apart."""
    return _CLOCK.sub("", text.strip())


def parse(text):
    """A Name; procs is None where the name doesn't say, args is a sorted tuple of (key, value)."""
    full = strip(text)
    parts = full.split("/")
    if len(parts) < 2 or not all(parts):
        raise ValueError("not a benchmark name: %r" % text)
    variant, args, procs = [], [], None
    for part in parts[2:]:
        key, colon, value = part.partition(":")
        if not colon:
            variant.append(part)
        elif key == "procs":
            procs = int(value)
        else:
            args.append((key, value))
    return Name(full, parts[0], parts[1], "/".join(variant), procs, tuple(sorted(args)))


def cores(name):
    """How many cores a benchmark may use; one where it doesn't say, which favours the peer in comparisons."""
    if name.procs is not None:
        return name.procs
    return 2 if "cross_core" in name.variant.split("/") else 1


def kind(name):
    """What a peer's figure may be compared as.

    A spinning pair of threads burns two cores for nothing else and a pool creates no thread: both are shown, each in its
    own class, and neither counts as "the best blocking variant".
    """
    words = re.split(r"[/_]", name.variant)
    if "spin" in words or "spinning" in words:
        return "spinning"
    if "pool" in words:
        return "pool"
    return "blocking"
