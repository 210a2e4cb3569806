/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols from /proc/self/maps and ELF files; symbols.h says why. Each file is mapped when an address in it is first asked for.
 * Lookups are linear in the table (2 ns an entry) behind a cache of addresses: a dump of a thousand goroutines asks for few.
 * Sources: proc(5), elf(5).
 */
#include "os/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"

enum { MODULES = 96, PATHS = 16384, LINE = 4608, CACHE = 1024 };

struct module {
    uintptr_t lo, hi, file_off; /* of the executable mapping */
    const char *path;
    bool tried;
    const char *elf; /* the file, mapped; NULL: cannot be read */
    size_t elf_bytes;
    uintptr_t bias; /* run-time address minus the file's own; as far as lo and file_off say */
    const ElfW(Sym) * sym;
    size_t nsym;
    const char *str;
    size_t str_bytes;
};

struct cached {
    uintptr_t pc;
    struct w_symbol s;
};

struct w_symbols {
    uint32_t nmodule;
    uint32_t path_used;
    struct module module[MODULES];
    char paths[PATHS];
    char line[LINE];
    struct cached cache[CACHE];
};

/* ---- /proc/self/maps ---- */

static uintptr_t hex(const char **p) {
    uintptr_t x = 0;
    for (;; (*p)++) {
        char c = **p;
        if (c >= '0' && c <= '9')
            x = x * 16 + (uintptr_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            x = x * 16 + (uintptr_t)(c - 'a' + 10);
        else
            return x;
    }
}

/* "lo-hi perms offset dev inode path": keep what is executable and has a file. */
static void take_line(struct w_symbols *s, const char *p) {
    struct module m = {.lo = hex(&p)};
    if (*p++ != '-') return;
    m.hi = hex(&p);
    if (strlen(p) < 6 || p[3] != 'x') return;
    p += 6;
    m.file_off = hex(&p);
    const char *path = strchr(p, '/');
    size_t n = path ? strlen(path) + 1 : 0;
    if (n == 0 || s->nmodule == MODULES || s->path_used + n > PATHS) return;
    m.path = memcpy(s->paths + s->path_used, path, n);
    s->path_used += (uint32_t)n;
    s->module[s->nmodule++] = m;
}

static bool read_maps(struct w_symbols *s) {
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t have = 0;
    ssize_t got;
    if (fd < 0) return false;
    while ((got = read(fd, s->line + have, LINE - 1 - have)) > 0) {
        have += (size_t)got;
        s->line[have] = 0;
        char *from = s->line, *end;
        while ((end = strchr(from, '\n'))) {
            *end = 0;
            take_line(s, from);
            from = end + 1;
        }
        have -= (size_t)(from - s->line);
        if (have == LINE - 1) /* longer than any path: give it up */
            have = 0;
        memmove(s->line, from, have);
    }
    close(fd);
    return s->nmodule > 0;
}

struct w_symbols *w_symbols_open(void) {
    struct w_symbols *s = w_os_map(sizeof *s);
    if (s && !read_maps(s)) {
        w_symbols_close(s);
        s = NULL;
    }
    return s;
}

void w_symbols_close(struct w_symbols *s) {
    if (!s) return;
    for (uint32_t i = 0; i < s->nmodule; i++)
        if (s->module[i].elf) w_os_unmap((void *)(uintptr_t)s->module[i].elf, s->module[i].elf_bytes);
    w_os_unmap(s, sizeof *s);
}

/* ---- a file ---- */

/* n items of `size` bytes at `off` lie within the file. */
static bool inside(const struct module *m, size_t off, size_t n, size_t size) {
    return off <= m->elf_bytes && n <= (m->elf_bytes - off) / size;
}

static void find_bias(struct module *m, const ElfW(Ehdr) * e) {
    const ElfW(Phdr) *p = (const void *)(m->elf + e->e_phoff);
    for (int i = 0; i < e->e_phnum; i++)
        if (p[i].p_type == PT_LOAD && (p[i].p_flags & PF_X) && m->file_off < p[i].p_offset + p[i].p_filesz &&
            m->file_off + (m->hi - m->lo) > p[i].p_offset)
            m->bias = m->lo - (m->file_off - p[i].p_offset + p[i].p_vaddr);
}

static void find_table(struct module *m, const ElfW(Ehdr) * e) {
    const ElfW(Shdr) *h = (const void *)(m->elf + e->e_shoff), *best = NULL;
    for (int i = 0; i < e->e_shnum; i++)
        if (h[i].sh_type == SHT_SYMTAB || (h[i].sh_type == SHT_DYNSYM && !best)) best = &h[i];
    if (!best || best->sh_link >= e->e_shnum || !inside(m, best->sh_offset, best->sh_size, 1)) return;
    const ElfW(Shdr) *str = &h[best->sh_link];
    if (str->sh_size == 0 || !inside(m, str->sh_offset, str->sh_size, 1) ||
        m->elf[str->sh_offset + str->sh_size - 1] != 0)
        return;
    m->sym = (const void *)(m->elf + best->sh_offset);
    m->nsym = best->sh_size / sizeof *m->sym;
    m->str = m->elf + str->sh_offset;
    m->str_bytes = str->sh_size;
}

static void load(struct module *m) {
    struct stat st;
    m->tried = true;
    m->bias = m->lo - m->file_off;
    int fd = open(m->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(ElfW(Ehdr))) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        m->elf = p == MAP_FAILED ? NULL : p;
        m->elf_bytes = (size_t)st.st_size;
    }
    close(fd);
    if (!m->elf) return;
    const ElfW(Ehdr) *e = (const void *)m->elf;
    if (memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
        e->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return;
    if (inside(m, e->e_phoff, e->e_phnum, sizeof(ElfW(Phdr)))) find_bias(m, e);
    if (inside(m, e->e_shoff, e->e_shnum, sizeof(ElfW(Shdr)))) find_table(m, e);
}

/* ---- a symbol ---- */

static const ElfW(Sym) * find_symbol(const struct module *m, uintptr_t at) {
    const ElfW(Sym) *best = NULL;
    for (size_t i = 0; i < m->nsym; i++) {
        const ElfW(Sym) *y = &m->sym[i];
        unsigned type = y->st_info & 15; /* ELF64_ST_TYPE */
        if ((type != STT_FUNC && type != STT_NOTYPE && type != STT_GNU_IFUNC) || y->st_shndx == SHN_UNDEF ||
            y->st_name >= m->str_bytes)
            continue;
        if (at < y->st_value || (y->st_size != 0 ? at - y->st_value >= y->st_size : at != y->st_value)) continue;
        bool global = (y->st_info >> 4) != STB_LOCAL;
        if (!best || y->st_value > best->st_value ||
            (y->st_value == best->st_value && global && (best->st_info >> 4) == STB_LOCAL))
            best = y;
    }
    return best;
}

static void look_up(struct w_symbols *s, uintptr_t pc, struct w_symbol *out) {
    struct module *m = NULL;
    *out = (struct w_symbol){.offset = pc};
    for (uint32_t i = 0; i < s->nmodule && !m; i++)
        if (pc >= s->module[i].lo && pc < s->module[i].hi) m = &s->module[i];
    if (!m) return;
    if (!m->tried) load(m);
    const char *slash = strrchr(m->path, '/');
    out->module = slash ? slash + 1 : m->path;
    out->offset = pc - m->bias;
    const ElfW(Sym) *y = find_symbol(m, out->offset);
    if (y && m->str[y->st_name] != 0) {
        out->name = m->str + y->st_name;
        out->len = (uint32_t)strcspn(out->name, ".@");
        out->start = m->bias + y->st_value;
    }
}

void w_symbols_find(struct w_symbols *s, uintptr_t pc, struct w_symbol *out) {
    if (!s) {
        *out = (struct w_symbol){.offset = pc};
        return;
    }
    struct cached *c = &s->cache[(pc * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
    if (c->pc != pc) {
        look_up(s, pc, &c->s);
        c->pc = pc;
    }
    *out = c->s;
}
