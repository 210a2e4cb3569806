# SPDX-License-Identifier: Apache-2.0
"""What became of each mutant: kept on disk, held against the explanations of survivors, and summed up."""

import hashlib
import json
import os
import threading

import usage

KILLED, SURVIVED, SAME, STILLBORN = "killed", "survived", "same code", "does not compile"


def digest(*texts):
    whole = hashlib.sha256()
    for text in texts:
        whole.update(text if isinstance(text, bytes) else text.encode())
        whole.update(b"\0")
    return whole.hexdigest()[:20]


def digest_of(paths):
    texts = []
    for path in paths:
        with open(path, "rb") as file:
            texts.append(file.read())
    return digest(*texts)


class Results:
    """What is known of each mutant, on disk after each step: written aside and renamed."""

    def __init__(self, folder, runtime, suite):
        self.folder, self.runtime, self.suite = folder, runtime, suite
        self.path, self.lock = os.path.join(folder, "results.json"), threading.Lock()
        self.mutants = {}
        try:
            with open(self.path, encoding="utf-8") as text:
                before = json.load(text)
            if before.get("runtime") == runtime:
                self.mutants = before["mutants"]
        except (OSError, ValueError, KeyError, AttributeError):
            pass

    def known(self, mutant, names):
        """Of an earlier run, if that still says something: its outcome, or None."""
        entry = self.mutants.get(mutant.name)
        if not entry or entry["edits"] != digest(json.dumps(mutant.edits)):
            return None
        if entry["outcome"] == KILLED:
            return entry if entry["killer"] in names else None
        return entry if entry["outcome"] != SURVIVED or entry["suite"] == self.suite else None

    def put(self, mutant, **entry):
        with self.lock:
            self.mutants[mutant.name] = dict(entry, file=mutant.file, operator=mutant.operator, suite=self.suite,
                                             edits=digest(json.dumps(mutant.edits)))
            self.save()

    def save(self):
        write(self.path, json.dumps({"runtime": self.runtime, "mutants": self.mutants}, indent=1, sort_keys=True) + "\n")
        write(os.path.join(self.folder, "results.txt"), "\n".join(table(self.mutants)) + "\n")


def write(path, text):
    """Aside, then renamed: whoever reads it sees the old or the new."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "w", encoding="utf-8") as out:
        out.write(text)
    os.rename(path + ".part", path)


def table(entries):
    lines = ["%-62s %-16s %-34s %6s  %s" % ("mutant", "outcome", "killed by", "s", "how")]
    for name, e in sorted(entries.items()):
        lines.append("%-62s %-16s %-34s %6.1f  %s" % (name, e["outcome"], e.get("killer") or "", e.get("seconds", 0), e.get("why", "")))
    return lines


def explanations(path):
    """{name: why} of the survivors' file: a name and its reason a line."""
    found = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as text:
            for number, line in enumerate(text.read().splitlines(), 1):
                if not line.strip() or line.startswith("#"):
                    continue
                name, _, why = line.partition("  ")
                if not why.strip() or name in found:
                    raise usage.Stop("%s:%d: wants a name, two spaces and a reason, once" % (os.path.basename(path), number))
                found[name] = why.strip()
    return found


def summary(chosen, entries, explained, all_names):
    """The closing lines, and whether all is well."""
    by = {}
    for mutant in chosen:
        entry = entries.get(mutant.name)
        by.setdefault(entry["outcome"] if entry else "not run", []).append(mutant)
    killed, survived = by.get(KILLED, []), by.get(SURVIVED, [])
    unexplained = [m.name for m in survived if m.name not in explained]
    wrong = [m.name for m in chosen if m.name in explained and m not in survived and m not in by.get("not run", [])]
    gone = sorted(set(explained) - all_names)
    lines = [""]
    for what, key in (("operator", lambda m: m.operator), ("room", lambda m: m.file.split("/")[1])):
        lines.append("%-10s %7s %9s %10s %17s" % (what, KILLED, SURVIVED, SAME, STILLBORN))
        for value in sorted({key(m) for m in chosen}):
            lines.append("%-10s %7d %9d %10d %17d" % ((value,) + tuple(sum(key(m) == value for m in by.get(o, ()))
                                                                       for o in (KILLED, SURVIVED, SAME, STILLBORN))))
    lines += ["survived, unexplained: " + name for name in unexplained]
    lines += ["explained, but it did not survive: " + name for name in wrong]
    lines += ["explained, but there is no such mutant: " + name for name in gone]
    bugs = len(killed) + len(unexplained)  # what an explained survivor does is the same: no bug, as the field's score has it
    lines.append("%d mutants: %d killed of %d bugs (%.1f %%), %d not; %d change the machine code and nothing that can be seen, each explained; "
                 "%d same code, %d do not compile, %d not run" % (len(chosen), len(killed), bugs, 100.0 * len(killed) / bugs if bugs else 0,
                                                                 len(unexplained), len(survived) - len(unexplained), len(by.get(SAME, ())),
                                                                 len(by.get(STILLBORN, ())), len(by.get("not run", ()))))
    return lines, not (unexplained or wrong or gone)
