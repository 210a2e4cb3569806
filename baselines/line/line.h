/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h — the program around a peer in C or C++: line.c has its main, which speaks as baselines/README.md says; bench/harness.c does the
 * timing and the checks. The peer supplies its tables, bench_suite; bench_run, which calls a body inside its runtime (bench/bench.h);
 * and what it is.
 */
#ifndef BASELINES_LINE_H
#define BASELINES_LINE_H

#ifdef __cplusplus
extern "C" {
#endif

/* What a reader has to know of a runtime to judge its figures. No field may be NULL. */
struct line_about {
    const char *version, *workers, *stack, *allocator;
};
extern const struct line_about line_about;

#ifdef __cplusplus
}
#endif
#endif
