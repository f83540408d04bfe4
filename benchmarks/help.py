"""``gitpromote --help`` beside the help of a bare click group with as many verbs and options.

    python benchmarks/help.py [--rounds 15]

Whole processes, taking turns; the ratio is of medians, the noise is the spread of bare click.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.many_environments import PYTHON, environment, run, scratch
from benchmarks.ratio import told
from gitpromote.cli.main import cli
from gitpromote.cli.verbs import SECTIONS

_BARE = """\
import click


@click.group(context_settings={"max_content_width": 100})
OPTIONS
def cli(**options):
    \"\"\"HELP\"\"\"


VERBS
cli()
"""
_VERB = """
@cli.command(NAME)
def verb():
    \"\"\"SUMMARY\"\"\"
"""


def bare() -> str:
    """A program whose help says the same, written with nothing but click."""
    entries = {name: entry.summary for rows in SECTIONS.values() for name, entry in rows.items()}
    verbs = [_VERB.replace("NAME", repr(name)).replace("SUMMARY", summary) for name, summary in entries.items()]
    options = [
        f"@click.option({', '.join(map(repr, one.opts))}, help={getattr(one, 'help', '') or ''!r})"
        for one in cli.params
    ]
    return (
        _BARE.replace("OPTIONS", "\n".join(options)).replace("HELP", cli.help or "").replace("VERBS", "\n".join(verbs))
    )


def main() -> None:
    """Print both, their ratio and the noise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with scratch() as root:
        program, env = root / "bare.py", environment(root)
        program.write_text(bare())
        ours, other = [], []
        for number in range(given.rounds + 1):
            theirs = run(PYTHON, str(program), "--help", cwd=root, env=env)
            mine = run(PYTHON, "-m", "gitpromote", "--help", cwd=root, env=env)
            if number:  # the first round compiles
                other.append(theirs.wall)
                ours.append(mine.wall)
    told("gitpromote --help", ours=ours, other=other, beside="a bare click group of the same size", goal=1.3)


if __name__ == "__main__":
    main()
