/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks under each kind of guard.
 * Goal:   advice and mprotect catch the first byte below a stack, and say "stack overflow"; without guards the canary tells when
 *         the goroutine, or its neighbour above whose overflow it was, ends; a small goroutine's canary tells when it parks or
 *         ends; guardstacks=1 gives small goroutines a guard; the stride of default stacks is an odd number of pages.
 * Method: each in a child process. Overflows are single writes of one byte, at the places that a frame would reach, so that
 *         nothing else is damaged. Neighbours are found by their addresses.
 */
#include "child.h"
#include "sched/sched.h"

enum { CROWD = 8 };
static struct w_g *crowd[CROWD];
static au32 ncrowd;
static weft_chan *go_on;

static void member(void *arg)
{
    crowd[(intptr_t)arg] = w_self()->g;
    au32_store_rel(&ncrowd, (uint32_t)(intptr_t)arg + 1); /* gather reads it */
    weft_chan_recv(go_on, NULL);
}

/* Start CROWD goroutines of the default class and have them park. */
static void gather(void)
{
    go_on = weft_chan_new(0, 0);
    for (intptr_t i = 0; i < CROWD; i++) {
        weft_go(member, (void *)i);
        while (au32_load_acq(&ncrowd) != (uint32_t)i + 1) /* member wrote it */
            weft_yield();
    }
}

static size_t stride(void) { return w_stack_usable[W_STACK_NORMAL] + w_os_page(); }

/* Poisoned redzones are not what is tested. */
__attribute__((no_sanitize("address"))) static void spoil(char *at) { *(volatile char *)at ^= 0x55; }

/* ---- what mode is it ---- */

static int mode(void *want)
{
    if (strcmp(w_stack_guard_mode(), want) != 0)
        printf("%s\n", w_stack_guard_mode());
    return 0;
}

static int touch_advised(void *arg)
{
    size_t page = w_os_page();
    char *p = w_os_map(page);
    if (!p || w_os_guard_advice(p, page) != 0)
        return 1;
    (void)arg;
    signal(SIGSEGV, SIG_DFL); /* ASan's handler would exit */
    return *(volatile char *)p;
}
/* By the fault itself: an emulator may answer 0 to any advice and protect nothing. */
static int advice_works(void)
{
    static int works = -1;
    if (works < 0)
        works = in_child(touch_advised, NULL)->status == 128 + SIGSEGV;
    return works;
}

