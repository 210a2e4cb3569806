/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of WEFT_DEBUG, its parser, and WEFT_PROCS. Plain libc, on the thread that starts a run. Source of the form: Go's
 * GODEBUG; differs in that a mistake is refused. Source of one table with default and help: mimalloc options.c.
 */
#include "base/knob.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

struct w_knobs w_knobs;

enum kind { FLAG, NUMBER, WORD, TEXT };
enum { NUMBER_MAX = 1000000000, PROCS_MAX = 256 };

static const char *const guard_words[] = {"auto", "advice", "mprotect", "none", NULL}; /* by W_GUARD_ */

static const char *const report_words[] = {"0", "1", "fatal", NULL}; /* by W_DEADLOCK_ and W_LEAKS_ */

static const struct knob {
    const char *name;
    enum kind kind;
    size_t at;
    int64_t init;
    const char *const *words; /* WORD: the value is the index */
    const char *help;
} table[] = {
    {"schedtrace", NUMBER, offsetof(struct w_knobs, schedtrace), 0, NULL,
     "ms between lines of scheduler state on stderr; 0: off"},
    {"scheddetail", FLAG, offsetof(struct w_knobs, scheddetail), 0, NULL,
     "1: with schedtrace, a line for each P, M and goroutine too"},
    {"guard", WORD, offsetof(struct w_knobs, guard), W_GUARD_AUTO, guard_words,
     "guard pages: auto, advice, mprotect or none"},
    {"slice", NUMBER, offsetof(struct w_knobs, slice), 10000, NULL, "µs that a goroutine may run while others wait"},
    {"retire", NUMBER, offsetof(struct w_knobs, retire), 5000, NULL, "ms after which an idle thread ends"},
    {"checks", FLAG, offsetof(struct w_knobs, checks), 0, NULL,
     "1: walk and check the runtime's structures as it goes"},
    {"nosteal", FLAG, offsetof(struct w_knobs, nosteal), 0, NULL, "1: processors do not take each other's work"},
    {"nosysmon", FLAG, offsetof(struct w_knobs, nosysmon), 0, NULL,
     "1: the monitor makes threads and passes signals on, and never ticks: for counting instructions"},
    {"cpus", NUMBER, offsetof(struct w_knobs, cpus), 0, NULL, "as if the process could run on so many CPUs; 0: ask the system"},
    {"cgroup", TEXT, offsetof(struct w_knobs, cgroup), 0, NULL,
     "a folder in place of / whose proc/self/{cgroup,mountinfo} say where the CPU quota is"},
    {"deadlock", WORD, offsetof(struct w_knobs, deadlock), 0, report_words,
     "1: report goroutines that wait for each other's mutexes while others go on; fatal: and exit with 2"},
    {"hog", NUMBER, offsetof(struct w_knobs, hog), 0, NULL,
     "ms; report goroutines that compute, or block their thread undeclared, for longer; 0: off"},
    {"leaks", WORD, offsetof(struct w_knobs, leaks), 0, report_words,
     "1: list the goroutines that are left when a run ends; fatal: and exit with 2"},
    {"guardstacks", FLAG, offsetof(struct w_knobs, guardstacks), 0, NULL, "1: a guard page for small goroutines too"},
};
enum { KNOBS = sizeof table / sizeof *table };

static void put(struct w_knobs *to, const struct knob *k, int64_t x) {
    void *at = (char *)to + k->at;
    if (k->kind == TEXT)
        *(char *)at = 0;
    else if (k->kind == FLAG)
        *(bool *)at = x != 0;
    else
        *(int64_t *)at = x;
}

static void say_default(struct w_say *s, const struct knob *k) {
    if (k->words)
        w_say_text(s, k->words[k->init]);
    else if (k->kind == TEXT)
        w_say_text(s, "none");
    else
        w_say_dec(s, (uint64_t)k->init);
}

