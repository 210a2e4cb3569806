"""scripts/test's look at the ledger: a verdict that is no longer the committed one is a failure, by the fresh figures of the conformance cases
and by those of the newest published run. Times are judged by the published run alone: a machine that runs tests is busy."""

import os
import re

import claims
import claims_figures
import claims_ledger
import usage

PUBLISHED = re.compile(r"\d{4}-\d\d-\d\d-.*[0-9a-f]{10}(-\d+)?$")


def newest(results):
    """The folder of the newest run of a clean tree, or None."""
    entries = sorted(e for e in (os.listdir(results) if os.path.isdir(results) else []) if PUBLISHED.match(e))
    return os.path.join(results, entries[-1]) if entries else None


def fresh(ledger, verdicts, junit, whole=True):
    """(judgements, problems) by a conformance report. whole: every case ran, so that one which published nothing is a problem."""
    measured = claims_figures.Measured(junit)
    judged, problems = {}, []
    for c in ledger.claims:
        for who in c.who:
            if not verdicts.is_counted(c, who):
                continue
            j = judged[c.id, who] = c.judge(who, measured)
            if j.verdict is None and whole and not _may_lack(j, who, measured):
                problems.append("claim %d, %s: no verdict: %s" % (c.id, who, j.why))
    return judged, problems


def _may_lack(judgement, who, measured):
    """A skipped case says why itself; without Go nothing of it is known; one CPU shows less than two."""
    return " skipped: " in judgement.why or who == "go" and not measured.go or judgement.why == claims_ledger.UNCOVERED and os.cpu_count() == 1


def check(results, junit=None, whole=True):
    """(verdicts compared, problems)"""
    try:
        ledger = claims.ledger()
        verdicts = claims.committed(ledger)
        judged, problems = fresh(ledger, verdicts, junit, whole) if junit else ({}, [])
        problems += claims.told(verdicts, judged, None)
        compared = sum(1 for j in judged.values() if j.verdict)
        folder = newest(results)
        if folder:
            _, _, kind, measured = claims.measured(folder, None)
            published = ledger.judge(measured)
            problems += ["%s: %s" % (os.path.basename(folder), p) for p in claims.told(verdicts, published, kind)]
            compared += sum(1 for key, j in published.items() if j.verdict and verdicts.verdict(key, kind))
    except usage.Stop as stop:
        return 0, [str(stop)]
    return compared, problems
