"""The first files: a pipeline file for what was found, or an example with its sources. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from keyword import iskeyword
from pathlib import Path

from gitpromote.cli.layout import FoundApp, in_order
from gitpromote.cli.saving import write
from gitpromote.errors import UsageError

_HEAD = '''"""How {name} is promoted.

    gitpromote plan       what would change, in every environment
    gitpromote apply      show that again, ask, and do it
"""

from gitpromote import {imports}

{variable} = Pipeline(
    "{name}",
    # What is rendered. $env stands for the environment's name.
    apps=[
{apps}
    ],
    # Where the rendered manifests go: the branch that a GitOps agent follows.
    # Other places: Directory("rendered/$env", branch="main"), InPlace("main").
    target=Branch("env/$env"),
    # In this order. What comes last is production: a person, or a digest, has to open it.
    # Two at once: Environment("prod-us", after="uat"), Environment("prod-eu", after="uat").
    environments=[
{environments}
    ],
)
'''


def pipeline_file(name: str, apps: Sequence[FoundApp]) -> str:
    """A pipeline file for the apps that were found, with what may be changed next said in comments."""
    every = in_order(env for app in apps for env in app.environments)
    imports = sorted({"App", "Branch", "Environment", "Pipeline", *(app.renderer for app in apps)})
    return _HEAD.format(
        name=name,
        imports=", ".join(imports),
        variable=_variable(name),
        apps="\n".join(f'        App("{app.name}", {app.source}),' for app in apps),
        environments="\n".join(f"        {_environment(env, apps)}," for env in every),
    )


def _variable(name: str) -> str:
    """A Python name for a Pipeline's."""
    word = name.replace("-", "_")
    return word if word.isidentifier() and not iskeyword(word) else f"pipeline_{word}"


def _environment(name: str, apps: Sequence[FoundApp]) -> str:
    """An Environment; one that not every app knows says which of them it has."""
    here = [app.name for app in apps if name in app.environments]
    if len(here) == len(apps):
        return f'Environment("{name}")'
    listed = ", ".join(f'"{app}"' for app in here)
    return f'Environment("{name}", apps=[{listed}])'


def example_names() -> list[str]:
    """The examples that ``init --example`` writes."""
    return sorted(
        each.name for each in _examples().iterdir() if (each / "pipeline.py.txt").is_file() and each.name != "demo"
    )


def example_files(name: str) -> dict[str, bytes]:
    """An example's files by their path."""
    return dict(_walk(_examples() / name))


def write_new(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files that are not there yet.

    :raises UsageError: if one of them is; then none is written
    """
    taken = [path for path in contents if (folder / path).exists()]
    if taken:
        raise UsageError(
            "There is such a file already",
            code="would-overwrite",
            detail="\n".join(f"  {folder / path}" for path in taken),
            hint="Nothing was written. Name another folder, or move what is there.",
        )
    for path, data in contents.items():
        write(folder / path, data)


def _examples() -> Traversable:
    return files("gitpromote.cli") / "examples"


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found = []
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            found += _walk(each, f"{prefix}{each.name}/")
        else:
            found.append((prefix + each.name.removesuffix(".txt"), each.read_bytes()))
    return found
