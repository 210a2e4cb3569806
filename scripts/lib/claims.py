"""scripts/claims: the seeds' claims about goroutines, each judged by its rule over what a run measured."""

import os
import sys

import claims_committed
import claims_figures
import claims_ledger
import claims_page
import machine
import report
import usage

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEDGER = os.path.join(ROOT, "conformance", "claims.toml")
VERDICTS = os.path.join(ROOT, "conformance", "claims.verdicts")

HELP = """\
Prints the ledger of claims, conformance/claims.toml, judged by the figures of a run that scripts/measure wrote, and writes claims.html into its
folder. The figures of conformance cases are in the run's conformance.xml, or where --junit says (weft_conformance --junit FILE).
Without evidence there is no verdict, and the reason stands in its place.

exit status: 0 every verdict is the committed one · 1 some are not: they are named · 2 bad usage or bad input: one line on stderr"""


def options(arguments):
    parser = usage.Parser(prog="scripts/claims", description=HELP)
    parser.add_argument("folder", metavar="DIR", nargs="?", help="a folder that scripts/measure wrote; none: --junit alone")
    parser.add_argument("--junit", metavar="FILE", help="the conformance report, instead of the folder's conformance.xml")
    parser.add_argument("--out", metavar="FILE", help="write this page (.html or .md) instead of the folder's claims.html")
    parser.add_argument("--accept", action="store_true", help="commit to these verdicts: writes conformance/claims.verdicts")
    parser.add_argument("--cases", action="store_true", help="print a regular expression of the cases that carry claims, and nothing else")
    chosen = parser.parse_args(arguments)
    if not chosen.cases and not chosen.folder and not chosen.junit:
        raise usage.Stop("a results folder or --junit is needed (--help shows the usage)")
    if chosen.out and not chosen.out.endswith((".html", ".md")):
        raise usage.Stop("--out wants a name that ends with .html or .md")
    return chosen


def ledger():
    try:
        return claims_ledger.Ledger(LEDGER)
    except claims_ledger.Wrong as error:
        raise usage.Stop(str(error)) from None
    except FileNotFoundError:
        raise usage.Stop("there is no %s" % os.path.relpath(LEDGER, ROOT)) from None


def committed(the_ledger):
    try:
        return claims_committed.Committed(the_ledger, VERDICTS)
    except claims_ledger.Wrong as error:
        raise usage.Stop(str(error)) from None


def measured(folder, junit):
    """(title, what the figures are from, the kind of machine or None, Measured)"""
    if junit and not os.path.exists(junit):
        raise usage.Stop("%s: no such file" % junit)
    try:
        if not folder:
            return "conformance", "a conformance report", None, claims_figures.Measured(junit)
        run, found = claims_figures.from_folder(folder, junit)
    except ValueError as error:
        raise usage.Stop(str(error)) from None
    cases = "a conformance report of another run" if junit else "its conformance.xml" if not found.why_no_cases else "no conformance report"
    return run.name, "the run %s and %s" % (run.name, cases), machine.slug(run.machine["hardware"]), found


def told(verdicts, judged, kind):
    """A line for each verdict that has changed."""
    return ["claim %d, %s: %s, committed is %s (%s)" % (*key, claims_page.word(judged[key]), claims_ledger.WORDS.get(verdicts.verdict(key, kind), "none"),
                                                        claims_page.because(judged[key])) for key in verdicts.changed(judged, kind)]


def pattern(the_ledger):
    return "^(%s)$" % "|".join(sorted(the_ledger.cases()))


def write(folder, junit=None, out=None, the_ledger=None):
    """Judges and writes the page. Returns (ledger, judgements, the kind of machine or None, where the page is or None)."""
    the_ledger = the_ledger or ledger()
    title, sources, kind, found = measured(folder, junit)
    judged = the_ledger.judge(found)
    out = out or (os.path.join(folder, "claims.html") if folder else None)
    if out:
        report.put(out, claims_page.markdown(the_ledger, judged, title) if out.endswith(".md")
                   else claims_page.html(the_ledger, judged, title, sources))
    return the_ledger, judged, kind, out


def main(arguments):
    chosen = options(arguments)
    if chosen.cases:
        print(pattern(ledger()))
        return usage.OK
    the_ledger, judged, kind, out = write(chosen.folder, chosen.junit, chosen.out)
    verdicts = committed(the_ledger)
    if chosen.accept:
        print("%d verdicts changed in %s" % (verdicts.accept(judged, kind), os.path.relpath(VERDICTS, ROOT)))
    changed = verdicts.changed(judged, kind)
    sys.stdout.write(claims_page.text(the_ledger, judged, {key: verdicts.verdict(key, kind) for key in changed}))
    for line in told(verdicts, judged, kind):
        print("CHANGED " + line)
    new = verdicts.new(judged, kind)
    if new:
        print("%d verdicts of %s are not committed yet: scripts/claims --accept %s" % (len(new), kind, chosen.folder))
    if out:
        print(out)
    if chosen.folder and not chosen.out and os.path.exists(os.path.join(chosen.folder, "report.html")):
        report.write_page(chosen.folder)  # it links the claims
    return usage.FAILED if changed else usage.OK


if __name__ == "__main__":
    usage.run("claims", main)
