#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the man pages from weft.h's docstrings, so that nothing is said twice: man.py WEFT.H KNOB.C EXAMPLE.C DIR

A paragraph of the header, up to an empty line, is a page in man3, named after its first function, type or macro; its other functions have
pages that point to it. man7/weft.7 has what the header's head says and the list of pages, the knobs from knob.c, and the example.
"""

import os
import re
import sys
import textwrap
import time

SECTION = re.compile(r"^/\* ---- (.+?) -+ \*/$")
KNOB = re.compile(r'\{"(\w+)", \w+, offsetof\([^)]*\), \w+, \w+,\s*"([^"]*)"\}')


class Entry:
    """A comment and the declarations beneath it."""

    def __init__(self, comment):
        self.comment, self.declarations = comment, []


class Page:
    def __init__(self, section, entries):
        self.section, self.entries = section, entries
        self.names = [n for e in entries for d in e.declarations for n in names(d)]

    def name(self):
        return self.names[0]

    def summary(self):
        """The first sentence, as a phrase."""
        text = " ".join(next(e.comment for e in self.entries if e.comment).split())
        text = re.sub(r"^WEFT_\w+\([^)]*\), at file scope[^:]*: ", "", text)
        phrase = text[:end_of_phrase(text)]
        return phrase[0].lower() + phrase[1:] if phrase[1:2].islower() or phrase[1:2] == " " else phrase


def end_of_phrase(text):
    """Where a sentence or a part of one ends that has three words, outside of parentheses and quotes."""
    depth = quoted = 0
    for at, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        quoted ^= c == '"'
        if c in ".:;" and text[at + 1:at + 2] in ("", " ") and not depth and not quoted and text[:at].count(" ") > 1:
            return at
    return len(text)


def names(declaration):
    """What a declaration declares: a function, a macro, a structure or type."""
    plain = re.sub(r"/\*.*?\*/", "", declaration, flags=re.S)
    macro = re.match(r"#define (\w+)", plain)
    if macro:
        return [macro.group(1)]
    kind = re.match(r"(?:typedef )?(?:struct|enum) (\w+)(?: \w+)?(?: \{|;)", plain)
    if kind:
        return [kind.group(1)] if kind.group(1)[-1] != "_" else []
    pointer = re.match(r"typedef .*\(\*(\w+)\)", plain)
    return [pointer.group(1)] if pointer else re.findall(r"(\w+[^\W_])\(", plain)[:1]


def comment_text(lines):
    """A comment without its stars."""
    text = "\n".join(lines).strip()[2:-2]
    return "\n".join(re.sub(r"^ \* ?", "", line) for line in text.split("\n")).strip()


def read(header):
    """(the head's comment, {section: its notes}, [Page])"""
    with open(header, encoding="utf-8") as source:
        lines = source.read().split("\n")
    pages, notes, head, section = [], {}, "", None
    entries, comment, i = [], None, 0

    def flush():
        nonlocal entries, comment
        if comment and section:  # a comment with nothing beneath it is the section's
            notes[section] = (notes[section] + "\n\n" + comment).strip()
        if any(names(d) for e in entries for d in e.declarations):
            pages.append(Page(section, entries))
        entries, comment = [], None

    while i < len(lines):
        line = lines[i]
        if SECTION.match(line):
            flush()
            section = SECTION.match(line).group(1)
            notes[section] = ""
        elif line.startswith("/*"):
            start = i
            while "*/" not in lines[i]:
                i += 1
            if section is None:
                head = head or comment_text(lines[start:i + 1]).partition(" \u2014 ")[2]
            else:
                if comment:
                    notes[section] = (notes[section] + "\n\n" + comment).strip()
                comment = comment_text(lines[start:i + 1])
                if i + 1 < len(lines) and lines[i + 1].strip() and not lines[i + 1].startswith("/*"):
                    entries, comment = entries + [Entry(comment)], None
        elif not line.strip():
            flush()
        elif line.startswith("#"):
            start = i
            while lines[i].endswith("\\"):
                i += 1
            if line.startswith("#define WEFT_") and entries and not entries[-1].declarations:
                entries[-1].declarations.append(re.match(r"#define \w+(?:\([^)]*\))?", lines[start]).group())
        elif section and line != "}":
            start = i
            while not ended("\n".join(lines[start:i + 1])):
                i += 1
                if i == len(lines):
                    sys.exit("man.py: %s:%d: no end to what begins there" % (header, start + 1))
            if not entries:
                entries.append(Entry(""))
            entries[-1].declarations.append("\n".join(lines[start:i + 1]))
        i += 1
    flush()
    return head, notes, [p for p in merge(pages) if any(e.comment for e in p.entries)]


def ended(text):
    plain = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return plain.count("{") == plain.count("}") and plain.rstrip().endswith(";")


def merge(pages):
    """A type without a word of its own goes with the page of its functions, else with the next one."""
    out, waiting = [], []
    for page in pages:
        if not any(e.comment for e in page.entries):
            waiting += page.entries
            continue
        mine = [d for e in waiting for d in e.declarations if page.name().startswith(tuple(n + "_" for n in names(d))) or "{ " in d]
        mine = mine or [d for e in waiting for d in e.declarations] if len(waiting) == 1 and len(waiting[0].declarations) == 1 else mine
        out.append(Page(page.section, page.entries + [types(mine)] if mine else page.entries))
        waiting = [types([d for e in waiting for d in e.declarations if d not in mine])]
    return out


def types(declarations):
    entry = Entry("")
    entry.declarations = declarations
    return entry


# ---- roff ----

def plain(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return "".join(c if ord(c) < 128 else "\\[u%04X]" % ord(c) for c in text)


def prose(text):
    """Filled text: hyphens between letters stay hyphens, names and constants are bold."""
    text = text.replace("\\", "\\e").replace("'", "\\(cq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    text = re.sub(r"(?<![A-Za-z])-(?=\w)", "\\-", text)
    text = re.sub(r"(?<![\w-])(weft_\w+(?:\.\w+)?|WEFT_[A-Z_]+\b|\\-E[A-Z]+\b)", r"\\fB\1\\fR", text)
    text = "".join(c if ord(c) < 128 else "\\[u%04X]" % ord(c) for c in text)
    return fold(text)


def fold(text):
    lines = textwrap.wrap(text, 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\\&" + line if line[:1] in ".'" else line for line in lines)


def literal(text):
    return "\n".join("\\&" + line if line[:1] in ".'" else line for line in (plain(l) for l in text.split("\n")))


def standards(text):
    """(the docstring without its source, the source)"""
    found = re.search(r"\s*Source:\s+(.*?)\.(?=\s|$)", text, flags=re.S)
    return (text[:found.start()] + text[found.end():], found.group(1)) if found else (text, None)


def declaration(text):
    """For the synopsis: without comments, attributes and private fields, folded to a terminal's width."""
    text = re.sub(r"[ \t]*/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"\s*__attribute__\(\(.*\)\)(?=;)", "", text)
    text = re.sub(r"^WEFT_NORETURN ", "_Noreturn ", text)
    text = re.sub(r"\n    [^\n]*_\w*(?:, \w+_)*;(?=\n)", lambda m: "" if re.search(r"\w_[,;]", m.group()) else m.group(), text)
    text = re.sub(r"\{\n\}", "{ \u2026 }", text)
    out = []
    for line in text.split("\n"):
        at = len(line) - len(line.lstrip()) + 4
        out += textwrap.wrap(line, 76, subsequent_indent=" " * at, break_long_words=False, break_on_hyphens=False) or [""]
    return "\n".join(out)


def fields(text):
    """[(fields, what their comment says)] of a structure's lines."""
    body = re.search(r"\{(.*)\}", text, flags=re.S)
    found = re.findall(r"^    ([^/;{}]+;)\s*/\*(.*?)\*/", body.group(1), flags=re.M | re.S) if body else []
    return [(f, " ".join(c.split())) for f, c in found]


def title(name, section, version):
    day = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())))
    return ".TH %s %s %s \"Weft %s\" Weft" % (name.upper(), section, day, version)


def synopsis(page):
    out = [".SH SYNOPSIS", ".nf", "\\fB#include <weft.h>\\fR", ".PP"]
    for entry in page.entries:
        for text in filter(names, entry.declarations):
            out += ["\\fB%s\\fR" % l if l.strip() else l for l in literal(declaration(text)).split("\n")]
    return out + [".fi"]


def manual(page, notes, pages, version):
    out = [title(page.name(), 3, version), ".SH NAME", fold("%s \\- %s" % (", ".join(page.names), plain(page.summary())))] + synopsis(page)
    out += [".SH DESCRIPTION"]
    several = sum(1 for e in page.entries if e.comment) > 1
    sources = []
    for entry in page.entries:
        if not entry.comment:
            continue
        text, source = standards(" ".join(entry.comment.split()))
        sources += [source] if source else []
        if several:
            out += [".TP", "\\fB%s\\fR" % ", ".join(n for d in entry.declarations for n in names(d))]
        out.append(prose(text))
    for entry in page.entries:
        for text in entry.declarations:
            for field, what in fields(text):
                out += [".TP", "\\fB%s\\fR" % plain(field), prose(what)]
    if notes:
        out += [".SH NOTES"]
        for n, paragraph in enumerate(standards(notes)[0].split("\n\n")):
            out += ([".PP"] if n else []) + [prose(" ".join(paragraph.split()))]
        sources += [standards(notes)[1]] if standards(notes)[1] else []
    if sources:
        out += [".SH STANDARDS", "As in Go:", prose("; ".join(dict.fromkeys(sources)) + ".")]
    others = [p.name() for p in pages if p.section == page.section and p is not page]
    out += [".SH SEE ALSO"] + [".BR %s (3)%s" % (n, ",") for n in sorted(others)] + [".BR weft (7)"]
    return "\n".join(out) + "\n"


def overview(head, notes, pages, knobs, example, version):
    what, intro, tagged = head.split("\n\n", 2)
    out = [title("weft", 7, version), ".SH NAME", "weft \\- goroutines for C", ".SH SYNOPSIS", ".nf", "\\fB#include <weft.h>\\fR", ".PP",
           "\\fBcc\\fR \\fIprogram.c\\fR \\fB$(pkg\\-config \\-\\-cflags \\-\\-libs weft)\\fR", ".fi", ".SH DESCRIPTION", prose(what[0].upper() + what[1:])]
    out += [".PP", prose(" ".join(intro.split()))]
    for name, text in re.findall(r"^(\w+)\. +(.*?)(?=^\w+\. |\Z)", tagged, flags=re.M | re.S):
        out += [".TP", "\\fB%s\\fR" % name, prose(" ".join(text.split()))]
    for section in dict.fromkeys(p.section for p in pages):
        out += [".SS %s" % plain(section)]
        for page in (p for p in pages if p.section == section):
            out += [".TP", ".BR %s (3)" % page.name(), prose(page.summary()) + "."]
            if len(page.names) > 1:
                out.append(prose("Also " + ", ".join(page.names[1:]) + "."))
    out += [".SH ENVIRONMENT", ".TP", "\\fBWEFT_PROCS\\fR", "Processors: how many goroutines run at the same time, 1 to 256.", ".TP",
            "\\fBWEFT_DEBUG\\fR", "Knobs, as in \\fBWEFT_DEBUG=schedtrace=1000,guard=none\\fR; an unknown one is an error.", ".RS"]
    for name, text in knobs:
        out += [".TP", "\\fB%s\\fR" % name, prose(text) + "."]
    out += [".TP", "\\fBhelp\\fR", "Prints this table with the defaults, and exits.", ".RE", ".SH EXAMPLES", ".nf", ".ft CR", literal(example), ".ft",
            ".fi", ".SH SEE ALSO"] + [".BR %s (3)," % p.name() for p in pages[:-1]] + [".BR %s (3)" % pages[-1].name()]
    return "\n".join(out) + "\n"


def put(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="ascii") as out:
        out.write(text)


def main(header, knob, example, folder):
    head, notes, pages = read(header)
    with open(header, encoding="utf-8") as text:
        version = re.search(r'#define WEFT_VERSION "(.*)"', text.read()).group(1)
    with open(knob, encoding="utf-8") as text:
        knobs = KNOB.findall(text.read())
    with open(example, encoding="utf-8") as text:
        code = text.read().split("*/\n", 2)[2].strip()
    if not pages or not knobs:
        sys.exit("man.py: %s has a form that it does not know" % (header if knobs else knob))
    for page in pages:
        put(os.path.join(folder, "man3"), page.name() + ".3", manual(page, notes.get(page.section, ""), pages, version))
        for other in page.names[1:]:
            put(os.path.join(folder, "man3"), other + ".3", ".so man3/%s.3\n" % page.name())
    put(os.path.join(folder, "man7"), "weft.7", overview(head, notes, pages, knobs, code, version))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: man.py WEFT.H KNOB.C EXAMPLE.C DIR")
    main(*sys.argv[1:])
