"""Ephemeral pipelines: one set of Environments for each pull request or branch, as long as it is alive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeGuard, cast

from gitpromote.errors import Problem
from gitpromote.model.definition import name_faults, problem
from gitpromote.model.environment import AnyOf, Environment
from gitpromote.model.fields import Seconds
from gitpromote.model.names import branch_problem, label_for, label_problem, shown
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.problems import Fault, collecting, report
from gitpromote.model.subscription import Git
from gitpromote.model.target import InPlace
from gitpromote.model.warehouse import Warehouse

__all__ = ["EphemeralPipeline", "Preview", "base_of", "expanded", "key_of"]

_BRANCHES = "refs/heads/"
_set = object.__setattr__

#: Characters of a key, so that names have room for it.
LONGEST_KEY = 27


class EphemeralPipeline(Pipeline):
    """A Pipeline whose Environments stand once for each pull request or branch that is alive.

    Each Environment is a template: ``Environment("pr")`` becomes ``pr-123``, so ``$env`` tells them apart; what follows
    it follows its own kind. Freight is what the branch of the pull request holds. All else is as in a Pipeline.
    Nothing of it is production unless it says so.

    Alive is what a branch of the home repository still holds, has something that the base does not, and was committed
    to within ``ttl``. What is dead is not planned any more; ``retire --gone`` plans its deletion.

    :param of: the refs that count, with one ``*``: ``refs/pull/*/head`` (GitHub, Gitea, Forgejo),
        ``refs/merge-requests/*/head`` (GitLab), or branches: ``refs/heads/feature/*``
    :param ttl: how long after its newest commit
    :param limit: how many at once; those with the newest commits count
    """

    kind: ClassVar[str] = "ephemeral-pipeline"

    __slots__ = ()

    of: str = "refs/pull/*/head"
    ttl: Seconds = cast("Any", 7 * 86400)
    limit: int = 50

    if not TYPE_CHECKING:

        def __init__(self, /, *arguments: Any, **members: Any) -> None:
            super().__init__(*arguments, **members)
            if not self.flawed and (problems := _of_two(self)):
                _set(self, "_flawed", True)
                report(problems)

    def _faults(self) -> Iterable[Fault]:
        yield from super()._faults()
        head, _, rest = self.of.partition("/")
        if head != "refs" or self.of.count("*") != 1 or branch_problem(rest.replace("*", "x")):
            hint = 'write "refs/pull/*/head", "refs/merge-requests/*/head" or "refs/heads/feature/*"'
            yield Fault("refs-invalid", f"of {shown(self.of)} is no pattern of refs with one *", hint, "of")
        if not 1 <= self.limit <= 1000:
            yield Fault("number-invalid", f"limit is {self.limit}, not between 1 and 1000", "", "limit")
        if any(isinstance(one.target or self.target, InPlace) for one in self.environments):
            told = "a preview edits nothing in place: what is over could not be taken away"
            yield Fault("target-unfit", told, 'write target=Directory("previews/$env", branch="previews")')

    def is_production(self, name: str) -> bool:
        """What the Environment says: a preview is none by being the last."""
        return bool(self.environment(name).production)

    @property
    def seconds(self) -> int:
        """The time to live."""
        return cast("int", self.ttl)

    @property
    def follows_branches(self) -> bool:
        """Whether branches themselves count, and not the refs of pull requests."""
        return self.of.startswith(_BRANCHES)


class Preview(NamedTuple):
    """What is alive. ``labels`` are added to its Environments'."""

    key: str
    branch: str
    labels: Mapping[str, str]


