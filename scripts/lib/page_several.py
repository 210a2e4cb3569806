"""Several runs side by side on one page: machines, or one machine at several commits. Runs are never merged.

Each run has a number; columns and marks go by it. What compares across machines are ratios; the absolute figures stand last.
"""

import os
from html import escape

import charts
import index
import markup
import page_machine
import show
import summary as summary_
from markup import cell, head

FIRST = (("pthread", "blocking"), ("go", "peer"))


def several(runs, where):
    """where: the folder that the page will lie in, for links to the runs' own pages."""
    numbers = ["%d" % (i + 1) for i in range(len(runs))]
    parts = [("runs", "The runs", _runs(runs, numbers, where)), ("loses", "Where Weft loses", _losses(runs, numbers))]
    who = dict.fromkeys(FIRST + tuple(sorted({(c["runtime"], c["kind"]) for run in runs for c in run.summary["comparisons"]})))
    for runtime, kind in who:
        found = _ratios(runs, numbers, runtime, kind)
        if found:
            parts.append(("by-%s-%s" % (runtime, kind), "Ratio to " + _named(runtime, kind), found))
    parts += [("own", "Weft's own medians", _own(runs, numbers)), ("omitted", "Omitted and failed", _omitted(runs, numbers)),
              ("raw", "Raw data", page_machine.raw(runs))]
    title = "Weft, %d runs side by side" % len(runs)
    body = ['<header><h1>%s</h1><p class="sub">Ratios compare across machines, absolute figures do not; runs are never merged.</p>\n<nav>%s</nav></header>\n<main>'
            % (title, "".join('<a href="#%s">%s</a>' % (identity, escape(name)) for identity, name, _ in parts)), _lead(runs)]
    body += ['<h2 id="%s">%s</h2>\n%s' % (identity, escape(name), text) for identity, name, text in parts]
    return markup.document(title, "\n".join(body + ["</main><footer>Written by <code>scripts/report</code> from the runs' raw data.</footer>"]))


def _named(runtime, kind):
    if runtime == "pthread":
        return {"blocking": "the best blocking pthread variant", "pool": "pools of threads", "spinning": "threads that spin"}.get(kind, "pthread, " + kind)
    return markup.proper(runtime)


def _compared(run):
    """{(benchmark, runtime, kind): comparison}, those with itself at one processor too."""
    return {(c["weft"], c["runtime"], c["kind"]): c for c in run.summary["comparisons"] + run.summary["scaling"]}


def _lead(runs):
    verdicts = {}
    for run in runs:
        for what, c in _compared(run).items():
            verdicts.setdefault(what, set()).add(c["verdict"])
    shared = sum(1 for what in verdicts if sum(what in _compared(run) for run in runs) > 1)
    split = sum(1 for some in verdicts.values() if {"wins", "loses"} <= some)
    classes = len({index.machine_class(run.machine) for run in runs})
    return ('<p class="lead">%s. %d comparisons were made in more than one run; in <a href="#loses">%d of them</a> Weft wins in one and loses in another.</p>'
            % ("All on machines of one class" if classes == 1 else "On machines of %d classes" % classes, shared, split))


FACTS = (("date", lambda m: m["date"]), ("CPU", lambda m: "%s (%s), %d of %d CPUs" % (
             m["hardware"]["cpu"], m["hardware"]["family_model_stepping"], len(m["hardware"]["affinity"]), m["hardware"]["cpus_online"])),
         ("caches", lambda m: markup.flat(m["hardware"]["caches"])), ("SMT", lambda m: m["hardware"]["smt"]),
         ("governor", lambda m: m["hardware"]["governor"]), ("hypervisor", lambda m: m["hardware"]["hypervisor"]),
         ("CPU quota", lambda m: m["hardware"]["cgroup_cpu_quota"]), ("memory", lambda m: show.size(m["hardware"]["memory"]["total_bytes"])),
         ("kernel", lambda m: m["hardware"]["kernel"].split()[0]), ("system", lambda m: m["hardware"]["distribution"]),
         ("clock source", lambda m: m["hardware"]["clocksource"]),
         ("steal", lambda m: "not exposed" if m.get("steal_share") is None else show.percent(m["steal_share"])),
         ("commit", lambda m: m["source"]["short"]), ("compiler", lambda m: "%s, %s" % (m["build"]["compiler"], m["build"]["flags"])),
         ("Go", lambda m: (m["peers"].get("go") or {}).get("version")), ("command", lambda m: m["command"]))


