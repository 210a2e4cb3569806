"""The page's charts: matplotlib's SVG, made deterministic, with text as text and every colour a CSS variable.

Distributions and ratios on a log axis; no bars of means. matplotlib knows no CSS variables, so each colour is drawn as a
marker value that is replaced in the finished text.
"""

import io
import math
import re

import show

COLOURS = {"ink": "#010101", "muted": "#020202", "grid": "#030303", "weft": "#040404", "pthread": "#050505",
           "go": "#060606", "other": "#070707", "bad": "#080808", "other2": "#090909", "other4": "#0b0b0b"}
INK = {"weft": "weft", "pthread": "pthread", "go": "go", "tokio": "other2", "boost_fiber": "other4"}  # else "other"
SERIES = ("weft", "go", "pthread", "other", "bad", "other2", "other4")  # for what has no runtime
WIDTH = 10.0  # inches of the drawing; the page scales it
LEFT, LETTER = 2.7, 0.075  # the least room for names; what one of their letters takes
ROW = 0.235
_plot = None


def _pyplot():
    """matplotlib costs half a second: only when a chart is drawn."""
    global _plot
    if _plot is None:
        import matplotlib
        matplotlib.use("svg")
        matplotlib.rcParams.update({"svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 9,
                                    "axes.linewidth": 0.6, "path.simplify": False})
        import matplotlib.pyplot as plot
        _plot = plot
    return _plot


def available():
    try:
        _pyplot()
        return True
    except ImportError:
        return False


def colour(runtime):
    return COLOURS[ink(runtime)]


def ink(runtime):
    """The name of its CSS variable."""
    return INK.get(runtime, "other")


def _axes(names, top=0.34, bottom=0.42, right=0.25):
    """A figure with a row for each name, of one height whatever their number; the first at the top."""
    rows, left = len(names), max([LEFT] + [LETTER * len(name) for name in names])
    height = rows * ROW + top + bottom
    figure = _pyplot().figure(figsize=(WIDTH, height))
    axes = figure.add_axes([left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, rows * ROW / height])
    axes.set_yticks(range(rows))
    axes.set_yticklabels(names)
    axes.set_xscale("log")
    axes.set_ylim(rows - 0.5, -0.5)
    _bare(figure, axes)
    axes.tick_params(axis="y", labelcolor=COLOURS["ink"])
    return figure, axes


def _bare(figure, axes):
    axes.patch.set_visible(False)
    figure.patch.set_visible(False)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(COLOURS["grid"])
    axes.tick_params(axis="y", which="both", length=0, pad=8, labelcolor=COLOURS["muted"])
    axes.tick_params(axis="x", which="both", color=COLOURS["grid"], labelcolor=COLOURS["muted"], length=3)
    axes.grid(True, axis="x", which="major", color=COLOURS["grid"], linewidth=0.6)
    axes.set_axisbelow(True)


def _decades(axes, low, high, text):
    """Limits with some air and ticks for a log axis from low to high."""
    _ticks(axes.set_xticks, axes.set_xticklabels, axes.set_xlim, low / 1.25, high * 1.25, text)
    axes.set_xticks([], minor=True)


STEPS = ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8), tuple(1 + i / 4 for i in range(36)), tuple(1 + i / 20 for i in range(180)))


def _ticks(put, name, limit, low, high, text):
    """Ticks at the decades, or as many more as it takes to have three; labels without mathematics."""
    limit(low, high)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in STEPS if math.log10(high / low) < 2.6 else STEPS[:1]:
        ticks = [t for t in (float("%.6g" % (s * 10.0 ** e)) for e in decades for s in steps) if low <= t <= high]
        if len(ticks) > 2:
            break
    put(ticks)
    name([text(t) for t in ticks])


def _svg(figure, salt, label):
    """The drawing as a piece of HTML: same bytes for the same data, ids that don't clash, no fixed size."""
    plot = _pyplot()
    out = io.StringIO()
    with plot.rc_context({"svg.hashsalt": salt}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    plot.close(figure)
    text = out.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda m: m.group(0) if m.group(1) in used else "", text)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    for name, value in COLOURS.items():
        text = text.replace(value, "var(--%s)" % name)
    text = re.sub(r'^<svg [^>]*viewBox="([^"]*)"[^>]*>', lambda m: '<svg viewBox="%s" role="img" aria-label="%s">' % (
        m.group(1), label), text, count=1)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.S)
    return re.sub(r"\n\s*", "\n", text).strip()


