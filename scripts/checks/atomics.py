"""Only runtime/base/atom.h knows the compiler's atomics: everything else names its order, or it doesn't compile."""

import re

from sources import files

HOME = "runtime/base/atom.h"
_FORBIDDEN = re.compile(r"<stdatomic\.h>|\b_Atomic\b|\b__atomic_\w+|\b__sync_\w+|\batomic_(?:load|store|exchange|fetch|compare|thread_fence|signal_fence)\w*\(")


def check(root):
    found = []
    for path, lines in files(root, ["runtime"], (".c", ".h")):
        if path == HOME:
            continue
        for number, line in enumerate(lines, 1):
            hit = _FORBIDDEN.search(line.split("//")[0])
            if hit and not line.lstrip().startswith("*"):
                found.append("%s:%d: %s belongs in %s" % (path, number, hit.group(0), HOME))
    return found
