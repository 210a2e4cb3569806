/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handler notes of a signal.
 * Goal:   its bit is set, beside those of others; the word that a thread may be about to sleep on has changed; a thread that sleeps on it
 *         wakes; afterwards the process has the handlers that it had.
 * Method: white-box, without a run. Signals raised on this thread, the last while another, as the kernel says, is asleep on the word.
 */
#include <pthread.h>

#include "queue_test.h"

enum { FIRST = SIGUSR1, SECOND = SIGUSR2 };
static au64 pending;
static au32 word, sleeper, up;

static void *sleeps(void *arg)
{
    uint32_t before = au32_load_acq(&word);
    au32_store_rel(&sleeper, (uint32_t)w_os_thread_id());
    while (au32_load_acq(&word) == before)
        w_os_futex_wait(&word, before, -1);
    au32_store_rel(&up, 1);
    return arg;
}

int main(void)
{
    struct sigaction before[2];
    pthread_t t;
    CHECK(w_os_signal_is_default(FIRST));
    CHECK_EQ(w_os_signal_note(FIRST, &pending, &word, &before[0]), 0);
    CHECK_EQ(w_os_signal_note(SECOND, &pending, &word, &before[1]), 0);
    CHECK(!w_os_signal_is_default(FIRST));
    CHECK_EQ(raise(FIRST), 0);
    CHECK_EQ(au64_load_acq(&pending), UINT64_C(1) << (FIRST - 1));
    CHECK_EQ(au32_load_acq(&word), 1);
    CHECK_EQ(raise(SECOND), 0);
    CHECK_EQ(au64_load_acq(&pending), UINT64_C(1) << (FIRST - 1) | UINT64_C(1) << (SECOND - 1));
    CHECK_EQ(au32_load_acq(&word), 2);

    CHECK_EQ(pthread_create(&t, NULL, sleeps, NULL), 0);
    until_thread_sleeps(&sleeper);
    CHECK_EQ(raise(FIRST), 0);
    until_set(&up);
    CHECK_EQ(pthread_join(t, NULL), 0);

    w_os_signal_put_back(FIRST, &before[0]);
    w_os_signal_put_back(SECOND, &before[1]);
    CHECK(w_os_signal_is_default(FIRST) && w_os_signal_is_default(SECOND));
    return 0;
}
