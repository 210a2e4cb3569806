# SPDX-License-Identifier: Apache-2.0
"""The mutants: generated from the runtime's sources by operators, and those written by hand (conformance/mutants/*.mutant).

A mutant is a replacement of text that keeps every line where it is. Its name, FILE:FUNCTION:OPERATOR:NUMBER, counts within that
function and operator, so that it stays while the code around it changes."""

import hashlib
import os
import re
from collections import namedtuple

import usage
from mutants_source import Source, closing, split, statement

Mutant = namedtuple("Mutant", "name file operator edits")  # edits: [(start, end, new text)], not overlapping

OPERATORS = {
    "order": "an atomic operation's memory order weakened by what x86-64 or the compiler may make of it",
    "torn": "an atomic read-modify-write made of a load and a store",
    "drop": "an atomic store or read-modify-write left out",
    "fence": "a fence or barrier left out",
    "recheck": "a look at shared state taken out of a condition",
    "unlink": "something not taken out of its list or queue",
    "wake": "a wake-up left out",
    "lock": "a pair of lock and unlock left out",
    "bound": "a bound off by one",
    "eintr": "a call not tried again after EINTR",
}

_ATOM = r"\b(?:au32|au64|aptr)_"
_ORDER = re.compile(_ATOM + r"(load_acq|load_sc|store_rel|store_sc|(?:xchg|cas)_(?:acqrel|acq)|(?:add|sub|or|and)_(?:acqrel|sc))\b")
_RMW = re.compile(_ATOM + r"(?:(?:xchg|cas|add|sub|or|and)_\w+|bump)\b")
_WRITE = re.compile(_ATOM + r"(?:store|xchg|add|sub|or|and)_\w+\s*\(|\bau64_bump\s*\(")
_FENCE = re.compile(r"\b(?:w_full_fence|w_light_barrier|w_os_heavy_barrier)\s*\(")
_LOOK = re.compile(r"_load_(?:rlx|acq|sc)\s*\(|\b(?:w_stops|w_waitq_empty|w_wake_wanted|w_timer_due|w_netpoll_due|w_netpoll_on|"
                   r"w_netpoll_waiting|w_timers_next|w_chan_is_own|nobody_else|dead_locked)\s*\(|(?:->|\.)(?:listed|polls|ended|stopping|"
                   r"bound_wait|head_|tail_|decided)\b")
_CONDITION = re.compile(r"\b(if|while)\s*\(|\breturn\b|(?<![=!<>|&+*/%^-])=(?!=)")
_UNLINK = re.compile(r"\b(?:w_chan_unlink|unlink|unlist|w_waitq_remove|w_waitq_pop|w_timers_remove|w_timers_del|take_out|take|take_all|"
                     r"dequeue\w*|\w+_unlink|w_poll_del)\s*\(")
_RELINK = re.compile(r"(?<![\w.>*])[\w*()\[\]>.-]+\s*=\s*[\w>.()-]+(?:->|\.)\w*(?:next|prev)_?\s*;")
_WAKE = re.compile(r"\b(?:w_ready\w*|w_m_wake|w_wake_\w+|w_sysmon_kick\w*|w_os_futex_wake|wake|wake_\w+|w_poll_interrupt|w_chan_ready_all|"
                   r"w_netpoll_(?:target|left|take|inject)|w_check_dead|w_runq_put|hand_on|last_out|ready_\w+)\s*\(")
_LOCKS = {"w_lock": "w_unlock", "w_spin_lock": "w_spin_unlock", "w_waitq_lock": "w_waitq_unlock", "w_preempt_off": "w_preempt_on"}
_LOCK = re.compile(r"\b(%s)\s*\(" % "|".join(_LOCKS))
_COMPARE = re.compile(r"(?<![-<>=])(<=|>=|<|>)(?![<>=])")
_STEP = re.compile(r" [+-] 1\b(?![\w.])")
_TIME = re.compile(r"_NS\b|_ns\b|\b(?:now|when|deadline|wait|left|rest|start|pace|next_when|age|trim|parked_at)\b|w_os_now|_at\b|\bns\b|WEFT_NEVER")
_HINT = re.compile(r"/\*.*\bhint\b.*\b(?:saves|looks again)\b")
_EINTR = re.compile(r"\berrno\s*(==|!=)\s*EINTR\b")

OUTSIDE = ("runtime/include/", "runtime/arch/", "runtime/examples/")

