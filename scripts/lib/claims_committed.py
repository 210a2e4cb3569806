"""The verdicts that are committed to, conformance/claims.verdicts: a line each, `ID RUNTIME VERDICT`, and where the evidence is time or memory of a
machine, also which kind of machine, as results folders are named. Written by `scripts/claims --accept`.

What cases count is the same everywhere, and must be committed; another verdict fails scripts/test. What a machine takes is compared with the
committed verdict for such a machine, if there is one.
"""

import os

import claims_figures
import claims_ledger


class Committed:
    def __init__(self, ledger, path):
        self.ledger, self.path = ledger, path
        self.claims = {c.id: c for c in ledger.claims}
        self.verdicts = {}  # (id, runtime, "" or a kind of machine): verdict
        if os.path.exists(path):
            with open(path, encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    self._line(number, line)

    def _line(self, number, line):
        words = line.split()
        try:
            claim = self.claims[int(words[0])]
            who, verdict, machine = words[1], words[2], " ".join(words[3:])
            if who not in claim.who or verdict not in claims_ledger.VERDICTS or bool(machine) != self._of_machine(claim, who):
                raise ValueError
        except (ValueError, KeyError, IndexError):
            raise claims_ledger.Wrong("%s:%d: not a verdict on a claim: %s" % (self.path, number, line.strip())) from None
        self.verdicts[claim.id, who, machine] = verdict

    @staticmethod
    def _of_machine(claim, who):
        return claim.timing or not all(map(claims_figures.is_case, claim.sources[who].values()))

    def is_counted(self, claim, who):
        return not self._of_machine(claim, who)

    def place(self, key, machine):
        """Where this verdict is committed: "" where the machine doesn't matter; None: it does, and is not known."""
        return (machine or None) if self._of_machine(self.claims[key[0]], key[1]) else ""

    def verdict(self, key, machine):
        return self.verdicts.get((*key, self.place(key, machine)))

    def changed(self, judged, machine):
        """The keys of `judged`, (id, runtime), with another verdict than the committed one. No verdict is no change."""
        out = []
        for key, j in sorted(judged.items()):
            was, place = self.verdict(key, machine), self.place(key, machine)
            if j.verdict is not None and place is not None and j.verdict != was and (was is not None or place == ""):
                out.append(key)
        return out

    def new(self, judged, machine):
        """The keys that have a verdict of this kind of machine, and none is committed."""
        return [key for key, j in sorted(judged.items()) if j.verdict is not None and self.place(key, machine) and self.verdict(key, machine) is None]

    def accept(self, judged, machine):
        """Commits to these verdicts; where there is none, to what was committed before. Returns how many changed."""
        now = dict(self.verdicts)
        now.update({(*key, self.place(key, machine)): j.verdict for key, j in judged.items() if j.verdict and self.place(key, machine) is not None})
        changed = sum(1 for key in now if now[key] != self.verdicts.get(key))
        with open(self.path, "w", encoding="utf-8") as out:
            for number, who, where in sorted(now, key=lambda k: (k[0], claims_figures.RUNTIMES.index(k[1]), k[2])):
                out.write(" ".join(filter(None, (str(number), who, now[number, who, where], where))) + "\n")
        self.verdicts = now
        return changed
