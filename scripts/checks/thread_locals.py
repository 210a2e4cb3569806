"""No compiler may keep a thread-local's address across a switch, so in libweft.a every access to one must be the arch
header's own volatile text: the variable's offset, then one load through the thread pointer, with nothing between.

x86-64   mov w_tls_m@gottpoff(%rip),%R ; mov %fs:(%R),%R
aarch64  mrs %R, tpidr_el0 ; adrp/ldr of :gottprel:w_tls_m ; one load

A store through the offset is safe as it is (one instruction, on whatever thread runs it). Anything else that touches the thread
pointer (the base read from %fs:0, a call of __tls_get_addr, a TLS descriptor) is the compiler's doing. errno is a thread-local too: its address may be asked for on the os floor, and where a comment
here says why no switch can follow.
"""

import re
import subprocess

_FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
_MEMBER = re.compile(r"^(\S+\.o):\s+file format")
_LINE = re.compile(r"^\s+[0-9a-f]+:\s+(.+)$")  # an instruction or a relocation
ERRNO_OK = ("file.c.o", "linux.c.o", "lock.c.o", "peek.c.o", "symbols.c.o", "io.c.o", "signals.c.o", "cgroup.c.o",  # runtime/os
            "epoll.c.o")  # runtime/poll
NEVER_SWITCH = {("say.c.o", "w_say_flush"), ("fault.c.o", "handler"),  # a last word on stderr; a signal handler that restores errno
                ("preempt.c.o", "on_sigurg"),  # the same: the goroutine may wait in it, but on this thread
                ("machine.c.o", "w_m_enter_thread"), ("machine.c.o", "w_m_leave_thread")}  # a thread's first and last act: they store
_COMPILERS_OWN = re.compile(r"__tls_get_addr|R_\w+_(?:TLSGD|TLSLD|TLSDESC|GOTPC32_TLSDESC|TPOFF32|TLSLE|DTPOFF)")


def check(library, objdump="objdump"):
    try:
        text = subprocess.run([objdump, "-dr", "--no-show-raw-insn", library], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=120, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return ["%s: can't disassemble: %s" % (library, error)]
    return scan(text)


def scan(text):
    """The findings in objdump's output."""
    found, member, function, accesses = [], "?", "?", 0
    bodies = []  # (member, function, instructions and relocations)
    for line in text.splitlines():
        head = _MEMBER.match(line)
        if head:
            member = head.group(1)
            continue
        head = _FUNCTION.match(line)
        if head:
            bodies.append((member, head.group(1), []))
            continue
        body = _LINE.match(line)
        if body and bodies:
            bodies[-1][2].append(re.sub(r"\s+", " ", body.group(1)).strip())
    for member, function, lines in bodies:
        never_switches = (member, function) in NEVER_SWITCH
        for at, instruction in enumerate(lines):
            problem = None
            if _COMPILERS_OWN.search(instruction):
                problem = "the compiler's own way to a thread-local"
            elif "__errno_location" in instruction and member not in ERRNO_OK and not never_switches:
                problem = "errno above the os floor"
            elif "%fs:" in instruction and "%fs:0x28" not in instruction:  # 0x28: the stack protector's, the same in all threads
                accesses += 1
                problem = None if _x86_form(lines, at) else "not the arch header's form"
            elif re.search(r"_(GOTTPOFF|TLSIE_\w+) ", instruction) and not re.search(r"\bw_tls_\w+", instruction):
                problem = "a thread-local of its own"
            elif "tpidr_el0" in instruction:
                accesses += 1
                problem = None if never_switches or _aarch64_form(lines, at) else "not the arch header's form"
            if problem:
                found.append("%s: %s: %s: %s" % (member, function, instruction, problem))
    if not accesses:
        found.append("no access to the thread pointer at all: is this libweft?")
    return found


def _x86_form(lines, at):
    """mov 0(%rip),%R | R_X86_64_GOTTPOFF w_tls_m | mov %fs:(%R),%S, or a store."""
    if re.match(r"mov\w? (?:%\w+|\$0x[0-9a-f]+),%fs:(?:0x0)?\(%\w+\)$", lines[at]):
        return True
    use = re.match(r"mov %fs:(?:0x0)?\((%\w+)\),%\w+$", lines[at])
    return bool(use and at >= 2 and re.match(r"mov 0x0\(%rip\)," + re.escape(use.group(1)) + r"\b", lines[at - 2])
                and "R_X86_64_GOTTPOFF w_tls_" in lines[at - 1])


def _aarch64_form(lines, at):
    """mrs A, tpidr_el0 | adrp B | its relocation | ldr B, [B] | its relocation | ldr C, [A, B]."""
    base = re.match(r"mrs (x\d+), tpidr_el0", lines[at])
    if not base or len(lines) < at + 6:
        return False
    offset = re.match(r"adrp (x\d+),", lines[at + 1])
    if not offset or "TLSIE" not in lines[at + 2] or "TLSIE" not in lines[at + 4]:
        return False
    return bool(re.match(r"ldr %s, \[%s" % (offset.group(1), offset.group(1)), lines[at + 3])
                and re.match(r"ldr x\d+, \[%s, %s\]" % (base.group(1), offset.group(1)), lines[at + 5]))