# Included ahead of every mutated file: the operations that the runtime has no use for.
PRELUDE = """\
#include "base/atom.h"
#ifdef W_SIM /* its port of the atomics knows no orders */
#define MUTANT_XCHG(A, a, x) A##_xchg_acqrel(a, x)
#define MUTANT_CAS(A, a, old, x) A##_cas_acqrel(a, old, x)
#define MUTANT_ADD(a, n) ws_change(&a->v, sizeof a->v, WS_ADD, n)
#define MUTANT_SUB(a, n) ws_change(&a->v, sizeof a->v, WS_ADD, -(uint64_t)n)
#define MUTANT_OR(a, n) ws_change(&a->v, sizeof a->v, WS_OR, n)
#define MUTANT_AND(a, n) ws_change(&a->v, sizeof a->v, WS_AND, n)
#else
#define MUTANT_XCHG(A, a, x) atomic_exchange_explicit(&a->v, x, memory_order_relaxed)
#define MUTANT_CAS(A, a, old, x) atomic_compare_exchange_strong_explicit(&a->v, old, x, memory_order_relaxed, memory_order_relaxed)
#define MUTANT_ADD(a, n) atomic_fetch_add_explicit(&a->v, n, memory_order_relaxed)
#define MUTANT_SUB(a, n) atomic_fetch_sub_explicit(&a->v, n, memory_order_relaxed)
#define MUTANT_OR(a, n) atomic_fetch_or_explicit(&a->v, n, memory_order_relaxed)
#define MUTANT_AND(a, n) atomic_fetch_and_explicit(&a->v, n, memory_order_relaxed)
#endif
#define MUTANT_ATOM(A, T) \\
    static inline __attribute__((unused)) T A##_load_weak(const A *a) { return A##_load_rlx(a); } \\
    static inline __attribute__((unused)) T A##_xchg_weak(A *a, T x) { return MUTANT_XCHG(A, a, x); } \\
    static inline __attribute__((unused)) bool A##_cas_weak(A *a, T *old, T x) { return MUTANT_CAS(A, a, old, x); } \\
    static inline __attribute__((unused)) T A##_xchg_torn(A *a, T x) { T old = A##_load_rlx(a); A##_store_rlx(a, x); return old; } \\
    static inline __attribute__((unused)) bool A##_cas_torn(A *a, T *old, T x) \\
    { \\
        T now = A##_load_rlx(a); \\
        if (now == *old) { A##_store_rlx(a, x); return true; } \\
        *old = now; \\
        return false; \\
    }
#define MUTANT_MATHS(A, T, OP, C, DO) \\
    static inline __attribute__((unused)) T A##_##OP##_weak(A *a, T n) { return (T)DO(a, n); } \\
    static inline __attribute__((unused)) T A##_##OP##_torn(A *a, T n) { T old = A##_load_rlx(a); A##_store_rlx(a, old C n); return old; }
MUTANT_ATOM(au32, uint32_t)
MUTANT_ATOM(au64, uint64_t)
MUTANT_ATOM(aptr, void *)
MUTANT_MATHS(au32, uint32_t, add, +, MUTANT_ADD) MUTANT_MATHS(au32, uint32_t, sub, -, MUTANT_SUB)
MUTANT_MATHS(au32, uint32_t, or, |, MUTANT_OR) MUTANT_MATHS(au32, uint32_t, and, &, MUTANT_AND)
MUTANT_MATHS(au64, uint64_t, add, +, MUTANT_ADD) MUTANT_MATHS(au64, uint64_t, sub, -, MUTANT_SUB)
MUTANT_MATHS(au64, uint64_t, or, |, MUTANT_OR) MUTANT_MATHS(au64, uint64_t, and, &, MUTANT_AND)
"""


def sources(root):
    """What mutants are made of: the runtime's C but for the public header, the other port and the examples."""
    for where, inside, names in sorted(os.walk(os.path.join(root, "runtime"))):
        inside.sort()
        for name in sorted(names):
            path = os.path.relpath(os.path.join(where, name), root)
            if name.endswith((".c", ".h")) and not path.startswith(OUTSIDE) and path != "runtime/base/atom.h":
                with open(os.path.join(root, path), encoding="utf-8") as text:
                    yield Source(path, text.read())


def generate(root):
    """Every mutant of every source, in a fixed order."""
    for source in sources(root):
        counts = {}
        for operator, at, edits in sorted(_of(source), key=lambda m: (m[1], m[0])):
            function = source.function(at)
            where = "%s:%s:%s" % (source.path[len("runtime/"):], function[0] if function else "macro", operator)
            counts[where] = counts.get(where, 0) + 1
            yield Mutant("%s:%d" % (where, counts[where]), source.path, operator, edits)


def _of(source):
    plain, text = source.plain, source.text
    for hit in _EINTR.finditer(source.code):
        yield "eintr", hit.start(), [(hit.start(), hit.end(), "0" if hit.group(1) == "==" else "1")]
    for _, start, end in source.functions:
        yield from _in_function(plain, text, start, end)


