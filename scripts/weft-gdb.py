# SPDX-License-Identifier: Apache-2.0
"""gdb commands for programs with Weft, alive or a core file: `gdb -x scripts/weft-gdb.py PROGRAM [PID|CORE]`.

    weft goroutines          number, state, what it waits for, name, entry function, where it was started
    weft backtrace ID        the frames of one goroutine; `all` for every one

How a stack is shown that no thread stands on: gdb is told, by an unwinder of our own, that the innermost frame of the selected thread
was called from the goroutine's saved context. That works on a core file too, where registers cannot be set, and changes nothing in the
process. (A core by gdb's own gcore lacks stacks unless the program ran with WEFT_DEBUG=guard=mprotect: it gives up at a guard page. The
kernel's cores have them.) The layout of the context is runtime/arch/*/switch.S's; everything else comes from the debug information.
"""

import struct

import gdb
import gdb.unwinder

# Registers on a suspended stack, from its sp upwards in words; how far above it the sp will be when it goes on; and what holds the pc.
LAYOUTS = {
    "x86-64": ("rsp", "rip", {"r15": 0, "r14": 1, "r13": 2, "r12": 3, "rbx": 4, "rbp": 5, "rip": 6}, 7),
    "aarch64": ("sp", "pc", dict({"x29": 0, "x30": 1, "pc": 1}, **{"x%d" % n: n - 17 for n in range(19, 29)}), 20),
}
MAIN = 4  # W_GF_MAIN


# ---- reading ----

def atom(value):
    return int(value["v"])


def variable(name):
    symbol = gdb.lookup_global_symbol(name)
    if symbol is None:
        raise gdb.GdbError("weft: no debug information of libweft's `%s`" % name)
    return symbol.value()


def slabs():
    """gs.c's own table of descriptors; the program may have other statics of that name."""
    for symbol in gdb.lookup_static_symbols("gs"):
        fields = [f.name for f in symbol.type.fields()] if symbol.type.code == gdb.TYPE_CODE_STRUCT else []
        if "slab" in fields and "nslab" in fields:
            return symbol.value()
    raise gdb.GdbError("weft: no debug information of libweft's descriptors")


def enumerators(name, prefix):
    kind = gdb.lookup_type("enum " + name)
    return {field.enumval: field.name[len(prefix):].lower() for field in kind.fields()}


class Goroutine:
    def __init__(self, value, states, running):
        self.value, self.address = value, int(value.address)
        self.id = atom(value["id"])
        status = atom(value["status"])
        self.state = states.get(status & 0xff, "?")
        self.machine = running.get(self.address)
        if self.machine is not None and self.state == "runnable":
            self.state = "running"
        self.reason = ""
        if self.state == "waiting":
            names = variable("w_reason_names")
            low, high = names.type.range()
            self.reason = names[status >> 8].string() if low <= status >> 8 <= high else "?"

    @property
    def name(self):
        aux = self.value["aux"]
        return aux["name"].string() if int(aux) else ""

    @property
    def entry(self):
        main = int(self.value["flags"]) & MAIN
        return function_at(int(variable("w_sched")["main_fn"] if main else self.value["fn"]))

    @property
    def started(self):
        at = int(self.value["spawned_at"])
        if at == 0:
            return ""
        line = gdb.find_pc_line(at - 1)
        where = " (%s:%d)" % (line.symtab.filename.split("/")[-1], line.line) if line.symtab else ""
        return function_at(at - 1) + where

    @property
    def stack(self):
        low = int(self.value["stack"])
        return range(low, low + (int(self.value["stack_kib"]) << 10))

    def header(self):
        name = self.name
        return "goroutine %d [%s]:%s" % (self.id, self.reason or self.state, ' "%s"' % name if name else "")


def function_at(pc):
    try:
        block = gdb.block_for_pc(pc)
    except RuntimeError:
        block = None
    while block is not None and (block.function is None or block.function.symtab is None):
        block = block.superblock
    if block is not None:
        return block.function.name
    text = gdb.execute("info symbol %#x" % pc, to_string=True)
    return text.split(" ")[0] if "No symbol" not in text else "%#x" % pc


def machines():
    """Address of a goroutine -> the machine that runs it."""
    running = {}
    kind = gdb.lookup_type("struct w_m").pointer()
    machine = gdb.Value(atom(variable("w_sched")["all_m"])).cast(kind)
    while int(machine):
        for field in ("g", "sys_g"):
            if int(machine[field]):
                running[int(machine[field])] = machine.dereference()
        machine = machine["all_next"]
    return running


