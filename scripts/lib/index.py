"""The SQLite index of runs: a cache made from the folders in results/, never the other way round. Delete it and it comes again.

Tables
  runs      one a folder, with what the machine was; `digest` is of its raw files, so an unchanged folder isn't read again
  figures   one for each benchmark of a run: median, interval, samples, metric; errored benchmarks have failures and no median
  ratios    one for each comparison of a run: the rival's figure over Weft's

Only runs of one machine class are compared with each other: `class` has all that a figure depends on and the project can't change.
"""

import hashlib
import json
import os
import sqlite3

import runs
import samples
import usage

VERSION = 2
APPLICATION = 0x57454654  # "WEFT": a file with another number is not ours to overwrite
TABLES = """
CREATE TABLE IF NOT EXISTS runs(id INTEGER PRIMARY KEY, path TEXT UNIQUE, digest TEXT, name TEXT, date TEXT, commit_id TEXT, dirty INTEGER,
    mode TEXT, filter TEXT, interrupted INTEGER, class TEXT, kernel TEXT, compiler TEXT, go TEXT, samples INTEGER, disturbed INTEGER);
CREATE TABLE IF NOT EXISTS figures(run INTEGER REFERENCES runs ON DELETE CASCADE, name TEXT, workload TEXT, runtime TEXT, variant TEXT, procs INTEGER,
    args TEXT, metric TEXT, median REAL, low REAL, high REAL, coverage REAL, n INTEGER, failed INTEGER, disturbed INTEGER, PRIMARY KEY(run, name));
CREATE TABLE IF NOT EXISTS ratios(run INTEGER REFERENCES runs ON DELETE CASCADE, name TEXT, rival TEXT, runtime TEXT, kind TEXT, ratio REAL, low REAL,
    high REAL, n INTEGER, verdict TEXT, PRIMARY KEY(run, name, runtime, kind));
"""


def machine_class(machine):
    """The machine as far as figures depend on it: CPU, how many of them, hypervisor, quota, governor. Kernel, compiler and Go are not
    part of it: what they change should show, and the run says which they were."""
    h = machine["hardware"]
    return "; ".join(("%s %s" % (h["cpu"], h["family_model_stepping"]), h["architecture"], "%d of %d CPUs" % (len(h["affinity"]), h["cpus_online"]),
                      "SMT %s" % h["smt"], "hypervisor %s" % h["hypervisor"], "quota %s" % h["cgroup_cpu_quota"], "governor %s" % h["governor"]))


class Index:
    def __init__(self, path):
        """Opens or makes the file. Raises usage.Stop where it is something else, or can't be written."""
        self.path = path
        try:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            self.db = self._open()
        except sqlite3.Error as error:
            raise usage.Stop("%s: not an index of runs (%s)" % (path, error)) from None

    def _open(self):
        db = sqlite3.connect(self.path, timeout=30)
        db.execute("PRAGMA foreign_keys = ON")
        ours = db.execute("PRAGMA application_id").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if ours != APPLICATION and tables:
            db.close()
            raise usage.Stop("%s: another program's database" % self.path)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if ours == APPLICATION and version != VERSION:  # a cache: made anew
            db.close()
            os.unlink(self.path)
            return self._open()
        if ours != APPLICATION:
            db.executescript("BEGIN IMMEDIATE;" + TABLES + "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;" % (APPLICATION, VERSION))
        return db

    def update(self, folders):
        """Makes the index say what these folders do, and nothing else. Returns [(folder, why it was left out)]."""
        skipped = []
        try:
            with self.db:
                known = dict(self.db.execute("SELECT path, digest FROM runs"))
                for path in set(known) - set(folders):
                    self.db.execute("DELETE FROM runs WHERE path = ?", (path,))
                for path in folders:
                    digest = _digest(path)
                    if digest and known.get(path) == digest:
                        continue
                    self.db.execute("DELETE FROM runs WHERE path = ?", (path,))
                    try:
                        self._add(runs.Loaded(path), digest)
                    except usage.Stop as stop:
                        skipped.append((path, str(stop)))
        except sqlite3.Error as error:
            raise usage.Stop("%s: %s; it is a cache, delete it" % (self.path, error)) from None
        return skipped

    def _add(self, run, digest):
        m, count = run.machine, run.summary["samples"]
        number = self.db.execute("INSERT INTO runs VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (
            run.path, digest, run.name, m["date"], m["source"]["commit"], bool(m["source"]["dirty"]), m["run"]["mode"],
            m["run"].get("filter"), bool(m["run"].get("interrupted")), machine_class(m), m["hardware"]["kernel"], m["build"]["compiler"],
            (m["peers"].get("go") or {}).get("version"), count["ok"], count["contaminated"])).lastrowid
        self.db.executemany("INSERT INTO figures VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (
            (number, r["name"], r["workload"], r["runtime"], r["variant"], r["procs"], json.dumps(r["args"]), r["metric"], r["median"], r["low"],
             r["high"], r["coverage"], r["n"], r["failed"], r["contaminated"]) for r in run.summary["rows"]))
        self.db.executemany("INSERT INTO ratios VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (
            (number, c["weft"], c["rival"], c["runtime"], c["kind"], c["ratio"], c["low"], c["high"], c["n"], c["verdict"])
            for c in run.summary["comparisons"]))

    def rows(self, query, *arguments):
        """Dictionaries."""
        try:
            cursor = self.db.execute(query, arguments)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor]
        except sqlite3.Error as error:
            raise usage.Stop("%s: %s; it is a cache, delete it" % (self.path, error)) from None

    def close(self):
        self.db.close()


def _digest(path):
    whole = hashlib.sha256()
    try:
        for name in ("machine.json", samples.FILE):
            with open(os.path.join(path, name), "rb") as data:
                whole.update(data.read() + b"\0")
    except OSError:
        return None
    return whole.hexdigest()
