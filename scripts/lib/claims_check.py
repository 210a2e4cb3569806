"""scripts/test's look at the ledger: a verdict that is no longer the committed one is a failure, by the fresh figures of the conformance cases
and by those of the newest published run on each kind of machine. Times are judged by published runs alone: a machine that runs tests is busy."""

import json
import os
import subprocess

import claims
import claims_figures
import claims_ledger
import claims_take
import machine
import usage


def newest(results):
    """Folders: of each kind of machine the newest whole run that is committed, with the figures of conformance cases. What somebody has just
    measured is theirs to judge."""
    try:
        listed = subprocess.run(["git", "ls-files", "--", "*/machine.json"], cwd=results, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                text=True, timeout=60, check=False)
    except OSError:
        return []  # no such folder, or no git
    found = {}
    for name in listed.stdout.splitlines():
        folder = os.path.join(results, os.path.dirname(name))
        try:
            with open(os.path.join(results, name), encoding="utf-8") as text:
                m = json.load(text)
        except (OSError, ValueError):
            continue  # committed, and deleted or spoilt since
        whole = not m["run"]["filter"] and not m["run"]["interrupted"] and not m["source"]["dirty"]
        if whole and os.path.exists(os.path.join(folder, claims_take.FILE)):
            kind = machine.slug(m["hardware"])
            found[kind] = max(found.get(kind, ("", "")), (m["date"], folder))
    return [folder for _, folder in sorted(found.values())]


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
    """A skipped case says why itself; without Go nothing of it is known, nor of a newer one; one CPU shows less than two."""
    return (" skipped: " in judgement.why or who == "go" and not measured.go or claims_ledger.OLDER.split("%")[0] in judgement.why or
            judgement.why == claims_ledger.UNCOVERED and os.cpu_count() == 1)


def check(results, junit=None, whole=True):
    """(verdicts compared, problems)"""
    try:
        ledger = claims.ledger()
        verdicts = claims.committed(ledger)
        judged, problems = fresh(ledger, verdicts, junit, whole) if junit else ({}, [])
        problems += claims.told(verdicts, judged, None)
        compared = sum(1 for j in judged.values() if j.verdict)
        for folder in newest(results):
            _, _, kind, measured = claims.measured(folder, None)
            published = ledger.judge(measured)
            problems += ["%s: %s" % (os.path.basename(folder), p) for p in claims.told(verdicts, published, kind)]
            compared += sum(1 for key, j in published.items() if j.verdict and verdicts.verdict(key, kind))
    except usage.Stop as stop:
        return 0, [str(stop)]
    return compared, problems
