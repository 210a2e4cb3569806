"""From samples to figures: medians with intervals, ratios, losses, and what is not there and why.

A pure function of the files in a run's folder; the table, the page and the README's table all print this and nothing else.
"""

import disturb
import latency
import names as naming
import stats

SCHEMA = 1
CONFIDENCE = 0.95


def summarize(samples, machine):
    rows = _rows(samples)
    by_name = {row["name"]: row for row in rows}
    values = values_of(samples)
    parsed = {name: naming.parse(name) for name in by_name}
    comparisons = []
    for row in rows:
        if row["runtime"] == "weft" and row["median"] is not None:
            comparisons += _compare(row["name"], parsed, by_name, values)
    scaling = _scaling(parsed, by_name, values)
    ok = [s for s in samples if s["status"] == "ok"]
    return {
        "schema": SCHEMA,
        "confidence": CONFIDENCE,
        "rows": rows,
        "comparisons": comparisons,
        "scaling": scaling,
        "losses": _losses(comparisons, scaling),
        "omitted": _omitted(rows, comparisons, machine),
        "samples": {"all": len(samples), "ok": len(ok), "contaminated": sum(map(disturb.contaminated, ok)),
                    "rounds": max((s["round"] for s in samples), default=-1) + 1, "planned": _planned(machine),
                    "fewest": min((r["n"] for r in rows if r["n"]), default=0), "most": max((r["n"] for r in rows), default=0)},
        "counters": counter_line(machine.get("counters") or {}),
    }


def _planned(machine):
    """Rounds that the run meant to do, or None. Earlier runs have that number as `rounds`, however many they did."""
    run = machine.get("run") or {}
    return run.get("rounds_planned", run.get("rounds"))


def rounds(count):
    """Rounds begun, of how many, and what each benchmark got of them: a run that ran out of time must not look like a whole one."""
    each = "%d" % count["most"] if count["fewest"] == count["most"] else "%d to %d" % (count["fewest"], count["most"])
    short = count["planned"] is not None and count["planned"] > count["rounds"]
    return "%d%s, %s samples a benchmark" % (count["rounds"], " of %d planned rounds" % count["planned"] if short else
                                             " round" if count["rounds"] == 1 else " rounds", each)


def values_of(samples):
    """{name: {round: value}} of the good ones."""
    out = {}
    for sample in samples:
        if sample["status"] == "ok":
            out.setdefault(sample["name"], {})[sample["round"]] = sample["value"]
    return out


def _rows(samples):
    by_name = {}
    for sample in samples:
        by_name.setdefault(sample["name"], []).append(sample)
    rows = [_row(name, some) for name, some in by_name.items()]
    return sorted(rows, key=_order)


def _order(row):
    args = tuple((k, (0, int(v), "") if v.isdigit() else (1, 0, v)) for k, v in row["args"])
    return (row["workload"], args, row["runtime"] != "weft", row["runtime"] == "pthread", row["runtime"], row["variant"],
            row["procs"] or 0)


def _row(name, some):
    parsed = naming.parse(name)
    good = [s for s in some if s["status"] == "ok"]
    bad = [s for s in some if s["status"] != "ok"]
    row = {"name": name, "workload": parsed.workload, "runtime": parsed.runtime, "variant": parsed.variant,
           "procs": parsed.procs, "args": [list(a) for a in parsed.args], "n": len(good), "failed": len(bad),
           "failures": sorted({"%s: %s" % (s["status"], s.get("reason")) for s in bad}),
           "contaminated": sum(map(disturb.contaminated, good)),
           "metric": good[0]["metric"] if good else None, "median": None, "low": None, "high": None, "coverage": None,
           "minimum": None, "maximum": None, "p10": None, "p90": None, "cpu_ns_per_op": None, "counters": {}}
    if not good:
        return row
    values = [s["value"] for s in good]
    low, high, coverage = stats.median_interval(values, CONFIDENCE)
    cpu = [s["cpu_ns_per_op"] for s in good if s.get("cpu_ns_per_op") is not None]
    keys = sorted({k for s in good for k in s.get("counters") or {}})
    # A percentile that some samples were too short for would be the fast samples' alone.
    keys = [k for k in keys if not latency.parse(k) or all(k in (s.get("counters") or {}) for s in good)]
    row.update(median=stats.median(values), low=low, high=high, coverage=coverage, minimum=min(values), maximum=max(values),
               p10=stats.quantile(values, 0.1), p90=stats.quantile(values, 0.9),
               cpu_ns_per_op=stats.median(cpu) if cpu else None,
               counters={k: stats.median([s["counters"][k] for s in good if k in (s.get("counters") or {})]) for k in keys})
    return row


