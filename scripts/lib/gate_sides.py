# SPDX-License-Identifier: Apache-2.0
"""What is compared: git revisions, which are exported and built under build/gate/ and kept there, build trees, or commands.

A program of a build tree is linked again in several layouts, its objects in a shuffled order, and the samples take turns among them: where
the linker happened to put a loop is then part of the noise, and no verdict. Nothing outside of build/gate/ is written.
"""

import fcntl
import os
import random
import re
import shlex
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import gate_run
import machine
import mutants_results
import process
import usage

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(ROOT, "build", "gate")
PROGRAM = "bench/weft_bench"
TARGETS = ["weft_bench", "weft_footprint", "weft_echo_load"]


class Side:
    """One of the two. build: its tree, or None for a command. note: what is not as it should be."""

    def __init__(self, role, what, build=None, commit=None, words=None):
        self.role, self.what, self.build, self.commit = role, what, build, commit
        self.words = words or [os.path.join(build, PROGRAM)]
        self.layouts, self.note = [], ""
        self.program = gate_run.Program(self.words, role)

    def relink(self, count):
        """Have that many layouts; where the tree can't be linked again the note says so."""
        try:
            self.layouts = layouts(self.build, count)
        except (OSError, ValueError, usage.Stop) as error:
            self.note = "one layout only: %s" % error
        self.program = gate_run.Program(self.words, self.role, self.layouts)

    def describe(self):
        out = {"what": self.what, "commit": self.commit, "layouts": len(self.layouts) or 1, "note": self.note or None,
               "context": self.program.context}
        if self.build:
            out["build"] = machine.build(ROOT, self.build)
        return out


