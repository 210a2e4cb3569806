"""The page's parts with figures: every workload's samples, footprint against the number of tasks, latencies' percentiles."""

from html import escape

import charts
import latency
import markup
import show
import summary as summary_
import table
from markup import cell, head


def workloads(run, draw, first):
    found = run.summary
    values = summary_.values_of(run.samples)
    groups = {}
    for row in found["rows"]:
        groups.setdefault((row["workload"], tuple(map(tuple, row["args"]))), []).append(row)
    order = list(dict.fromkeys(first + tuple(r["workload"] for r in found["rows"])))
    out = ["<p>Every dot is a sample, the upright tick the median, the bar its interval. Nothing is left out as an outlier.</p>"]
    told, ordered = set(), sorted(groups, key=lambda g: order.index(g[0]))  # stable: arguments stay in their order
    out.append('<p class="key">%s</p>' % " · ".join('<a href="#w-%s">%s</a>' % (escape(_identity(w, next(a for v, a in ordered if v == w))), escape(w))
                                                   for w in dict.fromkeys(w for w, _ in ordered)))
    for workload, args in ordered:
        rows = groups[workload, args]
        title, identity = _title(workload, args), _identity(workload, args)
        out.append('<h3 id="w-%s">%s</h3>' % (escape(identity), escape(title)))
        about = (run.machine.get("workloads") or {}).get(workload)
        if about and workload not in told:
            out.append('<p class="muted">%s</p>' % escape(about))
        told.add(workload)
        if draw and any(r["median"] is not None for r in rows):
            svg = charts.distribution(rows, {r["name"]: [v for _, v in sorted(values.get(r["name"], {}).items())] for r in rows}, title)
            out.append(markup.figure(svg, "Logarithmic axis, %s." % _unit(rows)))
        out.append(markup.table("t-" + identity, head("benchmark", ">median", ">interval", ">covers", ">n", ">p10 … p90", ">CPU/op",
                                                 ">switches/op", ">disturbed", "besides"), [_row(r) for r in rows]))
    return "\n".join(out)


def _title(workload, args):
    return "%s%s" % (workload, "".join(", %s %s" % (k, markup.thousands(v)) for k, v in args))


def _identity(workload, args):
    return "-".join((workload,) + tuple("%s-%s" % a for a in args))


def _unit(rows):
    metric = next(r["metric"] for r in rows if r["metric"])
    return {"ns_per_op": "time per operation", "bytes_per_task": "bytes per parked task", "ns_per_run": "time of a whole program"}[metric]


def _row(r):
    name = markup.rest(r["name"], r["args"])
    start = '<tr class="%s" data-name="%s"><td class="name"><span class="dot %s"></span>%s</td>' % (
        escape(r["runtime"]), escape(r["name"]), escape(r["runtime"]), escape(name))
    if r["median"] is None:
        return start + '<td class="n">–</td><td colspan="7"></td><td class="loses">%s</td></tr>' % escape("; ".join(r["failures"]))
    figure = lambda v: show.figure(v, r["metric"])
    besides = ["%s %s" % (k.replace("_ns", "").replace("_", " "), _counter(k, v)) for k, v in sorted(r["counters"].items()) if _worth(k)]
    if r["failed"]:
        besides.insert(0, "%d failed" % r["failed"])
    made, asked = r["counters"].get("created"), r["counters"].get("n")
    if made is not None and asked is not None and made < asked:
        besides.insert(0, "only %s of %s made" % (markup.thousands(str(int(made))), markup.thousands(str(int(asked)))))
    switches = [r["counters"][k] for k in SWITCHES if k in r["counters"]]
    return start + "".join((
        cell(r["median"], figure(r["median"])), cell(r["low"], table.interval(r)), cell(r["coverage"], show.percent(r["coverage"])),
        cell(r["n"], str(r["n"])), cell(r["p10"], "%s … %s" % (figure(r["p10"]), figure(r["p90"]))),
        cell(r["cpu_ns_per_op"], show.nanoseconds(r["cpu_ns_per_op"]) if r["cpu_ns_per_op"] is not None else ""),
        cell(sum(switches) if switches else None, show.digits(sum(switches)) if switches else ""),
        cell(r["contaminated"], str(r["contaminated"])),
        '<td class="muted">%s</td></tr>' % escape(", ".join(besides))))


SWITCHES = ("voluntary_per_op", "involuntary_per_op")


