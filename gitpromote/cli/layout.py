"""What a repository looks like: which folders are environments, and what renders each of them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

#: How many folders are looked at.
ENOUGH = 20_000

_STAGES: Mapping[str, int] = {
    word: rank
    for rank, words in enumerate(
        (
            "local sandbox",
            "dev develop development",
            "ci e2e test testing tst",
            "qa quality",
            "int integration",
            "stage staging stg",
            "uat acc acceptance",
            "preprod pre preproduction canary",
            "prod production prd live",
        )
    )
    for word in words.split()
}
_UNKNOWN_STAGE = 6.5
_HOLDERS = frozenset(["overlays", "overlay", "envs", "env", "environments", "environment", "stages", "clusters"])
_NO_ENVIRONMENT = frozenset(
    ["base", "bases", "common", "components", "component", "shared", "default", "defaults", "crds", "lib", "templates"]
)
_SAYS_NOTHING = _HOLDERS | frozenset(
    ["deploy", "deployment", "k8s", "kubernetes", "kustomize", "manifests", "charts", "chart", "helm"]
)
_SKIPPED = frozenset(["flux-system", "node_modules", "vendor", "__pycache__", "testdata"])
_KUSTOMIZATIONS = frozenset(("kustomization.yaml", "kustomization.yml", "Kustomization"))
# Stands for the environment's name in a pattern; no file system lets a name hold it.
_MARK = "\0"
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_MANIFEST = re.compile(rb"(?m)^apiVersion:.*$")
_KIND = re.compile(rb"(?m)^kind:.*$")


@dataclass(frozen=True, slots=True)
class FoundApp:
    """One thing that can be rendered per environment.

    :ivar source: the renderer as it stands in a pipeline file, ``Kustomize("deploy/overlays/$env")``
    """

    name: str
    source: str
    environments: tuple[str, ...]

    @property
    def renderer(self) -> str:
        """The name of the renderer's class."""
        return self.source.partition("(")[0]


def found_apps(root: Path) -> list[FoundApp]:
    """What can be promoted in the tree below a folder: overlays, charts with values per environment, plain folders.

    Paths in it start at the root of the Git repository that the folder belongs to.
    """
    files = _files(root)
    above = _above(root)
    kustomize = _by_folder(name for name, held in files.items() if held & _KUSTOMIZATIONS)
    helm = [found for chart in _charts(files) for found in _chart_values(chart, files)]
    plain = {} if kustomize else _by_folder(name for name, held in files.items() if _is_plain(root, name, held, files))
    named = _Names(root.resolve().name)
    apps = [FoundApp(named(path), f"Kustomize({_text(above + path)})", names) for path, names in kustomize.items()]
    apps += [FoundApp(named(chart), _helm(above, chart, values), names) for chart, values, names in helm]
    return apps + [FoundApp(named(path), f"Plain({_text(above + path)})", names) for path, names in plain.items()]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Environments from development to production, by what their names say."""
    return tuple(sorted(dict.fromkeys(names), key=lambda name: (_stage(name) or _UNKNOWN_STAGE, name)))


def _above(root: Path) -> str:
    """The path from the repository's root down to a folder, with a slash behind; empty at the root."""
    whole = root.resolve()
    for folder in (whole, *whole.parents):
        if (folder / ".git").exists():
            inside = whole.relative_to(folder).as_posix()
            return "" if inside == "." else f"{inside}/"
    return ""


def _text(path: str) -> str:
    """A path as it stands in a pipeline file: only ``$env`` keeps its dollar sign single."""
    return json.dumps(path.replace("$", "$$").replace(_MARK, "$env"), ensure_ascii=False)


def _files(root: Path) -> dict[str, frozenset[str]]:
    """Every folder below the root, by its path from there, with the names of its files."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _SKIPPED)
        found[PurePosixPath(Path(folder).relative_to(root)).as_posix()] = frozenset(files)
        if len(found) >= ENOUGH:
            break
    return found


def _by_folder(folders: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Folders that differ in one part alone, which looks like an environment's name: the pattern, and the names."""
    groups: dict[str, list[str]] = {}
    holders: set[str] = set()
    for folder in folders:
        parts = folder.split("/")
        for place, part in enumerate(parts):
            held = place > 0 and parts[place - 1] in _HOLDERS
            if _LABEL.fullmatch(part) and part not in _NO_ENVIRONMENT and (held or _stage(part) is not None):
                pattern = "/".join([*parts[:place], _MARK, *parts[place + 1 :]])
                groups.setdefault(pattern, []).append(part)
                holders |= {pattern} if held else set()
                break
    sound = {path: in_order(names) for path, names in groups.items() if len(set(names)) > 1}
    return {path: names for path, names in sound.items() if not _inside_another(path, sound)}