def key_of(pattern: str, ref: str) -> str | None:
    """What ``*`` stands for in a ref, made a label; ``None`` where the pattern does not name it.

    A name that had to change carries six digits of its digest, so that no two branches get one key by looking alike.
    """
    before, _, behind = pattern.partition("*")
    match = re.fullmatch(f"{re.escape(before)}(.+){re.escape(behind)}", ref)
    if match is None:
        return None
    text = match[1]
    if label_problem(text) is None and len(text) <= LONGEST_KEY:
        return text
    fit = text if label_problem(text) is None else label_for(text) or "ref"
    near = fit[: LONGEST_KEY - 7].strip("-")
    return f"{near}-{sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def base_of(template: Pipeline) -> str | None:
    """The branch that everything ends up in; ``None``: the repository's default branch."""
    followed = [one for warehouse in template.warehouses for one in warehouse.subscriptions if _is_replaced(one)]
    return next((one.branch for one in followed), None)


def expanded(template: EphemeralPipeline, previews: Sequence[Preview]) -> Pipeline:
    """The ordinary Pipeline that it stands for now: what is planned, recorded and applied.

    :raises ConfigurationError: a name that comes of it is too long, or what it says does not fit several at once
    """
    members: dict[str, Any] = {name: template.__dict__[name] for name in Pipeline.model_fields}
    shared = [one for one in template.warehouses if not _follows_home(one)]
    members["warehouse"] = (*(one for each in previews for one in _warehouses(template, each)), *shared)
    members["environments"] = tuple(one for each in previews for one in _environments(template, each))
    _refuse_names((*members["warehouse"], *members["environments"]))
    return Pipeline(**members)


def _of_two(template: EphemeralPipeline) -> list[Problem]:
    """What would be wrong as soon as two are alive; told now, not on the day when the second is opened."""
    keys = ("b" * LONGEST_KEY, "a") if template.follows_branches else ("1000000", "1")
    with collecting() as found:
        expanded(template, [Preview(key, f"branch-{key}", {"number": key, "branch": key}) for key in keys])
    path, line = template.place or ("", 0)
    return [
        Problem(one.code, f"{template.subject}: {one.message}", path=path, line=line, hint=one.hint)
        for one in found.problems
    ]


def _refuse_names(parts: Iterable[Environment | Warehouse]) -> None:
    """Each half of a name is one, and the whole may be too long."""
    wrong = [problem(None, fault, part.subject) for part in parts for fault in name_faults("name", part.name or "")]
    if wrong:
        report(wrong)


def _is_replaced(subscription: object) -> TypeGuard[Git]:
    return isinstance(subscription, Git) and subscription.repo is None and subscription.strategy == "newest-from-branch"


def _follows_home(warehouse: Warehouse) -> bool:
    return any(_is_replaced(one) for one in warehouse.subscriptions)


def _warehouses(template: Pipeline, preview: Preview) -> list[Warehouse]:
    return [
        warehouse.changed(
            {
                "name": f"{warehouse.name}-{preview.key}",
                "subscriptions": tuple(
                    one.changed({"branch": preview.branch}) if _is_replaced(one) else one
                    for one in warehouse.subscriptions
                ),
            }
        )
        for warehouse in template.warehouses
        if _follows_home(warehouse)
    ]


def _environments(template: Pipeline, preview: Preview) -> list[Environment]:
    own = {one.name or "": f"{one.name}-{preview.key}" for one in template.warehouses if _follows_home(one)}
    names = {one.name or "": own.get(one.name or "", one.name or "") for one in template.warehouses}
    return [_environment(template, environment, preview, names) for environment in template.environments]


def _environment(
    template: Pipeline, environment: Environment, preview: Preview, warehouses: Mapping[str, str]
) -> Environment:
    before = tuple(f"{name}-{preview.key}" for name in template.upstream(environment.name))
    direct = environment.direct
    if direct is True or not before:
        direct = tuple(warehouses.values())
    elif isinstance(direct, tuple):
        direct = tuple(warehouses[name] for name in direct)
    return environment.changed(
        {
            "name": f"{environment.name}-{preview.key}",
            "after": AnyOf(before) if isinstance(environment.after, AnyOf) else before,
            "direct": direct,
            "production": bool(environment.production),
            "labels": {**environment.labels, **preview.labels},
            # Waves would run through all of them; within one, their order stands in ``after``.
            "wave": None,
            "moved": tuple(f"{old}-{preview.key}" for old in environment.moved),
        }
    )
