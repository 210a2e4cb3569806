/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's own locks; see lock.h for states, ranks and sources. */
#include "os/lock.h"

#include "os/os.h"

void w_backoff(uint32_t *n)
{
    uint32_t i = (*n)++;
    if (i < 200)
        w_cpu_relax();
    else if (i < 2000)
        w_os_thread_yield();
    else
        w_os_nap(50000);
}

w_cold void w_spin_lock_slow(au32 *l)
{
    uint32_t n = 0;
    do {
        while (au32_load_rlx(l) != 0) /* relaxed: only a hint, the exchange below orders */
            w_backoff(&n);
    } while (au32_xchg_acq(l, 1) != 0);
}

void w_lock(struct w_lock *l)
{
    uint32_t old = 0;
    if (au32_cas_acq(&l->word, &old, 1)) /* [lock] pairs with w_unlock */
        return;
    for (int i = 0; i < 100; i++) {
        w_cpu_relax();
        old = 0;
        if (au32_load_rlx(&l->word) == 0 && au32_cas_acq(&l->word, &old, 1)) /* the look is a hint: it saves an exchange that fails */
            return;
    }
    while (au32_xchg_acq(&l->word, 2) != 0)
        w_os_futex_wait(&l->word, 2, -1);
}

void w_unlock(struct w_lock *l)
{
    if (au32_xchg_acqrel(&l->word, 0) == 2) /* [lock] */
        w_os_futex_wake(&l->word, 1);
}
