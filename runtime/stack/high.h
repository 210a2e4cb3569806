/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The most bytes of stack that goroutines with the same entry function were seen to use: a table of the run, by address.
 *
 * Bounded: 1024 functions; one that finds no place within 16 of its own is not kept. No lock, so it may be written in the owner's
 * section and read by a dump: a place is taken by a compare-and-swap of its address, which then stays to the run's end, and its number
 * only grows, by compare-and-swap too. Each has its linearization point there, and nothing else hangs on the order.
 */
#ifndef W_HIGH_H
#define W_HIGH_H

#include <stddef.h>

void w_high_note(void *entry, size_t bytes);
size_t w_high_of(const void *entry); /* 0: none seen */
void w_high_reset(void);             /* a new run: nobody else looks */

#endif
