"""libweft.so: its soname, and that it exports exactly the functions that weft.h declares, no data, and no versions of symbols."""

import os
import re
import subprocess

SONAME = "libweft.so.0"
# A declaration at the beginning of a line: a type (or nothing before the name but attributes), the name, its parameters.
_DECLARED = re.compile(r"^(?:WEFT_NORETURN |const |unsigned |struct |enum )*\w+[ *]+\**(weft_\w+)\s*\(", re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:.*\\\n)*.*$", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def declared(header):
    """Several declarations may share a line."""
    text = _DIRECTIVE.sub("", _COMMENT.sub("", header))
    text = re.sub(r"\{[^{}]*\}", "{}", text)  # bodies and structures
    text = re.sub(r";[ \t]*(?=\w)", ";\n", text)
    return {name for name in _DECLARED.findall(text)}


def problems(names, symbols, soname):
    """symbols: (kind as nm shows it, name)."""
    found = []
    if soname != SONAME:
        found.append("the soname is %s, not %s" % (soname or "missing", SONAME))
    exported = {name for kind, name in symbols if kind == "T"}
    found += ["%s is declared in weft.h and not exported" % name for name in sorted(names - exported)]
    found += ["%s is exported and not in weft.h" % name for name in sorted(exported - names)]
    found += ["%s is exported, and is no function (%s)" % (name, kind) for kind, name in symbols if kind != "T"]
    return found


def check(library, header):
    with open(header, encoding="utf-8") as text:
        names = declared(text.read())
    if not names:
        return ["%s declares nothing that this check can read" % header]
    listed = _run("nm", "-D", "--defined-only", library)
    symbols = [tuple(line.split()[-2:]) for line in listed.splitlines() if line.strip()]
    soname = re.search(r"SONAME.*\[(.+?)\]", _run("readelf", "-d", "-W", library))
    return problems(names, symbols, soname and soname.group(1))


def _run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60, check=True).stdout


def check_tree(root, build):
    return check(os.path.join(build, "runtime", "libweft.so"), os.path.join(root, "runtime", "include", "weft.h"))
