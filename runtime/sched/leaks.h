/* SPDX-License-Identifier: Apache-2.0 */
/* Goroutines that are left when a run ends (WEFT_DEBUG=leaks). */
#ifndef W_LEAKS_H
#define W_LEAKS_H

enum { W_LEAKS_OFF, W_LEAKS_REPORT, W_LEAKS_FATAL }; /* w_knobs.leaks */

void w_leaks_start(void); /* a run begins */
/* On a goroutine, not entered, which is about to end the run: report, or (fatal) report and end the process, unless it is alone. Switches. */
void w_leaks_report(void);

#endif
