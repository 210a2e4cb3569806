"""No call to the system escapes the fault suite: what libweft.a leaves undefined is hooked by conformance/fault/hook.h, or listed here.

The suite itself holds every hooked call site against its table; this holds every name against the hook.
"""

import os
import re
import subprocess

HOOK = os.path.join("conformance", "fault", "hook.h")

_REASONS = {
    "makes no system call": "memchr memcmp memcpy memmove memset strchr strcmp strcspn strlen strncmp strncpy strrchr strstr snprintf vsnprintf "
                            "getenv inet_pton in6addr_any in6addr_loopback __sched_cpucount __errno_location pthread_self "
                            "pthread_attr_init pthread_attr_destroy pthread_attr_setstacksize sigaddset sigdelset sigemptyset sigfillset "
                            "sigismember dl_iterate_phdr dladdr1 _Unwind_Backtrace _Unwind_GetIPInfo ftrylockfile funlockfile",
    "always succeeds (its man page), or fails for a bad argument only, and these are constants": "clock_gettime getpid sched_yield pthread_sigmask "
                            "sigpending sigaction signal sysconf",
    "of threads that were made and are joined or detached once": "pthread_join pthread_tryjoin_np pthread_detach",
    "polls with a time of 0 for a signal that is pending": "sigtimedwait",
    "gives back; cannot fail": "free freeaddrinfo",
    "the process ends": "_exit exit abort raise",
    "on the way out, and there is nobody left to tell": "dprintf fflush_unlocked stdout stderr",
    "its address alone is taken": "sleep usleep clock_nanosleep",
    "the linker's": "_GLOBAL_OFFSET_TABLE_ __start_weft_text __stop_weft_text __stack_chk_fail",
}
UNHOOKED = {name: why for why, names in _REASONS.items() for name in names.split()}
_OWN = {"w_os_map", "w_os_thread_start"}  # the runtime's, hooked at their callers
_DEFINE = re.compile(r"^\s*#define ([a-z_][a-z0-9_]*)\(", re.MULTILINE)


def hooked(text):
    return set(_DEFINE.findall(text))


def undefined(library):
    """What its objects need and none of them has."""
    listed = subprocess.run(["nm", library], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60, check=True).stdout
    words = [line.split() for line in listed.splitlines()]
    needed = {w[1] for w in words if len(w) == 2 and w[0] in "Uwv"}
    return needed - {w[2] for w in words if len(w) == 3}


def problems(needed, hooks):
    found = ["%s is called by the runtime, and neither hooked in %s nor excused in scripts/checks/faults.py" % (name, HOOK)
             for name in sorted(needed - hooks - set(UNHOOKED))]
    found += ["%s is hooked in %s, and the runtime does not call it" % (name, HOOK) for name in sorted(hooks - _OWN - needed)]
    found += ["%s is both hooked and excused" % name for name in sorted(hooks & set(UNHOOKED))]
    return found


def check(root, library):
    with open(os.path.join(root, HOOK), encoding="utf-8") as text:
        return problems(undefined(library), hooked(text.read()))