GLYPHS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "*": "★", "X": "✖", "<": "◀", ">": "▶", "h": "⬢"}
_PTHREAD = {"blocking": "o", "pool": "s", "spinning": "^"}


def marks(comparisons):
    """{(runtime, kind): (mark, ink)} for whom Weft is compared with; the first of a kind keep theirs whoever else is there."""
    who = {(c["runtime"], c["kind"]) for c in comparisons}
    out = {("pthread", kind): (mark, "pthread") for kind, mark in _PTHREAD.items() if ("pthread", kind) in who}
    if ("go", "peer") in who:
        out["go", "peer"] = "D", "go"
    for i, other in enumerate(sorted(who - set(out) - {("weft", "one processor")})):
        out[other] = "vP*X<>h"[i % 7], ink(other[0])
    if ("weft", "one processor") in who:
        out["weft", "one processor"] = "D", "weft"
    return out


def _mark(axes, y, c, mark, ink):
    axes.plot([c["low"], c["high"]], [y, y], color=COLOURS[ink], linewidth=1.4, solid_capstyle="butt", alpha=0.55)
    axes.plot([c["ratio"]], [y], linestyle="none", marker=mark, markersize=5.2, color=COLOURS[ink], markeredgewidth=0)


def _times(t):
    return "%g×" % t if t < 1000 else "{:,.0f}×".format(t)


def ratios(comparisons):
    """Every ratio of Weft's figures to its rivals', on one log axis; right of the line Weft is ahead."""
    names = list(dict.fromkeys(c["weft"] for c in comparisons))
    some = marks(comparisons)
    figure, axes = _axes([short(n) for n in names])
    for c in comparisons:
        _mark(axes, names.index(c["weft"]), c, *some[c["runtime"], c["kind"]])
    axes.axvline(1.0, color=COLOURS["ink"], linewidth=1.0)
    low = min([c["low"] for c in comparisons] + [0.8])
    high = max([c["high"] for c in comparisons] + [1.25])
    _decades(axes, low, high, _times)
    note = {"textcoords": "offset points", "va": "bottom", "color": COLOURS["muted"], "fontsize": 8, "annotation_clip": False}
    axes.annotate("Weft ahead  →", (1.0, -0.5), (5, 3), ha="left", **note)
    if low < 0.6:
        axes.annotate("←  behind", (1.0, -0.5), (-5, 3), ha="right", **note)
    return _svg(figure, "ratios", "ratios of rivals to Weft on a log axis")


