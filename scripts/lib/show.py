"""Figures as people read them: three significant digits, a unit that fits."""


def digits(x):
    if x == 0:
        return "0"
    size = abs(x)
    if size >= 999.5:
        return "{:,.0f}".format(x)
    return "%.3g" % x if size >= 99.95 else ("%.1f" % x if size >= 9.995 else "%.2f" % x)


def nanoseconds(ns):
    for limit, scale, unit in ((999.5, 1, "ns"), (999.5e3, 1e3, "µs"), (999.5e6, 1e6, "ms")):
        if abs(ns) < limit:
            return "%s %s" % (digits(ns / scale), unit)
    return digits(ns / 1e9) + " s"


def size(n):
    """Bytes; exact below 100 KiB, since single bytes per task matter there."""
    if abs(n) < 102400:
        return "{:,.0f} B".format(n)
    for scale, unit in ((1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB")):
        if abs(n) < 1024 * scale:
            break
    return "%s %s" % (digits(n / scale), unit)


def figure(value, metric):
    if value is None:
        return "–"
    return size(value) if metric == "bytes_per_task" else nanoseconds(value)


def ratio(x):
    if x >= 9.95:
        return "{:,.0f}×".format(x) if x >= 99.5 else "%.1f×" % x
    return "%.2f×" % x


def percent(x):
    return "%.1f %%" % (100 * x)
