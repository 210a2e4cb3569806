"""scripts/report: the page again, from the raw data of one run or of several side by side."""

import os
import sys

import folder
import page
import page_several
import usage
from runs import Loaded

HELP = """\
Writes a run's page again from its raw data alone: report.html and summary.json in DIR, the same bytes for the same data.
With several folders it writes one page that has them side by side; runs are never merged.

exit status: 0 done · 2 bad usage, or a folder that is no run: one line on stderr"""


def write_page(path):
    """report.html and summary.json of one run. Returns the summary."""
    run = Loaded(path)
    for name, text in (("summary.json", folder.dump(run.summary)), ("report.html", page.single(run))):
        put(os.path.join(path, name), text)
    return run.summary


def put(path, text):
    """Aside, then renamed: a full disk leaves the old page alone."""
    aside = path + ".partial"
    try:
        with open(aside, "w", encoding="utf-8") as out:
            out.write(text)
        os.rename(aside, path)
    except BaseException:
        try:
            os.unlink(aside)
        except OSError:
            pass
        raise


def main(arguments):
    parser = usage.Parser(prog="scripts/report", description=HELP)
    parser.add_argument("folders", metavar="DIR", nargs="+", help="a folder that scripts/measure wrote")
    parser.add_argument("--out", metavar="FILE", help="where the page of several runs goes; default compare.html beside the first")
    chosen = parser.parse_args(arguments)
    paths = list(dict.fromkeys(os.path.abspath(f) for f in chosen.folders))
    if len(paths) == 1:
        if chosen.out:
            run = Loaded(paths[0])
            put(chosen.out, page.single(run))
            print(chosen.out)
        else:
            write_page(paths[0])
            print(os.path.join(chosen.folders[0], "report.html"))
        return usage.OK
    out = chosen.out or os.path.join(os.path.dirname(paths[0]), "compare.html")
    put(out, page_several.several([Loaded(p) for p in paths], os.path.dirname(os.path.abspath(out))))
    sys.stdout.write(out + "\n")
    return usage.OK


if __name__ == "__main__":
    usage.run("report", main)
