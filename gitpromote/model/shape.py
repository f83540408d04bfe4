"""What many Environments of a Pipeline have in common: looked at once, then only filled in.

Environments that share target, Apps, agent and gates differ in their names alone. A thousand of them are one shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from gitpromote.model.agent import Agent, NoAgent
from gitpromote.model.app import App
from gitpromote.model.definition import Definition, texts
from gitpromote.model.edits import SetValue
from gitpromote.model.environment import Environment
from gitpromote.model.gate import Gate
from gitpromote.model.index import Index, repository_of
from gitpromote.model.names import clean_path
from gitpromote.model.renderer import Chain
from gitpromote.model.resolved import ResolvedTarget, TargetKind
from gitpromote.model.substitute import Template, parse
from gitpromote.model.target import Branch, Directory, Files, InPlace, Target

__all__ = ["Defaults", "Shape", "Shapes", "Values", "names_in", "paths_of", "substituted"]

D = TypeVar("D", bound=Definition)

Values = Mapping[str, str | None]


class Defaults(NamedTuple):
    """What a Pipeline says for Environments that do not say it themselves."""

    target: Target | None
    agent: Agent | None
    gates: tuple[Gate, ...]
    repo: str | None


def names_in(definition: Definition) -> frozenset[str]:
    """The names that a definition's members mention, chains of renderers included."""
    if isinstance(definition, Chain):
        return frozenset().union(*(names_in(step) for step in definition.renderers))
    found: set[str] = set()
    for field in (*definition.path_fields, *definition.queries):
        for text in texts(getattr(definition, field)):
            if "$" in text:
                found.update(parse(text).names)
    return frozenset(found)


def substituted(definition: D, values: Values) -> D:
    """The definition with names filled in; itself where it has none."""
    changes: dict[str, object] = {}
    for field in (*definition.path_fields, *definition.queries):
        value = definition.__dict__[field]
        if isinstance(value, str):
            if "$" in value:
                changes[field] = parse(value).fill(values)
        elif any("$" in text for text in texts(value)):
            changes[field] = _filled(value, values) if isinstance(value, tuple) else _filled_values(value, values)
    return definition.changed(changes) if changes else definition


def _filled(templates: Iterable[str], values: Values) -> tuple[str, ...]:
    return tuple([parse(text).fill(values) for text in templates])


def _filled_values(members: Mapping[str, object], values: Values) -> dict[str, object]:
    return {key: parse(item).fill(values) if isinstance(item, str) else item for key, item in members.items()}


class Shape:
    """One combination of target, Apps, agent and gates.

    :ivar apps: in the order of their ``after``
    :ivar names: what its parts mention, each name with the first part that does; ``app`` only where it must be one App
    :ivar regular: whether every Environment's name gives sound branches and paths, if one does
    """

    __slots__ = (
        "_branch",
        "_each_app_named",
        "_folders",
        "_keep",
        "_keep_varies",
        "_path",
        "_target",
        "agent",
        "apps",
        "gates",
        "names",
        "regular",
    )

    def __init__(self, environment: Environment, defaults: Defaults, index: Index) -> None:
        self.apps = _carried(environment, index)
        agent = environment.agent or defaults.agent
        self.agent = None if isinstance(agent, NoAgent) else agent
        self.gates = defaults.gates if environment.gates is None else tuple(environment.gates)
        given = (environment.target or defaults.target) if self.apps else None
        self._target = _fixed(given, defaults.repo)
        self._branch = parse(f"refs/heads/{given.branch}" if isinstance(given, Branch | Directory | InPlace) else "")
        self._path: Template | None = None
        self._keep: tuple[str, ...] = ()
        self._folders: dict[str, Template] = {}
        if isinstance(given, Branch | Directory):
            self._path = parse(clean_path(given.path))
            self._keep = tuple(given.keep)
            self._folders = _folders(self.apps, self._path, several=len(index.apps) > 1)
        self._keep_varies = any("$" in text for text in self._keep)
        self._each_app_named = self._path is not None and "app" in self._path.names
        self.names = self._mentioned(given)
        read = [parse(path) for app in self.apps for path in paths_of(app)]
        self.regular = all(
            _is_regular(one) for one in (self._branch, self._path, *self._folders.values(), *read) if one
        )

    def _mentioned(self, target: Target | None) -> dict[str, Definition]:
        """Every name but ``env``, with who mentions it."""
        found: dict[str, Definition] = {}
        if target is not None:
            found |= dict.fromkeys(self._target_names(), target)
        parts: list[Definition | None] = [self.agent, *self.gates]
        for part in parts:
            if part is not None:
                found |= dict.fromkeys(names_in(part) - found.keys(), part)
        for app in self.apps:
            for part in [app.renderer, *app.edits]:
                found |= dict.fromkeys(names_in(part) - found.keys() - {"app"}, part)
        found.pop("env", None)
        return found

    def _target_names(self) -> set[str]:
        """The names in the target; where its folder names ``$app``, each App has its own value there."""
        folder = set(self._path.names) - {"app"} if self._path is not None else set()
        return folder.union(self._branch.names, *(parse(text).names for text in self._keep))

    @property
    def kind(self) -> TargetKind:
        """What kind of target it is written to."""
        return self._target.kind

    @property
    def repository(self) -> str:
        """``home``, or the address of another repository."""
        return self._target.repository

    @property
    def files(self) -> Files:
        """One file per object, or one per App."""
        return self._target.files

    def ref(self, values: Values) -> str:
        """The full ref that an Environment of this shape is written to; empty for a control-flow point."""
        return self._branch.fill(values)

    def subtrees(self, values: Values) -> tuple[str, ...]:
        """The folders that an Environment of this shape owns; none for targets in place."""
        if self._path is None:
            return ()
        if self._each_app_named:
            return tuple([self.folder(app.name, values) for app in self.apps])
        return (self._folder(self._path, values),)

    def folder_texts(self) -> tuple[str, ...]:
        """The folders of its Apps as they are written, names not filled in."""
        return tuple(template.text for template in self._folders.values())

    def target(self, values: Values) -> ResolvedTarget:
        """Where an Environment of this shape is written."""
        subtrees = self.subtrees(values)
        return ResolvedTarget(
            kind=self.kind,
            repository=self.repository,
            ref=self.ref(values),
            path=subtrees[0] if subtrees and not self._each_app_named else "",
            subtrees=subtrees,
            keep=_filled(self._keep, values) if self._keep_varies else self._keep,
            files=self.files,
        )

    def folder(self, app: str, values: Values) -> str:
        """Where an App's files go in an Environment of this shape."""
        template = self._folders.get(app)
        if template is None:
            return ""
        return self._folder(template, {**values, "app": app} if self._each_app_named else values)

    def _folder(self, template: Template, values: Values) -> str:
        return template.fill(values) if self.regular else clean_path(template.fill(values))


