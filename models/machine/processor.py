"""The settings that determine the speed of this machine's processor: quota, governor, frequency. Only Linux has all of
them.
"""

from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path("/")


def quota_cores(root: Path = ROOT) -> float | None:
    """Return the CPU time that control groups allow this process, in cores: the smallest of its group and all above it.

    None without a limit.
    """
    least = None
    for folder in control_groups(root):
        with suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()
            if quota != "max":
                cores = int(quota) / int(period)
                least = cores if least is None else min(least, cores)
    return least


def governor(root: Path = ROOT) -> str | None:
    """Return how the kernel sets the frequency, e.g. "performance" or "powersave"; None if unknown."""
    try:
        return (root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text().strip() or None
    except OSError:
        return None


def megahertz() -> float | None:
    """Return the current frequency of the cores, on average; None if unknown."""
    try:
        found = psutil.cpu_freq()
    except (OSError, NotImplementedError):
        return None
    return round(found.current, 1) if found and found.current else None


def control_groups(root: Path) -> list[Path]:
    """Return the folder of this process's control group (version 2), and all above it."""
    top = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return [top]
    inner = next((line.removeprefix("0::").strip("/") for line in lines if line.startswith("0::")), "")
    folder = top / inner
    return [folder, *(each for each in folder.parents if each.is_relative_to(top))]