def _runs(runs, numbers, where):
    def line(what, tell):
        return '<tr><td class="name muted">%s</td>%s</tr>' % (escape(what), "".join("<td>%s</td>" % tell(run) for run in runs))

    def page(run):
        path = os.path.join(run.path, "report.html")
        return '<a href="%s">%s</a>' % (escape(os.path.relpath(path, where)), escape(run.name)) if os.path.exists(path) else escape(run.name)

    def told(run):
        count = {v: sum(1 for c in run.summary["comparisons"] if c["verdict"] == v) for v in ("wins", "loses", "undecided")}
        return 'ahead in %d, <span class="loses">behind in %d</span>, undecided in %d' % (count["wins"], count["loses"], count["undecided"])

    rows = [line("run", page), line("Weft is", told)]
    rows += [line(what, lambda run, tell=tell: escape(str(tell(run.machine)))) for what, tell in FACTS]
    rows.append(line("rounds", lambda run: escape("%s: %s" % (run.machine["run"]["mode"], summary_.rounds(run.summary["samples"])))))
    rows.append(line("samples", lambda run: "%d, %d disturbed" % (run.summary["samples"]["ok"], run.summary["samples"]["contaminated"])))
    rows.append(line("hardware counters", lambda run: escape(run.summary["counters"])))
    return markup.table("runs-table", head("", *numbers), rows, sortable=False)


def _key(numbers):
    out = []
    for i, number in enumerate(numbers):
        mark, ink = charts.machine(i)
        out.append('<span class="k"><span style="color:var(--%s)">%s</span> run %s</span>' % (ink, charts.GLYPHS[mark], number))
    return '<p class="key">%s</p>' % " ".join(out)


def _ratio_cell(c):
    if c is None:
        return '<td class="n">–</td>'
    mark = "" if c["verdict"] == "wins" else ' class="%s"' % c["verdict"]
    return '<td class="n" data-v="%r"><span%s>%s</span> <span class="muted">(%s … %s)</span></td>' % (
        (c["ratio"], mark) + tuple(show.ratio(c[k]) for k in ("ratio", "low", "high")))


def _losses(runs, numbers):
    """What any run loses, with what the others say of it: those first that most runs lose, then the worst."""
    found = [_compared(run) for run in runs]
    lost = {}
    for some in found:
        for what, c in some.items():
            if c["verdict"] == "loses":
                lost.setdefault(what, []).append(c["ratio"])
    if not lost:
        return "<p>Nowhere in these runs.</p>"
    order = sorted(lost, key=lambda what: (-len(lost[what]), min(lost[what]), what))
    rows = ['<tr data-weft="%s" data-rival="%s"><td class="name">%s</td><td class="name">%s</td>%s</tr>' % (
        escape(what[0]), escape("/".join(what[1:])), escape(what[0]), escape("itself at one processor" if what[1] == "weft" else _named(*what[1:])),
        "".join(_ratio_cell(some.get(what)) for some in found)) for what in order]
    everywhere = sum(1 for what in order if len(lost[what]) == len(runs))
    return ("<p>Every comparison that any run loses, and what the others say of it: %d in all, %d of them in every run. A dash: not compared there.</p>"
            % (len(order), everywhere)) + markup.table("losses", head("Weft", "against", *(">run " + n for n in numbers)), rows)


def _ratios(runs, numbers, runtime, kind):
    series = [(number, {c["weft"]: c for c in run.summary["comparisons"] if (c["runtime"], c["kind"]) == (runtime, kind)})
              for number, run in zip(numbers, runs)]
    names = list(dict.fromkeys(r["name"] for run in runs for r in run.summary["rows"] if any(r["name"] in some for _, some in series)))
    if not names:
        return ""
    table = markup.table("t-%s-%s" % (runtime, kind), head("Weft", *(">run " + n for n in numbers)), [
        '<tr><td class="name">%s</td>%s</tr>' % (escape(n), "".join(_ratio_cell(some.get(n)) for _, some in series)) for n in names])
    if not charts.available():
        return table
    return (_key(numbers) + markup.figure(charts.machines(names, series, "machines %s %s" % (runtime, kind)), "Logarithmic axis. Right of the line Weft is ahead.")
            + "<details><summary>The same as a table</summary>%s</details>" % table)


def _own(runs, numbers):
    own = [{r["name"]: r for r in run.summary["rows"] if r["runtime"] == "weft" and r["median"] is not None} for run in runs]
    return "<p>Of different machines, these say little about Weft and much about the machines.</p>" + markup.table(
        "own-table", head("Weft", *(">run " + n for n in numbers)), [
            '<tr><td class="name">%s</td>%s</tr>' % (escape(n), "".join(
                cell(some[n]["median"], show.figure(some[n]["median"], some[n]["metric"])) if n in some else '<td class="n">–</td>' for some in own))
            for n in dict.fromkeys(n for some in own for n in some)])


def _omitted(runs, numbers):
    rows = ['<tr><td class="n">%s</td><td class="name">%s</td><td>%s</td><td>%s</td></tr>' % (number, escape(o["name"]), escape(o["kind"]), escape(o["reason"]))
            for number, run in zip(numbers, runs) for o in run.summary["omitted"]]
    return markup.table("omitted-table", head(">run", "benchmark", "what", "reason"), rows) if rows else "<p>Nothing.</p>"