def _carried(environment: Environment, index: Index) -> tuple[App, ...]:
    if environment.apps is None:
        return tuple(index.apps.values())
    return tuple(app for name, app in index.apps.items() if name in environment.apps)


def _fixed(target: Target | None, home: str | None) -> ResolvedTarget:
    """What of a target is the same in all Environments."""
    if isinstance(target, InPlace):
        return ResolvedTarget(kind="in-place", repository=repository_of(target.repo, home))
    if isinstance(target, Branch | Directory):
        kind = "branch" if isinstance(target, Branch) else "directory"
        return ResolvedTarget(kind=kind, repository=repository_of(target.repo, home), files=target.files)  # type: ignore[arg-type]
    return ResolvedTarget(kind="none")


def _folders(apps: tuple[App, ...], path: Template, *, several: bool) -> dict[str, Template]:
    """A folder for each App where the Pipeline has several of them and the target does not name ``$app``."""
    if not several or "app" in path.names:
        return dict.fromkeys((app.name for app in apps), path)
    return {app.name: parse(f"{path.text}/{app.name}" if path.text else app.name) for app in apps}


def paths_of(app: App) -> list[str]:
    """The paths of its sources that an App names, as they are written."""
    return [*app.renderer.source_paths(), *(edit.file for edit in app.edits if isinstance(edit, SetValue))]


def _is_regular(template: Template) -> bool:
    """Names of Environments and Apps are labels: only behind a dot can they make something that Git refuses."""
    if any(name.startswith("label.") for name in template.names):
        return False
    pairs = zip(template.pieces, template.pieces[1:], strict=False)
    return not any(one.text.endswith(".") and other.name is not None for one, other in pairs)


class Shapes:
    """The shapes of one Pipeline, made when they are first met."""

    def __init__(self, defaults: Defaults, index: Index) -> None:
        self._defaults = defaults
        self._index = index
        self._known: dict[tuple[object, ...], tuple[Shape, Environment]] = {}

    def of(self, environment: Environment) -> Shape:
        """The shape of an Environment."""
        members = environment.__dict__
        key = (members["apps"], id(members["target"]), id(members["agent"]), id(members["gates"]))
        known = self._known.get(key)
        if known is None:
            # The Environment is kept beside it: its parts must live as long as their ids are keys.
            known = self._known[key] = (Shape(environment, self._defaults, self._index), environment)
        return known[0]

    def values(self, environment: Environment, shape: Shape) -> dict[str, str | None]:
        """What each name stands for; ``None`` for those that are known and stand for nothing or for many."""
        name = environment.name
        before = self._index.before[name]
        values: dict[str, str | None] = {
            "env": name,
            "app": shape.apps[0].name if len(shape.apps) == 1 else None,
            "upstream": before[0] if len(before) == 1 else None,
        }
        if environment.labels:
            values.update({f"label.{key}": value for key, value in environment.labels.items()})
        return values
