"""The optional runtimes of baselines/: each is there or has a reason why not, and none can fail a run.

CMake leaves a file `absent` with the reason in the build folder of a peer that it can't build; the others have a target peer_<name>.
"""

import os

import process
import programs

ALWAYS = {"go", "pthread"}


def _optional(baselines):
    folders = sorted(os.listdir(baselines)) if os.path.isdir(baselines) else []
    return [f for f in folders if f not in ALWAYS and not f.startswith("CMakeFiles") and os.path.isdir(os.path.join(baselines, f))]


def _absent(baselines, name):
    try:
        with open(os.path.join(baselines, name, "absent"), encoding="utf-8") as text:
            return text.read().strip() or "it is not here"
    except OSError:
        return None


def build(root, folder, say):
    """Build each by itself. Returns {name: reason} of those that failed; a line about each goes to `say`."""
    broken, baselines = {}, os.path.join(folder, "baselines")
    for name in _optional(baselines):
        if _absent(baselines, name):
            continue
        command = ["cmake", "--build", "--preset", "release", "--target", "peer_" + name]
        done = process.run(command, 900, cwd=root, merge=True)
        if done.status == 0:
            continue
        broken[name] = "its build failed: %s" % process.complaint(done, root)
        say("%s is left out, %s (all of it: %s)" % (name, broken[name], " ".join(command)))
    return broken


def discover(baselines, wide, broken):
    """(programs, omitted)."""
    found, omitted = [], []
    for name in _optional(baselines):
        path = os.path.join(baselines, name, name + "_bench")
        reason = broken.get(name) or _absent(baselines, name)
        if not reason and not wide:
            reason = "only with --peers, --full or --filter"
        if not reason and not os.access(path, os.X_OK):
            reason = "not built yet; --peers or --full builds it"
        if not reason:
            program = programs.LineProgram(path)
            try:
                program.names()
            except (OSError, ValueError) as error:
                reason = str(error)
        if reason:
            omitted.append({"name": "*/" + name, "reason": reason})
        else:
            found.append(program)
    return found, omitted