_Noreturn static void help(void) {
    struct w_say s;
    w_say_init(&s, 2);
    w_say_text(&s, "WEFT_DEBUG=name=value,…\n");
    for (int i = 0; i < KNOBS; i++) {
        w_say_text(&s, "  ");
        w_say_text(&s, table[i].name);
        for (size_t n = strlen(table[i].name); n < 13; n++) w_say_text(&s, " ");
        w_say_text(&s, table[i].help);
        w_say_text(&s, " (default ");
        say_default(&s, &table[i]);
        w_say_text(&s, ")\n");
    }
    w_say_text(&s, "  help         this table\n");
    w_say_flush(&s);
    exit(0);
}

/* One line: "weft: WEFT_DEBUG: what `item`; names: …". */
_Noreturn static void refuse(const char *what, const char *item, size_t n) {
    struct w_say s;
    w_say_init(&s, 2);
    w_say_text(&s, "weft: WEFT_DEBUG: ");
    w_say_text(&s, what);
    w_say_text(&s, " `");
    w_say_bytes(&s, item, n);
    w_say_text(&s, "`; names:");
    for (int i = 0; i < KNOBS; i++) {
        w_say_text(&s, " ");
        w_say_text(&s, table[i].name);
    }
    w_say_text(&s, " help\n");
    w_say_flush(&s);
    exit(2);
}

/* Digits alone, up to max; -1 otherwise. */
static int64_t parse_number(const char *p, size_t n, int64_t max) {
    int64_t x = 0;
    if (n == 0) return -1;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') return -1;
        x = x * 10 + (p[i] - '0');
        if (x > max) return -1;
    }
    return x;
}

static bool same(const char *word, const char *p, size_t n) { return strlen(word) == n && memcmp(word, p, n) == 0; }

static int64_t parse_value(const struct knob *k, const char *p, size_t n) {
    if (k->kind != WORD) return parse_number(p, n, k->kind == FLAG ? 1 : NUMBER_MAX);
    for (int i = 0; k->words[i]; i++)
        if (same(k->words[i], p, n)) return i;
    return -1;
}

/* Not empty: a name without a value is a mistake. */
static void put_text(struct w_knobs *to, const struct knob *k, const char *p, size_t n, size_t name) {
    size_t len = n > name ? n - name - 1 : 0;
    if (len == 0 || len >= W_KNOB_TEXT) refuse("bad value in", p, n);
    char *at = (char *)to + k->at;
    memcpy(at, p + name + 1, len);
    at[len] = 0;
}

static void parse_item(struct w_knobs *to, const char *p, size_t n) {
    const char *eq = memchr(p, '=', n);
    size_t name = eq ? (size_t)(eq - p) : n;
    if (same("help", p, n)) help();
    for (int i = 0; i < KNOBS; i++) {
        if (!same(table[i].name, p, name)) continue;
        if (table[i].kind == TEXT) {
            put_text(to, &table[i], p, n, name);
            return;
        }
        int64_t x = eq ? parse_value(&table[i], eq + 1, n - name - 1) : -1;
        if (x < 0) refuse("bad value in", p, n);
        put(to, &table[i], x);
        return;
    }
    refuse("unknown name", p, name);
}

void w_knobs_read(struct w_knobs *to) {
    const char *p = getenv("WEFT_DEBUG");
    for (int i = 0; i < KNOBS; i++) put(to, &table[i], table[i].init);
    while (p && *p) {
        size_t n = strcspn(p, ",");
        if (n > 0) parse_item(to, p, n);
        p += n + (p[n] == ',');
    }
}

int w_knob_procs(void) {
    const char *p = getenv("WEFT_PROCS");
    if (!p || !*p) return 0;
    int64_t x = parse_number(p, strlen(p), PROCS_MAX);
    if (x >= 1) return (int)x;
    struct w_say s;
    w_say_init(&s, 2);
    w_say_text(&s, "weft: WEFT_PROCS: `");
    w_say_text(&s, p);
    w_say_text(&s, "` is not a number from 1 to 256\n");
    w_say_flush(&s);
    exit(2);
}
