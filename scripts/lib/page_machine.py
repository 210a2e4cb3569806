"""The page's parts that say where figures come from: the machine, the build, the command, how to read, the raw data."""

import base64
import gzip
from html import escape

import folder
import markup
import samples
import show
import summary as summary_


def machine(m, found):
    h, b = m["hardware"], m["build"]
    memory = h["memory"]
    out = []
    out.append(markup.pairs((
        ("CPU", "%s (family/model/stepping %s, microcode %s)" % (h["cpu"], h["family_model_stepping"], h["microcode"])),
        ("CPUs", "%d online, affinity %s, SMT %s" % (h["cpus_online"], ",".join(map(str, h["affinity"])), h["smt"])),
        ("caches", markup.flat(h["caches"])), ("frequency", "governor %s, boost %s" % (h["governor"], h["boost"])),
        ("hypervisor", h["hypervisor"]), ("cgroup CPU quota", h["cgroup_cpu_quota"]),
        ("memory", "%s, swap %s" % (show.size(memory["total_bytes"]), show.size(memory["swap_bytes"]))),
        ("system", "%s, Linux %s" % (h["distribution"], h["kernel"])), ("clock source", h["clocksource"]),
        ("mitigations", markup.flat(h["mitigations"])),
        ("limits", "vm.max_map_count %s, threads-max %s, overcommit %s, transparent huge pages %s" % (
            h["vm.max_map_count"], h["kernel.threads-max"], h["vm.overcommit_memory"], h["transparent_hugepages"])))))
    steal = m.get("steal_share")
    out.append("<h3>While it ran</h3>" + markup.pairs((
        ("steal", "not exposed" if steal is None else show.percent(steal)),
        ("load before / after", "%s / %s" % (m["before"]["loadavg"], m["after"]["loadavg"])),
        *(("%s pressure %s" % (what if what != "cpu" else "CPU", when), m[when]["psi"].get(what))
          for what in ("cpu", "memory", "io") for when in ("before", "after")),
        ("machine check", "; ".join(m["fitness"]["warnings"]) or "quiet"),
        ("disturbed samples", "%d of %d (steal above 1 %% or other processes above 10 %% of the machine); none is excluded"
         % (found["samples"]["contaminated"], found["samples"]["ok"])),
        ("hardware counters", found["counters"]))))
    out.append(_counted(m.get("counts")))
    out.append("<h3>Build and peers</h3>" + markup.pairs((
        ("commit", "%s%s" % (m["source"]["commit"] or "none", ", uncommitted changes" if m["source"]["dirty"] else "")),
        ("build", "%s, %s, %s" % (b["type"], b["compiler"], b["flags"]))) +
        tuple((k.replace("_", " "), markup.flat(v)) for k, v in sorted(m["peers"].items())) +
        (("benchmark library says", markup.flat(m.get("google_benchmark_context") or "nothing")),)))
    out.append("<h3>Command</h3><pre>%s</pre>" % escape(m["command"]))
    out.append(markup.pairs((("order", "shuffled each round, seed %s" % m["run"]["seed"]),
                       ("time", "%s s, %s, at least %g s a sample" % (m["run"]["seconds"], summary_.rounds(found["samples"]), m["run"]["min_time_s"])))))
    return "\n".join(filter(None, out))


def _counted(found):
    """What scripts/lib/counts.py took, or "" where it was not asked to."""
    if not found:
        return ""
    whats = ("instructions", "syscalls", "allocations")
    why = sorted(set(found["not"].values()))
    rows = ['<tr><td class="name">%s</td>%s</tr>' % (escape(name), "".join('<td class="n">%s</td>' % show.digits(counted[what]) for what in whats))
            for name, counted in found["of"].items()]
    return "<h3>Counted under Valgrind</h3><p>Of an operation, as the slope between n and 2n iterations, on one processor without sysmon.%s</p>%s" % (
        escape(" n/a: %s." % "; ".join(why)) if why else "",
        markup.table("counts-table", markup.head("benchmark", *(">" + what for what in whats)), rows, sortable=False) if rows else "")


def reading(found):
    return """<p><b>A figure</b> is the median of its samples; each sample is a fresh process that ran the workload for some milliseconds, verified
its answer and divided the time by the operations done; where a workload's words say so, CPU time, or the sum of its latencies, whose
percentiles have a section of their own. The workloads are defined in <code>bench/WORKLOADS.md</code>.</p>
<p><b>CPU/op</b> is the process's CPU time per operation, all threads together; <b>switches/op</b> are the kernel's context switches per
operation; <b>disturbed</b> counts the samples during which the hypervisor or other processes took a noticeable share of the machine.</p>
<p><b>An interval</b> lies between two order statistics and covers the true median with the probability in the column “covers”, whatever
the distribution. It is the narrowest that covers 95&nbsp;%%; below six samples even the whole range covers less, and the column says how much.</p>
<p><b>A ratio</b> is the median of the ratios within each round, so that what disturbs a whole round cancels. It may differ a little from the
ratio of the two medians. A verdict needs the whole interval on one side of 1.</p>
<p><b>pthread</b> stands for the best blocking variant that uses no more cores than Weft does in that row, picked after the fact, in its favour.
Two threads that spin on two cores and pools that create no threads are shown as classes of their own. Other runtimes are compared at
the same number of processors.</p>
<p><b>No counter is invented</b>: where the machine has no performance counters the report says so. Here: %s.</p>""" % escape(found["counters"])


def raw(some):
    """The samples and what is said about them, in the page itself."""
    out = ["<p>Embedded in this page; the same files lie beside it, or in each run's folder. <code>scripts/history --export</code> writes them for other tools.</p>"]
    for run in some:
        lines = "".join(map(samples.line, run.samples)).encode()
        before = "" if len(some) == 1 else run.name + "-"
        files = ((before + "samples.jsonl.gz", "application/gzip", gzip.compress(lines, 9, mtime=0),
                  "every sample, failed ones too, one JSON line each (%d)" % len(run.samples)),
                 (before + "machine.json", "application/json", folder.dump(run.machine).encode(), "the machine, the build, the peers, the command"),
                 (before + "summary.json", "application/json", folder.dump(run.summary).encode(), "every figure on this page"))
        out.append("<ul>%s</ul>" % "".join('<li><a download="%s" href="data:%s;base64,%s">%s</a> — %s</li>' % (
            escape(name), kind, base64.b64encode(data).decode(), escape(name), escape(what)) for name, kind, data, what in files))
    return "\n".join(out)


def footer(run):
    return '<footer>Run <span class="mono">%s</span>. Written by <code>scripts/report</code> from raw data alone: the same data gives the same bytes.</footer>' % escape(run.name)
