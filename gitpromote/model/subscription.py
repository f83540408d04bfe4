"""Subscriptions: the repositories that a Warehouse watches, and which of their versions count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from gitpromote.model.artifact import canonical_repository
from gitpromote.model.constraint import constraint_terms
from gitpromote.model.definition import Definition
from gitpromote.model.fields import Many
from gitpromote.model.names import (
    address_problem,
    branch_problem,
    path_problem,
    quoted,
    repository_key,
    shown,
)
from gitpromote.model.problems import Fault

__all__ = ["Chart", "Git", "Image", "Subscription"]

_IMAGE = re.compile(r"[a-z0-9.-]+(?::\d{1,5})?(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")


class Subscription(Definition):
    """One repository that a Warehouse watches."""

    means: ClassVar[str] = 'a subscription such as Image("ghcr.io/acme/shop", "^1.4")'


class Image(Subscription):
    """Versions of a container image.

    :param repo: the image's repository, without tag or digest
    :param constraint: which versions, such as ``"^1.4"``, for ``strategy="semver"``; the tag to follow, for
        ``"digest"``; nothing for the others
    :param strategy: how the newest is chosen
    :param allow: regular expressions; only tags that match one count
    :param ignore: regular expressions; tags that match one do not count, whatever ``allow`` says
    :param strict: only full versions ``major.minor.patch`` count
    :param platform: ``linux/arm64``; by default any
    :param limit: how many candidates are looked at
    """

    kind: ClassVar[str] = "image"

    repo: str = Field(kw_only=False)
    constraint: str | None = Field(default=None, kw_only=False)
    strategy: Literal["semver", "lexical", "newest-build", "digest"] = "semver"
    allow: Many[str] = ()
    ignore: Many[str] = ()
    strict: bool = True
    platform: str | None = None
    limit: int = 20

    @property
    def key(self) -> str:
        """One text for all spellings of the repository."""
        return canonical_repository(self.repo)

    def _faults(self) -> Iterable[Fault]:
        yield from image_faults(self.repo, "repo")
        if self.strategy == "semver":
            yield from _constraint_faults(self.constraint)
        elif self.strategy == "digest" and not self.constraint:
            told = 'strategy="digest" follows one tag, and none is given'
            yield Fault("constraint-invalid", told, f'write Image({quoted(self.repo)}, "latest", strategy="digest")')
        elif self.strategy != "digest" and self.constraint is not None:
            told = f"strategy {quoted(self.strategy)} has no constraint"
            hint = 'say which tags count: allow=["…"], ignore=["…"]; versions are what strategy="semver" compares'
            yield Fault("constraint-invalid", told, hint, "constraint")
        yield from _pattern_faults("allow", self.allow)
        yield from _pattern_faults("ignore", self.ignore)
        yield from _limit_faults(self.limit)
        if self.platform is not None and not re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?", self.platform):
            yield Fault(
                "platform-invalid", f"platform {shown(self.platform)} is none", 'write "linux/amd64"', "platform"
            )


class Git(Subscription):
    """Commits of a Git repository.

    :param repo: its address; default: the home repository
    :param branch: default: the repository's default branch
    :param include: only commits that touch one of these paths count (prefix, ``glob:``, ``regex:``); ``None`` stands
        for the paths that the Apps read
    :param exclude: paths that do not count
    :param trigger: whether a new commit alone makes Freight; if not, the commit travels along with other news
    :param strategy: the newest commit of the branch, or the commit of the newest tag in one of three senses
    :param constraint: which versions, for ``strategy="semver"``
    :param allow: regular expressions; only tags that match one count
    :param ignore: regular expressions; tags that match one do not count
    :param where: a CEL expression over ``commit``
    :param limit: how many candidates are looked at
    """

    kind: ClassVar[str] = "git"

    repo: str | None = None
    branch: str | None = None
    include: Many[str] | None = ()
    exclude: Many[str] = ()
    trigger: bool = True
    strategy: Literal["newest-from-branch", "semver", "lexical", "newest-tag"] = "newest-from-branch"
    constraint: str | None = None
    allow: Many[str] = ()
    ignore: Many[str] = ()
    where: str | None = None
    limit: int = 20

    def _faults(self) -> Iterable[Fault]:
        if self.repo is not None:
            yield from address_faults(self.repo)
        if self.branch is not None and (reason := branch_problem(self.branch)):
            yield Fault("branch-invalid", f"the branch {shown(self.branch)} {reason}", "", "branch")
        for field, patterns in (("include", self.include or ()), ("exclude", self.exclude)):
            yield from _selection_faults(field, patterns)
        if self.strategy == "semver":
            yield from _constraint_faults(self.constraint)
        elif self.constraint is not None:
            yield Fault("constraint-invalid", f"strategy {quoted(self.strategy)} has no constraint", "", "constraint")
        yield from _pattern_faults("allow", self.allow)
        yield from _pattern_faults("ignore", self.ignore)
        yield from _limit_faults(self.limit)


class Chart(Subscription):
    """Versions of a Helm chart.

    :param repo: ``oci://`` with the chart's name at its end, or the ``https://`` address of a chart repository
    :param constraint: which versions, such as ``"^1.4"``
    :param name: the chart's name in a chart repository; not for ``oci://``
    :param limit: how many candidates are looked at
    """

    kind: ClassVar[str] = "chart"

    repo: str = Field(kw_only=False)
    constraint: str | None = Field(default=None, kw_only=False)
    name: str | None = None
    limit: int = 20

    @property
    def address(self) -> str:
        """What ``Helm(…)`` and ``SetValue(chart=…)`` call it: the repository and the chart's name."""
        return f"{self.repo.rstrip('/')}/{self.name}" if self.name else self.repo

    @property
    def key(self) -> str:
        """One text for all spellings of the address."""
        return repository_key(self.address)

    def _faults(self) -> Iterable[Fault]:
        if not self.repo.startswith(("oci://", "https://", "http://")):
            hint = f"write {quoted('oci://' + self.repo)}" if "://" not in self.repo else ""
            yield Fault("address-invalid", f"{shown(self.repo)} is not the address of a chart repository", hint, "repo")
        elif self.repo.startswith("oci://") and self.name:
            hint = f"write {quoted(self.address)} and leave name= out"
            yield Fault("address-invalid", "an oci:// address ends in the chart's name", hint, "name")
        elif not self.repo.startswith("oci://") and not self.name:
            yield Fault("address-invalid", "a chart repository holds many charts", 'write name="…"', "name")
        yield from _constraint_faults(self.constraint)
        yield from _limit_faults(self.limit)


