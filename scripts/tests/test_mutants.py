# SPDX-License-Identifier: Apache-2.0
"""Mutants are what they say: each operator on a snippet, the sample, stale ones by hand, what is kept between runs. Building and killing is
`scripts/test --filter '^mutants'`, which needs a build."""

import os
import shutil
import tempfile
import unittest

import lib  # noqa: F401
import mutants_make
import mutants_results
import usage

SNIPPET = """\
/* au32_store_rel(&never, 1); in a comment */
#define LOOP(r) do (r) = call(); while ((r) < 0 && errno == EINTR)
static void f(struct q *q, uint32_t n)
{
    w_lock(&q->lock);
    if (au32_load_acq(&q->state) == 1 && n) {
        w_unlock(&q->lock);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        slot[i + 1] = "i < n; w_ready(m, g);";
    W_CHECK(n < 5);
    *at = q->next;
    au32_add_acqrel(&q->state, 1);
    w_full_fence();
    w_unlock(&q->lock);
    w_ready(m, g);
    int64_t left = when < now ? 0 : 1;
    least = a < b ? a : b;
}
"""


class Make(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.root)
        self.put("runtime/sched/a.c", SNIPPET)

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def made(self):
        """{name: the lines that differ}"""
        found = {}
        for mutant in mutants_make.generate(self.root):
            new = mutants_make.apply(SNIPPET, mutant.edits)
            self.assertEqual(new.count("\n"), SNIPPET.count("\n"), mutant.name)
            found[mutant.name[len("sched/a.c:"):]] = [b.strip() for a, b in zip(SNIPPET.splitlines(), new.splitlines()) if a != b]
        return found

    def test_operators(self):
        self.assertEqual(self.made(), {
            "macro:eintr:1": ["#define LOOP(r) do (r) = call(); while ((r) < 0 && 0)"],
            "f:order:1": ["if (au32_load_weak(&q->state) == 1 && n) {"],
            "f:recheck:1": ["if (1&& n) {"],
            "f:bound:1": ["for (uint32_t i = 0; i <= n; i++)"],
            "f:bound:2": ['slot[i    ] = "i < n; w_ready(m, g);";'],
            "f:unlink:1": [";"],
            "f:drop:1": [";"],
            "f:order:2": ["au32_add_weak(&q->state, 1);"],
            "f:torn:1": ["au32_add_torn(&q->state, 1);"],
            "f:fence:1": [";"],
            "f:wake:1": [";"],
            "f:lock:1": [";", ";", ";"],
        })

    def test_sample(self):
        every = list(mutants_make.generate(self.root))
        some = mutants_make.sample(every, 5, 1)
        self.assertEqual(len({m.operator for m in some}), 5)
        self.assertEqual(some, mutants_make.sample(every, 5, 1))
        self.assertEqual(len(mutants_make.sample(every, 100, 1)), len(every))

    def by_hand(self, text):
        self.put("conformance/mutants/x.mutant", text)
        return list(mutants_make.by_hand(self.root, os.path.join(self.root, "conformance", "mutants")))

    def test_by_hand(self):
        one, = self.by_hand("# a word\nwhy: so\nfile: runtime/sched/a.c\nfind:\n    w_full_fence();\nreplace:\n    ;\n")
        self.assertEqual(one.name, "hand:x")
        self.assertNotIn("w_full_fence", mutants_make.apply(SNIPPET, one.edits))

    def test_stale_by_hand(self):
        for find, file in (("w_half_fence();", "a.c"), ("w_unlock(&q->lock);", "a.c"), ("w_full_fence();", "b.c")):
            with self.assertRaisesRegex(usage.Stop, "x.mutant is stale"):
                self.by_hand("file: runtime/sched/%s\nfind:\n%s\nreplace:\n;\n" % (file, find))
        with self.assertRaisesRegex(usage.Stop, "a replace for each find"):
            self.by_hand("file: runtime/sched/a.c\nfind:\nw_full_fence();\n")


class Results(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.mutants = [mutants_make.Mutant(n, "runtime/a/b.c", "drop", [(0, 1, "")]) for n in ("one", "two", "three")]

    def of(self, runtime="r", suite="s"):
        return mutants_results.Results(self.folder, runtime, suite)

    def test_what_is_kept(self):
        one, two, three = self.mutants
        first = self.of()
        first.put(one, outcome="killed", killer="case")
        first.put(two, outcome="survived", killer=None)
        first.put(three, outcome="same code", killer=None)
        self.assertTrue(all(self.of().known(m, {"case"}) for m in self.mutants))
        self.assertIsNone(self.of().known(one, {"another case"}))
        self.assertEqual([bool(self.of(suite="new").known(m, {"case"})) for m in self.mutants], [True, False, True])
        self.assertFalse(any(self.of(runtime="new").known(m, {"case"}) for m in self.mutants))
        self.assertIsNone(self.of().known(one._replace(edits=[(0, 2, "")]), {"case"}))

    def test_summary(self):
        results = self.of()
        for mutant, outcome in zip(self.mutants, ("killed", "survived", "survived")):
            results.put(mutant, outcome=outcome, killer=None)
        names = {m.name for m in self.mutants}

        def of(explained):
            lines, good = mutants_results.summary(self.mutants, results.mutants, explained, names)
            scores.append(lines[-1])
            return [line for line in lines[:-1] if "explained" in line], good
        scores = []
        self.assertEqual(of({"two": "why", "three": "why"}), ([], True))
        self.assertEqual(of({"two": "why"}), (["survived, unexplained: three"], False))
        self.assertEqual(of(dict.fromkeys(("one", "two", "three"), "why")), (["explained, but it did not survive: one"], False))
        self.assertEqual(of(dict.fromkeys(("two", "three", "four"), "why")), (["explained, but there is no such mutant: four"], False))
        self.assertIn(" 1 killed of 1 bugs (100.0 %), 0 not; 2 change", scores[0])
        self.assertIn(" 1 killed of 2 bugs (50.0 %), 1 not; 1 change", scores[1])


if __name__ == "__main__":
    unittest.main()
