/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_counters: which hardware counters this machine gives, as one JSON object, for reports.
 * {"summary":"n/a (no PMU: ENOENT)","events":[{"name":"cycles_user","value":null,"source":"none","status":"no_pmu",
 *  "errno":"ENOENT"},…]}; a value is that of a loop of a million steps.
 */
#include "counters.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc > 1) {
        fprintf(stderr, "usage: %s (no arguments; prints JSON)\n", argv[0]);
        return 2;
    }
    struct counters c;
    char text[96];
    counters_open(&c, NULL);
    counters_start(&c);
    for (volatile int i = 0; i < 1000000; i++) {}
    counters_stop(&c);
    counters_summary(&c, text, sizeof text);
    printf("{\"summary\":\"%s\",\"events\":[", text);
    for (size_t i = 0; i < COUNTER_EVENTS; i++) {
        struct counter_value v = counters_read(&c, i);
        const char *err = v.err ? strerrorname_np(v.err) : NULL;
        printf("%s{\"name\":\"%s\",\"value\":", i ? "," : "", v.name);
        if (v.has_value)
            printf("%.0f", v.value);
        else
            printf("null");
        printf(",\"source\":\"%s\",\"status\":\"%s\",\"errno\":%s%s%s}", counter_source_name(v.source),
               counter_status_name(v.status), err ? "\"" : "", err ? err : "null", err ? "\"" : "");
    }
    printf("]}\n");
    counters_close(&c);
    return 0;
}
