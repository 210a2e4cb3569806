"""bench/WORKLOADS.md, as far as programs need it: what a workload does in a sentence, and which are known elsewhere."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KNOWN = "Known elsewhere"


def _text():
    try:
        with open(os.path.join(ROOT, "bench", "WORKLOADS.md"), encoding="utf-8") as text:
            return text.read()
    except OSError:
        return ""


def _sections(text):
    """[(title, body)] of the sections of second rank; a title may name several workloads."""
    out = []
    for section in re.split(r"^## +", text, flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        body = re.split(r"^# ", body, flags=re.M)[0]
        out.append(([w.strip() for w in title.replace("`", "").split(",")], body.strip()))
    return out


def definitions():
    """{workload: the first paragraph of its section}, so that a page can say what was done."""
    out = {}
    for names, body in _sections(_text()):
        paragraph = re.split(r"\n\s*\n|\n- ", body)[0]
        for workload in names:
            out[workload] = " ".join(paragraph.replace("`", "").replace("*", "").split())
    return out


def known():
    """The workloads by which others measure themselves: more of the same, so only a run that takes its time has them."""
    _, _, after = _text().partition("\n# %s\n" % KNOWN)
    return {workload for names, _ in _sections(after) for workload in names}
