/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WEFT_CONFORMANCE_LEFT_OUT_H
#define WEFT_CONFORMANCE_LEFT_OUT_H

#include "case.h"

/* NULL: it is simulated; or why it is not. left_out.c has the list. */
const char *wc_left_out(const struct wc_case *c);
/* A name on the list that fits no case; or NULL. */
const char *wc_left_out_stale(void);

#endif
