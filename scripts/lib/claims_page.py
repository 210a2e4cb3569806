"""The ledger as text, as Markdown and as a page of its own: every claim, each verdict with the figures and the condition that gave it."""

from collections import Counter
from html import escape

import claims_ledger
import page
import show

PROPER = {"weft": "Weft", "pthread": "pthreads", "go": "Go"}
NONE = "no verdict here"
CANNOT = "not measurable here"
_CLASS = {"confirmed": "wins", "qualified": "undecided", "refuted": "loses", "out_of_date": "loses"}


def word(judgement):
    return claims_ledger.WORDS.get(judgement.verdict, NONE)


def figures(judgement):
    return ", ".join("%s %s%s" % (name, number(f.value), "" if f.low == f.high else " (%s … %s)" % (number(f.low), number(f.high)))
                     for name, f in judgement.figures.items())


def number(value):
    return "{:,}".format(int(value)) if value == int(value) and abs(value) < 1e15 else show.digits(value)


def because(judgement):
    """Why this verdict: the figures and the condition; or why there is none."""
    return judgement.why if judgement.verdict is None else "%s: %s%s" % (figures(judgement), judgement.rule, beside(judgement))


def beside(judgement):
    """What is shown and decides nothing."""
    return "".join("; beside: %s %s" % (name, f if isinstance(f, str) else number(f.value)) for name, f in (judgement.beside or {}).items())


def counts(judged):
    """[(word, how many)], verdicts first."""
    found = Counter(word(j) for j in judged.values())
    return [(w, found[w]) for w in list(claims_ledger.WORDS.values()) + [NONE] if found[w]]


def tally(ledger, judged):
    cannot = sum(len(c.cannot) for c in ledger.claims)
    return "%d claims, %d judgements: %s%s" % (len(ledger.claims), len(judged), ", ".join("%d %s" % (n, w) for w, n in counts(judged)),
                                               "; %d %s" % (cannot, CANNOT) if cannot else "")


def verdicts_of(claim, judged):
    return ", ".join(["%s %s" % (PROPER[who], word(judged[claim.id, who])) for who in claim.who] +
                     ["%s %s" % (PROPER[who], CANNOT) for who in claim.cannot])


# ---- text ----

def text(ledger, judged, former=None):
    """former: {(id, runtime): verdict}, of those that have changed."""
    out = []
    for c in ledger.claims:
        out.append("%3d  %s  [%s]" % (c.id, c.text, ", ".join(c.seed) or "ours"))
        for who in c.who:
            j = judged[c.id, who]
            mark = "  CHANGED from %s" % claims_ledger.WORDS.get(former[c.id, who], "none") if former and (c.id, who) in former else ""
            out.append("     %-8s %-15s %s%s" % (who, word(j), because(j), mark))
        out += ["     %-8s %-15s %s" % (who, CANNOT, why) for who, why in c.cannot.items()]
    out.append("")
    for c in ledger.contradictions:
        out.append("Contradiction: %s" % c["text"])
        out += ["     %3d  %s" % (n, verdicts_of(ledger.claim(n), judged)) for n in c["claims"]]
    out.append(tally(ledger, judged))
    return "\n".join(out) + "\n"


# ---- Markdown ----

def markdown(ledger, judged, title):
    cell = lambda s: s.replace("|", "\\|").replace("\n", " ")
    out = ["# %s" % title, "", tally(ledger, judged) + ".", "", "| # | claim | seed | runtime | verdict | figures: condition |", "|--:|---|---|---|---|---|"]
    for c in ledger.claims:
        head = "| %d | %s | %s " % (c.id, cell(c.text), ", ".join(c.seed) or "ours")
        rows = [(PROPER[who], word(judged[c.id, who]), because(judged[c.id, who])) for who in c.who]
        rows += [(PROPER[who], CANNOT, why) for who, why in c.cannot.items()]
        for who, verdict, why in rows:
            out.append(head + "| %s | %s | %s |" % (who, verdict, cell(why)))
            head = "| | | "
    out += ["", "## Where the seeds contradict each other", ""]
    for c in ledger.contradictions:
        out.append("- %s" % c["text"])
        out += ["  - %d, *%s* %s" % (n, ledger.claim(n).text, verdicts_of(ledger.claim(n), judged)) for n in c["claims"]]
    return "\n".join(out) + "\n"


# ---- HTML ----

