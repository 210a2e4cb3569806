"""README.md's two parts that are checked or made: the first program, and the table between its markers.

    readme.py DIR        writes the table of a results folder into README.md
"""

import os
import re
import shutil
import tempfile

import process
import report
import show
import summary
import usage

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def check_program(root, build):
    """None, or why the first C program of the README doesn't compile or doesn't print what the README says."""
    with open(os.path.join(root, "README.md"), encoding="utf-8") as text:
        readme = text.read()
    program = re.search(r"```c\n(.*?)```", readme, re.S)
    printed = re.search(r"It prints\s+```(?:text)?\n(.*?)```", readme, re.S)
    if not program or not printed:
        return "README.md has no ```c program followed by what it prints"
    folder = tempfile.mkdtemp(prefix="weft-readme-")
    try:
        source, binary = os.path.join(folder, "first.c"), os.path.join(folder, "first")
        with open(source, "w", encoding="utf-8") as out:
            out.write(program.group(1))
        done = process.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-I", os.path.join(root, "runtime", "include"), source,
                            os.path.join(build, "runtime", "libweft.a"), "-pthread", "-ldl", "-o", binary], 60, merge=True)
        if done.status != 0:
            return done.out
        done = process.run([binary], 20)
        if done.status != 0 or done.out != printed.group(1):
            return "it printed\n%s%sinstead of\n%s(exit status %d)" % (done.out, done.err, printed.group(1), done.status)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return None


def table(run):
    """Markdown: a line for each workload and its arguments: Weft at one and two processors, and its rivals at as many. Whoever is fastest of all
    others is there too, whatever it is."""
    found, m = run.summary, run.machine
    rows = {r["name"]: r for r in found["rows"]}
    groups = {}
    for row in found["rows"]:
        if row["runtime"] == "weft" and row["median"] is not None:
            groups.setdefault((row["workload"], row["variant"], tuple(map(tuple, row["args"]))), {})[row["procs"]] = row
    lines = ["| | Weft, 1 processor | best blocking pthread | Go | fastest of the rest | Weft, 2 processors | best of all others |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for (workload, variant, args), cells in groups.items():
        one = cells.get(1) or cells.get(None) or cells[min(cells)]
        at_one = one["procs"] in (1, None)
        mine = [c for c in found["comparisons"] if c["weft"] == one["name"] and at_one]
        two = [c for c in found["comparisons"] if 2 in cells and c["weft"] == cells[2]["name"]]
        lines.append("| %s | %s | %s | %s | %s | %s | %s |" % (
            " ".join([workload] + ([variant] if variant else []) + ["%s %s" % a for a in args]),
            show.figure(one["median"], one["metric"]) if at_one else "",
            _cell(next((c for c in mine if c["kind"] == "blocking"), None), rows),
            _cell(next((c for c in mine if c["runtime"] == "go"), None), rows),
            _named(_fastest(c for c in mine if c["kind"] != "blocking" and c["runtime"] != "go"), rows),
            show.figure(cells[2]["median"], one["metric"]) if 2 in cells else "", _named(_fastest(two), rows) if 2 in cells else ""))
    lost = sum(1 for c in found["losses"] if c["verdict"] == "loses")
    return "\n".join(lines + ["", "Medians of fresh processes in one interleaved run; N× is the rival's figure over Weft's. %s, %d CPUs, Linux %s, %s; %s, commit"
                              % (m["hardware"]["cpu"], m["hardware"]["cpus_online"], m["hardware"]["kernel"].split()[0],
                                 m["peers"]["go"]["version"].replace("go version ", ""), m["date"][:10]),
                              "%s, %s. Weft loses %d of %d comparisons there: the [whole run](results/%s) has them all, and the intervals."
                              % (m["source"]["short"], summary.rounds(found["samples"]), lost, len(found["comparisons"]) + len(found["scaling"]),
                                 os.path.basename(os.path.abspath(run.path)))])


def _fastest(comparisons):
    return min(comparisons, key=lambda c: c["ratio"], default=None)


def _named(c, rows):
    """Whose it is, and a thread's class."""
    who = c and (c["runtime"] if c["runtime"] != "pthread" else "pthread, " + c["kind"])
    return "%s: %s" % (who.replace("_", " "), _cell(c, rows)) if c else "–"


def _cell(c, rows):
    if c is None:
        return "–"
    mark = {"loses": ", **loses**", "undecided": ", undecided"}.get(c["verdict"], "")
    row = rows[c["rival"]]
    return "%s (%s%s)" % (show.figure(row["median"], row["metric"]), show.ratio(c["ratio"]), mark)


def main(arguments):
    parser = usage.Parser(prog="scripts/lib/readme.py", description=__doc__)
    parser.add_argument("folder", metavar="DIR")
    run = report.Loaded(parser.parse_args(arguments).folder)
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as text:
        before, begin, rest = text.read().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise usage.Stop("README.md has no %s … %s" % (BEGIN, END))
    report.put(path, before + BEGIN + "\n" + table(run) + "\n" + END + after)
    return usage.OK


if __name__ == "__main__":
    usage.run("readme", main)
