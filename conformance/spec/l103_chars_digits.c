/* SPDX-License-Identifier: Apache-2.0 */
/*
 * L103, L104: the tutorial's two goroutines, one printing "Hello" letter by letter, one the digits 1 to 5.
 * Source:   seed 003, "Working with multiple goroutines". (Its text says the digits sleep 3 ms, its code 30: the code holds.
 *           Its first program formats letters with %s; here they are letters.)
 * Goal:     each goroutine's output is complete and in its own order; between them the order is free. With sleeps of 30 and
 *           90 ms, letters come faster than digits.
 * Method:   The seed's times are short for a loaded machine, and only time judges a sleep, so these are longer: L103: both print
 *           at once, main sleeps 100 ms (the seed 1), far more than ten times what printing takes. L104: a letter every 30 ms, a digit
 *           every 90, main sleeps 900 (the seed 10, 30 and 200), ten times the lateness of 3 ms that is usual.
 * Expected: "main execution started" first, "main execution stopped" last, between them both sets in order; L104: at least
 *           two letters between some two digits.
 */
#include "case.h"

static int64_t start;

static void item(char c, int64_t pause) {
    if (pause) {
        printf("%c at time %.6fms\n", c, (double)(weft_now() - start) / 1e6);
        weft_sleep(pause);
    } else {
        printf("%c ", c);
    }
}

static void items(const char *text, int64_t pause) {
    for (; *text; text++) item(*text, pause);
}
WEFT_GO_DEFINE(items, const char *, int64_t);

static int at_once(void *arg) {
    (void)arg;
    printf("main execution started\n");
    go_items("Hello", 0);
    go_items("12345", 0);
    weft_sleep(100 * WC_MS);
    printf("\nmain execution stopped\n");
    return 0;
}

static int slowly(void *arg) {
    (void)arg;
    start = weft_now();
    printf("main execution started at time 0\n");
    go_items("Hello", 30 * WC_MS);
    go_items("12345", 90 * WC_MS);
    weft_sleep(900 * WC_MS);
    printf("\n main execution stopped at time %.6fms\n", (double)(weft_now() - start) / 1e6);
    return 0;
}

/* The items between main's lines, "H1el2lo345", into buf; NULL, or what is wrong with the frame. */
static const char *between(const struct wc_result *r, char *buf, size_t size, int lines) {
    const char *from = strchr(r->out, '\n'), *to = strstr(r->out, "main execution stopped");
    size_t n = 0;
    if (strncmp(r->out, "main execution started", 22) != 0 || !from || !to) return "main's two lines are not there";
    for (const char *p = from + 1; p < to && *p && n + 1 < size; p++) {
        if (*p == ' ' || *p == '\n') continue;
        buf[n++] = *p;
        if (lines) p += strcspn(p, "\n");
    }
    buf[n] = 0;
    return NULL;
}

static const char *in_order(const char *items) {
    if (strlen(items) == 10 && wc_subsequence(items, "Hello") && wc_subsequence(items, "12345")) return NULL;
    return wc_text("the items are \"%s\": not both sets, each in order", items);
}

static const char *both_sets(const struct wc_result *r) {
    char items[64];
    const char *why = between(r, items, sizeof items, 0);
    return why ? why : in_order(items);
}

static const char *letters_between(const struct wc_result *r) {
    char items[64];
    const char *why = between(r, items, sizeof items, 1);
    if (why || (why = in_order(items))) return why;
    for (const char *p = strpbrk(items, "12345"); p && p[1] && p[2]; p++)
        if (strpbrk(p + 1, "12345") >= p + 3) return NULL;
    return wc_text("never two letters between two digits in \"%s\"", items);
}

WC_CASE(l103_chars_digits, .item = "L103", .main = at_once, .check = both_sets, .alone = 1,
        .twin = "l103_chars_digits");
WC_CASE(l104_chars_digits_slow, .item = "L104", .main = slowly, .check = letters_between, .alone = 1,
        .twin = "l104_chars_digits_slow");
