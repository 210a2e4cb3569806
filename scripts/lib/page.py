"""The report as one self-contained HTML file: no network, readable without JavaScript, light and dark by CSS variables.

A pure function of what runs.Loaded has read, so the same data gives the same bytes.
"""

from html import escape

import charts
import markup
import page_figures
import page_machine
import show
import stats
import summary as summary_
from markup import cell, document, head  # document: for those who write pages of their own

TILES = ("spawn", "yield", "pingpong", "alphabet", "footprint")


def single(run):
    found = run.summary
    draw = charts.available()
    parts = [("loses", "Where Weft loses", _losses(found, draw)), ("ratios", "Ratios", _ratios(found, draw)),
             ("footprint", "Footprint", page_figures.footprint(run, draw)), ("latency", "Latency", page_figures.latencies(found, draw)),
             ("figures", "All figures", page_figures.workloads(run, draw, TILES)), ("omitted", "Omitted and failed", page_figures.omitted(found)),
             ("machine", "Machine and build", page_machine.machine(run.machine, found)), ("reading", "How to read this", page_machine.reading(found)),
             ("raw", "Raw data", page_machine.raw([run]))]
    parts = [part for part in parts if part[2]]
    body = [_header(run, parts), "<main>", _verdict(found), _tiles(found)]
    body += ['<h2 id="%s">%s</h2>\n%s' % (identity, escape(title), text) for identity, title, text in parts]
    return document("Weft: %s" % run.name, "\n".join(body + ["</main>", page_machine.footer(run)]))


def _header(run, parts):
    m, count = run.machine, run.summary["samples"]
    chips = ["mode: %s" % m["run"]["mode"], "%d samples" % count["ok"], summary_.rounds(count)]
    bad = []
    if m["source"].get("dirty"):
        bad.append("uncommitted changes")
    if m["run"].get("interrupted"):
        bad.append("interrupted")
    if m["run"].get("filter"):
        bad.append("filtered: %s" % m["run"]["filter"])
    if count["all"] > count["ok"]:
        bad.append("%s failed" % _samples(count["all"] - count["ok"]))
    if count["contaminated"]:
        bad.append("%s disturbed" % _samples(count["contaminated"]))
    commit = (m["source"].get("commit") or "no commit")[:10]
    chips = "".join('<span class="chip">%s</span>' % escape(c) for c in chips)
    chips += "".join('<span class="chip bad">%s</span>' % escape(c) for c in bad)
    links = ['<a href="#%s">%s</a>' % (identity, escape(title)) for identity, title, _ in parts]
    if run.claims:
        links.append('<a href="%s">Claims and their verdicts</a>' % escape(run.claims))
    runtimes = list(dict.fromkeys(r["runtime"] for r in run.summary["rows"] if r["runtime"] != "weft"))
    title = "Weft beside " + markup.words(["pthreads" if r == "pthread" else markup.proper(r) for r in sorted(runtimes, key=lambda r: (r != "pthread", r != "go", r))]) \
        if runtimes else "Weft"
    return ('<header><h1>%s</h1>\n<p class="sub">%s · %d CPUs · Linux %s · commit <span class="mono">%s</span> · %s</p>\n%s\n<nav>%s</nav></header>'
            % (escape(title), escape(m["hardware"]["cpu"]), m["hardware"]["cpus_online"],
               escape(m["hardware"]["kernel"].split()[0]), escape(commit), escape(m["date"]), chips, "".join(links)))


def _samples(n):
    return "1 sample" if n == 1 else "%d samples" % n


def _verdict(found):
    every = found["comparisons"]
    if not every:
        return '<p class="lead">No rival ran in this run, so there is nothing to compare.</p>'
    count = {v: sum(1 for c in every if c["verdict"] == v) for v in ("wins", "loses", "undecided")}
    text = ('Weft is ahead in %d of %d comparisons, <a href="#loses">behind in %d</a>, and %d %s undecided. '
            'All of them were measured in one interleaved run, each sample in a process of its own.'
            % (count["wins"], len(every), count["loses"], count["undecided"], "is" if count["undecided"] == 1 else "are"))
    weak = [c["coverage"] for c in every if c["coverage"] < found["confidence"]]
    if weak:
        text += (' <span class="loses">%s.</span> For %d comparisons that is too few for an interval of %.0f&nbsp;%%: half of theirs cover %.0f&nbsp;%% or less.'
                 % (summary_.rounds(found["samples"]).capitalize(), len(weak), 100 * found["confidence"], 100 * stats.median(weak)))
    return '<p class="lead">%s</p>' % text


