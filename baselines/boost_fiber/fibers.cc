// SPDX-License-Identifier: Apache-2.0
//
// How a body gets into Boost.Fiber. One processor: the process's own thread, whose scheduler is round_robin, the default. Two: two threads
// with the work_stealing scheduler, which has to be made by all of its threads at once and only once in a process; so they stay.

#include "fibers.h"

#include <condition_variable>
#include <mutex>
#include <thread>

bool one_thread = true;
fibers::pooled_fixedsize_stack pool(stack_bytes);

namespace {

constexpr int workers = 2;

// What the workers do next. The first one's main fiber waits for it with a lock of the system, the second one's for its end, as a fiber,
// so that its thread steals meanwhile.
struct Crew {
    std::mutex lock;
    std::condition_variable changed;
    bench *todo = nullptr; // under lock
    fibers::mutex fiber_lock;
    fibers::condition_variable never;

    void run(bench *b) {
        std::unique_lock<std::mutex> hold(lock);
        todo = b;
        changed.notify_all();
        changed.wait(hold, [this] { return !todo; });
    }
    [[noreturn]] void first() {
        fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(workers);
        for (;;) {
            std::unique_lock<std::mutex> hold(lock);
            changed.wait(hold, [this] { return todo != nullptr; });
            bench *b = todo;
            hold.unlock();
            go([b] { b->def->body(b); }).join(); // not the thread's main fiber, which nobody may steal
            hold.lock();
            todo = nullptr;
            changed.notify_all();
        }
    }
    [[noreturn]] void other() {
        fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(workers);
        std::unique_lock<fibers::mutex> hold(fiber_lock);
        for (;;) never.wait(hold);
    }
};

Crew &crew() {
    static Crew *one = [] {
        auto *made = new Crew; // for good, as its threads
        std::thread([made] { made->first(); }).detach();
        std::thread([made] { made->other(); }).detach();
        return made;
    }();
    return *one;
}

} // namespace

void bench_run(bench *b) {
    one_thread = b->def->procs == 1;
    if (one_thread)
        b->def->body(b);
    else
        crew().run(b);
}
