"""HTML as every page here is made of: one self-contained file, no network, readable without JavaScript, colours by CSS variables."""

import os
from html import escape

import names as naming

HERE = os.path.dirname(os.path.abspath(__file__))
PROPER = {"go": "Go", "weft": "Weft", "boost_fiber": "Boost.Fiber", "erlang": "Erlang", "java": "Java", "state_threads": "State Threads"}


def _asset(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as text:
        return text.read()


def document(title, body):
    return ("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n"
            "<link rel=\"icon\" href=\"data:,\">\n<style>\n%s</style>\n</head>\n<body>\n%s\n<script>\n%s</script>\n</body>\n</html>\n"
            % (escape(title), _asset("page.css"), body, _asset("page.js")))


def cell(value, text, kind="n"):
    """A number's cell carries the number itself: sorting and tests read that, people read the text."""
    if value is None:
        return '<td class="%s">–</td>' % kind
    return '<td class="%s" data-v="%s">%s</td>' % (kind, repr(value), escape(text))


def head(*titles):
    """Titles that begin with > are columns of numbers."""
    return "<thead><tr>%s</tr></thead>" % "".join(
        '<th class="%s" data-sort scope="col">%s</th>' % ("n" if t[:1] == ">" else "", escape(t.lstrip(">"))) for t in titles)


def table(identity, titles, rows, sortable=True):
    """titles: from head()."""
    if not sortable:
        titles = titles.replace(" data-sort", "")
    return '<div class="scroll"><table id="%s">%s<tbody>\n%s\n</tbody></table></div>' % (identity, titles, "\n".join(rows))


def figure(svg, caption):
    return "<figure>\n%s\n%s</figure>" % (svg, caption and "<figcaption>%s</figcaption>" % escape(caption))


def pairs(some):
    return "<dl>%s</dl>" % "".join("<dt>%s</dt><dd>%s</dd>" % (escape(k), escape(v)) for k, v in some if v not in (None, ""))


def flat(value):
    if isinstance(value, dict):
        return "; ".join("%s: %s" % (k, flat(v)) for k, v in sorted(value.items()))
    if isinstance(value, list):
        return "; ".join(flat(v) for v in value)
    return str(value)


def proper(runtime):
    return PROPER.get(runtime, runtime.replace("_", " "))


def thousands(text):
    return "{:,}".format(int(text)) if text.isdigit() else text


def rest(name, args=None):
    """A name without what its surroundings say: the workload, and these arguments or all but procs."""
    parsed = naming.parse(name)
    said = {"%s:%s" % tuple(a) for a in args or parsed.args}
    return "/".join(w for w in name.split("/")[1:] if w not in said)


def words(some):
    return some[0] if len(some) == 1 else ", ".join(some[:-1]) + " and " + some[-1]
