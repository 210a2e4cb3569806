/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG and WEFT_PROCS. Goal: each knob is read, a mistake is refused with one line and status 2, help lists all. Method: the
 * parser alone, in forked children with their own environment.
 */
#include "base/knob.h"

#include "child.h"

static int load(void *text) {
    setenv("WEFT_DEBUG", text, 1);
    w_knobs_read(&w_knobs);
    printf("%lld %lld %d%d%d%d", (long long)w_knobs.schedtrace, (long long)w_knobs.guard, w_knobs.checks,
           w_knobs.nosteal, w_knobs.nosysmon, w_knobs.guardstacks);
    if (w_knobs.cgroup[0]) printf(" %s", w_knobs.cgroup);
    if (w_knobs.cpus) printf(" %lld", (long long)w_knobs.cpus);
    return 0;
}

static int procs(void *text) {
    if (text)
        setenv("WEFT_PROCS", text, 1);
    else
        unsetenv("WEFT_PROCS");
    printf("%d", w_knob_procs());
    return 0;
}

static void accepts(const char *text, const char *want) {
    const struct child *c = in_child(load, (void *)(uintptr_t)text);
    EXPECT(c->status == 0 && c->err[0] == 0 && strcmp(c->out, want) == 0, c);
}

static void refuses(const char *text, const char *naming) {
    const struct child *c = in_child(load, (void *)(uintptr_t)text);
    EXPECT(c->status == 2 && starts(c->err, "weft: WEFT_DEBUG: ") && has(c->err, naming), c);
    EXPECT(times(c->err, "\n") == 1 && has(c->err, "schedtrace scheddetail guard slice retire checks nosteal nosysmon cpus cgroup deadlock hog leaks guardstacks help\n"), c);
}

static void procs_case(const char *text, int status, const char *want) {
    const struct child *c = in_child(procs, (void *)(uintptr_t)text);
    EXPECT(c->status == status && strcmp(c->out, want) == 0, c);
    EXPECT(status == 0 || (times(c->err, "\n") == 1 && has(c->err, text) && has(c->err, "WEFT_PROCS")), c);
}

int main(void) {
    accepts("", "0 0 0000");
    accepts("schedtrace=1000", "1000 0 0000");
    accepts("guard=mprotect,checks=1,nosteal=1,nosysmon=1,guardstacks=1", "0 2 1111");
    accepts(",guard=mprotect,,checks=1,nosteal=1,nosysmon=1,guardstacks=1,", "0 2 1111"); /* nothing between two commas is nothing */
    accepts("guard=none,guard=advice,checks=1,checks=0", "0 1 0000");
    accepts("guard=none", "0 3 0000");
    accepts("cgroup=/a=b/c,cpus=8", "0 0 0000 /a=b/c 8");
    refuses("cgroup", "bad value in `cgroup`");
    refuses("cgroup=", "bad value in `cgroup=`");
    char longest[300] = "cgroup=/";
    memset(longest + 8, 'x', 255);
    refuses(longest, "bad value in");
    refuses("shedtrace=1000", "unknown name `shedtrace`");
    refuses("checks=1,foo", "unknown name `foo`");
    refuses("=1", "unknown name ``");
    refuses("checks", "bad value in `checks`");
    refuses("checks=2", "bad value in `checks=2`");
    refuses("checks=yes", "bad value in `checks=yes`");
    refuses("schedtrace=-1", "bad value");
    refuses("schedtrace=", "bad value");
    refuses("schedtrace=99999999999999999999", "bad value");
    refuses("guard=maybe", "bad value in `guard=maybe`");

    const struct child *c = in_child(load, "help");
    EXPECT(c->status == 0 && times(c->err, "\n") >= 8 && has(c->err, "  guardstacks") && has(c->err, "(default auto)"),
           c);

    procs_case(NULL, 0, "0");
    procs_case("", 0, "0");
    procs_case("1", 0, "1");
    procs_case("256", 0, "256");
    procs_case("257", 2, "");
    procs_case("0", 2, "");
    procs_case("-4", 2, "");
    procs_case("two", 2, "");
    procs_case("2x", 2, "");
    return done();
}
