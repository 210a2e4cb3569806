"""The trends in words: a line for each series, and what the page says with it."""

import show
import trends


def text(known, every):
    """A line for each series; machine classes one after the other."""
    out = []
    for machine in dict.fromkeys(s.machine for s in every):
        mine = [s for s in every if s.machine == machine]
        times = [r for r in known.values() if r["class"] == machine]
        out += ["%s, %s to %s, on %s" % (count(len(times), "run"), times[0]["date"][:10], times[-1]["date"][:10], machine)]
        lines = [("benchmark", "runs", "first", "newest", "since the last", "changes of level")]
        for s in mine:
            lines.append((title(s), str(len(s.points)), value(s, s.points[0].value), value(s, s.points[-1].value), step(s),
                          "; ".join(told(s, c, known) for c in trends.changes([p.value for p in s.points]))))
        widths = [max(len(line[i]) for line in lines) for i in range(6)]
        out += ["  ".join(cell.rjust(w) if 0 < i < 5 else cell.ljust(w) for i, (cell, w) in enumerate(zip(line, widths))).rstrip() for line in lines]
        out += [verdict(mine), ""]
    return "\n".join(out).rstrip() + "\n"


def title(series):
    if series.against is None:
        return series.name
    return "%s: %s over Weft" % (series.name, rival(*series.against))


def rival(runtime, kind):
    return "pthread, " + kind if runtime == "pthread" else runtime


def value(series, x):
    return show.ratio(x) if series.metric == "ratio" else show.figure(x, series.metric)


def step(series):
    """The newest against the run before it; a statement about two medians, no verdict."""
    if len(series.points) < 2:
        return "–"
    return percent(series.points[-1].value / series.points[-2].value)


def count(n, one, more=None):
    return "%d %s" % (n, one if n == 1 else more or one + "s")


def percent(factor):
    return "%+.1f %%" % (100 * (factor - 1))


def told(series, change, known):
    run = known[series.points[change.at].run]
    return "%s from %s on (%s → %s, %s, p %.4f)" % (
        percent(change.after / change.before), run["name"], value(series, change.before), value(series, change.after),
        "better" if trends.better(series, change) else "worse", change.p)


def verdict(some):
    """What the tests could see: too few runs are said to be too few."""
    able = sum(1 for s in some if len(s.points) >= trends.fewest_runs())
    if not able:
        return "No changes of level are looked for: a series needs %d runs, the longest has %d." % (
            trends.fewest_runs(), max(len(s.points) for s in some))
    return ("%d of %d series are long enough to be looked at (%d runs); where nothing changed, about %.1f of them show a change all the same (p ≤ %g each)."
            % (able, len(some), trends.fewest_runs(), able * trends.LEVEL, trends.LEVEL))
