"""Store-load duels: every seq_cst operation and fence carries its duel's tag, [name], and no duel has one side only.

A tag stands on the line itself, or in a comment up to NEAR lines before or after it: a fence belongs to its neighbours.
"""

import re

from sources import files

NEAR = 4
_STRONG = re.compile(r"\b(?:au32|au64|aptr)_\w+_sc\(|\bw_full_fence\(\)|\bw_light_barrier\(\)|\bw_os_heavy_barrier\(\)")
_COMMENT = re.compile(r"/\*.*?\*/|//.*|/\*.*$|^\s*\*.*")
_TAG = re.compile(r"\[([a-z][a-z_]*(?:\.[a-z_]+)*)\]")
_DEFINITIONS = ("runtime/base/atom.h", "runtime/os/")


def check(root):
    found, sides = [], {}
    for path, lines in files(root, ["runtime"], (".c", ".h")):
        if path.startswith(_DEFINITIONS):
            continue
        tags = [_tags(line) for line in lines]
        for number, line in enumerate(lines):
            code = _COMMENT.sub("", line)
            if not _STRONG.search(code):
                continue
            near = _nearest(tags, number)
            if not near:
                found.append("%s:%d: a seq_cst operation or fence without a duel's tag: %s" % (path, number + 1, line.strip()[:70]))
            for tag in near:
                sides.setdefault(tag, set()).add((path, number))
    for path, lines in files(root, ["runtime"], (".c", ".h")):
        for number, line in enumerate(lines):
            for tag in _tags(line):
                if tag in sides:
                    sides[tag].add((path, number))
    for tag, where in sorted(sides.items()):
        if len(where) < 2:
            path, number = next(iter(where))
            found.append("%s:%d: duel [%s] has one side only" % (path, number + 1, tag))
    return found


def _tags(line):
    """Tags count in comments alone: a[i] in code is an index."""
    return [t for comment in _COMMENT.findall(line) for t in _TAG.findall(comment)]


def _nearest(tags, number):
    for distance in range(NEAR + 1):
        for at in (number - distance, number + distance):
            if 0 <= at < len(tags) and tags[at]:
                return tags[at]
    return []
