"""The house checks find what they are for. Method: small wrong trees and snippets of disassembly."""

import os
import shutil
import tempfile
import unittest

import lib  # noqa: F401
import atomics
import duels
import exports
import faults
import floors
import thread_locals

GOOD = """
chan.c.o:     file format elf64-x86-64
0000000000000000 <weft_chan_free>:
   0:	mov    0x0(%rip),%rax        # 7 <weft_chan_free+0x7>
			3: R_X86_64_GOTTPOFF	w_tls_m-0x4
   7:	mov    %fs:(%rax),%rax
   b:	ret
"""


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def test_floors(self):
        self.put("runtime/queue/q.c", '#include "base/atom.h"\n#include "sched/gmp.h"\n')
        self.put("runtime/sched/s.c", '#include "gmp.h"\n#include "queue/q.h"\n')
        self.put("bench/b.c", '#include "weft.h"\n#include "sched/gmp.h"\n')
        self.put("conformance/unit/u.c", '#include "sched/gmp.h"\n')
        self.assertEqual([f.split(" ")[0] for f in floors.check(self.root)], ["runtime/queue/q.c:2:", "bench/b.c:2:"])

    def test_atomics(self):
        self.put("runtime/base/atom.h", "#include <stdatomic.h>\n")
        self.put("runtime/os/linux.c", "int x;\n__atomic_load_n(&x, 0);\n")
        self.assertEqual(len(atomics.check(self.root)), 1)

    def test_duels(self):
        self.put("runtime/sched/a.c", "void f(void)\n{\n    au32_store_sc(&x, 1); /* [idle] i1 */\n}\n")
        self.assertIn("one side only", duels.check(self.root)[0])
        self.put("runtime/sched/b.c", "void g(void)\n{\n    au32_load_sc(&x); /* [idle] i2 */\n}\n")
        self.assertEqual(duels.check(self.root), [])
        self.put("runtime/sched/c.c", "void h(void)\n{\n    w_full_fence();\n}\n")
        self.assertIn("without a duel's tag", duels.check(self.root)[0])

    def test_an_index_is_no_tag(self):
        self.put("runtime/sched/a.c", "void f(void)\n{\n    au32_store_sc(&x[i], y[i]);\n}\n")
        self.assertEqual(len(duels.check(self.root)), 1)


class Exports(unittest.TestCase):
    HEADER = """
/* weft_gone(int x); in a comment */
#define WEFT_X(a) \\
    static inline void weft_macro(a);
typedef void (*weft_fn)(void *);
typedef struct weft_chan weft_chan;
struct weft_config { size_t size; int (*weft_no)(void); };
int weft_run(int (*main_fn)(void *), void *arg);
WEFT_NORETURN void weft_exit(int code);
const char *weft_pcall(weft_fn fn, void *arg);
weft_chan *weft_chan_new(size_t n,
                         ptrdiff_t m);
void weft_hold(void);  void weft_release(void);
size_t weft_chan_len(const weft_chan *c);
void weft_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
"""
    NAMES = {"weft_run", "weft_exit", "weft_pcall", "weft_chan_new", "weft_hold", "weft_release", "weft_chan_len", "weft_panic"}

    def test_the_header_s_functions(self):
        self.assertEqual(exports.declared(self.HEADER), self.NAMES)

    def test_the_real_header(self):
        with open(os.path.join(lib.ROOT, "runtime", "include", "weft.h"), encoding="utf-8") as text:
            header = text.read()
        names = exports.declared(header)
        self.assertTrue({"weft_run", "weft_chan_send", "weft_select", "weft_signal_notify", "weft_go_copy_", "weft_once_do"} <= names)
        self.assertEqual([n for n in names if n + "(" not in header], [])

    def test_what_it_finds(self):
        good = [("T", name) for name in self.NAMES]
        self.assertEqual(exports.problems(self.NAMES, good, "libweft.so.0"), [])
        self.assertEqual(len(exports.problems(self.NAMES, good, None)), 1)
        self.assertEqual(len(exports.problems(self.NAMES, good[1:], "libweft.so.0")), 1)
        self.assertEqual(len(exports.problems(self.NAMES, good + [("T", "w_sched_run")], "libweft.so.0")), 1)
        self.assertEqual(len(exports.problems(self.NAMES, good + [("B", "w_sched")], "libweft.so.0")), 1)


class Faults(unittest.TestCase):
    HOOK = "#define mmap(at, n) x\n#define recv(...) y\n#define WF_CALL(n) z\n#define w_os_map(...) w\n"

    def test_the_hook_s_names(self):
        self.assertEqual(faults.hooked(self.HOOK), {"mmap", "recv", "w_os_map"})

    def test_what_it_finds(self):
        hooks = faults.hooked(self.HOOK)
        self.assertEqual(faults.problems({"mmap", "recv", "memcpy"}, hooks), [])
        self.assertIn("timerfd_create is called", faults.problems({"mmap", "recv", "timerfd_create"}, hooks)[0])
        self.assertIn("recv is hooked", faults.problems({"mmap"}, hooks)[0])
        self.assertIn("both", faults.problems({"mmap", "recv", "memcpy"}, hooks | {"memcpy"})[-1])


class ThreadLocals(unittest.TestCase):
    def test_the_header_s_form(self):
        self.assertEqual(thread_locals.scan(GOOD), [])

    def test_a_cached_base(self):
        bad = GOOD + "   c:\tmov    %fs:0x0,%rbx\n"
        self.assertEqual(len(thread_locals.scan(bad)), 1)

    def test_an_offset_kept_from_before(self):
        bad = GOOD.replace("   7:\tmov", "   7:\tcall   9 <x>\n   8:\tmov")
        self.assertEqual(len(thread_locals.scan(bad)), 1)

    def test_the_compiler_s_own_ways(self):
        for line in ("   c:\tcall   11 <f>\n\t\t\td: R_X86_64_PLT32\t__tls_get_addr-0x4\n", "   c:\tlea    0x0(%rip),%rdi\n\t\t\tf: R_X86_64_TLSGD\tx-0x4\n",
                     "   c:\tcall   *0x0(%rip)\n\t\t\te: R_X86_64_GOTPCRELX\t__errno_location-0x4\n"):
            self.assertEqual(len(thread_locals.scan(GOOD + line)), 1, line)

    def test_aarch64(self):
        good = """
chan.c.o:     file format elf64-littleaarch64
0000000000000000 <weft_chan_free>:
      54:	mrs	x21, tpidr_el0
      58:	adrp	x0, 0 <w_tls_m>
			58: R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21	w_tls_m
      5c:	ldr	x0, [x0]
			5c: R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC	w_tls_m
      60:	ldr	x21, [x21, x0]
"""
        self.assertEqual(thread_locals.scan(good), [])
        self.assertEqual(len(thread_locals.scan(good + "      64:	mrs	x22, tpidr_el0\n      68:	bl	x\n")), 1)

    def test_an_empty_library_proves_nothing(self):
        self.assertEqual(len(thread_locals.scan("")), 1)


if __name__ == "__main__":
    unittest.main()
