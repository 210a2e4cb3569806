"""Steps of scripts/test: an installation in a prefix of its own is used as a stranger uses it; so are the Debian packages' files."""

import glob
import os
import re
import shutil
import tempfile
import time

import process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HELLO = os.path.join(ROOT, "runtime", "examples", "hello.c")
SAYS = "hello, world\n"
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(stranger LANGUAGES C CXX)
find_package(weft %(version)s REQUIRED)
add_executable(shared hello.c)
target_link_libraries(shared PRIVATE weft::weft)
add_executable(static hello.c)
target_link_libraries(static PRIVATE weft::weft_static)
add_executable(plus plus.cc)
set_target_properties(plus PROPERTIES CXX_STANDARD 17)
target_link_libraries(plus PRIVATE weft::weft)
"""
PLUS_SAYS = "sum 55\nmain returned\ndestructor 7\n"


class Failed(Exception):
    pass


def _run(command, limit=120, **more):
    done = process.run(command, limit, merge=True, **more)
    if done.status != 0:
        raise Failed("%s: %s\n%s" % (" ".join(command), process.describe(done), done.out[-3000:]))
    return done.out


def _says(program, want, **more):
    out = _run([program], 20, **more)
    if out != want:
        raise Failed("%s printed\n%sinstead of\n%s" % (program, out, want))


PACKAGES = {
    "libweft0": ("usr/lib/*/libweft.so.0", "usr/lib/*/libweft.so.0.*", "usr/share/doc/libweft0/copyright", "usr/share/doc/libweft0/changelog.gz"),
    "libweft0-dbg": ("usr/lib/debug/.build-id/*/*.debug", "usr/share/doc/libweft0-dbg/copyright"),
    "libweft-dev": ("usr/include/weft.h", "usr/lib/*/libweft.a", "usr/lib/*/libweft.so", "usr/lib/*/pkgconfig/weft.pc",
                    "usr/lib/*/cmake/weft/weft-config.cmake", "usr/share/man/man7/weft.7.gz", "usr/share/man/man3/weft_run.3.gz",
                    "usr/share/weft/weft-gdb.py", "usr/share/doc/libweft-dev/examples/hello.c", "usr/share/doc/libweft-dev/copyright"),
}


def installed(build):
    """A prefix that was staged by DESTDIR, then moved: nothing in it may know where it was, or was meant to be."""
    folder = tempfile.mkdtemp(prefix="weft-install-")
    _run(["cmake", "--install", build, "--prefix", "/first"], env=dict(os.environ, DESTDIR=os.path.join(folder, "stage")))
    os.rename(os.path.join(folder, "stage", "first"), os.path.join(folder, "moved"))
    return folder, os.path.join(folder, "moved")


def pkg_config(folder, prefix):
    """hello by weft.pc: shared, with libweft.a, and wholly static; C++ by g++ and, where there is one, clang++."""
    env = dict(os.environ, PKG_CONFIG_PATH=os.path.join(prefix, "lib", "pkgconfig"))
    run_env = dict(os.environ, LD_LIBRARY_PATH=os.path.join(prefix, "lib"))
    flags = lambda *words: _run(["pkg-config", *words, "weft"], env=env).split()
    out = os.path.join(folder, "a.out")
    strict = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-o", out]
    _run(["cc", "-std=c11", HELLO] + strict + flags("--cflags", "--libs"))
    if "libweft.so.0" not in _run(["readelf", "-d", "-W", out]):
        raise Failed("the program does not want libweft.so.0")
    _says(out, SAYS, env=run_env)
    _run(["cc", "-std=c11", HELLO] + strict + flags("--cflags") + [os.path.join(prefix, "lib", "libweft.a"), "-pthread", "-ldl"])
    _says(out, SAYS)
    _run(["cc", "-std=c11", HELLO] + strict + ["-static", "-Wl,--no-warnings"] + flags("--static", "--cflags", "--libs"))
    _says(out, SAYS)
    source = os.path.join(folder, "plus.cc")
    shutil.copy(os.path.join(ROOT, "conformance", "harness", "cxx_header.in"), source)
    for compiler in filter(shutil.which, ("g++", "clang++-14")):
        _run([compiler, "-std=c++17", source] + strict + flags("--cflags", "--libs"))
        _says(out, PLUS_SAYS, env=run_env)


def find_package(folder, prefix):
    """hello and C++ by find_package."""
    source, build = os.path.join(folder, "project"), os.path.join(folder, "project", "build")
    os.makedirs(source)
    shutil.copy(HELLO, os.path.join(source, "hello.c"))
    shutil.copy(os.path.join(ROOT, "conformance", "harness", "cxx_header.in"), os.path.join(source, "plus.cc"))
    with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as out:
        out.write(PROJECT % {"version": version()})
    _run(["cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_BUILD_TYPE=Release"])
    _run(["cmake", "--build", build])
    for name, want in (("shared", SAYS), ("static", SAYS), ("plus", PLUS_SAYS)):
        _says(os.path.join(build, name), want)


def version():
    with open(os.path.join(ROOT, "runtime", "include", "weft.h"), encoding="utf-8") as text:
        return re.search(r'#define WEFT_VERSION "(.*)"', text.read()).group(1)


def nothing_private(prefix):
    """No text in it names the folders that it was built or installed in."""
    private = re.compile(r"(?<![\w}.])(%s(?![\w.-])|/first/)" % re.escape(ROOT))  # a checkout may lie in /weft
    for where, _, names in os.walk(prefix):
        for name in names:
            path = os.path.join(where, name)
            if name.endswith((".cmake", ".pc", ".3", ".7", ".h")):
                with open(path, encoding="utf-8") as text:
                    if private.search(text.read()):
                        raise Failed("%s names a folder of this machine" % path)


def manuals(prefix):
    """A page for each function of weft.h, and no warning of man's, nor of mandoc's where that is installed."""
    import exports
    with open(os.path.join(prefix, "include", "weft.h"), encoding="utf-8") as text:
        wanted = {name for name in exports.declared(text.read()) if not name.endswith("_")}
    folder = os.path.join(prefix, "share", "man", "man3")
    pages = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    missing = wanted - {os.path.basename(p)[:-2] for p in pages}
    if missing:
        raise Failed("no man page of " + ", ".join(sorted(missing)))
    with open(os.path.join(ROOT, "runtime", "base", "knob.c"), encoding="utf-8") as text:
        knobs = re.findall(r'^    \{"(\w+)"', text.read(), flags=re.M)
    with open(os.path.join(prefix, "share", "man", "man7", "weft.7"), encoding="utf-8") as text:
        said = text.read()
    missing = [k for k in knobs if "\\fB%s\\fR" % k not in said]
    if missing or not knobs:
        raise Failed("weft.7 lacks the knobs " + ", ".join(missing))
    whole = [p for p in pages if os.path.getsize(p) > 60] + [os.path.join(prefix, "share", "man", "man7", "weft.7")]
    if shutil.which("groff"):
        out = _run(["groff", "-man", "-ww", "-z", "-Tutf8"] + whole)
        if out.strip():
            raise Failed("groff warns:\n" + out)
    if shutil.which("mandoc"):
        _run(["mandoc", "-T", "lint", "-W", "warning"] + whole)
    if not shutil.which("groff") and not shutil.which("mandoc"):
        print("install: neither groff nor mandoc is here, so nobody has read the man pages")


def step(suite):
    if not suite.wanted("install") or not suite.built("release"):
        return
    start = time.monotonic()
    details, passed, failed, folder = "", 0, 0, None
    try:
        folder, prefix = installed(suite.build_of("release"))
        for check in (lambda: pkg_config(folder, prefix), lambda: find_package(folder, prefix), lambda: nothing_private(prefix),
                      lambda: manuals(prefix)):
            try:
                check()
                passed += 1
            except Failed as error:
                failed, details = failed + 1, details + "FAIL %s\n" % error
    except Failed as error:
        failed, details = failed + 1, details + "FAIL %s\n" % error
    finally:
        shutil.rmtree(folder or "", ignore_errors=True)
    suite.report("install", passed, failed, 0, time.monotonic() - start, details)


def packages(build, folder):
    """Each package holds what it should; lintian, where it is installed, finds no error; their files together compile and run hello."""
    root = os.path.join(folder, "root")
    found = sorted(glob.glob(os.path.join(build, "*_%s_*.deb" % version())))
    named = {os.path.basename(p).split("_")[0] for p in found}
    if named != set(PACKAGES):
        raise Failed("the packages are %s" % ", ".join(named))
    for path in found:
        name = os.path.basename(path).split("_")[0]
        one = os.path.join(folder, name)
        _run(["dpkg-deb", "-x", path, one])
        missing = [f for f in PACKAGES[name] if not glob.glob(os.path.join(one, f))]
        if missing:
            raise Failed("%s lacks %s" % (name, ", ".join(missing)))
        shutil.copytree(one, root, symlinks=True, dirs_exist_ok=True)
    fields = _run(["dpkg-deb", "-f", next(p for p in found if "/libweft0_" in p), "Depends"])
    if "libc6 (>= " not in fields:
        raise Failed("libweft0 depends on %s" % fields)
    libraries = os.path.dirname(glob.glob(os.path.join(root, "usr/lib/*/libweft.so"))[0])
    hello = os.path.join(folder, "hello")
    _run(["cc", os.path.join(root, "usr/share/doc/libweft-dev/examples/hello.c"), "-I", os.path.join(root, "usr/include"), "-L", libraries,
          "-lweft", "-o", hello])
    _says(hello, SAYS, env=dict(os.environ, LD_LIBRARY_PATH=libraries))
    where = dict(os.environ, PKG_CONFIG_LIBDIR=os.path.join(libraries, "pkgconfig"))
    flags = _run(["pkg-config", "--cflags", "--libs", "weft"], env=where).split()
    if "-lweft" not in flags or any(f.startswith(("-I", "-L")) and not f.endswith("-linux-gnu") for f in flags):
        raise Failed("libweft-dev's weft.pc says %s" % flags)
    if shutil.which("lintian"):
        _run(["lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", "bogus-mail-host,bogus-mail-host-in-debian-changelog"] + found, 900)
    else:
        print("packages: no lintian here")


def debian(suite):
    if not suite.wanted("long.debian"):
        return
    if not all(map(shutil.which, ("dpkg-shlibdeps", "file"))):
        suite.report("Debian packages", 0, 0, 1, 0, "no dpkg-shlibdeps or no file: scripts/setup package")
        return
    if not suite.built("package"):
        return
    start, folder, why = time.monotonic(), tempfile.mkdtemp(prefix="weft-packages-"), ""
    try:
        packages(suite.build_of("package"), folder)
    except Failed as error:
        why = "FAIL %s" % error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    suite.report("Debian packages", int(not why), int(bool(why)), 0, time.monotonic() - start, why)
