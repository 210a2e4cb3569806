"""The ledger, conformance/claims.toml: read and checked wholly, then judged by its rules over measured figures.

A claim:
  id, text           its number, and what it says, in our words
  seed               the documents it is from, by the first three digits of their names; empty: ours
  who                the runtimes that are judged: weft, pthread, go
  evidence.NAME      where a figure comes from, see claims_figures.py; evidence.go.NAME etc.: for one runtime only
  beside.NAME        a figure that is shown and decides nothing; also where there is none, with the reason
  rule.VERDICT       a condition over these names, see claims_rule.py; the first that holds is the verdict; rule.go.VERDICT etc.: for
                     one runtime only, instead
  timing             true: a case's figures are times, so that those of a busy machine are not held against the committed verdict
  go_since           N of the first Go 1.N that this is about: an older one, as a distribution may have it, gets no verdict, and is said to be older
  note               what a reader should know
  cannot.RUNTIME     why it cannot be judged at all, with what says so; in place of a rule
A contradiction of the seeds: `claims`, their numbers, and `text`, what each says.
claims.verdicts beside it has the verdicts that are committed, see claims_committed.py.
"""

import itertools
import tomllib

import claims_figures as figures
import claims_rule

VERDICTS = ("confirmed", "qualified", "refuted", "out_of_date")
WORDS = {"confirmed": "confirmed", "qualified": "qualified", "refuted": "refuted", "out_of_date": "out of date"}
UNCOVERED = "no condition holds for these figures"
OLDER = "older than the Go 1.%d that this is about"
KEYS = {"id", "text", "seed", "who", "evidence", "beside", "rule", "timing", "go_since", "note", "cannot"}
# What a figure is altered to, to see the verdict turn; the numbers of the rule come on top.
CHANGES = (("0", lambda v: 0.0), ("1", lambda v: 1.0), ("half of it", lambda v: v / 2), ("twice it", lambda v: v * 2),
           ("a hundredth of it", lambda v: v / 100), ("a hundred times it", lambda v: v * 100), ("one more", lambda v: v + 1),
           ("one less", lambda v: v - 1), ("a millionth of it", lambda v: v / 1e6), ("a million times it", lambda v: v * 1e6),
           ("a million more", lambda v: v + 1e6))


class Wrong(ValueError):
    """The ledger is not one; the message names the claim."""


class Judgement:
    """Of one claim for one runtime: a verdict, or why there is none. `turn`: what would change it."""

    def __init__(self, verdict, figures_, rule=None, why=None, turn=None, beside=None):
        self.verdict, self.figures, self.rule, self.why, self.turn, self.beside = verdict, figures_, rule, why, turn, beside


