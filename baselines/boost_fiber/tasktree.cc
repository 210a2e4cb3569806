// SPDX-License-Identifier: Apache-2.0
//
// fib, nqueens in Boost.Fiber: fibers that join fibers. bench/WORKLOADS.md#fib.

#include "fibers.h"

#include <cstring>

#include "tasktree.h"

namespace {

uint64_t fib(uint64_t n) {
    if (n < 2) return n;
    uint64_t first = 0;
    auto f = go([&first, n] { first = fib(n - 1); });
    uint64_t second = fib(n - 2);
    f.join();
    return first + second;
}

struct Board {
    signed char columns[QUEENS_N];
    int rows = 0; // that have their queen
    uint64_t ways = 0;

    void fill() {
        if (rows == QUEENS_N) {
            ways = 1;
            return;
        }
        Board next[QUEENS_N];
        fibers::fiber child[QUEENS_N];
        int count = 0;
        for (int column = 0; column < QUEENS_N; column++) {
            if (!queen_is_safe(columns, rows, column)) continue;
            Board &down = next[count];
            std::memcpy(down.columns, columns, sizeof columns);
            down.columns[rows] = static_cast<signed char>(column);
            down.rows = rows + 1;
            child[count++] = go([&down] { down.fill(); });
        }
        for (int i = 0; i < count; i++) {
            child[i].join();
            ways += next[i].ways;
        }
    }
};

uint64_t one_fib() { return fib(FIB_N); }

uint64_t one_board() {
    Board t;
    t.fill();
    return t.ways;
}

template <uint64_t (*tree)()> void trees(bench *b, uint64_t value, uint64_t tasks) {
    uint64_t sum = 0;
    tree();
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += tree();
    bench_stop(b);
    b->items = b->n * tasks;
    bench_check(b, "the sum", sum, b->n * value);
}

void fibs(bench *b) { trees<one_fib>(b, FIB_VALUE, FIB_TASKS); }
void boards(bench *b) { trees<one_board>(b, QUEENS_VALUE, QUEENS_TASKS); }

} // namespace

extern const bench_def tasktree_defs[];
const bench_def tasktree_defs[] = {BOTH("fib/boost_fiber", "", fibs, 0), BOTH("nqueens/boost_fiber", "", boards, 0),
                                   END};
