/* SPDX-License-Identifier: Apache-2.0 */
/* Goroutines that keep their thread: WEFT_DEBUG=hog. For sysmon, and for SIGURG's handler. */
#ifndef W_HOGS_H
#define W_HOGS_H

#include "sched/sched.h"

void w_hogs_start(void); /* sysmon begins */
int64_t w_hogs_tick(int64_t now); /* sysmon: look if it is time; ns until the next look, INT64_MAX: when something runs */

/* The handler's. Frames were asked for, and are noted: true. */
bool w_hog_noted(struct w_m *m, const struct w_trap *at);
/* m's goroutine is about to give up its P, and has one again: without a call of its own in between. */
void w_hog_stops(struct w_m *m);
void w_hog_goes_on(struct w_m *m);

#endif