class Claim:
    def __init__(self, raw):
        self.id = raw.get("id")
        where = "claim %s: " % self.id
        if type(self.id) is not int:
            raise Wrong(where + "id is no number")
        unknown = set(raw) - KEYS
        if unknown:
            raise Wrong(where + "unknown key %s" % sorted(unknown)[0])
        self.text, self.seed = raw.get("text"), raw.get("seed")
        if not isinstance(self.text, str) or not self.text or not isinstance(self.seed, list):
            raise Wrong(where + "text or seed is missing")
        self.note, self.timing = raw.get("note", ""), raw.get("timing", False)
        self.cannot, self.go_since = raw.get("cannot", {}), raw.get("go_since", 0)
        if type(self.go_since) is not int:
            raise Wrong(where + "go_since is no number")
        self.who = raw.get("who", [])
        if set(self.who + list(self.cannot)) - set(figures.RUNTIMES) or set(self.who) & set(self.cannot) or not self.who and not self.cannot:
            raise Wrong(where + "who is judged? who and cannot name weft, pthread, go, each once")
        self.sources, self.rules, self.beside = {}, {}, raw.get("beside", {})
        for who in self.who:
            try:
                self._of(who, raw.get("evidence", {}), raw.get("rule", {}))
            except (claims_rule.Wrong, ValueError) as error:
                raise Wrong(where + str(error)) from None

    def _of(self, who, evidence, rules):
        shared = {k: v for k, v in evidence.items() if not isinstance(v, dict)}
        own = evidence.get(who, {})
        every = dict(shared, **(own if isinstance(own, dict) else {}))
        rules = rules[who] if isinstance(rules.get(who), dict) else {k: v for k, v in rules.items() if not isinstance(v, dict)}
        if set(rules) - set(VERDICTS) or len(rules) < 2:
            raise Wrong("%s: a rule has a condition for each of two verdicts at least (%s)" % (who, ", ".join(VERDICTS)))
        self.rules[who] = [(verdict, claims_rule.Rule(text)) for verdict, text in rules.items()]
        read = set().union(*(r.names for _, r in self.rules[who]))
        if read - set(every):
            raise Wrong("%s: no evidence named %s" % (who, sorted(read - set(every))[0]))
        if not read:
            raise Wrong("%s: a rule without a figure" % who)
        for source in self.beside.values():
            figures.checked(source)
        self.sources[who] = {name: figures.checked(every[name]) for name in every if name in read}

    def judge(self, who, measured):
        """A Judgement of what was measured; `beside`: {name: Figure, or why there is none}."""
        j = self._judge(who, measured)
        j.beside = {}
        for name, source in self.beside.items():
            try:
                j.beside[name] = measured.figure(source, who)
            except figures.Missing as error:
                j.beside[name] = str(error)
        return j

    def _judge(self, who, measured):
        found, missing = {}, []
        if who == "go" and measured.go_minor() < self.go_since:
            return Judgement(None, found, why="%s is %s" % (measured.go, OLDER % self.go_since))
        for name, source in self.sources[who].items():
            try:
                found[name] = measured.figure(source, who)
            except figures.Missing as error:
                missing.append(str(error))
        if missing:
            return Judgement(None, found, why="; ".join(dict.fromkeys(missing)))
        verdict, rule = self.decide(who, found)
        if verdict is None:
            return Judgement(None, found, why=UNCOVERED)
        return Judgement(verdict, found, rule, turn=self.turn(who, found))

    def decide(self, who, found):
        return next(((verdict, rule.text) for verdict, rule in self.rules[who] if rule.holds(found)), (None, None))

    def turn(self, who, found):
        """The first alteration of one figure, or else of two or three, that brings another verdict: (what, verdict), or None: the rule never turns."""
        verdict = self.decide(who, found)[0]
        numbers = sorted(set().union(*(rule.numbers for _, rule in self.rules[who])))
        changes = CHANGES + tuple(("%g" % n, lambda v, n=n: n) for n in numbers)
        single = [(name, word, found[name].altered(change)) for name in sorted(found) for word, change in changes]
        for some in itertools.chain.from_iterable(itertools.combinations(single, n) for n in (1, 2, 3)):
            now = self.decide(who, {**found, **{name: figure for name, _, figure in some}})[0]
            if now not in (None, verdict):
                return " and ".join("%s were %s" % (name, word) for name, word, _ in some), now
        return None

    def cases(self):
        return {figures.case_name(s) for of in self.sources.values() for s in of.values() if figures.is_case(s)}


class Ledger:
    def __init__(self, path):
        try:
            with open(path, "rb") as text:
                raw = tomllib.load(text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Wrong("%s: %s" % (path, error)) from None
        if set(raw) - {"contradiction"} != {"seeds", "claim"}:
            raise Wrong("%s has [seeds], [[claim]] and [[contradiction]], and nothing else" % path)
        self.seeds = raw["seeds"]
        self.claims = [Claim(c) for c in raw["claim"]]
        ids = [c.id for c in self.claims]
        if ids != sorted(set(ids)):
            raise Wrong("claims are in the order of their numbers, each once")
        for c in self.claims:
            if set(c.seed) - set(self.seeds):
                raise Wrong("claim %d: no seed %s" % (c.id, sorted(set(c.seed) - set(self.seeds))[0]))
        self.contradictions = raw.get("contradiction", [])
        for c in self.contradictions:
            if set(c) != {"claims", "text"} or not c["claims"] or set(c["claims"]) - set(ids):
                raise Wrong("a contradiction has claims that are there, and a text: %s" % c)

    def judge(self, measured):
        """{(id, who): Judgement}"""
        return {(c.id, who): c.judge(who, measured) for c in self.claims for who in c.who}

    def claim(self, number):
        return next(c for c in self.claims if c.id == number)

    def cases(self):
        return set().union(*(c.cases() for c in self.claims))
