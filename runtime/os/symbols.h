/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of code addresses for reports: module, offset, function. Not dladdr: that takes the loader's lock, which a dead or
 * stopped thread may hold, and knows only exported names. This reads /proc/self/maps and the files' own symbol tables (.symtab,
 * else .dynsym), works in static programs too, and is async-signal-safe: open, read, mmap alone.
 *
 * All state is in one mapping of the opener's; one thread uses it. NULL is a valid reader that knows nothing.
 */
#ifndef W_SYMBOLS_H
#define W_SYMBOLS_H

#include <stdint.h>

struct w_symbols;

struct w_symbol {
    const char *name;   /* of the function; NULL: not known */
    uint32_t len;       /* of name; what follows it may be a compiler's ".part.0" */
    const char *module; /* base name of the file, NULL: not in a file */
    uintptr_t offset;   /* in the module, as addr2line takes it; the address itself without a module */
    uintptr_t start;    /* run-time address of the function; 0: not known */
};

struct w_symbols *w_symbols_open(void); /* NULL: no memory or no /proc */
void w_symbols_close(struct w_symbols *s);
void w_symbols_find(struct w_symbols *s, uintptr_t pc, struct w_symbol *out);

#endif
