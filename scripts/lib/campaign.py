"""The end of scripts/campaign: what the machines have sent becomes folders of results, and a page that has them side by side.

The engine leaves for each machine NAME.log, and where it ended NAME.status and NAME.tar with the run's folder, which may be empty. What comes
from another machine is only unpacked, read, and refused as a whole where it is no run.
"""

import glob
import os
import shutil
import subprocess
import sys
import tarfile

import folder
import report
import usage

HELP = """\
Puts the runs that a campaign's machines have left in WORK into --out, one folder each, and writes a page across them.

exit status: 0 as many runs as expected, all whole · 1 fewer, or with failed benchmarks: a line for each on stderr · 2 no run at all"""

LIMIT_BYTES = 1 << 30


def unpack(tar, into):
    """The one folder of files that a run is. Raises Stop where the archive has anything else."""
    size = 0
    with tarfile.open(tar) as archive:
        members = [m for m in archive if not m.isdir()]
        for member in members:
            parts = member.name.split("/")
            size += member.size
            if not member.isreg() or len(parts) != 2 or parts[0] in ("", ".", "..") or parts[1] in ("", ".", "..") or size > LIMIT_BYTES:
                raise usage.Stop("not the files of one run: %r" % member.name)
        if len({m.name.split("/")[0] for m in members}) != 1:
            raise usage.Stop("not one run's folder")
        for member in members:
            with open(os.path.join(into, member.name.split("/")[1]), "wb") as out:
                shutil.copyfileobj(archive.extractfile(member), out)


def take(tar, out):
    """Publishes one run. Returns its folder's path."""
    aside = folder.Aside(out)
    try:
        unpack(tar, aside.path)
        run = report.Loaded(aside.path)
        return aside.publish(run.name)
    except BaseException:
        aside.drop()
        raise


def last_line(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as text:
            lines = [line.strip() for line in text.read().replace("\r", "\n").splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"
    except OSError:
        return "it said nothing"


def collect(work, out):
    """([paths of runs], [what went wrong])"""
    runs, wrong = [], []
    for log in sorted(glob.glob(os.path.join(work, "*.log"))):
        name, stem = os.path.basename(log)[:-4], log[:-4]
        try:
            with open(stem + ".status", encoding="ascii") as text:
                status = int(text.read())
        except (OSError, ValueError):
            wrong.append("%s: ended before it had measured: %s" % (name, last_line(log)))
            continue
        try:
            if os.path.getsize(stem + ".tar") == 0:
                wrong.append("%s: exit status %d, no run: %s" % (name, status, last_line(log)))
                continue
            runs.append(take(stem + ".tar", out))
            print("%s: %s" % (name, os.path.relpath(runs[-1])))
            if status:
                wrong.append("%s: exit status %d: %s" % (name, status, last_line(log)))
        except (tarfile.TarError, EOFError, usage.Stop) as error:
            wrong.append("%s: %s" % (name, error))
    return runs, wrong


def main(arguments):
    parser = usage.Parser(prog="campaign.py", description=HELP)
    parser.add_argument("work", metavar="WORK")
    parser.add_argument("--out", metavar="DIR", required=True)
    parser.add_argument("--expect", metavar="N", type=int, required=True, help="machines")
    chosen = parser.parse_args(arguments)
    runs, wrong = collect(chosen.work, os.path.abspath(chosen.out))
    again = len(glob.glob(os.path.join(chosen.work, "*.again-*")))
    silent = chosen.expect - again - len(glob.glob(os.path.join(chosen.work, "*.log")))
    if silent > 0:
        wrong.append("%d of %d machines never began" % (silent, chosen.expect))
    if again:
        print("%d tasks came to a node that was measured already" % again)
    for line in wrong:
        sys.stderr.write("campaign: %s\n" % line)
    if len(runs) > 1:
        page = os.path.join(os.path.dirname(runs[0]), "%s-across.html" % os.path.basename(runs[0]))
        subprocess.run([sys.executable, "-B", report.__file__] + runs + ["--out", page], check=True, stdout=subprocess.DEVNULL)
        print(os.path.relpath(page))
    if not runs:
        raise usage.Stop("no machine sent a run")
    return usage.FAILED if wrong else usage.OK


if __name__ == "__main__":
    usage.run("campaign", main)
