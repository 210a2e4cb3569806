/* SPDX-License-Identifier: Apache-2.0 */
/*
 * L107, L109 to L111: the training notes' alphabets and two mutants of the program.
 * Source:   seed 000, "Language Mechanics" and "Goroutines and Parallelism".
 * Goal:     with one processor each goroutine prints its three alphabets in one piece; with two they may mix; without Wait
 *           nothing is printed; without Done it is a deadlock.
 * Method:   two goroutines print "a " to "z " and "A " to "Z " three times each, main waits by WaitGroup. L109: P = 2, 20
 *           processes, the rate of mixed outputs is reported for both runtimes.
 * Expected: first "Start Goroutines\nWaiting To Finish\n" (with P=2 letters may come between). L107 (P=1): upper case, started last, in one piece, then lower
 *           case, then "\nTerminating Program\n". L109: 78 and 78 letters, each set in order. L110 (P=1): no letter.
 *           L111 (P=1): the letters of L107, then a deadlock, goroutine 1 [sync.WaitGroup.Wait], exit 2.
 */
#include "case.h"

#define HEAD    "Start Goroutines\nWaiting To Finish\n"
#define TAIL    "\nTerminating Program\n"
#define LOWER   "a b c d e f g h i j k l m n o p q r s t u v w x y z "
#define UPPER   "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z "
#define LETTERS UPPER UPPER UPPER LOWER LOWER LOWER

static weft_waitgroup wg;

static void alphabet(char first, int done) {
    for (int count = 0; count < 3; count++)
        for (char c = first; c < first + 26; c++) printf("%c ", c);
    if (done) weft_waitgroup_done(&wg);
}
WEFT_GO_DEFINE(alphabet, char, int);

static int program(int wait, int done) {
    weft_waitgroup_add(&wg, 2);
    printf("Start Goroutines\n");
    go_alphabet('a', done);
    go_alphabet('A', done);
    printf("Waiting To Finish\n");
    if (wait) weft_waitgroup_wait(&wg);
    printf(TAIL);
    return 0;
}

static int complete(void *arg) { return (void)arg, program(1, 1); }
static int no_wait(void *arg) { return (void)arg, program(0, 1); }
static int no_done(void *arg) { return (void)arg, program(1, 0); }

static int is_lower(char c) { return c >= 'a' && c <= 'z'; }

/* Its letters in buf, without main's three lines; how many, or -1 if a line is missing or out of place. "Waiting To Finish"
 * may stand anywhere between the letters: the goroutines may run before main comes to print it. */
static int letters(const struct wc_result *r, char *buf, size_t size) {
    static const char first[] = "Start Goroutines\n", second[] = "Waiting To Finish\n";
    const char *wait = strstr(r->out, second), *end = r->out + r->out_len - strlen(TAIL);
    int n = 0;
    if (r->out_len < strlen(HEAD TAIL) || !wait || strncmp(r->out, first, strlen(first)) != 0 || strcmp(end, TAIL) != 0)
        return -1;
    for (const char *p = r->out + strlen(first); p < end && n + 1 < (int)size; p++) {
        if (p == wait) p += strlen(second);
        if (p < end && *p != ' ') buf[n++] = *p;
    }
    buf[n] = 0;
    return n;
}

static const char *both_alphabets(const struct wc_result *r) {
    char buf[400], lower[200] = "", upper[200] = "";
    int n = letters(r, buf, sizeof buf);
    if (n != 156) return n < 0 ? "one of main's three lines is not in its place" : wc_text("%d letters, not 156", n);
    size_t l = 0, u = 0;
    for (char *p = buf; *p; p++) *(is_lower(*p) ? &lower[l++] : &upper[u++]) = *p;
    for (int i = 0; i < 78; i++)
        if (lower[i] != 'a' + i % 26 || upper[i] != 'A' + i % 26)
            return wc_text("letter %d of one set is out of order", i);
    return NULL;
}

static int mixed(const struct wc_result *r) {
    char buf[400];
    int changes = 0;
    for (int n = letters(r, buf, sizeof buf), i = 1; i < n; i++) changes += is_lower(buf[i]) != is_lower(buf[i - 1]);
    return changes > 1;
}

/* A time slice of 10 s: a loaded machine may keep main off its core for longer than one of 10 ms. */
#define CALM .env = {"WEFT_DEBUG=slice=10000000"}
WC_CASE(l107_alphabets, .item = "L107", .main = complete, .out = HEAD LETTERS TAIL, .procs = 1, .samples = 5, CALM,
        .twin = "l107_alphabets");
WC_CASE(l109_alphabets_parallel, .item = "L109", .main = complete, .check = both_alphabets, .procs = 2, .samples = 20,
        .rate = "mixed letters", .rate_fn = mixed, .twin = "l109_alphabets_parallel");
WC_CASE(l110_alphabets_no_wait, .item = "L110", .main = no_wait, .out = HEAD TAIL, .procs = 1, .samples = 5, CALM,
        .twin = "l110_alphabets_no_wait");
WC_CASE(l111_alphabets_no_done, .item = "L111", .main = no_done, .out = HEAD LETTERS, .err = WC_DEADLOCK,
        .reason = "sync.WaitGroup.Wait", .exit = 2, .procs = 1, CALM, .twin = "l111_alphabets_no_done");
