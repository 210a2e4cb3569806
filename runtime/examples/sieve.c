/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prime sieve: a chain of goroutines, one for each prime found, that lets pass what its prime does not divide. What comes out at the
 * end is the next prime.
 * Prints:
 *   2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71
 */
#include <stdio.h>
#include <weft.h>

WEFT_CHAN_DEFINE(numbers, int)

enum { PRIMES = 20 };

static void count(numbers out) {
    for (int n = 2;; n++) numbers_send(out, n);
}
WEFT_GO_DEFINE(count, numbers)

static void filter(numbers in, numbers out, int prime) {
    for (int n; numbers_recv(in, &n);)
        if (n % prime) numbers_send(out, n);
}
WEFT_GO_DEFINE(filter, numbers, numbers, int)

static int main_goroutine(void *arg) {
    numbers *link = arg;
    link[0] = numbers_new(0);
    go_count(link[0]);
    for (int i = 0; i < PRIMES; i++) {
        int prime;
        numbers_recv(link[i], &prime);
        printf(i ? " %d" : "%d", prime);
        link[i + 1] = numbers_new(0);
        go_filter(link[i], link[i + 1], prime);
    }
    printf("\n");
    return 0; /* the chain ends where it stands */
}

int main(void) {
    numbers link[PRIMES + 1];
    int status = weft_run(main_goroutine, link);
    if (status < 0) return 1;
    for (int i = 0; i <= PRIMES; i++) numbers_free(link[i]); /* nobody is left who waits on one */
    return status;
}
