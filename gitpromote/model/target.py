"""Targets: where an Environment's desired state is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, InstanceOf

from gitpromote.model.agent import Agent
from gitpromote.model.definition import Definition
from gitpromote.model.fields import Many
from gitpromote.model.names import branch_problem, kind_of, path_problem, quoted, shown
from gitpromote.model.problems import Fault, UnfitError
from gitpromote.model.subscription import address_faults
from gitpromote.model.substitute import parse

__all__ = ["KEPT", "Branch", "Directory", "Files", "InPlace", "Target", "Written"]

Files: TypeAlias = Literal["per-object", "per-app"]

#: What a branch of rendered manifests keeps beside them: files that speak to the forge.
KEPT = ("CODEOWNERS", ".github/", ".gitlab/", ".gitlab-ci.yml", ".gitea/", ".forgejo/", ".gitattributes")


class Target(Definition):
    """A place in a repository that one Environment owns."""

    means: ClassVar[str] = 'a target such as Branch("env/$env")'


def _not_an_agent(value: object) -> object:
    """An agent applies what a target holds, and is none itself."""
    if isinstance(value, Agent):
        told = f"is {kind_of(value)}: what it is told to run would stand in no repository, to be reviewed or restored"
        raise UnfitError(Fault("pseudo-gitops", told, f'write target=Branch("env/$env"), agent={value!r}'))
    return value


if TYPE_CHECKING:
    Written: TypeAlias = Target | None
else:
    Written = Annotated[InstanceOf[Target] | None, BeforeValidator(_not_an_agent)]


class Branch(Target):
    """A branch of rendered manifests.

    :param branch: its name, without ``refs/heads/``; ``$env`` is substituted
    :param path: the folder that the manifests go to; the rest of the branch is not touched
    :param keep: paths under ``path`` that stay as they are
    :param repo: the repository; default: the home repository
    :param files: one file per object, or one per App
    """

    kind: ClassVar[str] = "branch"
    path_fields: ClassVar[tuple[str, ...]] = ("branch", "path", "keep")

    branch: str = Field(kw_only=False)
    path: str = ""
    keep: Many[str] = KEPT
    repo: str | None = None
    files: Files = "per-object"

    def _faults(self) -> Iterable[Fault]:
        yield from _branch_faults(self.branch)
        yield from _path_faults("path", self.path)
        for path in self.keep:
            yield from _path_faults("keep", path)
        if self.repo is not None:
            yield from address_faults(self.repo)


class Directory(Target):
    """A folder of rendered manifests on a branch that holds more.

    :param path: the folder; ``$env`` and ``$app`` are substituted
    :param branch: the branch, without ``refs/heads/``
    :param keep: paths under ``path`` that stay as they are
    :param repo: the repository; default: the home repository
    :param files: one file per object, or one per App
    """

    kind: ClassVar[str] = "directory"
    path_fields: ClassVar[tuple[str, ...]] = ("path", "branch", "keep")

    path: str = Field(kw_only=False)
    branch: str = "main"
    keep: Many[str] = ()
    repo: str | None = None
    files: Files = "per-object"

    def _faults(self) -> Iterable[Fault]:
        yield from _path_faults("path", self.path)
        if not self.path.strip("./"):
            told = "the path is the repository's root"
            yield Fault("path-invalid", told, f"write Branch({quoted(self.branch)}) to own a whole branch", "path")
        yield from _branch_faults(self.branch)
        for path in self.keep:
            yield from _path_faults("keep", path)
        if self.repo is not None:
            yield from address_faults(self.repo)


class InPlace(Target):
    """A branch that holds the sources: edits are made there, and the agent renders.

    :param branch: the branch, without ``refs/heads/``; ``$env`` is substituted
    :param repo: the repository; default: the home repository
    """

    kind: ClassVar[str] = "in-place"
    path_fields: ClassVar[tuple[str, ...]] = ("branch",)

    branch: str = Field(kw_only=False)
    repo: str | None = None

    def _faults(self) -> Iterable[Fault]:
        yield from _branch_faults(self.branch)
        if self.repo is not None:
            yield from address_faults(self.repo)


def _branch_faults(branch: str) -> Iterable[Fault]:
    """What no substitution can mend; the rest is checked for each Environment."""
    reason = branch_problem("".join([piece.text if piece.name is None else "x" for piece in parse(branch).pieces]))
    if reason:
        near = branch.removeprefix("refs/heads/")
        hint = f"write {quoted(near)}" if near != branch and near else ""
        yield Fault("branch-invalid", f"the branch {shown(branch)} {reason}", hint, "branch")


def _path_faults(field: str, path: str) -> Iterable[Fault]:
    reason = path_problem(path)
    if reason:
        near = path.strip("/")
        hint = f"write {quoted(near)}" if path.startswith("/") and near and not path_problem(near) else ""
        yield Fault("path-invalid", f"the {field} {shown(path)} {reason}", hint, field)