def _in_function(plain, text, start, end):
    for hit in _ORDER.finditer(plain, start, end):
        name = hit.group()
        weak = name.replace("store_sc", "store_rel") if "store_sc" in name else name.replace("store_rel", "store_rlx") if "store" in name \
            else name[:name.rindex("_")] + "_weak"
        yield "order", hit.start(), [(hit.start(), hit.end(), weak)]
    for hit in _RMW.finditer(plain, start, end):
        if "bump" not in hit.group():
            yield "torn", hit.start(), [(hit.start(), hit.end(), hit.group()[:hit.group().rindex("_")] + "_torn")]
    for operator, what in (("drop", _WRITE), ("fence", _FENCE), ("unlink", _UNLINK), ("unlink", _RELINK), ("wake", _WAKE)):
        for hit in what.finditer(plain, start, end):
            yield from _without(operator, plain, text, hit.start())
    yield from _locks(plain, text, start, end)
    yield from _looks(plain, text, start, end)
    for hit in _COMPARE.finditer(plain, start, end):
        if not _TIME.search(_around(plain, hit.start(), hit.end())) and not _least_or_most(plain, hit.start(), hit.end()):
            old = hit.group(1)
            yield "bound", hit.start(), [(hit.start(), hit.end(), old[0] if len(old) == 2 else old + "=")]
    for hit in _STEP.finditer(plain, start, end):
        if not _TIME.search(_around(plain, hit.start(), hit.end())):
            yield "bound", hit.start(), [(hit.start(), hit.end(), _spaces(hit.group()))]


def _spaces(text):
    return re.sub(r"[^\n]", " ", text)


def _around(plain, start, end):
    """The operands of a comparison: up to a bracket, a comma, a logical operator or the statement's end."""
    left = re.split(r"&&|\|\||[;{},?]|\bif\b|\bwhile\b|\bfor\b|\breturn\b", plain[max(0, start - 120):start])[-1]
    right = re.split(r"&&|\|\||[;{},?]", plain[end:end + 120])[0]
    return left + " " + right


def _least_or_most(plain, start, end):
    """Where both sides are equal it makes no difference which way it goes: a < b ? a : b, a < b ? b - a : 0, if (a > b) a = b."""
    left = _operand_before(plain, start)
    choice = re.compile(r"([^?;{}]*)\?([^:;{}]*):(\s*(?:\(\w+\))?[^;{},)]*)").match(plain, end)
    if choice and choice.group(1).count(")") <= choice.group(1).count("("):
        right, one, other = (_bare(part) for part in choice.groups())
        difference = not re.search(r"[+-]", left + right) and one in (left + "-" + right, right + "-" + left)
        return {one, other} == {left, right} or other == "0" and difference
    clip = re.compile(r"([^?;{}()]*)\)\s*([^;{}=]+)=\s*([^;{}=]*);(?!\s*else\b)").match(plain, end)
    if clip and not re.search(r"\b(?:while|for)\s*\([^;{}]*\Z", plain[max(0, start - 120):start]):
        right, target, value = (_bare(part) for part in clip.groups())
        return target == left and (value == right or value.startswith(right + "?" + right + ":"))
    return False


def _operand_before(plain, at):
    """What a comparison here has on its left: back to a bracket that is open, or to what binds less."""
    depth, start = 0, at
    while start > 0 and (depth or plain[start - 1] not in "([;{},?=&|"):
        start -= 1
        depth += (plain[start] in ")]") - (plain[start] in "([")
    return _bare(re.sub(r"^\s*return\b", "", plain[start:at]))


def _bare(text):
    """Without spaces and casts."""
    return re.sub(r"\((?:u?int\d*(?:_t)?|size_t|unsigned|long)\)", "", "".join(text.split()))


def _without(operator, plain, text, at):
    end = statement(plain, at)
    if end is not None:
        yield operator, at, [(at, end, ";" + _spaces(text[at:end])[1:])]


def _locks(plain, text, start, end):
    for hit in _LOCK.finditer(plain, start, end):
        begin, close = hit.start(), closing(plain, hit.end() - 1)
        stop = statement(plain, begin)
        if stop is None or close < 0:
            continue
        what = plain[hit.end():close].strip()
        again = re.compile(r"\b%s\s*\(\s*%s\s*\)\s*;" % (hit.group(1), re.escape(what))).search(plain, stop, end)
        undo = re.compile(r"\b%s\s*\(\s*%s\s*\)\s*;" % (_LOCKS[hit.group(1)], re.escape(what)))
        found = [m for m in undo.finditer(plain, stop, again.start() if again else end)]
        if found:
            yield "lock", begin, [(s, e, ";" + _spaces(text[s:e])[1:]) for s, e in [(begin, stop)] + [(m.start(), m.end()) for m in found]]


