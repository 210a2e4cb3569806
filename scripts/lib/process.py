"""Child processes: each in its own session with a time limit, and none survives its parent."""

import os
import re
import signal
import subprocess
import time
from collections import namedtuple

Done = namedtuple("Done", "status out err timed_out")  # status: as subprocess has it, negative for a signal


LOOK_S = 0.25


def run(command, timeout, env=None, cwd=None, pass_fds=(), merge=False, watch=None):
    """Run to the end or to the time limit; output as text. A missing program raises OSError. watch(pid) is called now and then and ends
    it by saying so, which counts as the time limit."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT if merge else subprocess.PIPE, env=env, cwd=cwd, text=True,
                             errors="replace", start_new_session=True, pass_fds=pass_fds)
    end = time.monotonic() + timeout
    try:
        while True:
            try:
                left = end - time.monotonic()
                out, err = child.communicate(timeout=min(left, LOOK_S) if watch else left)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() >= end or watch(child.pid):
                    raise
        return Done(child.returncode, out, err or "", False)
    except subprocess.TimeoutExpired:
        kill(child)
        out, err = child.communicate()
        return Done(child.returncode, out, err or "", True)
    except BaseException:
        kill(child)
        child.wait()
        raise


def kill(child):
    """The child's whole session: a benchmark may have children of its own, and the conformance runner gives each case a group."""
    for pid in [p for p, fields in _stats() if int(fields[3]) == child.pid] + [child.pid]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _stats(folder="/proc"):
    """(pid, the fields behind the name in its stat) of what is listed there."""
    for name in os.listdir(folder):
        if name.isdigit():
            try:
                with open("%s/%s/stat" % (folder, name), encoding="ascii", errors="replace") as stat:
                    yield int(name), stat.read().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue


def family(pid):
    """A process and its descendants, as far as they are still there."""
    found = [pid]
    for one in found:
        try:
            for thread in os.listdir("/proc/%d/task" % one):
                with open("/proc/%d/task/%s/children" % (one, thread), encoding="ascii") as children:
                    found += [int(child) for child in children.read().split()]
        except OSError:
            continue
    return found


def threads(pid):
    """[(state, ticks of processor time)] of a process's threads."""
    try:
        return [(fields[0], int(fields[11]) + int(fields[12])) for _, fields in _stats("/proc/%d/task" % pid)]
    except OSError:
        return []


def complaint(done, root):
    """Why a build failed: the first line that speaks of an error, not the compiler's command with its -Werror; without root's path."""
    lines = [line.strip() for line in done.out.splitlines()]
    found = [line for line in lines if re.search(r"(?<![-\w])error(\[\w+\])?:", line, re.I)] or [line for line in lines if line][-1:]
    return found[0].replace(root + os.sep, "").replace("../../", "")[:200] if found else describe(done)


def describe(done):
    """Why a process failed, in a few words."""
    if done.timed_out:
        return "no answer within the time limit"
    last = next((line.strip() for line in reversed(done.err.splitlines()) if line.strip()), "")
    if done.status < 0:
        try:
            what = signal.Signals(-done.status).name
        except ValueError:
            what = "signal %d" % -done.status
        return "ended by %s%s" % (what, ": " + last if last else "")
    return "exit status %d%s" % (done.status, ": " + last if last else "")


def interrupt_on_term():
    """A polite kill ends a script as Ctrl-C does."""
    def handler(_signum, _frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGHUP, handler)
