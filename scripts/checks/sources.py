"""The sources the house checks look at."""

import os


def files(root, folders, endings):
    """(path from the root, lines) of every file under the folders, in a fixed order."""
    for folder in folders:
        for where, inside, names in sorted(os.walk(os.path.join(root, folder))):
            inside.sort()
            for name in sorted(names):
                if name.endswith(endings):
                    path = os.path.join(where, name)
                    with open(path, encoding="utf-8", errors="replace") as text:
                        yield os.path.relpath(path, root), text.read().splitlines()