def goroutines():
    """Those that exist, by number. Slabs are read whole: there may be a million descriptors."""
    if atom(variable("w_active")) == 0:
        raise gdb.GdbError("weft: no run is on")
    states, running, table, found = enumerators("w_gstatus", "W_G_"), machines(), slabs(), []
    kind = gdb.lookup_type("struct w_g")
    offset = {field.name: field.bitpos // 8 for field in kind.fields() if hasattr(field, "bitpos")}
    inferior = gdb.selected_inferior()
    for number in range(atom(table["nslab"])):
        slab = table["slab"][number]
        base, count = int(slab["base"]), int(slab["n"])
        memory = inferior.read_memory(base, count * kind.sizeof).tobytes()
        for index in range(count):
            at = index * kind.sizeof
            status, = struct.unpack_from("<I", memory, at + offset["status"])
            ident, = struct.unpack_from("<Q", memory, at + offset["id"])
            if status & 0xff and ident:
                value = gdb.Value(base + at).cast(kind.pointer()).dereference()
                found.append(Goroutine(value, states, running))
    return sorted(found, key=lambda g: g.id)


# ---- stacks ----

class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Parked(gdb.unwinder.Unwinder):
    """While `context` is set: the innermost frame of the thread that stands at `place` was called from there."""

    def __init__(self):
        super().__init__("weft parked goroutine")
        self.context = self.place = None

    def __call__(self, pending):
        if self.context is None:
            return None
        sp_name, pc_name, layout, above = self.layout
        word = gdb.lookup_type("unsigned long")
        here = tuple(int(pending.read_register(name).cast(word)) for name in (sp_name, pc_name))
        if here != self.place:
            return None
        info = pending.create_unwind_info(FrameId(gdb.Value(self.context).cast(word), gdb.Value(here[1]).cast(word)))
        memory = gdb.selected_inferior().read_memory(self.context, 8 * above).tobytes()
        for name, at in layout.items():
            value, = struct.unpack_from("<Q", memory, 8 * at)
            info.add_saved_register(name, gdb.Value(value).cast(word))
        info.add_saved_register(sp_name, gdb.Value(self.context + 8 * above).cast(word))
        return info

    def frames(self, context):
        """gdb's own text of the frames above a saved context."""
        architecture = gdb.newest_frame().architecture().name()
        self.layout = next((layout for name, layout in LAYOUTS.items() if name in architecture), None)
        if self.layout is None:
            raise gdb.GdbError("weft: no layout of a context for " + architecture)
        word = gdb.lookup_type("unsigned long")
        self.place = tuple(int(gdb.newest_frame().read_register(name).cast(word)) for name in self.layout[:2])
        self.context = context
        gdb.invalidate_cached_frames()
        try:
            frame, skip = gdb.newest_frame(), 1
            while frame is not None and frame.type() == gdb.INLINE_FRAME:  # the thread's own, before ours begin
                frame, skip = frame.older(), skip + 1
            return renumbered(gdb.execute("with width 0 -- backtrace", to_string=True), skip)
        finally:
            self.context = None
            gdb.invalidate_cached_frames()


def renumbered(text, skip):
    out, level = [], -1
    for line in text.splitlines():
        if line.startswith("#"):
            level = int(line[1:].split(None, 1)[0]) - skip
            line = "#%-3d%s" % (level, line.split(None, 1)[1])
        if level >= 0:
            out.append(line)
    return "\n".join(out)


def thread_of(goroutine):
    """The thread whose machine runs it: by the thread-local, or, where gdb cannot read that, by its stack pointer."""
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        try:
            machine = int(gdb.parse_and_eval("w_tls_m"))
        except gdb.error:
            machine = None
        if machine is not None and machine == int(goroutine.machine.address):
            return thread
        if machine is None and int(gdb.newest_frame().read_register("sp").cast(gdb.lookup_type("long"))) in goroutine.stack:
            return thread
    return None


def backtrace(goroutine):
    if goroutine.machine is not None:
        thread = thread_of(goroutine)
        if thread is None:
            return "its thread was not found"
        return gdb.execute("with width 0 -- backtrace", to_string=True).rstrip("\n")
    if int(goroutine.value["stack"]) == 0:
        return "#0  %s (has not run yet)" % goroutine.entry
    if goroutine.state not in ("waiting", "runnable"):
        return "no saved context in the state " + goroutine.state
    return PARKED.frames(int(goroutine.value["sp"]))


PARKED = Parked()
gdb.unwinder.register_unwinder(None, PARKED, replace=True)


# ---- commands ----

class Selection:
    """The thread and frame that the user had selected are selected again afterwards."""

    def __enter__(self):
        self.thread = gdb.selected_thread()
        if self.thread is None:
            raise gdb.GdbError("weft: no process and no core file")
        self.level = gdb.selected_frame().level()

    def __exit__(self, *error):
        self.thread.switch()
        gdb.execute("frame %d" % self.level, to_string=True)


class Weft(gdb.Command):
    """Goroutines of a program with Weft: `weft goroutines`, `weft backtrace ID`, `weft backtrace all`."""

    def __init__(self):
        super().__init__("weft", gdb.COMMAND_STACK, prefix=True)


class List(gdb.Command):
    """Every goroutine: number, state, what it waits for, name, entry function, where it was started."""

    def __init__(self):
        super().__init__("weft goroutines", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        with Selection():
            rows = [("id", "state", "waits for", "name", "entry", "started by")]
            rows += [(str(g.id), g.state, g.reason, g.name, g.entry, g.started) for g in goroutines()]
            widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
            for row in rows:
                gdb.write("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() + "\n")


class Backtrace(gdb.Command):
    """The frames of a goroutine, by its number, or `all`. What is running is shown from its thread."""

    def __init__(self):
        super().__init__("weft backtrace", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) != 1 or not (words[0] == "all" or words[0].isdigit()):
            raise gdb.GdbError("usage: weft backtrace ID|all")
        with Selection():
            chosen = [g for g in goroutines() if words[0] in ("all", str(g.id))]
            if not chosen:
                raise gdb.GdbError("weft: no goroutine %s" % words[0])
            for number, goroutine in enumerate(chosen):
                gdb.write("%s%s\n%s\n" % ("\n" if number else "", goroutine.header(), backtrace(goroutine)))


Weft()
List()
Backtrace()
