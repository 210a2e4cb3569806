"""A step of scripts/test --long: both commands of the README in a fresh Debian 12 that has nothing but its base system.

The root is made by debootstrap in a temporary folder, from wherever this machine's own apt gets its packages and with its settings of how;
it needs root, some 5 GB and the time of a whole suite. What is tried is the last commit. The commands run in namespaces of their own, so
that nothing of them, mounts included, outlives them.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time

import process

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SUITE = "bookworm"
LIMIT_S = {"measure": 5400, "test": 10800}
INSIDE = ("set -e; mount -t proc proc $0/proc; mount --rbind /dev $0/dev; mount --rbind /sys $0/sys; "
          "exec chroot $0 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 bash -c \"$1\"")


def mirror():
    """Where apt has this release's packages from, or None."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"],
                            stdout=subprocess.PIPE, text=True, timeout=60, check=False).stdout
    return next((line.split()[1] for line in listed.splitlines() if line.split()[0] == SUITE), None)


def lacking():
    """Why there can be no such root here, or None."""
    if os.geteuid() != 0:
        return "only root can make one"
    missing = [tool for tool in ("debootstrap", "unshare", "git") if not shutil.which(tool)]
    if missing:
        return "no %s: scripts/setup package" % missing[0]
    return None if mirror() else "apt has no %s here" % SUITE


def make(root):
    """Debian's base system, apt's settings, and a clone. Returns what failed, or None."""
    done = process.run(["debootstrap", "--variant=minbase", SUITE, root, mirror()], 1800, merge=True)
    if done.status != 0:
        return done.out[-2000:] + process.describe(done)
    settings = subprocess.run(["apt-config", "dump"], stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout
    with open(os.path.join(root, "etc/apt/apt.conf.d/90outside"), "w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in settings.splitlines() if line.startswith("Acquire::") and not line.endswith('"";'))
    done = process.run(["git", "clone", "-q", ROOT, os.path.join(root, "weft")], 300, merge=True)
    return None if done.status == 0 else done.out


def inside(root, command, limit):
    return process.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", INSIDE, root, "cd /weft && exec " + command],
                       limit, merge=True)


def commands():
    """The two at the head of the README."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as text:
        return re.findall(r"^    (\./scripts/(?:measure|test))\b", text.read(), flags=re.M)[:2]


def step(suite):
    if not suite.wanted("long.bare"):
        return
    why = lacking()
    if why:
        suite.report("bare Debian 12", 0, 0, 1, 0, why)
        return
    folder = tempfile.mkdtemp(prefix="weft-bare-", dir="/var/tmp")
    root = os.path.join(folder, "root")
    try:
        start = time.monotonic()
        why = make(root)
        if why:
            suite.report("bare Debian 12", 0, 1, 0, time.monotonic() - start, why)
            return
        for command in commands():
            start = time.monotonic()
            done = inside(root, command, LIMIT_S[os.path.basename(command)])
            good = done.status == 0 and not done.timed_out
            lines = done.out.rstrip().splitlines()
            suite.report("bare Debian 12, %s" % command, int(good), int(not good), 0, time.monotonic() - start,
                         "" if good else "\n".join(lines[-60:] + [process.describe(done)]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
