/* SPDX-License-Identifier: Apache-2.0 */
/*
 * L100 to L105 as the tutorial has them, with its own times: main sleeps 10 ms, a child 1 or 15; letters come every 10 ms, digits every
 * 30, main ends after 200 (1 in the first of these two).
 * Source:   seed 003, "Anatomy of goroutines". Its %s for a letter prints "%!s(int32=72)" in Go, and so it does here.
 * Goal:     the rate at which the text comes out that the tutorial shows, for both runtimes.
 * Method:   five processes each. On a loaded machine 10 ms may pass before a child has its turn: what must hold in any case is that main's lines
 *           are there and that what came between them is a beginning of each goroutine's output, in its order. l098_hello.c and
 *           l103_chars_digits.c have the same programs with times that are long enough to be a verdict.
 * Expected: as the tutorial says, as a rule.
 */
#include "case.h"

#define STARTED "main execution started\n"
#define STOPPED "main execution stopped\n"
#define HELLO   "Hello World!\n"

static void hello(void *arg) {
    if (arg) weft_sleep((int64_t)(intptr_t)arg);
    printf(HELLO);
    fflush(stdout);
}

static int program(intptr_t child_ns) {
    printf(STARTED);
    weft_go(hello, (void *)child_ns);
    weft_sleep(10 * WC_MS);
    printf(STOPPED);
    return 0;
}

static int at_once(void *arg) { return (void)arg, program(0); }
static int child1(void *arg) { return (void)arg, program(1 * WC_MS); }
static int child15(void *arg) { return (void)arg, program(15 * WC_MS); }

static const char *hello_or_not(const struct wc_result *r) {
    if (strcmp(r->out, STARTED STOPPED) == 0 || strcmp(r->out, STARTED HELLO STOPPED) == 0 ||
        strcmp(r->out, STARTED STOPPED HELLO) == 0)
        return NULL;
    return wc_text("stdout is \"%.200s\"", r->out);
}
static int with_hello(const struct wc_result *r) { return strcmp(r->out, STARTED HELLO STOPPED) == 0; }
static int without_hello(const struct wc_result *r) { return strcmp(r->out, STARTED STOPPED) == 0; }

/* ---- letters and digits ---- */

static int64_t start;

static void get_chars(const char *text, int64_t pause) {
    for (; *text; text++) {
        if (!pause) {
            printf("%%!s(int32=%d) ", *text);
            continue;
        }
        printf("%c at time %.6fms\n", *text, (double)(weft_now() - start) / 1e6);
        weft_sleep(pause);
    }
}
WEFT_GO_DEFINE(get_chars, const char *, int64_t);

static void get_digits(int last, int64_t pause) {
    for (int d = 1; d <= last; d++) {
        if (!pause) {
            printf("%d ", d);
            continue;
        }
        printf("%d at time %.6fms\n", d, (double)(weft_now() - start) / 1e6);
        weft_sleep(pause);
    }
}
WEFT_GO_DEFINE(get_digits, int, int64_t);

static int chars_digits(void *arg) {
    (void)arg;
    printf(STARTED);
    go_get_chars("Hello", 0);
    go_get_digits(5, 0);
    weft_sleep(WC_MS);
    printf(STOPPED);
    return 0;
}

static int slowly(void *arg) {
    (void)arg;
    start = weft_now();
    printf("main execution started at time %.6fms\n", (double)(weft_now() - start) / 1e6);
    go_get_chars("Hello", 10 * WC_MS);
    go_get_digits(5, 30 * WC_MS);
    weft_sleep(200 * WC_MS);
    printf("\n main execution stopped at time %.6fms\n", (double)(weft_now() - start) / 1e6);
    return 0;
}

/* The letters and digits of all words or lines between main's, "H1el2lo345"; 0: main's are not there. */
static int items(const struct wc_result *r, char *buf, size_t size) {
    const char *from = strchr(r->out, '\n'), *to = strstr(r->out, "main execution stopped");
    size_t n = 0;
    if (strncmp(r->out, "main execution started", 22) != 0 || !from || !to) return 0;
    for (const char *p = from + 1; p < to && n + 1 < size;) {
        int rune = 0;
        size_t word = strcspn(p, " \n");
        if (word && sscanf(p, "%%!s(int32=%d)", &rune) == 1)
            buf[n++] = (char)rune;
        else if (word)
            buf[n++] = *p;
        p += word;
        p += strncmp(p, " at time", 8) == 0 ? strcspn(p, "\n") : 1;
    }
    buf[n] = 0;
    return 1;
}

static const char *in_order(const struct wc_result *r) {
    char buf[64], letters[64] = "", digits[64] = "";
    size_t l = 0, d = 0;
    if (!items(r, buf, sizeof buf)) return "main's two lines are not there";
    for (char *p = buf; *p; p++) *(*p >= '0' && *p <= '9' ? &digits[d++] : &letters[l++]) = *p;
    return strncmp("Hello", letters, l) == 0 && strncmp("12345", digits, d) == 0 ? NULL
                                                                                 : wc_text("out of order: \"%s\"", buf);
}

static int all_ten(const struct wc_result *r) {
    char buf[64];
    return items(r, buf, sizeof buf) && strlen(buf) == 10;
}

static int two_letters_a_digit(const struct wc_result *r) {
    char buf[64];
    if (!all_ten(r) || !items(r, buf, sizeof buf)) return 0;
    for (const char *p = strpbrk(buf, "12345"); p && p[1] && p[2]; p++)
        if (strpbrk(p + 1, "12345") >= p + 3) return 1;
    return 0;
}

#define SEED(rate_text, fn)                                                       \
    .procs = 2, .samples = 5, .alone = 1, .not_under = WC_NOT_ASAN | WC_NOT_TSAN, \
    .not_why = "its times are what it is for", .rate = rate_text, .rate_fn = fn
WC_CASE(seed_100_sleep, .item = "L100", .main = at_once, .check = hello_or_not, SEED("as shown", with_hello),
        .twin = "seed_100_sleep");
WC_CASE(seed_101_child_1ms, .item = "L101", .main = child1, .check = hello_or_not, SEED("as shown", with_hello),
        .twin = "seed_101_child_1ms");
WC_CASE(seed_102_child_15ms, .item = "L102", .main = child15, .check = hello_or_not, SEED("as shown", without_hello),
        .twin = "seed_102_child_15ms");
WC_CASE(seed_103_chars_digits, .item = "L103", .main = chars_digits, .check = in_order, SEED("all ten", all_ten),
        .twin = "seed_103_chars_digits");
WC_CASE(seed_104_slowly, .item = "L104", .main = slowly, .check = in_order, SEED("as shown", two_letters_a_digit),
        .twin = "seed_104_slowly");
WC_CASE(seed_105_anonymous, .item = "L105", .main = at_once, .check = hello_or_not, SEED("as shown", with_hello),
        .twin = "seed_105_anonymous");
