/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes of each call's failing. Errors: what the kernel (man pages; cgroup limits, seccomp and old kernels included) really
 * gives there. What is promised: weft.h. A line: file, function, call, workload, errors, then what comes of it; nothing more said
 * means that nobody notices. Two entries for one site: two workloads, in which its failing means different things.
 */
#include <netdb.h>

#include "fault.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* what is not said is not so */

#define NO_MEMORY {ENOMEM}
#define FULL      {EMFILE, ENFILE, ENOMEM} /* of descriptors, the process's or the system's; of memory */

const struct wf_entry wf_table[] = {
    /* Memory, by who asks. */
    {"sched/machine.c", "w_m_new", "w_os_map", "few", NO_MEMORY, .gives = "run", .fatal = "fatal error: out of memory (thread)"},
    {"sched/procs.c", "w_p_new", "w_os_map", "procs", NO_MEMORY, .gives = "run", .maybe = 1},
    {"sched/gs.c", "carve", "w_os_map", "many", NO_MEMORY, .gives = "run go_with"},
    {"sched/gs.c", "carve", "w_os_map", "post", NO_MEMORY, .gives = "run post"},
    {"sched/small.c", "map_chunk", "w_os_map", "many", NO_MEMORY, .gives = "go_with", .fatal = "fatal error: out of memory*"},
    {"sched/small.c", "map_chunk", "w_os_map", "objects", NO_MEMORY, .fatal = "fatal error: out of memory"},
    {"sched/small.c", "map_chunk", "w_os_map", "names", NO_MEMORY, .gives = "listen dial", .fatal = "fatal error: out of memory", .maybe = 1},
    {"sched/user.c", "allocate", "malloc", "objects", NO_MEMORY, .fatal = "fatal error: out of memory"},
    {"sched/quota.c", "w_procs_default", "w_os_map", "quota", NO_MEMORY},
    {"sched/trace.c", "room", "w_os_map", "trace", NO_MEMORY},
    {"sched/trace_json.c", "w_trace_write", "w_os_map", "trace", NO_MEMORY, .gives = "trace_stop"},
    {"stack/stack.c", "w_stack_boot", "w_os_map", "few", NO_MEMORY, .gives = "run"},
    {"stack/stack.c", "grow", "w_os_map", "many", NO_MEMORY, .fatal = "fatal error: out of memory (goroutine stack)", .stays = 1},
    {"stack/stack.c", "w_stack_big_new", "w_os_map", "many", NO_MEMORY, .fatal = "fatal error: out of memory (goroutine stack)"},
    {"queue/timers.c", "grow", "w_os_map", "many", NO_MEMORY, .fatal = "fatal error: out of memory (timers)"},
    {"io/fd.c", "map_chunk", "w_os_map", "net", NO_MEMORY, .gives = "listen"},
    {"os/cgroup.c", "w_cgroup_find", "w_os_map", "quota", NO_MEMORY},
    {"os/symbols.c", "w_symbols_open", "w_os_map", "dump", NO_MEMORY},
    {"os/symbols.c", "w_symbols_open", "w_os_map", "told to die", NO_MEMORY},
    /* The same calls by number: whoever it is that asks. */
    {"os/linux.c", "w_os_map", "mmap", "many", NO_MEMORY, .gives = "run go_with", .fatal = "fatal error: out of memory*", .maybe = 1},
    {"os/linux.c", "w_os_map", "mmap", "names", NO_MEMORY, .gives = "run listen dial accept read write", .fatal = "fatal error: out of memory*", .maybe = 1},
    {"os/linux.c", "w_os_map", "mmap", "calls", NO_MEMORY, .gives = "run go_with", .fatal = "fatal error: out of memory*", .maybe = 1},
    {"os/linux.c", "w_os_map", "mmap", "trace", NO_MEMORY, .gives = "run go_with trace_stop", .fatal = "fatal error: out of memory*", .maybe = 1},
    {"os/linux.c", "w_os_unmap", "munmap", "calls", NO_MEMORY, .lost = 1},
    {"os/linux.c", "w_os_guard_advice", "madvise", "many", {ENOMEM, EINVAL}},
    {"os/linux.c", "w_os_guard_advice", "madvise", "overflows", {ENOMEM}}, /* and there is a guard all the same */
    {"os/linux.c", "w_os_guard_mprotect", "mprotect", "many mprotect", NO_MEMORY, .says = "weft: no more guard pages (vm.max_map_count): further stacks have a canary only"},
    {"stack/stack.c", "put_guard", "write", "many mprotect", {EAGAIN, EPIPE, EIO}, .beside = "w_os_guard_mprotect:mprotect", .beside_error = ENOMEM,
     .says = "weft: no more guard pages (vm.max_map_count): further stacks have a canary only"},
    {"os/linux.c", "w_os_no_hugepage", "madvise", "many", {EINVAL, ENOMEM}},
    {"os/linux.c", "w_os_discard", "madvise", "rest", {EINVAL, ENOMEM}},
    {"os/linux.c", "w_os_resident", "mincore", "rest", {EAGAIN, ENOMEM, ENOSYS}},
    {"os/linux.c", "w_os_readable", "pipe2", "few", FULL},
    {"os/linux.c", "w_os_readable", "write", "few", {EFAULT}},
    {"os/linux.c", "w_os_readable", "close", "few", {EINTR, EIO}},

    /* Threads, signals, time. */
    {"os/linux.c", "w_os_thread_start", "pthread_create", "calls", {EAGAIN}, .fatal = "fatal error: out of memory (thread)"},
    {"sched/machine.c", "w_m_start", "w_os_thread_start", "calls", {EAGAIN}, .fatal = "fatal error: out of memory (thread)"},
    {"sched/sysmon.c", "w_sysmon_start", "w_os_thread_start", "few", {EAGAIN}, .fatal = "fatal error: out of memory (thread)"},
    {"sched/fork.c", "w_fork_boot", "pthread_atfork", "few", NO_MEMORY},
    {"sched/fault.c", "w_fault_thread_init", "sigaltstack", "few", {EPERM, ENOMEM}, .fatal = "fatal error: no alternate signal stack"},
    {"sched/fault.c", "w_fault_thread_done", "sigaltstack", .never = "it gives back what sigaltstack itself reported"},
    {"os/linux.c", "w_os_thread_id", "SYS_gettid", .never = "gettid(2): always successful"},
    {"os/linux.c", "w_os_thread_signal", "SYS_tgkill", "hogs", {ESRCH}},
    {"os/linux.c", "task_file", "open", "hogs", {EMFILE, ENFILE, ENOENT}},
    {"os/linux.c", "task_file", "read", "hogs", {ESRCH, EINTR, WF_SHORT}},
    {"os/linux.c", "task_file", "close", "hogs", {EINTR}},
    {"os/linux.c", "w_os_nap", "nanosleep", .never = "reached after 2000 steps of waiting for another thread only, and its result is not looked at"},
    {"os/linux.c", "w_os_affinity", "sched_getaffinity", "few by default", {EINVAL, EPERM}},
    {"os/linux.c", "w_os_futex_wait", "SYS_futex", "calls", {EINTR, EAGAIN}},
    {"os/linux.c", "w_os_futex_wait", "SYS_futex", "net", {EINTR}},
    {"os/linux.c", "w_os_futex_wake", "SYS_futex", .never = "futex(2): FUTEX_WAKE fails for a bad address only"},
    {"os/signals.c", "note", "SYS_futex", .never = "futex(2): FUTEX_WAKE fails for a bad address only"},
    {"os/linux.c", "w_os_has_heavy_barrier", "SYS_membarrier", "calls", {ENOSYS, EINVAL, EPERM}},
    {"os/linux.c", "w_os_heavy_barrier", "SYS_membarrier", "calls", NO_MEMORY, .fatal = "fatal error: out of memory (membarrier)", .stays = 1},

    /* Descriptors that users use. */
    {"os/io.c", "w_os_fd_kind", "fcntl", "given", {EBADF}, .gives = "read write accept write:EPIPE short:ENODATA read:ETIMEDOUT"},
    {"os/io.c", "w_os_fd_kind", "getsockopt", "given", {EPERM}, .gives = "accept:ENOTSOCK short:ENODATA read:ETIMEDOUT read:ECONNRESET", .maybe = 1},
    {"os/io.c", "w_os_fd_kind", "fstat", "files", {EIO, ENOMEM}},
    {"os/io.c", "w_os_recv", "recv", "net", {EINTR}}, /* not short: TCP gives all that is there, and the runtime relies on it */
    {"os/io.c", "w_os_recv", "recv", "unix", {EINTR, WF_SHORT}},
    {"os/io.c", "w_os_recv", "recv", "net", {ECONNRESET, ENOMEM, ETIMEDOUT}, .gives = "read short:ENODATA read:ETIMEDOUT read:ECONNRESET write:EPIPE write:ECONNRESET"},
    {"os/io.c", "w_os_send", "send", "net", {EINTR, WF_SHORT}},
    {"os/io.c", "w_os_send", "send", "net", {ECONNRESET, EPIPE, ENOBUFS, ENOMEM}, .gives = "write short:ENODATA read:ETIMEDOUT read:ECONNRESET"},
    {"os/io.c", "w_os_read", "read", "files", {EINTR, WF_SHORT}},
    {"os/io.c", "w_os_read", "read", "files", {EIO}, .gives = "read"},
    {"os/io.c", "w_os_read", "read", "given", {EIO}, .gives = "read write:EPIPE write:ETIMEDOUT"},
    {"os/io.c", "w_os_write", "write", "files", {EINTR, WF_SHORT}},
    {"os/io.c", "w_os_write", "write", "files", {ENOSPC, EDQUOT, EFBIG, EIO}, .gives = "write"},
    {"os/io.c", "w_os_write", "write", "given", {EPIPE}, .gives = "write"},
    {"os/io.c", "read_nowait", "preadv2", "given", {EINTR, EOPNOTSUPP, ENOSYS, EPERM}},
    {"os/io.c", "read_nowait", "preadv2", "given", {EIO}, .gives = "read write:EPIPE write:ETIMEDOUT"},
    {"os/io.c", "write_nowait", "pwritev2", "given", {EINTR, EOPNOTSUPP, ENOSYS, EPERM}},
    {"os/io.c", "write_nowait", "pwritev2", "given", {EPIPE, ENOMEM}, .gives = "write"},
    {"os/io.c", "w_os_close", "close", "net", {EINTR}},
    {"os/io.c", "w_os_close", "close", "net", {EIO, ENOSPC, EDQUOT}, .gives = "close"},
    {"os/io.c", "poll_once", "poll", "net", {EINTR}},
    {"os/io.c", "poll_once", "poll", "net", NO_MEMORY, .gives = "poll dial short:ENODATA"},

    /* Sockets. */
    {"os/io.c", "w_os_socket", "socket", "net", {EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT}, .gives = "listen dial"},
    {"os/io.c", "w_os_bind", "bind", "net", {EADDRINUSE, EADDRNOTAVAIL, EACCES, ENOMEM}, .gives = "listen"},
    {"os/io.c", "w_os_listen", "listen", "net", {EADDRINUSE}, .gives = "listen"},
    {"os/io.c", "w_os_set", "setsockopt", "net", {ENOMEM, ENOBUFS, EPERM}, .gives = "listen", .maybe = 1},
    {"os/io.c", "w_os_accept", "accept4", "net", {EINTR, ECONNABORTED}},
    {"os/io.c", "w_os_accept", "accept4", "net", {EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EPROTO}, .gives = "accept short:ENODATA read:ETIMEDOUT read:ECONNRESET"},
    {"os/io.c", "w_os_accept", "accept4", "given", {EINTR, ECONNABORTED}},
    {"os/io.c", "w_os_accept", "accept4", "given", {EMFILE, ENFILE, ENOBUFS, ENOMEM}, .gives = "accept short:ENODATA read:ETIMEDOUT read:ECONNRESET"},
    {"os/io.c", "w_os_connect", "connect", "net", {EINTR}},
    {"os/io.c", "w_os_connect", "connect", "net", {ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, ETIMEDOUT, EACCES}, .gives = "dial"},
    {"os/io.c", "w_os_connect", "connect", "unix", {ECONNREFUSED, ENOENT, EACCES}, .gives = "dial"},
    {"os/io.c", "w_os_connect", "connect", "unix", {EAGAIN}, .gives = "dial:ETIMEDOUT", .maybe = 1},
    {"os/io.c", "w_os_connected", "getsockopt", "net", {ENOBUFS, EPERM}, .gives = "dial"},
    {"os/io.c", "w_os_connected", "getpeername", "net", {ENOBUFS}, .gives = "dial"},
    {"os/io.c", "w_os_lookup", "getaddrinfo", "names", {EAI_AGAIN, EAI_FAIL, EAI_NONAME, EAI_SYSTEM}, .gives = "listen:ENOENT dial:ENOENT"},
    {"os/io.c", "w_os_lookup", "getaddrinfo", "names", {EAI_MEMORY}, .gives = "listen:ENOMEM dial:ENOMEM"},

    /* The poller. */
    {"poll/epoll.c", "w_poll_open", "epoll_create1", "net", FULL, .gives = "accept read write poll dial short:ENODATA read:ETIMEDOUT read:ECONNRESET"},
    {"poll/epoll.c", "w_poll_open", "eventfd", "net", {EMFILE, ENFILE, ENOMEM, ENODEV}, .gives = "accept read write poll dial short:ENODATA read:ETIMEDOUT read:ECONNRESET"},
    {"poll/epoll.c", "w_poll_open", "epoll_ctl", "net", {ENOMEM, ENOSPC}, .gives = "accept read write poll dial short:ENODATA read:ETIMEDOUT read:ECONNRESET"},
    {"poll/epoll.c", "w_poll_add", "epoll_ctl", "again", {ENOENT}, .gives = "read", .ordinal = 2},
    {"poll/epoll.c", "w_poll_add", "epoll_ctl", "net", {ENOMEM, ENOSPC}, .ordinal = 1, .gives = "accept read write poll dial short:ENODATA read:ETIMEDOUT read:ECONNRESET"},
    {"poll/epoll.c", "w_poll_add", "epoll_ctl", "given", {EPERM}, .ordinal = 1, .gives = "accept:EAGAIN read:EAGAIN write:EAGAIN dial:EAGAIN poll:EAGAIN write:EPIPE short:ENODATA read:ETIMEDOUT read:ECONNRESET", .maybe = 1},
    {"poll/epoll.c", "w_poll_del", "epoll_ctl", "given", {ENOENT}},
    {"poll/epoll.c", "w_poll_close", "close", "net", {EINTR, EIO}},
    {"poll/epoll.c", "wait_ms", "epoll_wait", "net", {EINTR}},
    {"poll/epoll.c", "wait_ns", "SYS_epoll_pwait2", "given", {EINTR, ENOSYS}},
    {"poll/epoll.c", "wait_ns", "SYS_epoll_pwait2", "given", {EPERM}, .most = 3},
    {"poll/epoll.c", "w_poll_interrupt", "write", .never = "EAGAIN: the counter is full, 2^64 - 2 interrupts that nobody took, and an edge has been given"},

    /* Files that the runtime reads and writes. */
    {"os/cgroup.c", "more", "read", "quota", {EIO, EINTR, WF_SHORT}},
    {"os/cgroup.c", "next_line", "close", "quota", {EINTR}},
    {"os/cgroup.c", "open_to_read", "open", "quota", {EMFILE, ENFILE, EINTR}},
    {"os/cgroup.c", "slurp", "read", "quota", {EIO, EINTR}},
    {"os/cgroup.c", "slurp", "close", "quota", {EINTR}},
    {"os/file.c", "w_os_create", "open", "trace", {EINTR}},
    {"os/file.c", "w_os_create", "open", "trace", {EACCES, EMFILE, ENFILE, ENOSPC, EROFS, EISDIR}, .gives = "trace_start"},
    {"os/file.c", "w_os_write_all", "write", "trace", {EINTR, WF_SHORT}},
    {"os/file.c", "w_os_write_all", "write", "trace", {ENOSPC, EDQUOT, EIO, EFBIG}, .gives = "trace_stop"},
    {"os/symbols.c", "read_maps", "open", "dump", {EMFILE, ENFILE, ENOENT}},
    {"os/symbols.c", "read_maps", "read", "dump", {EINTR, ENOMEM, WF_SHORT}},
    {"os/symbols.c", "read_maps", "close", "dump", {EINTR}},
    {"os/symbols.c", "load", "open", "dump", {EMFILE, ENOENT, EACCES}},
    {"os/symbols.c", "load", "fstat", "dump", {EIO}},
    {"os/symbols.c", "load", "mmap", "dump", {ENOMEM, ENODEV}},
    {"os/symbols.c", "load", "close", "dump", {EINTR}},
    {"os/symbols.c", "read_maps", "open", "dies", {EMFILE}},
    {"os/symbols.c", "load", "open", "dies", {EMFILE}},
    {"os/peek.c", "w_peek_open", "pipe2", "dump", FULL},
    {"os/peek.c", "w_peek_open", "pipe2", "dies", {EMFILE}},
    {"os/peek.c", "w_peek", "SYS_write", "dump", {EFAULT}},
    {"os/peek.c", "w_peek", "read", .never = "what was written to the pipe is there"},
    {"os/peek.c", "w_peek_close", "close", "dump", {EINTR}},

    /* What it says on stderr. */
    {"base/say.c", "w_say_flush", "write", "dies", {EINTR, EAGAIN, WF_SHORT}},
    {"base/say.c", "w_say_flush", "write", "dies", {EIO, EPIPE, EBADF, ENOSPC}, .gives = "silence"},
    {"base/say.c", "w_say_flush", "write", "dump", {EINTR, EAGAIN, EIO, ENOSPC, WF_SHORT}},
    {"base/say.c", "w_say_flush", "poll", "dies", {EINTR, ENOMEM}, .beside = "w_say_flush:write", .beside_error = EAGAIN},
    {"sched/schedtrace.c", "brief", "write", "brief states", {EINTR, EAGAIN, EIO, EPIPE, WF_SHORT}},
    {0},
};
