/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chameneos.h — what chameneos-redux is about, for every runtime in C: colours and who may meet whom.
 */
#ifndef BENCH_CHAMENEOS_H
#define BENCH_CHAMENEOS_H

#define CHAMENEOS_MOST 10

enum colour { BLUE, RED, YELLOW };

/* The two groups of the benchmark: the first three, or all. */
static const enum colour chameneos_first[CHAMENEOS_MOST] = {BLUE, RED, YELLOW, RED, YELLOW,
                                                            BLUE, RED, YELLOW, RED, BLUE};

/* What both become: their colour if it is the same, else the third one. */
static inline enum colour complement(enum colour a, enum colour b) { return a == b ? a : (enum colour)(3 - a - b); }

#endif
