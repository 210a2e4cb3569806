"""scripts/history: how figures went over the runs in results/, and a run in other tools' formats."""

import os
import re
import sys

import export
import history_page
import history_text
import index as index_
import report
import runs
import trends
import usage

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

HELP = """\
Shows how figures and ratios went from run to run, and where their level changed: text on stdout. Runs are compared with runs of the
same machine class alone, those with uncommitted changes are left out. Reads the folders in results/ through an SQLite index under
build/, a cache that is made from them again whenever they change.

With --export it writes one run in another tool's format instead: the DIR named, else the newest of results/, a whole one if there is any.
  benchstat    Go's benchmark format, a line a sample
  bencher      Bencher's JSON: medians and intervals
  google       Google Benchmark's JSON, medians of times: github-action-benchmark reads it
  csv          a line a sample
  openmetrics  medians, intervals and ratios as gauges at the run's time
Benchmarks and samples that failed are in none of them.

exit status: 0 done · 1 done, but some folders are no whole run and were left out: a line each on stderr ·
2 bad usage, no run at all, or a file that can't be written: one line on stderr"""


def options(arguments):
    parser = usage.Parser(prog="scripts/history", description=HELP)
    parser.add_argument("folders", metavar="DIR", nargs="*", help="runs' folders, or folders of them, instead of results/")
    parser.add_argument("--filter", metavar="RE", help="benchmarks whose name this regular expression finds; default Weft's own")
    parser.add_argument("--index", metavar="FILE", help="the index, default build/history.sqlite")
    parser.add_argument("--export", metavar="FORMAT", choices=sorted(export.FORMATS), help="one of " + ", ".join(sorted(export.FORMATS)))
    parser.add_argument("--html", action="store_true", help="the trends as a page with charts")
    parser.add_argument("--out", metavar="FILE", help="write there instead of stdout")
    chosen = parser.parse_args(arguments)
    if chosen.html and chosen.export:
        raise usage.Stop("--html and --export are two outputs: one at a time")
    try:
        chosen.pattern = re.compile(chosen.filter if chosen.filter is not None else "/weft(/|$)")
    except re.error as error:
        raise usage.Stop("--filter: not a regular expression: %s" % error) from None
    return chosen


def emit(chosen, what):
    if chosen.out:
        report.put(chosen.out, what)
    else:
        sys.stdout.write(what)


def main(arguments):
    chosen = options(arguments)
    folders = runs.find(chosen.folders or [os.path.join(ROOT, "results")])
    if chosen.export and len(chosen.folders) == 1 and len(folders) == 1:
        emit(chosen, export.FORMATS[chosen.export](runs.Loaded(folders[0])))
        return usage.OK
    index = index_.Index(chosen.index or os.path.join(ROOT, "build", "history.sqlite"))
    skipped = index.update(folders)
    for path, why in skipped:
        sys.stderr.write("history: left out: %s\n" % why)
    try:
        if chosen.export:
            newest = index.rows("SELECT path FROM runs WHERE NOT dirty ORDER BY filter IS NOT NULL OR interrupted, date DESC, name DESC LIMIT 1")
            if not newest:
                raise usage.Stop("no run to export")
            emit(chosen, export.FORMATS[chosen.export](runs.Loaded(newest[0]["path"])))
        else:
            known, every = trends.read(index, chosen.pattern)
            if not known:
                raise usage.Stop("no run without uncommitted changes")
            if not every:
                raise usage.Stop("no benchmark matches %r" % chosen.pattern.pattern)
            emit(chosen, history_page.page(known, every, skipped) if chosen.html else history_text.text(known, every))
    finally:
        index.close()
    return usage.FAILED if skipped else usage.OK


if __name__ == "__main__":
    usage.run("history", main)
