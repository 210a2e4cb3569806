/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tasktree.h — sizes and answers of the trees of tasks, for every runtime in C.
 */
#ifndef BENCH_TASKTREE_H
#define BENCH_TASKTREE_H

#include <stdint.h>
#include <stdlib.h>

#define FIB_N        25
#define FIB_VALUE    UINT64_C(75025)
#define FIB_TASKS    UINT64_C(121392) /* calls with n >= 2, each of which starts one */
#define QUEENS_N     10
#define QUEENS_VALUE UINT64_C(724)
#define QUEENS_TASKS UINT64_C(35538) /* queens that can be placed, by all ways to come there */

/* Whether a queen in column `column` of row `row` is safe from those of the rows above, each's column in `board`. */
static inline int queen_is_safe(const signed char *board, int row, int column) {
    for (int i = 0; i < row; i++)
        if (board[i] == column || abs(board[i] - column) == row - i) return 0;
    return 1;
}

#endif
