/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fibers.h — how a workload starts a fiber, with the stack that suits the number of threads. fibers.cc.
 */
#ifndef BOOST_FIBER_FIBERS_H
#define BOOST_FIBER_FIBERS_H

#include <boost/fiber/all.hpp>
#include <cstdint>
#include <utility>

#include "bench.h"

namespace fibers = boost::fibers;

constexpr std::size_t stack_bytes = 64 * 1024;

/* One thread takes stacks from a pool and gives them back to it. The pool is not for several threads: they take malloc's. */
extern bool one_thread;
extern fibers::pooled_fixedsize_stack pool;

template <typename F> fibers::fiber go(F &&f) {
    if (one_thread) return fibers::fiber(std::allocator_arg, pool, std::forward<F>(f));
    return fibers::fiber(std::allocator_arg, fibers::fixedsize_stack(stack_bytes), std::forward<F>(f));
}

#define BOTH(name, tail, body, arg)                                  \
    {name "/procs:1" tail, body, 1, BENCH_ANYWHERE, arg, nullptr}, { \
        name "/procs:2" tail, body, 2, BENCH_ANYWHERE, arg, nullptr  \
    }
#define END \
    { nullptr, nullptr, 0, BENCH_ANYWHERE, 0, nullptr }

#endif
