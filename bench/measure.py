"""A command as a whole process: time, processor time and memory, by the account of the system itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

LIMIT_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished process: `wall_s` and `cpu_s` in seconds, `peak_mb` the largest resident size in 10^6 bytes."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end and account for it. Its output goes to a file that is shown when it fails.

    Raises:
        RuntimeError: it left with another code than 0.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "output.txt"
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(command),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:2])} left with {process.returncode}:\n{log.read_text()[-2000:]}")
    scale = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, kibibytes elsewhere
    return Run(wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss * scale / 1e6)


def middle(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(
        wall_s=median(each.wall_s for each in runs),
        cpu_s=median(each.cpu_s for each in runs),
        peak_mb=median(each.peak_mb for each in runs),
    )


def median_ratio(ours: Sequence[Run], theirs: Sequence[Run]) -> float:
    """Their time over ours, round by round: above 1 we are faster. The median of the pairs."""
    return median(other.wall_s / own.wall_s for own, other in zip(ours, theirs, strict=True))
