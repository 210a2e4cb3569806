"""The models of conformance/models stand for the functions that they name: a function that has changed since its model was last
compared with it is a finding. Also what a model has to say of itself: how it is run, at least MUTANTS mutants, each in its text.

A function's text is hashed without comments and whitespace. FUNCTIONS keeps the hashes; scripts/lib/models.py --bless renews them.
"""

import hashlib
import os
import re
from collections import namedtuple

FOLDER = "conformance/models"
FUNCTIONS = FOLDER + "/functions.txt"
MUTANTS = 3
BLESS = "compare it with the model, then: scripts/lib/models.py --bless %s"

Model = namedtuple("Model", "name path text runs mutants functions")  # mutants: {name: (run, what)}; functions: ["file:function"]

_RUN = re.compile(r"^ \* run: (\w+)$", re.M)
_MUTANT = re.compile(r"^ \* mutant: ([A-Z][A-Z0-9_]+)  (\w+)  (\S.*)$", re.M)
_NAMED = re.compile(r"\b(runtime/[\w/.-]+\.[chS]):(\w+)")
_BLANK = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", re.S)


def models(root):
    found = []
    folder = os.path.join(root, FOLDER)
    for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if file.endswith(".pml"):
            with open(os.path.join(folder, file), encoding="utf-8") as text:
                found.append(parse(file[:-4], os.path.join(folder, file), text.read()))
    return found


def parse(name, path, text):
    named = sorted(set("%s:%s" % pair for pair in _NAMED.findall(text)))
    return Model(name, path, text, _RUN.findall(text), {n: (run, what) for n, run, what in _MUTANT.findall(text)}, named)


# ---- a function's text ----

def bare(source):
    """Without comments; strings stay."""
    return _TOKEN.sub(lambda m: m.group(1) or " ", source)


def function(source, name, assembly=False):
    """Every definition of it in the file, without comments and whitespace; "" for none."""
    if assembly:
        found = re.findall(r"^%s:\n.*?^\s*\.size %s," % (name, name), _BLANK.sub("", source), re.M | re.S)
    else:
        found = list(_definitions(bare(source), name))
    return re.sub(r"\s+", "", "".join(found))


def _definitions(text, name):
    for at in re.finditer(r"\b%s\s*\(" % name, text):
        end = _closing(text, at.end() - 1)
        body = re.compile(r"\s*\{").match(text, end)
        begin = max(text.rfind(";", 0, at.start()), text.rfind("}", 0, at.start()), _directive(text, at.start()))
        if body and re.search(r"[\w*]\s*$", text[begin + 1:at.start()]):
            yield text[begin + 1:_closing(text, body.end() - 1)]


def _closing(text, at):
    """Behind the bracket that closes the one at `at`."""
    pairs, depth = {"(": ")", "{": "}"}, 0
    for i in range(at, len(text)):
        depth += (text[i] == text[at]) - (text[i] == pairs[text[at]])
        if depth == 0:
            return i + 1
    return len(text)


def _directive(text, before):
    """The end of the last preprocessor line."""
    last = -1
    for line in re.finditer(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", text[:before], re.M):
        last = line.end() - 1
    return last


def digest(root, named):
    """None: there is no such function."""
    file, name = named.split(":")
    try:
        with open(os.path.join(root, file), encoding="utf-8") as source:
            text = function(source.read(), name, file.endswith(".S"))
    except FileNotFoundError:
        return None
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else None


# ---- what was blessed ----

def blessed(root):
    """{model: {function: digest}}"""
    found = {}
    try:
        with open(os.path.join(root, FUNCTIONS), encoding="utf-8") as lines:
            for model, named, value in (line.split() for line in lines if not line.startswith("#") and line.strip()):
                found.setdefault(model, {})[named] = value
    except FileNotFoundError:
        pass
    return found


def check(root):
    found, known = [], blessed(root)
    for model in models(root):
        found += _own(model) + _compared(root, model, known.pop(model.name, {}))
    return found + ["%s: there is no model %s" % (FUNCTIONS, name) for name in sorted(known)]


def _own(model):
    where = "%s/%s.pml" % (FOLDER, model.name)
    found = [] if model.runs else ["%s: no line `run: NAME`" % where]
    found += ["%s: run %s has no ltl of its name" % (where, run) for run in model.runs
              if run != "safety" and not re.search(r"^ltl %s\b" % run, model.text, re.M)]
    if len(model.mutants) < MUTANTS:
        found.append("%s: %d mutants, %d are wanted" % (where, len(model.mutants), MUTANTS))
    for name, (run, _) in model.mutants.items():
        if run not in model.runs:
            found.append("%s: mutant %s is for a run that is not there: %s" % (where, name, run))
        if not re.search(r"^#\s*(?:ifn?def|if|elif)\b.*\b%s\b" % name, model.text, re.M):
            found.append("%s: mutant %s changes nothing" % (where, name))
    return found


def _compared(root, model, known):
    found = []
    for named in model.functions:
        now = digest(root, named)
        if now is None:
            found.append("model %s names %s, which is not there" % (model.name, named))
        elif named not in known:
            found.append("model %s names %s, and was never compared with it: %s" % (model.name, named, BLESS % model.name))
        elif known[named] != now:
            found.append("%s has changed, and model %s has not been compared with it: %s" % (named, model.name, BLESS % model.name))
    return found + ["%s: model %s no longer names %s: %s" % (FUNCTIONS, model.name, named, BLESS % model.name)
                    for named in sorted(set(known) - set(model.functions))]
