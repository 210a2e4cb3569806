/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_conformance --matrix: who passes what.
 * Source:   conformance/README.md.
 * Goal:     the table has a row for each item that ran, with each runtime's verdict and why: one that both pass, one at which threads hang,
 *           one at which they fail otherwise, ones that are not about them, by the case and by what it calls; and the sums.
 * Method:   the runner itself, over six items.
 * Expected: its rows, word for word.
 */
#include "case.h"

static int body(void) {
    char line[4200];
    const char *runner = getenv("WC_RUNNER");
    snprintf(line, sizeof line,
             "'%s' --no-go --procs 1 --filter '^(B04|B34|B43|B55|B70|B75)$' --matrix - 2>&1 | grep '^| '",
             runner ? runner : "/proc/self/exe");
    fflush(stdout);
    return system(line) == 0 ? 0 : 1;
}

static const char *rows(const struct wc_result *r) {
    static const char *const want[] = {
        "| item | what | Weft | Go | pthread |\n",
        "| B04 | deadlock: receive | passed | n/a: the twin was not asked | fails: hangs |\n",
        "| B34 | panic: close of a nil channel | passed | n/a: the twin was not asked | n/a: pthreads have neither "
        "channels nor panics",
        "| B43 | fatal: unlock of an unlocked mutex | passed | n/a: the twin was not asked | fails: stderr begins "
        "\"\", expected",
        "| B55 | main returns beside a hundred that wait | passed | n/a: the twin was not asked | passed |\n",
        "| B70 | a thief takes half, each goroutine once | passed | n/a: white box | n/a: a look inside of Weft |\n",
        "| B75 | little processor time while nothing is to be done | passed |",
        "| | **passed, fails, differs, n/a** | 6, 0, 0, 0 | 0, 0, 0, 6 | 2, 2, 0, 2 |\n",
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (wc_count(r->out, want[i]) != 1) return wc_text("not one \"%s\"", want[i]);
    return wc_count(r->out, "\n") == 8 ? NULL : "other rows, too";
}

WC_CASE(runner_matrix, .item = "runner", .proc = body, .check = rows, .procs = 1, .alone = 1, .timeout_s = 60,
        .not_under = WC_NOT_ASAN | WC_NOT_TSAN, .not_why = "the runner is the same", .no_twin = "about the runner");