static void modes(void)
{
    static const struct {
        const char *knob, *mode;
    } all[] = {{"guard=advice", "MADV_GUARD_INSTALL"}, {"guard=mprotect", "mprotect"}, {"guard=none", "none"}, {"guard=auto", "MADV_GUARD_INSTALL"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *want = strcmp(all[i].mode, "MADV_GUARD_INSTALL") == 0 && !advice_works() ? "mprotect" : all[i].mode;
        setenv("WEFT_DEBUG", all[i].knob, 1);
        const struct child *c = in_weft(mode, (void *)(uintptr_t)want);
        EXPECT(c->status == 0 && c->out[0] == 0, c);
    }
}

/* ---- guards ---- */

static void below(void *arg)
{
    struct w_g *g = w_self()->g;
    spoil(g->stack); /* the last byte that is ours */
    spoil(g->stack);
    printf("still here\n");
    fflush(stdout);
    spoil(g->stack - (intptr_t)arg);
    printf("not caught\n");
}
static int touch_below(void *distance)
{
    weft_go(below, distance);
    while (weft_num_goroutines() > 1)
        weft_yield();
    return 0;
}

/* The first and the last byte of the guard page. */
static void caught(const char *knob)
{
    intptr_t distance[] = {1, (intptr_t)w_os_page()};
    for (int i = 0; i < 2; i++) {
        setenv("WEFT_DEBUG", knob, 1);
        const struct child *c = in_weft(touch_below, (void *)distance[i]);
        EXPECT(c->status == 2 && strcmp(c->out, "still here\n") == 0, c);
        EXPECT(starts(c->err, "runtime: goroutine stack exceeds ") && has(c->err, "fatal error: stack overflow\n"), c);
    }
}

/* ---- the canary ---- */

/* A goroutine writes just below its guard page: that is the canary of the stack that lies below, whose goroutine then ends. */
static int neighbour(void *arg)
{
    int ends = (int)(intptr_t)arg;
    gather();
    for (int a = 0; a < CROWD; a++)
        for (int b = 0; b < CROWD; b++)
            if (crowd[a]->stack == crowd[b]->stack + stride()) {
                spoil(crowd[a]->stack - w_os_page() - 1);
                if (!ends)
                    return 0;
                weft_chan_close(go_on);
                while (weft_num_goroutines() > 1)
                    weft_yield();
                printf("not found out\n");
                return 0;
            }
    printf("no neighbours\n");
    return 0;
}

static void canary(void)
{
    setenv("WEFT_DEBUG", "guard=none", 1);
    setenv("WEFT_PROCS", "1", 1); /* an end is counted before its stack is looked at: only there is main not in between */
    const struct child *c = in_weft(neighbour, (void *)1);
    unsetenv("WEFT_PROCS");
    EXPECT(c->status != 0 && c->out[0] == 0 && has(c->err, "check failed") && has(c->err, "W_STACK_CANARY"), c);
    c = in_weft(neighbour, (void *)0); /* nobody ends: nobody looks */
    EXPECT(c->status == 0 && c->out[0] == 0 && c->err[0] == 0, c);
    c = in_weft(touch_below, (void *)1); /* into the page where the guard would be: harmless */
    EXPECT(c->status == 0 && has(c->out, "not caught\n"), c);
}

/* ---- the small class ---- */

enum { PARKS = 1, ENDS = 2, UNHARMED = 4 };
static void small_one(void *arg)
{
    struct w_g *g = w_self()->g;
    int how = (int)(intptr_t)arg;
    if (!(g->flags & W_GF_SMALL) || w_g_stack_bytes(g) != W_STACK_SMALL)
        how = 0;
    char *lowest = (char *)w_stack_canary(g->stack, W_STACK_TINY);
    if (lowest != g->stack)
        how = 0;
    if (!(how & UNHARMED))
        spoil(lowest);
    if (how & PARKS)
        weft_yield();
}
static int small(void *how)
{
    struct weft_go_options o = {.small = 1};
    if (weft_go_with(&o, small_one, how) != 0)
        return 1;
    while (weft_num_goroutines() > 1)
        weft_yield();
    return 0;
}

/* What ends on a small stack may also be the one whose turn it is to look at the clock and the global queue. */
static void yields_once(void *unused)
{
    (void)unused;
    weft_yield();
}
static int small_crowd(void *unused)
{
    struct weft_go_options o = {.small = 1};
    (void)unused;
    for (int i = 0; i < 20000; i++)
        if (weft_go_with(&o, yields_once, NULL) != 0)
            return 1;
    while (weft_num_goroutines() > 1)
        weft_yield();
    return 0;
}

static void small_canary(void)
{
    unsetenv("WEFT_DEBUG");
    const struct child *c = in_weft(small, (void *)(intptr_t)(PARKS | ENDS | UNHARMED));
    EXPECT(c->status == 0 && c->err[0] == 0, c);
    c = in_weft(small, (void *)(intptr_t)PARKS);
    EXPECT(c->status == 2 && starts(c->err, "fatal error: stack overflow on a small goroutine"), c);
    c = in_weft(small, (void *)(intptr_t)ENDS);
    EXPECT(c->status != 0 && has(c->err, "check failed") && has(c->err, "W_STACK_CANARY"), c);
    c = in_weft(small_crowd, NULL);
    EXPECT(c->status == 0 && c->err[0] == 0, c);
}

static int small_below(void *distance)
{
    struct weft_go_options o = {.small = 1};
    if (weft_go_with(&o, below, distance) != 0)
        return 1;
    while (weft_num_goroutines() > 1)
        weft_yield();
    return 0;
}
static void normal_size(void *arg)
{
    struct w_g *g = w_self()->g;
    bool is = !(g->flags & W_GF_SMALL) && w_g_stack_bytes(g) == w_stack_usable[W_STACK_NORMAL];
    weft_chan_send(arg, &is);
}
static int small_is_normal(void *arg)
{
    struct weft_go_options o = {.small = 1};
    (void)arg;
    weft_chan *answer = weft_chan_new(sizeof(bool), 0);
    bool is = weft_go_with(&o, normal_size, answer) == 0 && weft_chan_recv(answer, &is) && is;
    weft_chan_free(answer);
    return !is;
}

static void guardstacks(void)
{
    static const char *const knobs[] = {"guardstacks=1,guard=mprotect", "guardstacks=1,guard=advice"};
    for (int i = 0; i < 2; i++) {
        setenv("WEFT_DEBUG", knobs[i], 1);
        const struct child *c = in_weft(small_is_normal, NULL);
        EXPECT(c->status == 0, c);
        c = in_weft(small_below, (void *)1);
        EXPECT(c->status == 2 && strcmp(c->out, "still here\n") == 0 && has(c->err, "fatal error: stack overflow\n"), c);
    }
}

/* ---- the stride ---- */

static int odd(void *arg)
{
    size_t want = (size_t)(uintptr_t)arg, page = w_os_page(), pairs = 0;
    gather();
    /* A slot, the guard included: the least that will do. */
    if (stride() / page % 2 != 1 || stride() % page != 0 || stride() < want || stride() >= want + 2 * page)
        return printf("stride %zu for %zu\n", stride(), want);
    for (int a = 0; a < CROWD; a++)
        for (int b = 0; b < CROWD; b++) {
            size_t apart = (size_t)(crowd[a]->stack - crowd[b]->stack);
            if (crowd[a]->stack > crowd[b]->stack && apart % stride() != 0)
                return printf("%zu apart\n", apart);
            pairs += apart == stride();
        }
    return pairs == 0 ? printf("no neighbours\n") : 0;
}
static int odd_run(void *arg)
{
    struct weft_config c;
    weft_config_init(&c);
    c.stack_size = (size_t)(uintptr_t)arg;
    return weft_run_config(&c, odd, arg) != 0;
}
static void strides(void)
{
    static const size_t sizes[] = {16 << 10, 20 << 10, 64 << 10, 100000, 256 << 10, 260 << 10, 1 << 20};
    unsetenv("WEFT_DEBUG");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct child *c = in_child(odd_run, (void *)(uintptr_t)sizes[i]);
        EXPECT(c->status == 0, c);
    }
}

int main(void)
{
    modes();
    caught("guard=mprotect");
    if (advice_works())
        caught("guard=advice");
    else
        printf("this kernel has no MADV_GUARD_INSTALL\n");
    canary();
    small_canary();
    guardstacks();
    strides();
    return done();
}
