# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for Google Benchmark programs: shell scripts, which start in a millisecond, with figures known beforehand."""

import os

import fake_tree

PROGRAM = r'''#!/bin/sh
out= list= name=
for a; do case $a in
    --benchmark_out=*) out=${a#*=} ;;
    --benchmark_list_tests=true) list=1 ;;
    --benchmark_filter=*) name=${a#*=^} name=${name%$} ;;
esac; done
ns() { case $1 in
CASES
*) ns= ;; esac; }
[ -z "$list" ] || { printf '%s\n' NAMES; exit 0; }
ns "$name"
n=0 work=${WEFT_BENCH_INJECT:-0}
[ ! -e "$0.n" ] || read n <"$0.n"
echo $((n + 1)) >"$0.n"
case $ns in
crash) kill -ABRT $$ ;;
hang) exec sleep 100 ;;
silent) exit 0 ;;
broken) echo "it broke" >&2; exit 3 ;;
error) body='"real_time":0,"time_unit":"ns","error_occurred":true,"error_message":"wrong checksum: 41, not 42"' ;;
*) body='"real_time":'$(( (ns * 1000 + SPREAD) * (100 + work) / 100 ))'e-3,"time_unit":"ns"' ;;
esac
printf '{"context":{"host_name":"secret"},"benchmarks":[{"name":"%s","run_type":"iteration",%s}]}' "$name" "$body" >"$out"
'''


def make(path, figures, spread="n % 7 * ns"):
    """figures: {name: nanoseconds, or crash, hang, silent, broken, error}. spread: thousandths of ns, of n, the number of the call."""
    cases = "\n".join("%s) ns=%s ;;" % (name, figure) for name, figure in figures.items())
    text = PROGRAM.replace("CASES", cases).replace("NAMES", " ".join("'%s'" % n for n in figures) or "''").replace("SPREAD", spread)
    fake_tree.put(path, text)
    return path


def settings(path, **changed):
    """scripts/gate.toml with a few pairs only, and nothing counted."""
    import lib
    with open(os.path.join(lib.SCRIPTS, "gate.toml"), encoding="utf-8") as text:
        lines = [line for line in text.read().splitlines() if not line.startswith('"')]
    changed = dict({"pairs": "[8, 12]", "alpha": "0.1", "footprint": "[]"}, **changed)
    for key, value in changed.items():
        lines = ["%s = %s" % (key, value) if line.split(" = ")[0] == key else line for line in lines]
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    return path