def _looks(plain, text, start, end):
    for hit in _CONDITION.finditer(plain, start, end):
        if hit.group(1):
            begin = hit.end()
            stop = closing(plain, begin - 1)
        else:
            begin = hit.end()
            stop = plain.find(";", begin)
        if stop < 0 or stop > end:
            continue
        begin, stop = _inside_hint(plain, begin, stop)
        parts, join = split(plain, begin, stop)
        if join is None or not join and not hit.group(1):
            continue  # an assigned or returned look is no condition
        for s, e in parts:
            lead = len(plain[s:e]) - len(plain[s:e].lstrip())
            if not _LOOK.search(plain, s, e) or _is_hint(text, s + lead):
                continue
            neutral = "1" if join == "&&" else "0"
            tail = text[s + lead:e]
            if "=" in re.sub(r"[=!<>]=", "", plain[s:e]):
                continue  # it assigns what is used below
            yield "recheck", s + lead, [(s + lead, e, neutral + "\n" * tail.count("\n"))]


def _is_hint(text, at):
    """A look that the source calls a hint on its line, and says what it saves or who looks again: without it only time differs."""
    return _HINT.search(text[text.rfind("\n", 0, at) + 1:text.find("\n", at)]) is not None


def _inside_hint(plain, begin, stop):
    """Through w_likely( … ) and w_unlikely( … ) around the whole."""
    hint = re.compile(r"\s*(?:w_likely|w_unlikely)\s*\(").match(plain, begin, stop)
    if hint and plain[closing(plain, hit_end := hint.end() - 1) + 1:stop].strip() == "":
        return hint.end(), closing(plain, hit_end)
    return begin, stop


# ---- by hand ----

_FIELD = re.compile(r"(file|find|replace|why):[ \t]*(.*)")


def by_hand(root, folder):
    """One of each FOLDER/*.mutant. A text to find that is not there, or not alone, is an error: the mutant is stale."""
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if name.endswith(".mutant"):
            yield _read(root, os.path.join(folder, name), "hand:" + name[:-len(".mutant")])


def _read(root, path, name):
    with open(path, encoding="utf-8") as text:
        lines = text.read().splitlines()
    short = os.path.relpath(path, root)
    file, finds, replaces, field = None, [], [], None
    for number, line in enumerate(lines, 1):
        head = _FIELD.fullmatch(line)
        if head:
            field = head.group(1)
            if field == "file":
                file = head.group(2).strip()
            elif field == "find":
                finds.append([])
            elif field == "replace":
                replaces.append([])
        elif line.startswith("#") and field in (None, "why", "file"):
            continue
        elif field == "find":
            finds[-1].append(line)
        elif field == "replace":
            replaces[-1].append(line)
        elif field != "why" and line.strip():
            raise usage.Stop("%s:%d: neither a field nor within one" % (short, number))
    if not file or not finds or len(finds) != len(replaces):
        raise usage.Stop("%s: wants a file, and a replace for each find" % short)
    try:
        with open(os.path.join(root, file), encoding="utf-8") as text:
            source = text.read()
    except OSError:
        raise usage.Stop("%s is stale: there is no %s" % (short, file)) from None
    edits = []
    for find, replace in zip(finds, replaces):
        old, new = "\n".join(find).strip("\n"), "\n".join(replace).strip("\n")
        if not old or source.count(old) != 1:
            raise usage.Stop("%s is stale: %s has its text %d times: %s" % (short, file, source.count(old) if old else 0,
                                                                           old.strip().split("\n")[0]))
        at = source.index(old)
        edits.append((at, at + len(old), new))
    return Mutant(name, file, "hand", sorted(edits))


# ---- choosing ----

def apply(text, edits):
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def sample(mutants, most, seed):
    """At most so many, in turn from every room and operator, so that none is left out whenever it ends. A name's place depends on itself
    and the seed alone: a change to the sources leaves the others chosen."""
    groups = {}
    for mutant in mutants:
        groups.setdefault((mutant.operator, mutant.file.split("/")[1]), []).append(mutant)

    def place(*words):
        return hashlib.sha256(":".join((str(seed),) + words).encode()).digest()
    for group in groups.values():
        group.sort(key=lambda m: place(m.name))
    keys = sorted(groups, key=lambda k: place(*k))
    chosen = []
    while len(chosen) < most and any(groups.values()):
        for key in keys:
            if groups[key] and len(chosen) < most:
                chosen.append(groups[key].pop())
    return chosen
