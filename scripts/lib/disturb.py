"""What else happened on the machine while a sample was taken. Nothing is excluded because of it; it is recorded and shown.

steal   share of all CPUs' time that the hypervisor gave to other guests (/proc/stat)
others  share of all CPUs' time that processes other than the benchmark used
psi     share of the time in which some task waited for a CPU (/proc/pressure/cpu); null where the kernel has none
"""

import os
import resource
import time

CONTAMINATED_STEAL = 0.01
CONTAMINATED_OTHERS = 0.10
_TICK = os.sysconf("SC_CLK_TCK")


def _cpu_line():
    with open("/proc/stat", encoding="ascii") as stat:
        return [int(x) for x in stat.readline().split()[1:]]


def psi_total():
    """Microseconds, or None."""
    try:
        with open("/proc/pressure/cpu", encoding="ascii") as pressure:
            return int(pressure.readline().rsplit("total=", 1)[1])
    except (OSError, IndexError, ValueError):
        return None


class Watch:
    """Started before a process, read after it."""

    def __init__(self):
        self.time = time.monotonic()
        self.cpu = _cpu_line()
        self.psi = psi_total()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.mine = used.ru_utime + used.ru_stime

    def read(self):
        """{"wall_s", "steal", "others", "psi"}; only whole ticks are seen, so a short sample reads coarsely."""
        wall = time.monotonic() - self.time
        cpu = [b - a for a, b in zip(self.cpu, _cpu_line())]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        mine = used.ru_utime + used.ru_stime - self.mine
        machine = max(wall, 1e-9) * (os.cpu_count() or 1)
        busy = (cpu[0] + cpu[1] + cpu[2] + cpu[5] + cpu[6]) / _TICK
        steal = cpu[7] / _TICK if len(cpu) > 7 else 0.0
        tick = 2.0 / _TICK  # rounding on both ends
        others = busy - mine
        psi = psi_total()
        return {"wall_s": round(wall, 6),
                "steal": round(min(steal / machine, 1.0), 4),
                "others": round(min(max(others - tick, 0.0) / machine, 1.0), 4),
                "psi": None if psi is None or self.psi is None
                else round(min((psi - self.psi) / 1e6 / max(wall, 1e-9), 1.0), 4)}


def contaminated(sample):
    return (sample.get("steal") or 0) > CONTAMINATED_STEAL or (sample.get("others") or 0) > CONTAMINATED_OTHERS
