"""Steps of scripts/test: runtime/examples print what their heads say, and the echo server serves and ends."""

import glob
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

import process

_PRINTS = re.compile(r"^ \* Prints:\n((?: \*   .*\n)+)", re.M)


def expected(source):
    """What the head says under "Prints:", or None."""
    with open(source, encoding="utf-8") as text:
        found = _PRINTS.search(text.read())
    return found and "".join(line[5:] + "\n" for line in found.group(1).splitlines())


def check(root, build):
    """{name: None or why it failed} of every example; the server and its client are one."""
    found = {}
    for source in sorted(glob.glob(os.path.join(root, "runtime", "examples", "*.c"))):
        name = os.path.splitext(os.path.basename(source))[0]
        if not name.startswith("echo_"):
            found[name] = _prints(os.path.join(build, name), expected(source))
    found["echo"] = _echo(build, False) or _echo(build, True)
    return found


def _prints(program, want):
    if not want:
        return "its head has no “Prints:”"
    try:
        done = process.run([program], 20)
    except OSError as error:
        return str(error)
    if done.status != 0 or done.out != want:
        return "it printed\n%s%sinstead of\n%s(%s)" % (done.out, done.err, want, process.describe(done))
    return None


def _echo(build, stays, clients=3):
    """More text than a socket holds, by several clients at once; then SIGTERM, while one is still connected (stays) or none is."""
    folder = tempfile.mkdtemp(prefix="weft-echo-")
    address = "unix:" + os.path.join(folder, "socket")
    text = "".join("line %d\n" % n for n in range(100000))
    children = []

    def start(name, stdin):
        children.append(subprocess.Popen([os.path.join(build, name), address], stdin=stdin, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True))
        return children[-1]

    try:
        server = start("echo_server", subprocess.DEVNULL)
        if not select.select([server.stdout], [], [], 20)[0] or server.stdout.readline() != "listening on %s\n" % address:
            return "the server does not listen"
        talking = [start("echo_client", subprocess.PIPE) for _ in range(clients)]
        for client in talking:
            if client.communicate(text, timeout=20)[0] != text or client.returncode != 0:
                return "a client got something else back than it sent (exit status %s)" % client.returncode
        if stays:
            talking.append(start("echo_client", subprocess.PIPE))
            talking[-1].stdin.write("still here\n")
            talking[-1].stdin.flush()
            if not select.select([talking[-1].stdout], [], [], 20)[0] or talking[-1].stdout.readline() != "still here\n":
                return "no echo before the end of the input"
        server.send_signal(signal.SIGTERM)
        out = server.communicate(timeout=20)[0]
        want = "no more connections\n%sserved %d\n" % ("some are cut off\n" if stays else "", len(talking))
        if out != want or server.returncode != 0:
            return "after SIGTERM the server printed\n%sinstead of\n%s(exit status %s)" % (out, want, server.returncode)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        for child in children:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream:
                    stream.close()
        shutil.rmtree(folder, ignore_errors=True)
    return None


def step(suite):
    if not suite.wanted("examples") or not suite.built("release"):
        return
    start = time.monotonic()
    found = check(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                  os.path.join(suite.build_of("release"), "runtime", "examples"))
    bad = {name: why for name, why in found.items() if why}
    suite.report("examples", len(found) - len(bad), len(bad), 0, time.monotonic() - start,
                 "".join("FAIL %s\n%s\n" % one for one in bad.items()))
