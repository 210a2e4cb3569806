# SPDX-License-Identifier: Apache-2.0
"""The runtime's C as the mutants' generator sees it: comments and strings blanked out, statements and functions found by their brackets.

No parser: the house style (one statement a line or so, braces at the left edge around a function) is what makes this enough. What
it cannot make out it leaves alone."""

import re

_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_NAME = re.compile(r"(\w+)\s*\((?:[^()]|\([^()]*\))*\)[^();{}]*\n?\{\s*\Z")
_CHECK = re.compile(r"\b(?:W_CHECK|W_ASSERT|_Static_assert)\s*\(")
PAIRS = {"(": ")", "[": "]", "{": "}"}


def blank(text):
    """Of the same length: spaces for all but line ends."""
    return re.sub(r"[^\n]", " ", text)


class Source:
    """text: as it is. code: without comments, strings and checks, which are no part of what a goroutine sees. plain: without
    directives too, so without macros' bodies."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        code = _TOKEN.sub(lambda m: blank(m.group()), text)
        for hit in list(_CHECK.finditer(code)):
            end = closing(code, hit.end() - 1)
            code = code[:hit.start()] + blank(code[hit.start():end + 1]) + code[end + 1:]
        self.code = code
        self.plain = _DIRECTIVE.sub(lambda m: blank(m.group()), code)
        self.functions = _functions(self.plain)

    def function(self, at):
        """(name, start, end) of the function whose body holds this place, or None."""
        return next((f for f in self.functions if f[1] <= at < f[2]), None)


def _functions(plain):
    found, at = [], 0
    while True:
        start = plain.find("{", at)
        if start < 0:
            return found
        end = closing(plain, start)
        if end < 0:
            return found
        name = _NAME.search(plain[max(0, start - 600):start + 1])
        if name and name.group(1) not in ("if", "while", "for", "switch"):
            found.append((name.group(1), start, end))
        at = end + 1


def closing(code, start):
    """Where the bracket that opens here closes; -1: nowhere."""
    stack = []
    for at in range(start, len(code)):
        char = code[at]
        if char in PAIRS:
            stack.append(PAIRS[char])
        elif char in ")]}":
            if not stack or stack.pop() != char:
                return -1
            if not stack:
                return at
    return -1


def statement(code, start):
    """The end, behind its semicolon, of the expression statement that begins here; None: it is part of something larger."""
    before = code[:start].rstrip()
    if not before or not (before[-1] in ";{}" or before.endswith("else") or before.endswith("do") or _after_condition(before)):
        return None
    at = start
    while at < len(code):
        if code[at] in PAIRS:
            at = closing(code, at)
            if at < 0:
                return None
        elif code[at] == ";":
            return at + 1
        elif code[at] in ")]}":
            return None
        at += 1
    return None


def _after_condition(before):
    """Does this end with the bracket of an if, while or for?"""
    if before[-1] != ")":
        return False
    depth = 0
    for at in range(len(before) - 1, -1, -1):
        depth += (before[at] == ")") - (before[at] == "(")
        if depth == 0:
            return re.search(r"\b(?:if|while|for)\s*\Z", before[:at]) is not None
    return False


def split(code, start, end):
    """[(from, to)] of the parts of an expression, and what joins them at its top level: "&&" or "||", "" for a single part, None for
    a mixture."""
    parts, joins, at, begin = [], set(), start, start
    while at < end:
        if code[at] in "([":
            at = closing(code, at)
            if at < 0 or at >= end:
                return [(start, end)], None
        elif code[at:at + 2] in ("&&", "||"):
            joins.add(code[at:at + 2])
            parts.append((begin, at))
            begin = at = at + 2
            continue
        elif code[at] in "?,;)]":
            return [(start, end)], None
        at += 1
    parts.append((begin, end))
    return parts, joins.pop() if len(joins) == 1 else "" if not joins else None