def _compare(name, parsed, by_name, values):
    """This weft cell against the best of each class of rival in the same workload with the same arguments.

    pthread: every variant that uses no more cores than this cell is a candidate, so that at two processors a pair of threads
    on one core still counts if it is the faster way. Other runtimes: the best variant with the same number of processors.
    """
    ours = parsed[name]
    classes = {}
    for rival, theirs in parsed.items():
        if theirs.runtime == "weft" or (theirs.workload, theirs.args) != (ours.workload, ours.args):
            continue
        if by_name[rival]["median"] is None or by_name[rival]["metric"] != by_name[name]["metric"]:
            continue
        if theirs.runtime == "pthread":
            if naming.cores(theirs) <= max(naming.cores(ours), 1):
                classes.setdefault(("pthread", naming.kind(theirs)), []).append(rival)
        elif theirs.procs in (None, ours.procs) or ours.procs is None:
            classes.setdefault((theirs.runtime, "peer"), []).append(rival)
    out = []
    for (runtime, kind), rivals in sorted(classes.items()):
        best = min(_same_variant(ours, rivals, parsed), key=lambda r: (by_name[r]["median"], r))
        found = stats.paired_ratio(values[name], values[best], CONFIDENCE)
        if found is None:
            continue
        out.append(dict(found, weft=name, rival=best, runtime=runtime, kind=kind, verdict=_verdict(found)))
    return out


def _same_variant(ours, rivals, parsed):
    """A variant both sides have is compared with itself; else all of a rival's, so that its best one counts."""
    words = set(ours.variant.split("/")) - {""}
    return [r for r in rivals if words and words <= set(parsed[r].variant.split("/"))] or rivals


def _verdict(found):
    """By the interval alone; with too few rounds for one that covers as much as it should, nothing is decided."""
    if found["n"] < 2 or found["coverage"] < CONFIDENCE:
        return "undecided"
    return "wins" if found["low"] > 1 else "loses" if found["high"] < 1 else "undecided"


def _scaling(parsed, by_name, values):
    """Each weft cell at more processors against the same at one."""
    out = []
    for name, ours in parsed.items():
        if ours.runtime != "weft" or not ours.procs or ours.procs < 2 or by_name[name]["median"] is None:
            continue
        one = next((n for n, p in parsed.items() if p.procs == 1 and p.runtime == "weft" and by_name[n]["median"] is not None
                    and (p.workload, p.variant, p.args) == (ours.workload, ours.variant, ours.args)), None)
        found = one and stats.paired_ratio(values[name], values[one], CONFIDENCE)
        if found:
            out.append(dict(found, weft=name, rival=one, runtime="weft", kind="one processor", verdict=_verdict(found)))
    return sorted(out, key=lambda c: c["weft"])


def _losses(comparisons, scaling):
    """Everything that is not clearly a win, worst first. Computed; nobody chooses."""
    lost = [c for c in comparisons if c["verdict"] != "wins"] + [c for c in scaling if c["verdict"] == "loses"]
    return sorted(lost, key=lambda c: (c["verdict"] != "loses", c["ratio"], c["weft"], c["rival"]))


def _omitted(rows, comparisons, machine):
    """Cells without a figure, cells with some samples lost, and Weft's figures without a rival; each with its reason."""
    out = [dict(o, kind="omitted") for o in machine.get("omitted") or []]
    told = {o["name"] for o in out}
    compared = {(c["weft"], c["runtime"]) for c in comparisons}
    for runtime in sorted({r["runtime"] for r in rows} - {"weft"}):
        cells = {(r["workload"], tuple(map(tuple, r["args"]))) for r in rows if r["runtime"] == runtime}
        for row in rows:
            cell = row["workload"], tuple(map(tuple, row["args"]))
            if row["runtime"] != "weft" or row["median"] is None or (row["name"], runtime) in compared:
                continue
            name = "/".join([row["workload"], runtime] + ["%s:%s" % a for a in cell[1]])
            if cell not in cells and name not in told:
                told.add(name)
                out.append({"name": name, "kind": "no counterpart", "reason": "%s has no such benchmark; bench/WORKLOADS.md may say why" % runtime})
    for row in rows:
        if row["failed"]:
            out.append({"name": row["name"], "kind": "failed" if row["median"] is None else "partly failed",
                        "reason": "%d of %d: %s" % (row["failed"], row["failed"] + row["n"], "; ".join(row["failures"]))})
    return sorted(out, key=lambda o: (o["kind"], o["name"]))


def counter_line(found):
    """Hardware counters in a few words: what there is, or why there is nothing. Never a zero."""
    return found.get("summary") or found.get("status") or "n/a (not asked)"
