"""The floors of the runtime, by the include lines: a file includes its own floor or a lower one.

base -> arch, os -> stack -> queue, poll -> sched -> chan, sync, time, io. weft.h is for all. The suite and the examples use weft.h
alone; conformance/unit and the simulator may look inside.
"""

import re

from sources import files

FLOOR = {"base": 0, "arch": 1, "os": 1, "stack": 2, "queue": 3, "poll": 3, "sched": 4, "chan": 5, "sync": 5, "time": 5, "io": 5}
_SIMULATOR = re.compile(r"conformance/sim/[^/]+$")  # its cases, in a folder below, see weft.h alone
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def check(root):
    found = []
    for path, lines in files(root, ["runtime"], (".c", ".h", ".S")):
        own = path.split("/")[1]
        if own in ("include", "examples"):
            continue
        if own not in FLOOR:
            found.append("%s: no floor is named %s" % (path, own))
            continue
        for number, line in enumerate(lines, 1):
            target = _INCLUDE.match(line)
            if target and _above(own, target.group(1)):
                found.append("%s:%d: %s is above %s" % (path, number, target.group(1), own))
    for path, lines in files(root, ["bench", "baselines", "conformance", "runtime/examples"], (".c", ".h", ".cc")):
        if path.startswith(("conformance/unit/", "conformance/fault/hook.h")) or _SIMULATOR.match(path):  # compiled into the runtime
            continue
        for number, line in enumerate(lines, 1):
            target = _INCLUDE.match(line)
            if target and ("runtime/" in target.group(1) or target.group(1).split("/")[0] in FLOOR and "/" in target.group(1)
                           and not path.startswith(("bench/" + target.group(1).split("/")[0],))):
                found.append("%s:%d: the suite includes the runtime's inside: %s" % (path, number, target.group(1)))
    return found


def _above(own, target):
    parts = target.split("/")
    if len(parts) == 1:
        return False  # weft.h, or a file beside it
    if parts[0] in ("bench", "conformance", "baselines", ".."):
        return True
    return FLOOR.get(parts[0], FLOOR[own]) > FLOOR[own]
