/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a stack is in memory, and giving it back. mincore tells it page by page for any stack, running or not, at 12 ns a
 * page beside 0.2 µs a call: so few pages first, then four times as many each, as long as some are there. What it tells is an
 * upper bound of what the present user took: pages stay from earlier ones, until they are given back (stack.h's word "clean").
 */
#include "os/os.h"
#include "stack/stack.h"

enum { FIRST = 16, CHUNK = 1024 /* pages a look, first and most */, STEP = 8 << 20 /* bytes given back at once */ };

size_t w_stack_used(const char *stack, size_t usable, size_t from)
{
    unsigned char each[CHUNK];
    size_t page = w_os_page(), used = 0, looked = from / page, pages = usable / page, most = FIRST;
    while (looked < pages) {
        size_t n = pages - looked < most ? pages - looked : most, i = 0;
        if (w_os_resident(stack + (pages - looked - n) * page, n, each) != 0)
            return 0;
        while (i < n && !(each[i] & 1))
            i++;
        if (i == n)
            break;
        looked += n;
        used = (looked - i) * page;
        most = most < CHUNK ? most * 4 : CHUNK;
    }
    return used;
}

void w_stack_discard(char *from, char *to)
{
    for (; from < to; from += STEP)
        w_os_discard(from, (size_t)(to - from) < STEP ? (size_t)(to - from) : STEP);
}
