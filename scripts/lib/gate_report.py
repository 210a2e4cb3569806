# SPDX-License-Identifier: Apache-2.0
"""What a gate's run says: the verdict of its samples, as data and as text. See gate_files.py for the forms in which it is kept."""

import math

import gate_judge
import gate_settings

ORDER = ("unfit", "regression", "inconclusive", "pass")


class Unfinished(ValueError):
    """Samples that end before a verdict."""


def judged(data):
    """The report: the data of a run, and what they mean."""
    settings = gate_settings.Settings(data["settings"], "settings")
    items = [gate_judge.Item(**item) for item in data["items"]]
    found = gate_judge.judge(data["samples"], items, settings.stages, settings.alpha)
    if found.wanted and not found.unfit:
        raise Unfinished("its samples end before a verdict")
    results = [_result(r, data["samples"], found.unfit) for r in found.results]
    for item, decision in found.unfit.items():
        if not any(r["name"] == item.name and r["tier"] == item.tier for r in results):
            results.append({"name": item.name, "tier": item.tier, "outcome": "unfit", "note": _differs(decision), "runs": [], "margin": item.margin})
    results.sort(key=lambda r: (ORDER.index(r["outcome"]), r["tier"], r["name"]))
    report = dict(data, results=results)
    report["counts"] = {o: sum(r["outcome"] == o for r in results + _exact(data)) for o in ORDER}
    report["verdict"] = _verdict(report)
    return report


def _exact(data):
    """What was counted, and how that went."""
    return [e for e in data["exact"] if e["outcome"] in ORDER]


def _verdict(report):
    """The gravest of all. Strict: what was not decided, or could not be measured, is as a regression."""
    worst = next((o for o in ORDER if report["counts"][o]), "pass")
    open_ = report["counts"]["inconclusive"] or any(e["outcome"] == "n/a" for e in report["exact"])
    if report["strict"] and worst in ("inconclusive", "pass") and open_:
        return "regression"
    return worst


def _differs(decision):
    return "base differs from its own twin: %s" % _interval(math.exp(decision.median), math.exp(decision.low), math.exp(decision.high))


def _number(log):
    return math.exp(log) if math.isfinite(log) else None


def _result(result, samples, unfit):
    item = result.item
    mine = [s for s in samples if s["name"] == item.name and s["tier"] == item.tier]
    values = {side: sorted(s["value"] for s in mine if s["side"] == side) for side in ("base", "head")}
    out = {"name": item.name, "tier": item.tier, "outcome": result.outcome, "note": result.note, "margin": math.expm1(item.margin),
           "ns": {side: v[len(v) // 2] for side, v in values.items()}, "samples": len(mine), "contaminated": sum(s["contaminated"] for s in mine),
           "runs": [_run(item, d) for d in result.decisions]}
    if item in unfit:
        out.update(outcome="unfit", note=_differs(unfit[item]))
    elif item.tier == gate_judge.RATIO:
        out["least"] = math.exp(item.offset)
    elif result.outcome == gate_judge.PASSED and result.decisions[-1].high < -item.margin:
        out["note"] = "faster"
    return out


def _run(item, decision):
    """As it is shown. A ratio was held against what is promised of it as weft over rival, and is shown as rival over weft."""
    low, middle, high = (x - item.offset for x in (decision.low, decision.median, decision.high))
    if item.tier == gate_judge.RATIO:
        low, middle, high = -high, -middle, -low
    return {"decision": decision.outcome, "pairs": decision.n, "ratio": math.exp(middle), "low": _number(low), "high": _number(high),
            "low_level": decision.low_level, "high_level": decision.high_level}


def _interval(ratio, low, high):
    return "%.3f [%s, %s]" % (ratio, "-inf" if low is None else "%.3f" % low, "inf" if high is None else "%.3f" % high)


def ns(value):
    for unit, size in (("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        if value < 1000 * size or unit == "s":
            return "%.3g %s" % (value / size, unit)
    return ""


def rows(report):
    """[(outcome, name, head's time, intervals, pairs, rule, note)], gravest first; what was counted has no pairs."""
    out = []
    for r in report["results"]:
        time = "%s, rival %s" % (ns(r["ns"]["head"]), ns(r["ns"]["base"])) if "least" in r else "%s, was %s" % (ns(r["ns"]["head"]), ns(r["ns"]["base"])) if r.get("ns") else ""
        note = r["note"]
        if r.get("contaminated"):
            note = (note + "; " if note else "") + "%d of %d samples disturbed" % (r["contaminated"], r["samples"])
        out.append((r["outcome"], r["name"], time, " then ".join(_interval(x["ratio"], x["low"], x["high"]) for x in r["runs"]),
                    "+".join(str(x["pairs"]) for x in r["runs"]), "at least %.3g" % r["least"] if "least" in r else "margin %.3g %%" % (100 * r["margin"]), note))
    for e in report["exact"]:
        found = "%.5g, was %.5g" % (e["head"], e["base"]) if e["base"] is not None else ""
        change = " (%+.2f %%)" % (100 * (e["head"] / e["base"] - 1)) if e["base"] else ""
        out.append((e["outcome"], "%s %s" % (e["name"], e["what"]), "", found + change, "", "" if e["limit"] is None else "limit %.3g" % e["limit"], e["note"]))
    return sorted(out, key=lambda row: (ORDER + ("n/a",)).index(row[0]))


def headline(report):
    counts = report["counts"]
    said = " · ".join("%d %s" % (counts[o], o) for o in ORDER if counts[o]) or "nothing decided"
    return "%s%s: %s" % (report["verdict"], " (strict)" if report["strict"] else "", said)


def side_line(role, side):
    commit = " " + side["commit"][:12] if side["commit"] else ""
    notes = "; " + side["note"] if side["note"] else ""
    return "%s: %s%s, %d layout%s%s" % (role, side["what"], commit, side["layouts"], "s" if side["layouts"] > 1 else "", notes)


def facts(report):
    """Lines about the run: what a reader needs to judge or repeat it."""
    settings = report["settings"]
    steal = report["steal_share"]
    control = [r for r in report["results"] if r["outcome"] == "unfit"]
    return [side_line(role, report["sides"][role]) for role in ("base", "head")] + [
        "%s pairs, margin %.3g %%, alpha %g over the family, seed %d, %.0f s" % (" to ".join(map(str, settings["pairs"])), 100 * settings["margin"],
                                                                                settings["alpha"], report["seed"], report["seconds"]),
        "machine: %s, %d CPUs, steal %s" % (report["hardware"]["cpu"], report["hardware"]["cpus_online"],
                                           "not exposed" if steal is None else "%.2f %%" % (100 * steal)),
        "control: " + ("base differs from its own twin in %d of %d" % (len(control), len(report["results"])) if control else "base is as its twin")]


def text(report):
    lines = facts(report) + [""]
    table = rows(report)
    width = max([len(row[1]) for row in table] + [10])
    for outcome, name, time, interval, pairs, rule, note in table:
        rest = "; ".join(filter(None, (pairs and "%s pairs, %s, %s" % (pairs, rule, time), note)))
        lines.append(("%-12s  %-*s  %-30s  %s" % (outcome, width, name, interval, rest)).rstrip())
    lines += ["left out: %s: %s" % (o["name"], o["reason"]) for o in report["omitted"]]
    lines += ["", headline(report)]
    return "\n".join(lines) + "\n"