def image_faults(repository: str, field: str) -> Iterable[Fault]:
    """What is wrong with an image's repository."""
    if _IMAGE.fullmatch(repository):
        return
    bare, _, digest = repository.partition("@")
    head, colon, tag = bare.rpartition(":")
    if "://" in repository:
        told, hint = "has a scheme", f"write {quoted(repository.partition('://')[2])}"
    elif digest and not colon:
        told, hint = "has a digest", f"write {quoted(bare)}"
    elif colon and "/" not in tag and _IMAGE.fullmatch(head):
        told, hint = "has a tag", f"write {quoted(head)}, {quoted(tag)}"
    elif _IMAGE.fullmatch(repository.lower()):
        told, hint = "has capital letters", f"write {quoted(repository.lower())}"
    else:
        told, hint = "is not the name of an image", 'write "ghcr.io/acme/shop"'
    yield Fault("image-invalid", f"the image {shown(repository)} {told}", hint, field)


def address_faults(url: str) -> Iterable[Fault]:
    """What is wrong with a repository's address."""
    reason = address_problem(url)
    if reason:
        yield Fault("address-invalid", f"the repository {shown(url)} {reason}", "", "repo")


def _constraint_faults(constraint: str | None) -> Iterable[Fault]:
    if constraint is not None and not _is_constraint(constraint):
        told = f"{shown(constraint)} is not a version constraint"
        is_word = re.fullmatch(r"[A-Za-z][\w.-]*", constraint)
        hint = 'to follow one tag write strategy="digest"' if is_word else 'write "^1.4", "~1.4.2" or ">=1.4, <2"'
        yield Fault("constraint-invalid", told, hint, "constraint")


def _is_constraint(text: str) -> bool:
    """Whether it can be read as ``||`` between groups, commas or blanks between terms."""
    try:
        constraint_terms(text)
    except ValueError:
        return False
    return True


def _pattern_faults(field: str, patterns: Iterable[str]) -> Iterable[Fault]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            yield Fault("pattern-invalid", f"{field}: {shown(pattern)} is not a regular expression: {error}", "", field)


def _selection_faults(field: str, selections: Iterable[str]) -> Iterable[Fault]:
    for selection in selections:
        word, colon, rest = selection.partition(":")
        if colon and word == "regex":
            yield from _pattern_faults(field, [rest])
        elif reason := path_problem(rest if colon and word == "glob" else selection):
            yield Fault("path-invalid", f"{field}: the path {shown(selection)} {reason}", "", field)
        elif not colon and any(sign in selection for sign in "*?["):
            told = f"{field}: {shown(selection)} is taken as a folder of that name"
            yield Fault("path-invalid", told, f"write {quoted('glob:' + selection)}", field)


def _limit_faults(limit: int) -> Iterable[Fault]:
    if not 1 <= limit <= 10_000:
        yield Fault("number-invalid", f"limit is {limit}, not between 1 and 10000", "", "limit")
