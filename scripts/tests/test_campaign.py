"""scripts/campaign: one machine's part, GNU parallel over this machine and over a stand-in for ssh, Slurm's by a stand-in for sbatch, and what
the collector takes and refuses."""

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import unittest

import fake_tree
import lib
import campaign
import usage

MEASURE = ["--quick", "--seconds", "0.3", "--filter", "^(mutex|none at {1}ll)/"]


class Campaign(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = os.path.join(self.folder, "out")
        os.makedirs(self.out)
        self.env = {"WEFT_BUILD": fake_tree.make(os.path.join(self.folder, "tree")), "TMPDIR": self.folder}

    def run_node(self, *arguments):
        with open(os.path.join(self.folder, "a.tar"), "wb") as tar:
            return subprocess.run([os.path.join(lib.SCRIPTS, "campaign", "node"), *arguments], stdin=subprocess.DEVNULL, stdout=tar,
                                  stderr=subprocess.PIPE, text=True, timeout=300, env=dict(os.environ, **self.env))

    def left(self):
        """Scratch folders that somebody forgot."""
        return [n for n in os.listdir(self.folder) if n.startswith("weft-campaign.") or n.startswith("weft-campaign-runs")]

    def test_a_node(self):
        done = self.run_node(lib.ROOT, *MEASURE)
        self.assertEqual(done.returncode, 0, done.stderr)
        path = campaign.take(os.path.join(self.folder, "a.tar"), self.out)
        self.assertIn("samples.jsonl", os.listdir(path))
        self.assertEqual(self.left(), [])

    def test_a_node_that_cannot(self):
        done = self.run_node(self.folder, *MEASURE)
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (2, "node: cannot clone " + self.folder))
        done = self.run_node(lib.ROOT, "--filter", "nothing")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(os.path.getsize(os.path.join(self.folder, "a.tar")), 0)

    def parallel(self, *arguments):
        return lib.script("campaign/parallel", "--out", self.out, *arguments, env=self.env, timeout=300)

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
    def test_hosts(self):
        """This machine, one behind a stand-in for ssh, and one that does not answer."""
        ssh = os.path.join(self.folder, "ssh")
        fake_tree.put(ssh, "#!/bin/sh\n[ \"$1\" = far ] || { echo 'no route to host' >&2; exit 255; }\nshift\nexec sh -c \"$*\"\n")
        self.env["WEFT_SSH"] = ssh
        done = self.parallel(":", "far", "gone", "--", *MEASURE)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("campaign: gone: exit status 255, no run: no route to host", done.stderr)
        pages = [n for n in os.listdir(self.out) if n.endswith("-across.html")]
        self.assertEqual((len(os.listdir(self.out)), len(pages)), (3, 1))  # two machines and a page across them
        for name in os.listdir(self.out):
            if name not in pages:
                with open(os.path.join(self.out, name, "machine.json"), encoding="utf-8") as text:
                    self.assertEqual(json.load(text)["run"]["filter"], MEASURE[-1])
        self.assertEqual(self.left(), [])

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
    def test_nobody(self):
        self.env["WEFT_SSH"] = "false"
        done = self.parallel("a", "b", "--", *MEASURE)
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (2, "campaign: no machine sent a run"))

    def test_an_array(self):
        """Two tasks, of which the second comes to the same node; options for sbatch; and a node where nothing can be measured."""
        fake_tree.put(os.path.join(self.folder, "sbatch"), """#!/bin/bash
echo 7
printf '%s\\n' "$@" > "$TMPDIR/options"
while [[ $1 = --* ]]; do case $1 in --array=1-*) n=${1#*-} n=${n##*-};; esac; shift; done
for ((i = 1; i <= n; i++)); do SLURM_ARRAY_TASK_ID=$i bash "$@" || status=$?; done
exit ${status:-0}
""")
        env = dict(self.env, PATH=self.folder + ":" + os.environ["PATH"])
        done = lib.script("campaign/slurm", "--out", self.out, "--sbatch", "--partition=long", "2", "--", *MEASURE, env=env, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 tasks came to a node that was measured already", done.stdout)
        self.assertEqual(len(os.listdir(self.out)), 1)  # a run, and nothing hidden
        with open(os.path.join(self.folder, "options"), encoding="utf-8") as text:
            self.assertIn("--partition=long\n", text.read())
        done = lib.script("campaign/slurm", "--out", self.out, "1", "--", "--filter", "nothing", env=env)
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (2, "campaign: no machine sent a run"))

    def test_bad_usage(self):
        for name, arguments in (("parallel", []), ("parallel", ["--bogus"]), ("parallel", ["--out"]), ("parallel", ["--limit", "x", ":"]), ("parallel", ["a", "b", "a"]),
                                ("slurm", []), ("slurm", ["0"]), ("slurm", ["2", "3"]), ("slurm", ["--sbatch"]), ("node", [])):
            done = lib.script("campaign/" + name, *arguments)
            self.assertEqual(done.returncode, 2, (name, arguments, done.stderr))

    def test_what_is_no_run(self):
        def archive(*entries):
            path = os.path.join(self.folder, "bad.tar")
            with tarfile.open(path, "w") as tar:
                for name, kind in entries:
                    info = tarfile.TarInfo(name)
                    info.type, info.size = kind, 1 if kind == tarfile.REGTYPE else 0
                    info.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else ""
                    tar.addfile(info, io.BytesIO(b"x"))
            return path
        for entries in ([("../x/machine.json", tarfile.REGTYPE)], [("/etc/x", tarfile.REGTYPE)], [("a/..", tarfile.REGTYPE)],
                        [("a/link", tarfile.SYMTYPE)], [("a/b", tarfile.REGTYPE), ("c/d", tarfile.REGTYPE)], [("a/machine.json", tarfile.REGTYPE)]):
            with self.assertRaises(usage.Stop, msg=entries):
                campaign.take(archive(*entries), self.out)
        self.assertEqual(os.listdir(self.out), [])


if __name__ == "__main__":
    unittest.main()
