# SPDX-License-Identifier: Apache-2.0
"""The forms in which a gate's run is kept: text, Markdown for a pull request's comment, JUnit XML, and JSON with every sample."""

import json
import os
import re
import xml.etree.ElementTree as xml

import folder
import gate_report
import mutants_results
import usage

MARK = {"pass": "✅", "regression": "❌", "inconclusive": "❔", "unfit": "⚠️", "n/a": "➖"}


def check_room(out):
    """Now, and not after minutes of measuring."""
    try:
        os.makedirs(out, exist_ok=True)
        if not os.access(out, os.W_OK):
            raise PermissionError(13, "", out)
    except OSError as error:
        raise usage.Stop("can't write the report there: %s" % usage.explain(error)) from None


def read(path):
    """The data of an earlier run."""
    try:
        with open(path, encoding="utf-8") as text:
            data = json.load(text)
        if data["schema"] != 1:
            raise ValueError("schema %r" % data["schema"])
        gate_report.judged(dict(data, strict=False))
        return data
    except OSError as error:
        raise usage.Stop("--from: %s: %s" % (path, os.strerror(error.errno))) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise usage.Stop("%s is not a report of the gate (%s)" % (path, error)) from None


def write(out, report, text):
    check_room(out)
    mutants_results.write(os.path.join(out, "report.txt"), text)
    mutants_results.write(os.path.join(out, "report.md"), markdown(report))
    mutants_results.write(os.path.join(out, "junit.xml"), junit(report))
    mutants_results.write(os.path.join(out, "report.json"), folder.dump(report))


def markdown(report):
    """What was not passed in the open, the rest folded."""
    def table(some):
        return ["| | benchmark | head/base, interval | pairs | rule | time | |", "|---|---|---|---:|---|---|---|"] + [
            "| %s |" % " | ".join(_cell(x) for x in (MARK[o] + " " + o, "`%s`" % name, interval, pairs, rule, time, note))
            for o, name, time, interval, pairs, rule, note in some]
    rows = gate_report.rows(report)
    bad, good = [r for r in rows if r[0] != "pass"], [r for r in rows if r[0] == "pass"]
    lines = ["### Gate: %s %s" % (MARK[report["verdict"]], gate_report.headline(report)), ""]
    lines += table(bad) + [""] if bad else []
    lines += ["<details><summary>%d passed</summary>" % len(good), ""] + table(good) + ["", "</details>", ""] if good else []
    left = ["left out: `%s`: %s" % (o["name"], o["reason"]) for o in report["omitted"]]
    return "\n".join(lines + ["<details><summary>The run</summary>", ""] + ["- " + line for line in gate_report.facts(report) + left] + ["", "</details>"]) + "\n"


def _cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def junit(report):
    """A case a benchmark; what was not decided is skipped, or with --strict failed."""
    suite = xml.Element("testsuite", name="gate", time="%.1f" % report["seconds"])
    counts = dict.fromkeys(("failures", "errors", "skipped"), 0)
    rows = gate_report.rows(report)
    for outcome, name, time, interval, pairs, rule, note in rows:
        case = xml.SubElement(suite, "testcase", classname="gate", name=_plain(name))
        said = _plain("; ".join(filter(None, ("%s, %s pairs, %s" % (interval, pairs, rule) if pairs else interval, time, note))))
        kind = {"regression": "failure", "unfit": "error", "inconclusive": "failure" if report["strict"] else "skipped",
                "n/a": "failure" if report["strict"] else "skipped"}.get(outcome)
        if kind:
            counts[{"failure": "failures", "error": "errors", "skipped": "skipped"}[kind]] += 1
            xml.SubElement(case, kind, message="%s: %s" % (outcome, said))
        else:
            xml.SubElement(case, "system-out").text = said
    suite.set("tests", str(len(rows)))
    for key, count in counts.items():
        suite.set(key, str(count))
    return xml.tostring(suite, encoding="unicode", xml_declaration=False) + "\n"


def _plain(text):
    """Without what XML has no way to say."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", text)
