# SPDX-License-Identifier: Apache-2.0
"""Building a mutant apart: the files it changes are compiled in a copy of runtime/, as the build's own commands say but without debug
information, and linked ahead of the unchanged library into the runner and the unit tests. The build itself is only read."""

import filecmp
import json
import os
import re
import shlex
import shutil
import threading

import mutants_make
import process
import usage

_OF = {"weft_conformance_sim": "weft_sim", "weft_faults": "weft_fault"}  # a program's library
COMPILE_S, LINK_S = 900, 900  # the machine may be busy, or stand still for minutes


class Build:
    """A built preset, seen from outside: how its library's files are compiled and its test programs linked."""

    def __init__(self, root, preset):
        self.root, self.folder = root, os.path.join(root, "build", preset)
        self.links, self.lock = {}, threading.Lock()
        try:
            with open(os.path.join(self.folder, "compile_commands.json"), encoding="utf-8") as text:
                commands = json.load(text)
        except (OSError, ValueError):
            raise usage.Stop("build/%s is not there: cmake --preset %s && cmake --build --preset %s" % ((preset,) * 3)) from None
        self.compiles = {}
        for entry in commands:
            library = re.search(r"-o runtime/CMakeFiles/(weft|weft_ring4|weft_sim|weft_fault)\.dir/", entry["command"])
            if library:
                self.compiles[library.group(1), os.path.relpath(entry["file"], root)] = entry["command"]
        self.users = self._users()

    def _users(self):
        """{a header of the runtime: [the library's files that see it]}"""
        done = process.run(["ninja", "-C", self.folder, "-t", "deps"], 60)
        users, file = {}, None
        for line in done.out.splitlines():
            output = re.match(r"runtime/CMakeFiles/weft\.dir/(\S+)\.o: #deps", line)
            if not line.startswith(" "):
                file = "runtime/" + output.group(1) if output else None
            elif file:
                path = os.path.relpath(os.path.join(self.folder, line.strip()), self.root)
                if path.startswith("runtime/") and path != file:
                    users.setdefault(path, []).append(file)
        if not users:
            raise usage.Stop("%s was not built, or not by ninja" % os.path.relpath(self.folder, self.root))
        return users

    def files(self, path):
        """The library's files that have to be compiled when this one changes."""
        return [path] if ("weft", path) in self.compiles else self.users.get(path, [])

    def compile(self, tree, library, file, output):
        """None, or the compiler's words."""
        words = [shlex.split(part) for part in self.compiles[library, file].split(" && ")]
        object_file = words[0][words[0].index("-o") + 1]
        prefix = os.path.join(self.root, "runtime")
        for command in words:
            command[:] = [w.replace(prefix, "runtime").replace(object_file, output) for w in command if w not in ("-g", "-Werror")]
        words[0] += ["-w", "-fmacro-prefix-map=runtime=" + prefix]
        words[0] += ["-include", "prelude.h"] if file.endswith(".c") else []  # last: the simulation has its own atomics
        os.makedirs(os.path.dirname(output), exist_ok=True)
        for command in words:
            done = process.run(command, COMPILE_S, cwd=tree, merge=True)
            if done.status:
                return next((l for l in done.out.splitlines() if "error" in l), process.describe(done))
        return None

    def link(self, target, objects, output):
        """The build's own command for this target, with these objects ahead of the library. None, or the linker's words."""
        with self.lock:
            if target not in self.links:
                done = process.run(["ninja", "-C", self.folder, "-t", "commands", target], 60)
                self.links[target] = done.out.rstrip().splitlines()[-1]
        words = [w for w in shlex.split(self.links[target]) if w not in (":", "&&")]
        at = words.index("-o")
        words[at:at + 2] = objects + ["-o", output]
        os.makedirs(os.path.dirname(output), exist_ok=True)
        done = process.run(words, LINK_S, cwd=self.folder, merge=True)
        return None if done.status == 0 else done.out.strip().splitlines()[-1] if done.out.strip() else process.describe(done)


class Place:
    """A worker's own copy of the runtime and the mutant that stands in it."""

    def __init__(self, build, folder, originals):
        self.build, self.folder, self.originals = build, folder, originals
        self.tree, self.out = os.path.join(folder, "tree"), os.path.join(folder, "out")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(os.path.join(build.root, "runtime"), os.path.join(self.tree, "runtime"))
        with open(os.path.join(self.tree, "prelude.h"), "w", encoding="utf-8") as out:
            out.write(mutants_make.PRELUDE)
        self.mutant, self.objects, self.made = None, {}, set()

    def original(self, library, file):
        """The unchanged file's object, compiled once for all workers."""
        output = os.path.join(self.originals, library, file + ".o")
        if not os.path.exists(output):
            part = os.path.join(self.folder, "part.o")
            trouble = self.build.compile(self.tree, library, file, part)
            if trouble:
                raise usage.Stop("%s does not compile as it is: %s" % (file, trouble))
            os.makedirs(os.path.dirname(output), exist_ok=True)
            os.rename(part, output)
        return output

    def stand(self, mutant):
        """Compile a mutant. "" if it stands; "same": its machine code is the original's; or "does not compile: …"."""
        self.clear()
        files = self.build.files(mutant.file)
        for file in files:
            self.original("weft", file)
        self.mutant = mutant
        self._write(mutants_make.apply)
        try:
            return self._compile("weft", files)
        finally:
            self._write(lambda text, _: text)

    def _compile(self, library, files):
        changed = []
        for file in files:
            output = os.path.join(self.out, library, file + ".o")
            trouble = self.build.compile(self.tree, library, file, output)
            if trouble:
                return "does not compile: " + trouble
            if not filecmp.cmp(output, self.original(library, file), shallow=False):
                changed.append(output)
        self.objects[library] = changed
        return "" if changed else "same"

    def _write(self, change):
        """The file that the mutant changes, from the tree that is not ours."""
        with open(os.path.join(self.build.root, self.mutant.file), encoding="utf-8") as text:
            new = change(text.read(), self.mutant.edits)
        with open(os.path.join(self.tree, self.mutant.file), "w", encoding="utf-8") as out:
            out.write(new)

    def program(self, path):
        """A program of the mutant's, by its path beside the runner's: linked when it is first asked for. None, or why there is none."""
        if path in self.made:
            return None
        name = os.path.basename(path)
        target = "unit_" + name if path.startswith("unit/") else name
        library = "weft_ring4" if name.endswith("_ring4") else _OF.get(name, "weft")
        if library not in self.objects:
            files = self.build.files(self.mutant.file) if self.mutant else []
            files = [f for f in files if (library, f) in self.build.compiles]
            for file in files:
                self.original(library, file)
            if self.mutant:
                self._write(mutants_make.apply)
                try:
                    trouble = self._compile(library, files)
                finally:
                    self._write(lambda text, _: text)
                if trouble not in ("", "same"):
                    return trouble
        trouble = self.build.link(target, self.objects.get(library, []), os.path.join(self.out, path))
        if not trouble:
            self.made.add(path)
        return trouble

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.mutant, self.objects, self.made = None, {}, set()
