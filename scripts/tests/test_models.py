"""The check that compares models with the functions that they name, and what the driver makes of spin's output. Method: small wrong trees."""

import os
import shutil
import tempfile
import unittest

import lib  # noqa: F401
import modelled
import models
import usage

SOURCE = """
#define W_CALL(x) \\
    f(x)
static int g(int a)
{
    return a; /* f(x) { */
}
static struct w *f(int a,
                   int b)
{
    if (a) { /* one */
        say("a /* b");
    }
    return b;
}
int h(int a) { return f(a, 1); }
"""
ASSEMBLY = "one:\n    ret /* back */\n    .size one, .-one\ntwo:\n    jmp one\n    .size two, .-two\n"
MODEL = """/*
 * run: safety
 * mutant: ONE  safety  this
 * mutant: TWO  safety  that
 * mutant: THREE  safety  and that
 */
#if defined ONE || defined TWO
#ifndef THREE
/* runtime/a.c:f a1 */
"""


class Functions(unittest.TestCase):
    def test_a_definition_and_nothing_else(self):
        self.assertEqual(modelled.function(SOURCE, "f"), 'staticstructw*f(inta,intb){if(a){say("a/*b");}returnb;}')
        self.assertEqual(modelled.function(SOURCE, "h"), "inth(inta){returnf(a,1);}")
        self.assertEqual(modelled.function(SOURCE, "say"), "")

    def test_comments_and_layout_do_not_count(self):
        laid_out = SOURCE.replace("/* one */", "// two").replace("int a,\n                   int b", "int a, int b")
        self.assertEqual(modelled.function(SOURCE, "f"), modelled.function(laid_out, "f"))

    def test_every_definition_counts(self):
        two = "#if A\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif\n"
        self.assertEqual(modelled.function(two, "f"), "intf(void){return1;}intf(void){return2;}")

    def test_assembly(self):
        self.assertEqual(modelled.function(ASSEMBLY, "two", True), "two:jmpone.sizetwo,")


class Check(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.root)
        self.put("runtime/a.c", SOURCE)
        self.put("conformance/models/m.pml", MODEL)
        models.bless(self.root, ["m"])

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def found(self):
        return " ".join(modelled.check(self.root))

    def test_a_changed_function_until_it_is_blessed(self):
        self.assertEqual(self.found(), "")
        changed = SOURCE.replace("return b", "return a + b")
        self.put("runtime/a.c", changed)
        self.assertIn("runtime/a.c:f has changed", self.found())
        models.bless(self.root, ["m"])
        self.assertEqual(self.found(), "")
        self.put("runtime/a.c", changed.replace("return a;", "return 0;"))  # g's
        self.assertEqual(self.found(), "")

    def test_a_function_that_is_gone_or_new(self):
        self.put("conformance/models/m.pml", MODEL + "/* runtime/a.c:h */ /* runtime/a.c:k */")
        self.assertIn("never compared", self.found())
        self.assertIn("a.c:k, which is not there", self.found())
        self.assertRaises(usage.Stop, models.bless, self.root, ["m"])
        self.put("conformance/models/m.pml", MODEL.replace("a.c:f", "a.c:h"))
        self.assertIn("no longer names runtime/a.c:f", self.found())

    def test_what_a_model_says_of_itself(self):
        self.put("conformance/models/m.pml", MODEL.replace(" * mutant: THREE  safety  and that\n", ""))
        self.assertIn("2 mutants", self.found())
        self.put("conformance/models/m.pml", MODEL.replace("defined TWO", "0"))
        self.assertIn("TWO changes nothing", self.found())
        self.put("conformance/models/m.pml", MODEL.replace("run: safety", "run: live"))
        self.assertIn("run live has no ltl", self.found())
        self.assertIn("for a run that is not there", self.found())
        os.unlink(os.path.join(self.root, "conformance/models/m.pml"))
        self.assertIn("there is no model m", self.found())

    def test_the_models_that_are_here(self):
        self.assertTrue({"park"} <= {m.name for m in modelled.models(lib.ROOT)})
        self.assertEqual(modelled.check(lib.ROOT), [])


class Lines(unittest.TestCase):
    OUT = '\t/tmp/x/m.pml:2, state 4, "a = 1"\n\t/tmp/x/m.pml:2, state 9, "a = 1"\n\t/tmp/x/m.pml:3, state 5, "b = 1"\n\t/tmp/x/m.pml:4, state 7, "-end-"\n'
    STATES = "".join("\tstate %3d -(tr  1)-> state  1  [id  0 tp   2] [----L] /tmp/x/m.pml:%d => x\n" % pair for pair in [(4, 2), (9, 2), (5, 3), (6, 3)])

    def test_a_line_that_no_instance_of_reached(self):
        model = modelled.parse("m", "/tmp/x/m.pml", "one\ntwo\nthree\nfour\n")
        self.assertEqual(models._unreached(model, self.OUT, self.STATES), ["m.pml:2: never executed: two"])
        model = modelled.parse("m", "/tmp/x/m.pml", "one\ntwo /* unreached: why */\nthree\nfour\n")
        self.assertEqual(models._unreached(model, self.OUT, self.STATES), [])

    def test_figures_and_errors(self):
        out = "pan:1: invalid end state (at depth 7)\n\nState-vector 76 byte, depth reached 12, errors: 1\n  1.5e+06 states, stored\n"
        self.assertEqual(models._FIGURES.search(out).groups(), ("12", "1", "1.5e+06"))
        self.assertEqual(models._ERROR.search(out).group(1), "invalid end state")


if __name__ == "__main__":
    unittest.main()
