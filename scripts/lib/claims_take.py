"""What scripts/measure adds for the claims' ledger: the conformance cases that carry claims, run once beside the rounds, so that their figures are
of the same machine, build and day. Their report is the run's conformance.xml."""

import os
import shutil

import claims
import process

FILE = "conformance.xml"
PROCS = "1,8"  # of the cases that fix none: the two that claims ask for by name
LIMIT_S = 300


def take(build_folder, folder, progress):
    """Writes folder/conformance.xml; where that isn't possible a line says so, and the ledger will have no verdict."""
    binary = os.path.join(build_folder, "conformance", "weft_conformance")
    if not os.access(binary, os.X_OK):
        progress.say("measure: note: no figures for the claims' cases: weft_conformance is not built")
        return
    progress.show("cases that carry claims", LIMIT_S / 5)
    path = os.path.join(folder, FILE)
    go = [] if shutil.which("go") else ["--no-go"]
    done = process.run([binary, "--procs", PROCS, "--filter", claims.pattern(claims.ledger()), "--junit", path] + go, LIMIT_S, merge=True)
    progress.clear()
    if not os.path.exists(path):
        progress.say("measure: note: no figures for the claims' cases: %s" % process.describe(done))
    elif done.status:
        failed = [line for line in done.out.splitlines() if line.startswith("FAILED")]
        progress.say("measure: note: cases that carry claims failed: %s" % ("; ".join(failed) or process.describe(done)))
