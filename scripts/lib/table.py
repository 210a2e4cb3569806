"""The table that a run ends with: one line for each of Weft's figures, its rivals beside it."""

import show
import summary as summary_

HEAD = ("benchmark", "median", "95 % interval", "n", "pthread", "", "beside", "go", "")


def columns(summary):
    """Rows of text; the README's table and the terminal's are made of the same."""
    of = {}
    for c in summary["comparisons"]:
        of.setdefault(c["weft"], []).append(c)
    rows = {row["name"]: row for row in summary["rows"]}
    out = []
    for row in summary["rows"]:
        if row["runtime"] == "weft":
            out.append(_line(row, of.get(row["name"], []), rows))
    return out


def _line(row, comparisons, rows):
    if row["median"] is None:
        return (row["name"], "–", "; ".join(row["failures"])[:60], "0", "", "", "", "", "")
    blocking = next((c for c in comparisons if c["kind"] == "blocking"), None)
    go = next((c for c in comparisons if c["runtime"] == "go"), None)
    beside = ["%s %s" % (c["kind"] if c["runtime"] == "pthread" else c["runtime"], ratio(c))
              for c in comparisons if c is not blocking and c is not go]
    def rival(c):
        other = rows[c["rival"]]
        value = show.figure(other["median"], other["metric"])
        return "%s (%s)" % (value, other["variant"]) if other["runtime"] == "pthread" and other["variant"] else value
    return (row["name"], show.figure(row["median"], row["metric"]), interval(row), str(row["n"]),
            rival(blocking) if blocking else "–", ratio(blocking) if blocking else "",
            ", ".join(beside), rival(go) if go else "–", ratio(go) if go else "")


def interval(row):
    """Below six samples the range covers less than 95 %; the page says how much."""
    low, high = (show.figure(row[k], row["metric"]) for k in ("low", "high"))
    if low.split(" ")[1:] == high.split(" ")[1:]:
        low = low.split(" ")[0]
    return "%s … %s" % (low, high)


def ratio(c):
    mark = {"loses": " (loses)", "undecided": " (?)"}.get(c["verdict"], "")
    return show.ratio(c["ratio"]) + mark


def text(summary):
    lines = [HEAD] + columns(summary)
    right = {1, 2, 3, 5, 8}
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    out = []
    for line in lines:
        cells = [cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(line, widths))]
        out.append("  ".join(cells).rstrip())
    out.insert(1, "-" * max(map(len, out)))
    return "\n".join(out) + "\n" + foot(summary)


def foot(summary):
    count = summary["samples"]
    lost = [c for c in summary["losses"] if c["verdict"] == "loses"]
    lines = ["× is the rival's median over Weft's, paired round by round: above 1 Weft is ahead; (?) is undecided. pthread is the",
             "best blocking variant; beside it what spins or reuses threads. %d samples, %d of them disturbed;"
             % (count["ok"], count["contaminated"]),
             "%s." % summary_.rounds(count),
             "Hardware counters: %s." % summary["counters"],
             "Weft loses %d of %d comparisons; %d cells are omitted or failed." % (
                 len(lost), len(summary["comparisons"]) + len(summary["scaling"]), len(summary["omitted"]))]
    return "\n".join(lines) + "\n"
