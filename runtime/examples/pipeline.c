/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipeline: each stage is a goroutine that reads one channel and writes the next. Closing the first ends them all, one after the other.
 * Prints:
 *   1 9 25 49 81
 *   sum 165
 */
#include <stdio.h>
#include <weft.h>

WEFT_CHAN_DEFINE(numbers, int)

static void count(numbers out, int to) {
    for (int n = 1; n <= to; n++) numbers_send(out, n);
    numbers_close(out);
}
WEFT_GO_DEFINE(count, numbers, int)

static void odd(numbers in, numbers out) {
    for (int n; numbers_recv(in, &n);)
        if (n % 2) numbers_send(out, n);
    numbers_close(out);
}
WEFT_GO_DEFINE(odd, numbers, numbers)

static void square(numbers in, numbers out) {
    for (int n; numbers_recv(in, &n);) numbers_send(out, n * n);
    numbers_close(out);
}
WEFT_GO_DEFINE(square, numbers, numbers)

static int main_goroutine(void *arg) {
    (void)arg;
    numbers counted = numbers_new(0), odds = numbers_new(0), squares = numbers_new(4);
    go_count(counted, 10);
    go_odd(counted, odds);
    go_square(odds, squares);
    int sum = 0;
    for (int n; numbers_recv(squares, &n); sum += n) printf(sum ? " %d" : "%d", n);
    printf("\nsum %d\n", sum);
    numbers_free(counted); /* each was closed by a stage that uses it no more */
    numbers_free(odds);
    numbers_free(squares);
    return 0;
}

int main(void) { return weft_run(main_goroutine, NULL); }