def lock():
    """Until this process ends. Two at a time would share builds, and disturb each other."""
    os.makedirs(CACHE, exist_ok=True)
    held = os.open(os.path.join(CACHE, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise usage.Stop("another gate runs in this checkout") from None


def command(role, text):
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise usage.Stop("--%s-cmd: %s" % (role, error)) from None
    if not words:
        raise usage.Stop("--%s-cmd is empty" % role)
    if not shutil.which(words[0]):
        raise usage.Stop("--%s-cmd: %s: no such program" % (role, words[0]))
    return Side(role, os.path.basename(words[0]), words=words)


def find(role, text, progress):
    """A build tree where it is a folder of one, else a revision."""
    if os.path.isfile(os.path.join(text, "CMakeCache.txt")) or os.path.isfile(os.path.join(text, PROGRAM)):
        if not os.access(os.path.join(text, PROGRAM), os.X_OK):
            raise usage.Stop("%s: %s has no %s" % (role, text, PROGRAM))
        return Side(role, "build tree", build=os.path.abspath(text))
    if os.path.isdir(text) and os.sep in text:
        raise usage.Stop("%s: %s is not a build tree" % (role, text))
    commit = revision(role, text)
    return Side(role, "revision", build=built(role, commit, progress), commit=commit)


def revision(role, text):
    done = _git("rev-parse", "--verify", "--quiet", "--end-of-options", text + "^{commit}")
    if done.status != 0:
        inside = _git("rev-parse", "--git-dir").status == 0
        raise usage.Stop("%s: %s is neither a build tree nor a revision%s" % (role, text, "" if inside else " (this is no git repository)"))
    return done.out.strip()


def _git(*arguments):
    try:
        return process.run(("git", "-C", ROOT) + arguments, 60)
    except OSError:
        raise usage.Stop("git is not installed; run scripts/setup") from None


def built(role, commit, progress):
    """The build tree of a revision. Its folder is named by the commit, so all are equally long: paths are part of a program."""
    place = os.path.join(CACHE, commit[:12])
    build = os.path.join(place, "build")
    done = os.path.join(place, "built")
    if os.path.exists(done) and all(os.access(os.path.join(build, "bench", t), os.X_OK) for t in TARGETS):
        return build
    progress.say("gate: building %s, %s" % (role, commit[:12]))
    shutil.rmtree(place, ignore_errors=True)
    source = os.path.join(place, "src")
    os.makedirs(source)
    _export(commit, source)
    trouble = make(source, build)
    if trouble:
        raise usage.Stop("%s: %s does not build: %s" % (role, commit[:12], trouble))
    open(done, "w", encoding="ascii").close()
    return build


def make(source, build):
    """What went wrong, in a line, or nothing."""
    for what, words in (("configure", ["cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"]),
                        ("build", ["cmake", "--build", build, "--target"] + TARGETS)):
        ended = process.run(words, 1800, merge=True)
        if ended.status != 0:
            lines = [l.strip() for l in ended.out.splitlines() if re.search(r"\berror\b|unknown target|^FAILED:", l, re.I)]
            lines = lines or ended.out.strip().splitlines()[-1:] or [process.describe(ended)]
            return "%s failed: %s" % (what, lines[0].replace(source + os.sep, ""))
    return None


def _export(commit, to):
    """git archive, so that no worktree is registered with the user's repository."""
    with tempfile.TemporaryFile() as tar:
        made = subprocess.run(["git", "-C", ROOT, "archive", "--format=tar", commit], stdin=subprocess.DEVNULL, stdout=tar, timeout=120, check=False)
        tar.seek(0)
        put = subprocess.run(["tar", "-x", "-C", to], stdin=tar, timeout=120, check=False)
    if made.returncode or put.returncode:
        raise usage.Stop("%s can't be exported" % commit[:12])


def same_kind(base, head):
    """Two programs that were compiled differently say nothing about their sources."""
    if not base.build or not head.build:
        return
    one, other = (machine.build(ROOT, s.build) for s in (base, head))
    for key in ("type", "compiler"):
        if one[key] != other[key]:
            raise usage.Stop("base and head were not built alike: %s is '%s' and '%s'" % (key, one[key], other[key]))


# ---- layouts ----

def layouts(build, count):
    """Paths of the program linked `count` times, each with its objects in another order. Kept until its objects change."""
    words, objects = _link(build)
    key = mutants_results.digest(mutants_results.digest_of(os.path.join(build, o) for o in objects), " ".join(words))
    place = os.path.join(CACHE, "layouts", key)
    load = os.path.join(build, "bench", "weft_echo_load")
    todo = [n for n in range(count) if not os.access(_layout(place, n), os.X_OK)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for trouble in pool.map(lambda n: _link_one(build, words, objects, _layout(place, n), n, load), todo):
            if trouble:
                raise usage.Stop(trouble)
    return [_layout(place, n) for n in range(count)]


def _layout(place, n):
    return os.path.join(place, "%02d" % n, os.path.basename(PROGRAM))


def _commands(build, target):
    if not os.path.isfile(os.path.join(build, "build.ninja")):
        raise ValueError("no build.ninja in the build tree")
    done = process.run(["ninja", "-C", build, "-t", "commands", target], 60)
    line = next((l for l in reversed(done.out.splitlines()) if l.strip()), "")
    if done.status or not line:
        raise ValueError("ninja doesn't know how %s is linked" % target)
    return line


def _link(build):
    """(words of the command with PLACE and OBJECTS to fill in, the objects): the runtime's objects stand in for its archive."""
    words = [w for w in shlex.split(_commands(build, PROGRAM)) if w not in (":", "&&")]
    library = "runtime/libweft.a"
    if library not in words or "-o" not in words:
        raise ValueError("an unknown form of link command")
    objects = [w for w in words if w.endswith(".o")]
    objects += [w for w in shlex.split(_commands(build, library)) if w.endswith(".o")]
    out = []
    for word in words:
        if word == PROGRAM:
            out.append("PLACE")
        elif not word.endswith(".o") and word != library:
            out.append(word)
    return out[:1] + ["-Wl,-S", "OBJECTS"] + out[1:], objects


def _link_one(build, words, objects, path, seed, load):
    """What went wrong, or nothing."""
    order = sorted(objects)
    random.Random(seed).shuffle(order)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    line = []
    for word in words:
        line += order if word == "OBJECTS" else [path + ".part" if word == "PLACE" else word]
    done = process.run(line, 300, cwd=build, merge=True)
    if done.status:
        return "linking again failed: %s" % (done.out.strip().splitlines() or ["no reason given"])[-1]
    beside = os.path.join(os.path.dirname(path), os.path.basename(load))
    if os.path.exists(load) and not os.path.exists(beside):
        shutil.copy(load, beside)  # the program looks for it beside itself
    os.rename(path + ".part", path)
    return None
