// SPDX-License-Identifier: Apache-2.0
// The only C++ file: registers the C tables with Google Benchmark and hands it each call's times.
//
// The times are "manual" ones. A weft benchmark is timed inside its main goroutine, which may be on any thread, while
// State and its timers belong to the host thread; so the body reads the clocks itself (harness.c) and this file passes
// the figure on. Process CPU time, which here includes starting and stopping the runtime, comes with it; the counter
// cpu_ns_per_op is that of the timed region alone.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "../bench.h"
#include "../counters/counters.h"

namespace {

struct counters machine;

void report(benchmark::State &state, const struct bench &b) {
    const double items = b.done, seconds = static_cast<double>(b.wall_ns) * 1e-9;
    state.SetIterationTime(seconds * b.part);
    state.counters["items_per_second"] = items / (b.counted_ns ? static_cast<double>(b.counted_ns) * 1e-9 : seconds);
    state.counters["cpu_ns_per_op"] = static_cast<double>(b.cpu_ns) / items;
    state.counters["voluntary_per_op"] = static_cast<double>(b.voluntary) / items;
    state.counters["involuntary_per_op"] = static_cast<double>(b.involuntary) / items;
    for (int i = 0; i < b.extras; i++) state.counters[b.extra[i].name] = b.extra[i].value;
    for (size_t i = 0; i < COUNTER_EVENTS; i++) {
        struct counter_value v = counters_read(&machine, i);
        if (!v.has_value) continue;
        state.counters[std::string(v.name) + "_per_op"] = v.value / items;
        if (v.status == COUNTER_SCALED) state.counters[std::string(v.name) + "_running"] = v.running;
    }
}

void call(benchmark::State &state, const struct bench_def *def, uint64_t least) {
    const auto n = state.max_iterations;
    struct bench b;
    while (state.KeepRunningBatch(n)) {
        counters_start(&machine);
        bench_call(&b, def, static_cast<uint64_t>(n), least);
        counters_stop(&machine);
    }
    if (b.error[0])
        state.SkipWithError(b.error);
    else
        report(state, b);
}

} // namespace

int main(int argc, char **argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    counters_open(&machine, nullptr);
    char text[96];
    counters_summary(&machine, text, sizeof text);
    // The library's own library_build_type speaks of the library; these two of what is measured.
    benchmark::AddCustomContext("weft_build_type", WEFT_BENCH_BUILD);
    benchmark::AddCustomContext("weft_compiler", WEFT_BENCH_COMPILER);
    benchmark::AddCustomContext("weft_counters", text);
    // For counting: what n iterations cost more than half of them does not depend on time.
    const char *fixed = getenv("WEFT_BENCH_ITERATIONS");
    const long iterations = fixed ? strtol(fixed, nullptr, 10) : 0;
    for (const struct bench_table *table = bench_suite; table->defs; table++)
        for (const struct bench_def *def = table->defs; def->name; def++) {
            auto *b = benchmark::RegisterBenchmark(def->name, call, def, table->least);
            b->UseManualTime()->MeasureProcessCPUTime();
            if (iterations > 0) b->Iterations(iterations);
        }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    counters_close(&machine);
    return 0;
}
