# SPDX-License-Identifier: Apache-2.0
"""Does scripts/mutants still do what it is for? On the release build, in seconds: a mutant is built and killed, one whose machine code is
the original's is known for it, and no mutant by hand and no explanation of a survivor is stale."""

import os
import re
import shutil
import sys
import tempfile

import process

KILLED, SAME, CASE = "chan/chan.c:send_now:drop:1", "chan/own.c:w_chan_revoke:order:1", "api_chan_closed"


def check(root):
    """What is wrong, a line each."""
    out = tempfile.mkdtemp(prefix="weft-mutants-")
    try:
        done = process.run([sys.executable, "-B", os.path.join(root, "scripts", "lib", "mutants.py"), "--out", out, "--cases", "^%s$" % CASE,
                            "--filter", "^(%s|%s)$" % (KILLED, SAME)], 300, merge=True)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    lines = done.out.splitlines()
    found = []
    for name, outcome in ((KILLED, "killed"), (SAME, "same code")):
        if not any(re.search(r" %s +%s " % (re.escape(name), outcome), line) for line in lines):
            found.append("%s is not recognised as: %s" % (name, outcome))
    if done.status or found:
        found += lines[-12:] + ["scripts/mutants: " + process.describe(done)]
    return found