def _inside_another(path: str, every: Mapping[str, Sequence[str]]) -> bool:
    """Whether a pattern lies below another one, which then includes it."""
    return any(path.startswith(f"{other}/") for other in every if other != path)


def _stage(name: str) -> int | None:
    """How far from development a name sounds; ``None`` where it says nothing of that."""
    ranks = [_STAGES[word] for word in re.split(r"[-_.\d]+", name) if word in _STAGES]
    return max(ranks) if ranks else None


def _charts(files: Mapping[str, frozenset[str]]) -> list[str]:
    charts = [folder for folder, held in files.items() if "Chart.yaml" in held]
    return [chart for chart in charts if not any(chart.startswith(f"{other}/charts/") for other in charts)]


def _chart_values(
    chart: str, files: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The chart with the values files that differ by environment, where there are some; its own folder first."""
    patterns: dict[str, list[str]] = {}
    for folder, held in files.items():
        for name in sorted(held):
            pattern, env = _values_pattern(folder, name)
            if env is not None:
                patterns.setdefault(pattern, []).append(env)
    sound = {path: in_order(names) for path, names in patterns.items() if len(set(names)) > 1}
    for path in sorted(sound, key=lambda each: (not each.startswith(f"{chart}/"), len(each), each)):
        if path.startswith(f"{chart}/") or not any(f"{other}/" in path for other in _charts(files)):
            common = [each for each in _common_values(path) if _has(each, files)]
            yield chart, (*common, path), sound[path]
            return


def _values_pattern(folder: str, name: str) -> tuple[str, str | None]:
    """``envs/prod.yaml``, ``envs/prod/values.yaml``, ``values-prod.yaml``: the pattern and the environment."""
    stem, dot, ending = name.rpartition(".")
    if ending not in ("yaml", "yml"):
        return "", None
    prefix = "" if folder == "." else f"{folder}/"
    parent, _, last = folder.rpartition("/")
    for lead in ("values-", "values.", "values_"):
        env = stem.removeprefix(lead)
        if env != stem and _is_environment(env, held=True):
            return f"{prefix}{lead}{_MARK}{dot}{ending}", env
    if stem == "values" and _is_environment(last, held=parent.rpartition("/")[2] in _HOLDERS):
        return f"{parent}/{_MARK}/{name}".lstrip("/"), last
    if last in _HOLDERS | {"values"} and _is_environment(stem, held=False):
        return f"{prefix}{_MARK}{dot}{ending}", stem
    return "", None


def _is_environment(name: str, *, held: bool) -> bool:
    return bool(_LABEL.fullmatch(name)) and name not in _NO_ENVIRONMENT and (held or _stage(name) is not None)


def _common_values(pattern: str) -> list[str]:
    """Where values for all environments lie, beside those for each."""
    above = pattern.partition(_MARK)[0].rpartition("/")[0]
    return [f"{above}/{name}".lstrip("/") for name in ("common.yaml", "base.yaml", "default.yaml")]


def _has(path: str, files: Mapping[str, frozenset[str]]) -> bool:
    folder, _, name = path.rpartition("/")
    return name in files.get(folder or ".", frozenset())


def _is_plain(root: Path, folder: str, held: frozenset[str], files: Mapping[str, frozenset[str]]) -> bool:
    """Whether a folder holds manifests that nothing renders."""
    inside_chart = any(folder == chart or folder.startswith(f"{chart}/") for chart in _charts(files))
    names = sorted(name for name in held if name.endswith((".yaml", ".yml")))
    return not inside_chart and any(_is_manifest(root / folder / name) for name in names[:5])


def _is_manifest(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return bool(_MANIFEST.search(head)) and bool(_KIND.search(head))


def _helm(above: str, chart: str, values: Sequence[str]) -> str:
    listed = ", ".join(_text(above + each) for each in values)
    return f"Helm({_text(above + chart)}, values=[{listed}])"


class _Names:
    """Names for apps: the last part of the path that says something, each name once."""

    def __init__(self, fallback: str) -> None:
        self._fallback = label(fallback)
        self._taken: set[str] = set()

    def __call__(self, path: str) -> str:
        words = [part for part in path.split("/") if part not in _SAYS_NOTHING and _MARK not in part]
        name = label(words[-1]) if words else self._fallback
        free = next(each for each in self._candidates(name) if each not in self._taken)
        self._taken.add(free)
        return free

    @staticmethod
    def _candidates(name: str) -> Iterator[str]:
        yield name
        number = 2
        while True:
            yield f"{name}-{number}"
            number += 1


def label(text: str) -> str:
    """An RFC 1123 label that is near to a text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "app"