def html(ledger, judged, title, sources):
    chips = "".join('<span class="chip">%d %s</span>' % (n, escape(w)) for w, n in counts(judged))
    body = ['<header><h1>The claims</h1>\n<p class="sub">%s</p>\n%s\n<nav><a href="#ledger">Ledger</a><a href="#against">Contradictions</a>'
            '<a href="#none">Without a verdict</a><a href="#reading">How to read this</a></nav></header>\n<main>' % (escape(title), chips),
            '<p class="lead">%s.</p>' % escape(tally(ledger, judged)),
            '<h2 id="ledger">Ledger</h2>', _ledger(ledger, judged), '<h2 id="against">Where the seeds contradict each other</h2>',
            _against(ledger, judged), '<h2 id="none">Without a verdict</h2>', _none(ledger, judged),
            '<h2 id="reading">How to read this</h2>', _reading(ledger, sources), "</main>\n<footer>Weft</footer>"]
    return page.document("Weft's claims: %s" % title, "\n".join(body))


def _table(identity, head, rows):
    return '<div class="scroll"><table id="%s"><thead><tr>%s</tr></thead><tbody>\n%s\n</tbody></table></div>' % (
        identity, "".join('<th scope="col">%s</th>' % h for h in head), "\n".join(rows))


def _ledger(ledger, judged):
    rows = []
    for c in ledger.claims:
        lines = [(who, word(judged[c.id, who]), _CLASS.get(judged[c.id, who].verdict, "muted"), judged[c.id, who]) for who in c.who]
        lines += [(who, CANNOT, "muted", why) for who, why in c.cannot.items()]
        first = '<td class="n" rowspan="%d" id="c%d">%d</td><td rowspan="%d">%s%s<br><span class="muted">%s</span></td>' % (
            len(lines), c.id, c.id, len(lines), escape(c.text),
            '<br><span class="muted">%s</span>' % escape(c.note) if c.note else "", escape("seed " + ", ".join(c.seed) if c.seed else "ours"))
        for who, verdict, style, j in lines:
            rows.append('<tr data-claim="%d" data-who="%s" data-verdict="%s">%s<td class="name"><span class="dot %s"></span>%s</td><td class="name %s">%s</td>%s</tr>'
                        % (c.id, who, escape(verdict), first, who, PROPER[who], style,
                           "<em>%s</em>" % escape(verdict) if verdict in (NONE, CANNOT) else escape(verdict), _why(j)))
            first = ""
    return _table("claims", ("#", "claim", "runtime", "verdict", "because"), rows)


def _why(j):
    if isinstance(j, str):
        return "<td>%s</td>" % escape(j)
    if j.verdict is None:
        return '<td class="muted">%s</td>' % escape(j.why)
    turn = '<br><span class="muted">if %s: %s</span>' % (escape(j.turn[0]), escape(claims_ledger.WORDS[j.turn[1]])) if j.turn else ""
    return "<td>%s<br><code>%s</code>%s</td>" % (escape(figures(j) + beside(j)), escape(j.rule), turn)


def _against(ledger, judged):
    rows = []
    for c in ledger.contradictions:
        first = '<td rowspan="%d">%s</td>' % (len(c["claims"]), escape(c["text"]))
        for n in c["claims"]:
            claim = ledger.claim(n)
            rows.append('<tr>%s<td class="n"><a href="#c%d">%d</a></td><td>%s</td><td>%s</td></tr>' % (
                first, n, n, escape(claim.text), escape(verdicts_of(claim, judged))))
            first = ""
    return _table("contradictions", ("the texts", "#", "claim", "measured"), rows) if rows else "<p>Nowhere.</p>"


def _none(ledger, judged):
    rows = ['<tr><td class="n">%d</td><td class="name">%s</td><td>%s</td></tr>' % (c.id, PROPER[who], escape(judged[c.id, who].why))
            for c in ledger.claims for who in c.who if judged[c.id, who].verdict is None]
    rows += ['<tr><td class="n">%d</td><td class="name">%s</td><td>%s: %s</td></tr>' % (c.id, PROPER[who], CANNOT, escape(why))
             for c in ledger.claims for who, why in c.cannot.items()]
    return _table("without", ("#", "runtime", "why"), rows) if rows else "<p>Every claim has one.</p>"


def _reading(ledger, sources):
    seeds = "".join("<dt>seed %s</dt><dd>%s</dd>" % (escape(k), escape(v)) for k, v in ledger.seeds.items())
    return ("<p>A verdict is the first condition that holds for the measured figures, in <code>conformance/claims.toml</code>; nobody types one. "
            "Beneath a condition stands an alteration of the figures that would bring another verdict. <em>%s</em> is none: its evidence was not "
            "measured, for the reason given. Figures are from %s.</p><dl>%s</dl>" % (NONE, escape(sources), seeds))
