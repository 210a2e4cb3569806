"""The trends as one self-contained page: what changed its level, and each series drawn run by run. Machine classes stand apart."""

import os
from html import escape

import charts
import history_text as words
import markup
import names as naming
import trends
from markup import cell, head


def page(known, every, skipped):
    classes = list(dict.fromkeys(s.machine for s in every))
    body = ['<header><h1>Weft from run to run</h1><p class="sub">%s on machines of %s. Stored runs feed trends, never pass or fail.</p>\n<nav>%s</nav></header>\n<main>'
            % (words.count(len(known), "run"), words.count(len(classes), "class", "classes"), '<a href="#reading">How to read this</a>' + "".join('<a href="#m%d">%s</a>' % (i + 1, escape(m)) for i, m in enumerate(classes)))]
    if skipped:
        body.append('<p class="loses">Left out: %s</p>' % escape("; ".join(why.replace(path, os.path.basename(path)) for path, why in skipped)))
    for i, machine in enumerate(classes):
        mine = [s for s in every if s.machine == machine]
        times = [r for r in known.values() if r["class"] == machine]
        body.append('<h2 id="m%d">%s</h2>\n<p>%s</p>' % (i + 1, escape(machine), escape(words.verdict(mine))))
        body += [_runs(i + 1, times), _changes(i + 1, mine, known), _drawn(i + 1, mine, times, known), _all(i + 1, mine, known)]
    return markup.document("Weft from run to run", "\n".join(body + [READING, "</main><footer>Written by <code>scripts/history</code> from the runs in <code>results/</code>.</footer>"]))


def _runs(number, times):
    """Which they are, and what may explain a step: another kernel, compiler or Go."""
    rows, before = [], {}
    for i, r in enumerate(times):
        changed = [what for what in ("kernel", "compiler", "go") if before and r[what] != before[what]]
        before = r
        rows.append('<tr><td class="n">%d</td><td class="name">%s</td><td>%s</td>%s<td>%s</td></tr>' % (
            i + 1, escape(r["name"]), escape(r["mode"] + (", interrupted" if r["interrupted"] else "")), cell(r["samples"], "%d, %d disturbed" % (r["samples"], r["disturbed"])),
            escape("; ".join("new %s: %s" % (what, (r[what] or "none").split(" #")[0]) for what in changed))))
    return "<h3>The runs</h3>" + markup.table("runs-%d" % number, head(">no.", "run", "mode", ">samples", "what else is new"), rows, sortable=False)


def _changes(number, some, known):
    rows = []
    for s in some:
        for c in trends.changes([p.value for p in s.points]):
            good = trends.better(s, c)
            rows.append((abs(c.after / c.before - 1), '<tr data-name="%s"><td class="name">%s</td>%s<td class="name %s">%s</td><td class="name">%s</td>%s%s%s</tr>' % (
                escape(words.title(s)), escape(words.title(s)), cell(c.after / c.before, words.percent(c.after / c.before)), "wins" if good else "loses", "better" if good else "worse",
                escape(known[s.points[c.at].run]["name"]), cell(c.before, words.value(s, c.before)), cell(c.after, words.value(s, c.after)), cell(c.p, "%.4f" % c.p))))
    if not rows:
        return "<h3>Changes of level</h3><p>None.</p>"
    return "<h3>Changes of level</h3>" + markup.table("changes-%d" % number, head("series", ">change", "", "first run of the new level", ">before", ">after", ">p"),
                                                     [row for _, row in sorted(rows, key=lambda r: -r[0])])


def _drawn(number, some, times, known):
    """A chart for each workload; a single run is no trend."""
    if len(times) < 2 or not charts.available():
        return ""
    where = {r["id"]: i for i, r in enumerate(times)}
    labels = [r["date"][5:10] for r in times]
    out = ["<h3>Run by run</h3>", '<p class="key">A mark is a run\'s median, the bar its interval; a ring is where a new level begins. Logarithmic axes.</p>']
    groups = {}
    for s in some:
        if len(s.points) > 1:
            groups.setdefault((naming.parse(s.name).workload, s.against, s.metric), []).append(s)
    for (workload, against, metric), mine in groups.items():
        title = workload if against is None else "%s, ratio to %s" % (workload, words.rival(*against))
        lines = [(charts.short(s.name), [(where[p.run], p) for p in s.points], [where[s.points[c.at].run] for c in trends.changes([p.value for p in s.points])]) for s in mine]
        out.append("<h4>%s</h4>" % escape(title) + markup.figure(charts.trend(lines, labels, metric, "trend %d %s" % (number, title)), ""))
    return "\n".join(out)


def _all(number, some, known):
    rows = ['<tr data-name="%s"><td class="name">%s</td>%s%s%s<td class="n">%s</td></tr>' % (
        escape(words.title(s)), escape(words.title(s)), cell(len(s.points), str(len(s.points))), cell(s.points[0].value, words.value(s, s.points[0].value)),
        cell(s.points[-1].value, words.value(s, s.points[-1].value)), escape(words.step(s))) for s in some]
    return "<details><summary>All %d series</summary>%s</details>" % (len(some), markup.table(
        "all-%d" % number, head("series", ">runs", ">first", ">newest", ">since the last"), rows))


READING = """<h2 id="reading">How to read this</h2>
<p><b>A series</b> is one figure, or one ratio, of all runs on machines of one class: CPU, number of CPUs, SMT, hypervisor, quota and governor are the same.
Kernel, compiler and Go are not part of the class; where they changed the table of runs says so. Runs with uncommitted changes are left out.</p>
<p><b>A change of level</b> is found by ranks: of all ways to split a series the rarest counts, and p is the share of
orders of the same runs that have one as rare. It needs p&nbsp;≤&nbsp;%g, medians %g&nbsp;%% apart, and %d runs on either side, so %d runs in all. Then both
sides are searched again. A slow drift shows as a step, and one series in %d that didn't change shows a step all the same.</p>
<p><b>No verdict follows from it.</b> A machine has good and bad weeks; whether a commit is slower is for <code>scripts/gate</code>, which measures both sides in turn.</p>""" % (
    trends.LEVEL, 100 * (trends.MARGIN - 1), trends.FEWEST, trends.fewest_runs(), round(1 / trends.LEVEL))
