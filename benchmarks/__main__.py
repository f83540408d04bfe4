"""All benchmarks, one after the other.

    python -m benchmarks [--quick] [NAME ...]

Run from the repository's root, on a machine that does nothing else. ``--quick`` takes small sizes: whether everything
runs, not how fast it is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

# What each takes for a quick run; without it, its own sizes.
BENCHMARKS: dict[str, tuple[str, ...]] = {
    "help": ("--rounds", "5"),
    "plans": ("--environments", "50", "--cold", "20", "--rounds", "2", "--sample", "5"),
    "render_many": ("--overlays", "20", "--rounds", "2"),
    "push_branches": ("--branches", "50", "--rounds", "2", "--sample", "5"),
    "read_manifests": ("--objects", "400", "--rounds", "3"),
    "discover_repositories": ("--repositories", "10", "--tags", "2", "--rounds", "2"),
    "diff_objects": ("--objects", "400", "--rounds", "3"),
    "policies": ("--objects", "400", "--rounds", "2"),
    "assemble_freight": ("--candidates", "20", "--rounds", "2"),
}


def main() -> int:
    """Run those that are named, or all; the status is that of the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    for name in given.names or BENCHMARKS:
        print(f"== {name}", flush=True)
        words = BENCHMARKS[name] if given.quick else ()
        ended = subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py")), *words], check=False)
        if ended.returncode:
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