def _worth(key):
    """Parameters that the name has already, and totals that the per-task figure is made of, stay in summary.json."""
    return not latency.parse(key) and key not in ("n", "depth", "procs", "created", "stack", "limit") + SWITCHES


def _counter(key, value):
    if "_ns" in key:
        return show.nanoseconds(value)
    if key in ("rss", "page_tables", "kernel_stack", "slab", "stack_size") or key.endswith("_bytes"):
        return show.size(value)
    return show.digits(value)


def omitted(found):
    if not found["omitted"]:
        return "<p>Nothing: every benchmark that exists ran, and every sample counted.</p>"
    rows = ['<tr><td class="name">%s</td><td>%s</td><td>%s</td></tr>' % (escape(o["name"]), escape(o["kind"]), escape(o["reason"]))
            for o in found["omitted"]]
    return "<p>What has no figure, or fewer samples than the rest, and why.</p>\n" + markup.table(
        "omitted-table", head("benchmark", "what", "reason"), rows)


def footprint(run, draw):
    """Bytes per task against their number; empty where a run has one number alone."""
    lines = {}
    for r in run.summary["rows"]:
        args = dict(map(tuple, r["args"]))
        if r["workload"] == "footprint" and r["median"] is not None and args.get("n", "").isdigit():
            lines.setdefault((r["runtime"], r["variant"], args.get("depth", "")), []).append((int(args["n"]), r))
    if len({n for line in lines.values() for n, _ in line}) < 2:
        return ""
    series = [(" ".join(filter(None, (markup.proper(runtime), variant.replace("/", " "), depth and "%s B deep" % markup.thousands(depth)))), runtime, bool(depth),
               sorted((n, r["median"]) for n, r in line)) for (runtime, variant, depth), line in sorted(lines.items(), key=lambda i: (i[0][0] != "weft", i[0]))]
    out = ["<p>Memory that a parked task keeps: resident pages and page tables, for threads the kernel's stack and slab too, over the number of tasks. "
           "Dashed where each has used some of its stack first. A line ends where its runtime ends, or where more were not asked for.</p>"]
    if draw:
        values = summary_.values_of(run.samples)
        points = [(r["runtime"], n, v) for line in lines.values() for n, r in line for v in values[r["name"]].values()]
        out.append(markup.figure(charts.footprint(series, points), "Both axes logarithmic. Large marks are medians, dots are samples."))
    counts = sorted({n for _, _, _, line in series for n, _ in line})
    rows = ["<tr><td class=\"name\">%s</td>%s</tr>" % (escape(label), "".join(
        cell(dict(line).get(n), show.size(dict(line).get(n) or 0)) for n in counts)) for label, _, _, line in series]
    return "\n".join(out + [markup.table("footprint-table", head("bytes per task at", *(">{:,}".format(n) for n in counts)), rows)])


LEGEND = " ".join('<span class="k">%s %s</span>' % (charts.GLYPHS[mark], latency.label(q)) for q, mark in charts.PERCENTILES)


def latencies(found, draw):
    """Percentiles side by side, where workloads publish them."""
    groups = {}
    for row in found["rows"]:
        for what, some in latency.of(row).items() if row["median"] is not None else ():
            groups.setdefault((row["workload"], tuple(map(tuple, row["args"])), what), []).append((row, some))
    if not groups:
        return ""
    out = ["<p>Each sample has percentiles of its own; a mark is the median of that percentile over the samples. A percentile that a benchmark "
           "doesn't publish, or that some of its samples are too short for, is not there: it isn't nought, and it isn't drawn.</p>", '<p class="key">%s</p>' % LEGEND]
    for (workload, args, what), rows in groups.items():
        title = "%s%s" % (_title(workload, args), ": " + what if what else "")
        out.append("<h3>%s</h3>" % escape(title))
        if draw:
            out.append(markup.figure(charts.latency(rows, title), "Logarithmic axis."))
        every = sorted({q for _, some in rows for q in some})
        out.append(markup.table("l-%s%s" % (_identity(workload, args), "-" + what if what else ""), head("benchmark", *(">" + latency.label(q) for q in every), ">n"), [
            '<tr class="%s" data-latency="%s"><td class="name"><span class="dot %s"></span>%s</td>%s%s</tr>' % (
                escape(r["runtime"]), escape(r["name"]), escape(r["runtime"]), escape(markup.rest(r["name"], r["args"])),
                "".join(cell(some.get(q), show.nanoseconds(some.get(q) or 0)) for q in every), cell(r["n"], str(r["n"]))) for r, some in rows]))
    return "\n".join(out)