def losses(behind, some):
    """What Weft loses, worst first: a line each, on the right against whom. some: the marks that the other charts have."""
    figure, axes = _axes([short(c["weft"]) for c in behind], top=0.08, right=2.6)
    for y, c in enumerate(behind):
        _mark(axes, y, c, *some[c["runtime"], c["kind"]])
        rival = c["rival"].split("/")[1:]
        text = "at one processor" if c["kind"] == "one processor" else " ".join(w for w in rival if ":" not in w)
        axes.annotate(text, (1.0, y), (8, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                      color=COLOURS["muted"], annotation_clip=False)
    axes.axvline(1.0, color=COLOURS["ink"], linewidth=1.0)
    _decades(axes, min(c["low"] for c in behind), max([c["high"] for c in behind] + [1.0]), _times)
    return _svg(figure, "losses", "what Weft loses, ratios on a log axis")


PERCENTILES = ((50.0, "o"), (90.0, "s"), (99.0, "D"), (99.9, "^"), (100.0, "X"))


def latency(rows, title):
    """Percentiles from the median on, a line for each benchmark. rows: [(row of the summary, {percentile: ns})]"""
    figure, axes = _axes([own(r) for r, _ in rows], top=0.08)
    for y, (row, some) in enumerate(rows):
        ink = colour(row["runtime"])
        seen = [(some[q], mark) for q, mark in PERCENTILES if some.get(q, 0) > 0]
        axes.plot([x for x, _ in seen], [y] * len(seen), color=ink, linewidth=1.2, alpha=0.5)
        for x, mark in seen:
            axes.plot([x], [y], linestyle="none", marker=mark, markersize=5.0, color=ink, markeredgewidth=0)
    every = [x for _, some in rows for q, x in some.items() if x > 0]
    _decades(axes, min(every), max(every), lambda t: tick(t, "ns_per_op"))
    return _svg(figure, "latency " + title, "percentiles of %s on a log axis" % title)


def footprint(series, points):
    """Bytes per parked task against the number of tasks, both logarithmic. series: [(label, runtime, deep, [(n, median)])]; points: every
    sample as (runtime, n, value). A label stands at its line's end, moved where two would meet."""
    height = 4.2
    figure = _pyplot().figure(figsize=(WIDTH, height))
    axes = figure.add_axes([0.85 / WIDTH, 0.5 / height, (WIDTH - 0.85 - 2.1) / WIDTH, (height - 0.6) / height])
    axes.set_xscale("log")
    axes.set_yscale("log")
    _bare(figure, axes)
    axes.grid(True, axis="y", which="major", color=COLOURS["grid"], linewidth=0.6)
    for runtime, n, value in points:
        axes.plot([n], [value], linestyle="none", marker="o", markersize=3.0, color=colour(runtime), alpha=0.3, markeredgewidth=0)
    for _, runtime, deep, line in series:
        axes.plot([n for n, _ in line], [v for _, v in line], color=colour(runtime), linewidth=1.5, linestyle="--" if deep else "-",
                  marker={"weft": "o", "pthread": "s"}.get(runtime, "D"), markersize=4.5, markeredgewidth=0)
    every = [v for _, _, _, line in series for _, v in line] + [v for _, _, v in points]
    counts = sorted({n for _, _, _, line in series for n, _ in line})
    _ticks(axes.set_yticks, axes.set_yticklabels, axes.set_ylim, min(every) / 1.1, max(every) * 1.1, lambda t: tick(t, "bytes_per_task"))
    axes.set_yticks([], minor=True)
    axes.set_xlim(counts[0] / 1.3, counts[-1] * 1.3)
    axes.set_xticks(counts)
    axes.set_xticks([], minor=True)
    axes.set_xticklabels(["{:,}".format(n) for n in counts])
    axes.set_xlabel("parked tasks", color=COLOURS["muted"])
    _labels_at_ends(axes, [(line[-1][1], label, line[-1][0], ink(runtime)) for label, runtime, _, line in series], 0.05)
    return _svg(figure, "footprint", "bytes per parked task against the number of tasks, both axes logarithmic")


def distribution(rows, values, title):
    """Every sample as a dot, the median as a tick, its interval as a bar; one line per benchmark."""
    rows = [r for r in rows if r["median"] is not None]
    figure, axes = _axes([own(r) for r in rows], top=0.08)
    for y, row in enumerate(rows):
        ink = colour(row["runtime"])
        points = values[row["name"]]
        # A fixed zigzag keeps equal values apart; it means nothing.
        axes.plot(points, [y + (-0.17, 0.06, -0.06, 0.17)[i % 4] for i in range(len(points))], linestyle="none", marker="o",
                  markersize=3.6, color=ink, alpha=0.75, markeredgewidth=0, zorder=3)
        axes.plot([row["low"], row["high"]], [y, y], color=ink, linewidth=3.0, alpha=0.4, solid_capstyle="butt")
        axes.plot([row["median"]] * 2, [y - 0.36, y + 0.36], color=COLOURS["ink"], linewidth=1.4, solid_capstyle="butt")
    metric = rows[0]["metric"]
    _decades(axes, min(r["minimum"] for r in rows), max(r["maximum"] for r in rows), lambda t: tick(t, metric))
    return _svg(figure, title, "samples of %s on a log axis" % title)


def machines(names, series, salt):
    """Several machines' ratios to one rival. series: [(label, {name: c})]; salt: a name for the drawing."""
    figure, axes = _axes([short(n) for n in names])
    low, high = 0.8, 1.25
    for index, (_, found) in enumerate(series):
        for y, name in enumerate(names):
            c = found.get(name)
            if c:
                _mark(axes, y + (index - (len(series) - 1) / 2) * min(0.16, 0.8 / len(series)), c, *machine(index))
                low, high = min(low, c["low"]), max(high, c["high"])
    axes.axvline(1.0, color=COLOURS["ink"], linewidth=1.0)
    _decades(axes, low, high, _times)
    return _svg(figure, salt, "ratios on several machines on a log axis")


def trend(lines, labels, metric, salt):
    """Medians run by run, on a log axis. lines: [(name, [(run, point)], [run where a level begins])]; labels: the runs'."""
    height = 1.1 + 0.19 * max(len(lines), 8)
    figure = _pyplot().figure(figsize=(WIDTH, height))
    axes = figure.add_axes([0.85 / WIDTH, 0.55 / height, (WIDTH - 0.85 - 2.6) / WIDTH, (height - 0.65) / height])
    axes.set_yscale("log")
    _bare(figure, axes)
    axes.grid(True, axis="y", which="major", color=COLOURS["grid"], linewidth=0.6)
    every, ends = [], []
    for i, (name, points, begin) in enumerate(lines):
        mark, ink = "osD^vP*X<>h"[i % 11], SERIES[i % 7]
        axes.plot([x for x, _ in points], [p.value for _, p in points], color=COLOURS[ink], linewidth=1.0, marker=mark, markersize=4.0, markeredgewidth=0)
        for x, p in points:
            axes.plot([x, x], [p.low, p.high], color=COLOURS[ink], linewidth=1.8, alpha=0.4, solid_capstyle="butt")
            if x in begin:
                axes.plot([x], [p.value], linestyle="none", marker="o", markersize=10, markerfacecolor="none", markeredgecolor=COLOURS["ink"], markeredgewidth=1.2)
        every += [v for _, p in points for v in (p.low, p.high)]
        ends.append((points[-1][1].value, name, points[-1][0], ink))
    axes.set_xlim(-0.3, len(labels) - 0.7)
    shown = range(0, len(labels), -(-len(labels) // 8))
    axes.set_xticks(list(shown))
    axes.set_xticklabels([labels[i] for i in shown])
    text = _times if metric == "ratio" else lambda t: tick(t, metric)
    _ticks(axes.set_yticks, axes.set_yticklabels, axes.set_ylim, min(every) / 1.15, max(every) * 1.15, text)
    axes.set_yticks([], minor=True)
    _labels_at_ends(axes, ends, 0.19 / (height - 0.65))
    return _svg(figure, salt, salt + ", medians run by run on a log axis")


def _labels_at_ends(axes, ends, gap):
    """ends: [(y, label, x, ink)]. Each label right of the drawing, at its line's end, moved where two would meet."""
    low, high = axes.get_ylim()
    places, last = [], -1.0
    for y, _, _, _ in sorted(ends):
        last = max(math.log(y / low) / math.log(high / low), last + gap)
        places.append(last)
    over = places[-1] - 1.0  # they were moved up: down again, as far as there is room
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], 1.0 - gap * (len(places) - 1 - i)) if over > 0 else places[i]
    for (y, label, x, ink), at in zip(sorted(ends), places):
        axes.annotate(label, (x, y), (1.02, at), textcoords="axes fraction", va="center", color=COLOURS[ink], annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": COLOURS["grid"], "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4})


def machine(index):
    """(mark, ink) of the n-th of several runs."""
    return "osD^vP*X"[index % 8], SERIES[index % 7]


def tick(value, metric):
    if metric == "bytes_per_task":
        return "{:,.0f} B".format(value) if value < 1e5 else show.size(value)
    for limit, scale, unit in ((1e3, 1, "ns"), (1e6, 1e3, "µs"), (1e9, 1e6, "ms"), (float("inf"), 1e9, "s")):
        if value < limit * 0.999:
            return "%g %s" % (float("%.3g" % (value / scale)), unit)


def short(name):
    """One of Weft's names for people: "pingpong  procs 1"."""
    words = name.split("/")
    if len(words) > 1 and words[1] == "weft":
        del words[1]
    return "  ".join(w.replace(":", " ") for w in words)


def own(row):
    """A row within its workload: the runtime, its variant, its processors."""
    return "  ".join(filter(None, (row["runtime"], row["variant"].replace("/", "  "), row["procs"] and "procs %d" % row["procs"])))
