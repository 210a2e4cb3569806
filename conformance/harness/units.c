/* SPDX-License-Identifier: Apache-2.0 */
/* Programs beside the runner as cases: each unit test of conformance/unit (the list comes from CMake) and the C++ program. */
#include "case.h"

#define WC_UNIT(stem, of)                                                                                           \
    WC_CASE(unit_##stem, .item = of, .exec = "unit/" #stem, .check = any_stdout, .any_err = 1, .timeout_s = 120,     \
            .may_skip = "the unit test says why", .no_twin = "white box")

static inline const char *any_stdout(const struct wc_result *r) {
    (void)r;
    return NULL;
}

#include "units.inc"

#ifdef WC_HAVE_CXX
/* The header and both macros from C++, and B63's static destructor. */
WC_CASE(api_cxx, .item = "B63", .exec = "cxx_header", .out = "sum 55\nmain returned\ndestructor 7\n",
        .no_twin = "C++ has no Go twin");
#endif