def _tiles(found):
    out = []
    for workload in TILES:
        rows = [r for r in found["rows"] if r["workload"] == workload and r["runtime"] == "weft" and r["median"] is not None]
        if not rows:
            continue
        if workload == "footprint":
            row = max(rows, key=lambda r: (int(dict(map(tuple, r["args"])).get("n", 0)), not r["variant"], -len(r["args"])))
        else:
            row = min(rows, key=lambda r: (len(r["args"]), r["variant"] != "", r["procs"] or 0))
        lines = []
        for c in found["comparisons"]:
            if c["weft"] == row["name"] and c["kind"] in ("blocking", "peer"):
                mark = "" if c["verdict"] == "wins" else ' <span class="%s">(%s)</span>' % (
                    c["verdict"], "Weft loses" if c["verdict"] == "loses" else "undecided")
                lines.append('<span class="dot %s"></span>%s %s%s' % (escape(c["runtime"]), escape(markup.proper(c["runtime"])),
                                                                       escape(show.ratio(c["ratio"])), mark))
        out.append('<div class="tile"><div class="what">%s</div><div class="value">%s</div><div class="against">%s</div></div>'
                   % (escape(charts.short(row["name"])), escape(show.figure(row["median"], row["metric"])), "<br>".join(lines) or "&nbsp;"))
    if not out:
        return ""
    return ('<div class="tiles">%s</div><p class="key">Median per operation, or bytes per parked task. N×: that rival needs N times as much.</p>' % "".join(out))


def _losses(found, draw):
    lost = found["losses"]
    behind = [c for c in lost if c["verdict"] == "loses"]
    out = ["<p>Computed, not chosen: every comparison whose interval is not wholly above 1, spinning threads and pools "
           "included, and every workload that a second processor makes slower. Worst first; what is undecided comes last.</p>"]
    if not lost:
        return out[0] + ("<p>Nowhere in this run.</p>" if found["comparisons"] else "<p>Nothing was compared.</p>")
    rival = [c for c in behind if c["kind"] != "one processor"]
    out.append('<p>Behind a rival in <b>%d</b> of %d comparisons, slower at more processors than at one in <b>%d</b> of %d workloads, undecided in <b>%d</b>.</p>'
               % (len(rival), len(found["comparisons"]), len(behind) - len(rival), len(found["scaling"]), len(lost) - len(behind)))
    if draw and behind:
        some = charts.marks(found["comparisons"] + found["scaling"])  # as in the chart of all
        out.append(key(behind, some) + markup.figure(charts.losses(behind, some), "Logarithmic axis. Left of the line Weft is behind; on the right, whom."))
    out.append(markup.table("losses", head("Weft", "against", "class", ">ratio", ">interval", ">rounds", "verdict"), [_against(c) for c in lost]))
    return "\n".join(out)


def key(comparisons, some):
    """What the marks of these comparisons mean."""
    here = {(c["runtime"], c["kind"]) for c in comparisons}
    return '<p class="key">%s</p>' % " ".join('<span class="k"><span style="color:var(--%s)">%s</span> %s</span>' % (
        ink, charts.GLYPHS[mark], escape(_named(*who))) for who, (mark, ink) in some.items() if who in here)


def _named(runtime, kind):
    if runtime == "pthread":
        return {"blocking": "pthread, best blocking variant"}.get(kind, "pthread, " + kind)
    return "Weft itself at one processor" if runtime == "weft" else markup.proper(runtime)


def _ratios(found, draw):
    out = ["<p>Each mark is a rival's figure divided by Weft's, taken round by round; the bar is "
           "the interval of the median ratio. Right of the line Weft is ahead.</p>"]
    every = found["comparisons"]
    if not every:
        return "\n".join(out + ["<p>None.</p>"])
    if draw:
        out.append(key(every, charts.marks(every)) + markup.figure(charts.ratios(every), "Logarithmic axis. Equal distances are equal factors."))
    out.append("<details><summary>The same as a table</summary>%s</details>" % markup.table(
        "ratio-table", head("Weft", "rival", "class", ">ratio", ">interval", ">rounds", "verdict"), [_against(c) for c in every]))
    return "\n".join(out)


def _against(c):
    """A comparison as a row."""
    return '<tr data-weft="%s" data-rival="%s"><td class="name">%s</td><td>%s</td><td class="name">%s</td>%s%s%s<td class="name %s">%s</td></tr>' % (
        escape(c["weft"]), escape(c["rival"]), escape(c["weft"]), escape(markup.rest(c["rival"])), escape(_class(c)),
        cell(c["ratio"], show.ratio(c["ratio"])), cell(c["low"], "%s … %s" % (show.ratio(c["low"]), show.ratio(c["high"]))),
        cell(c["n"], str(c["n"])), c["verdict"], c["verdict"])


def _class(c):
    return {"peer": c["runtime"], "one processor": "itself at one processor"}.get(c["kind"], "pthread, %s" % c["kind"])
