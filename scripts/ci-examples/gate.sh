#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The regression gate as a step of any CI: what each of its exit statuses means for the job. Copy it, and decide otherwise where you want to.
#
#   gate.sh                        what is checked out against where it left origin/main
#   gate.sh BASE HEAD [ARGUMENT…]  two revisions or build folders, and whatever else scripts/gate takes
#   gate.sh --base-cmd 'old/bench' --head-cmd 'new/bench --some_flag'        any two Google Benchmark programs
#
# GATE_STRICT=1 lets nothing through that could not be decided. GATE is the script to run (default scripts/gate).
# Exit status: 0 the job may go on · 1 a regression · 2 the gate could not be asked · 4 the runner is unfit, twice.
set -uo pipefail
gate=${GATE:-./scripts/gate}
if [ $# = 0 ]; then
    base=$(git merge-base origin/main HEAD) || { echo "gate.sh: no common ancestor with origin/main: fetch the whole history" >&2; exit 2; }
    set -- "$base" HEAD
fi
[ "${GATE_STRICT:-0}" = 0 ] || set -- "$@" --strict

"$gate" "$@"
status=$?
if [ $status = 4 ]; then # base differed from itself; a neighbour of the runner may be gone by now
    echo "gate.sh: the runner is unfit; once more" >&2
    "$gate" "$@"
    status=$?
fi
case $status in
    0) ;;
    3) echo "gate.sh: inconclusive: neither a regression nor the absence of one was shown" >&2; status=0 ;;
    77) echo "gate.sh: nothing to run" >&2; status=0 ;;
    1 | 4) ;;
    *) status=2 ;;
esac
exit $status
