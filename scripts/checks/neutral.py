"""What a stranger's clone must not contain: one C++ file of ours, no path of the author's machine, a README in every folder."""

import os
import re
import subprocess

TOP = ("runtime", "baselines", "bench", "conformance", "scripts", "results")
# Written so that this file doesn't find itself.
_PRIVATE = re.compile("/" + r"work/(?!\S*\$)|/ro" + r"ot/|/ho" + r"me/\w|\.\./sha" + r"red")


def check(root):
    found = []
    for folder in TOP:
        if not os.path.exists(os.path.join(root, folder, "README.md")):
            found.append("%s/ has no README.md" % folder)
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                timeout=20, check=True, text=True).stdout.split("\0")
    except (OSError, subprocess.SubprocessError):
        return found  # not a checkout
    plus = [p for p in listed if p.endswith((".cc", ".cpp", ".cxx", ".hpp"))]
    plus = [p for p in plus if not p.startswith("baselines/")]  # peers are in their own languages
    if len(plus) > 1:
        found.append("more than one C++ file: " + " ".join(plus))
    for path in filter(None, listed):
        if path.startswith("results/") and not path.endswith(".md"):
            continue
        try:
            with open(os.path.join(root, path), encoding="utf-8") as text:
                for number, line in enumerate(text, 1):
                    if _PRIVATE.search(line):
                        found.append("%s:%d: a path of somebody's machine: %s" % (path, number, line.strip()[:80]))
        except (OSError, UnicodeDecodeError):
            continue
    return found
