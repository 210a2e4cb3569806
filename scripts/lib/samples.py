"""A sample: one process's answer for one benchmark in one round. Samples are JSON lines, appended as they are taken.

Fields
  name               as bench/WORKLOADS.md spells it, without Google Benchmark's suffixes
  round, order       which round, and its place in that round's shuffled order
  source             google_benchmark | line | footprint | hyperfine
  metric             ns_per_op | bytes_per_task | ns_per_run
  value              the figure in that metric; null when status isn't "ok"
  status, reason     "ok", or "error" | "crash" | "timeout" and why
  checksum_ok        the program verified its answer
  cpu_ns_per_op, iterations, counters     what else it said
  started_s, wall_s  since the run began; how long the process took
  steal, others, psi disturbance while it ran: shares of the machine's time, see disturb.py
"""

import json
import os

import names as naming

FILE = "samples.jsonl"


def read(path):
    """The samples of a file; a line that isn't one is an error that names it."""
    out = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                if not line.endswith("\n"):
                    raise ValueError("the file is cut short")
                sample = json.loads(line)
                naming.parse(sample["name"]), sample["round"] + 0, sample["status"]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ValueError("%s:%d: not a sample (%s)" % (os.path.basename(path), number, error)) from None
            out.append(sample)
    return out


def count(path):
    """Of a file that is being written: an interrupted run's list in memory may be one ahead of it."""
    with open(path, "rb") as lines:
        return sum(1 for _ in lines)


def line(record):
    return json.dumps(record, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"
