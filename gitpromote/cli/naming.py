"""What the words after a verb name: a Pipeline, an environment of it, a plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from gitpromote.cli.options import comma_list
from gitpromote.cli.session import Session
from gitpromote.errors import GitpromoteError, PlanInvalid, UsageError
from gitpromote.model.words import listed
from gitpromote.views.text import did_you_mean

if TYPE_CHECKING:
    from gitpromote.project import Plan, Project

_DIGEST = re.compile(r"sha256:[0-9a-f]{4,64}|[0-9a-f]{8,64}")


def project_and_environment(session: Session, words: Sequence[str]) -> tuple[Project, str]:
    """``[PIPELINE] ENV``: the project, and the environment's name, checked."""
    project = named_project(session, words)
    return project, known_environment(words[-1], project.pipeline.order())


def named_project(session: Session, words: Sequence[str]) -> Project:
    """``[PIPELINE] ENV``: the project."""
    if len(words) not in (1, 2):
        raise UsageError(
            "An environment is to be named",
            code="usage",
            detail=f"given: {' '.join(words) or 'nothing'}",
            hint=f"  gitpromote {session.verb} [PIPELINE] ENV",
        )
    return session.load(words[0] if len(words) == 2 else None)


def project_and_freight(session: Session, words: Sequence[str]) -> tuple[Project, str]:
    """``[PIPELINE] FREIGHT``: the project, and what was said of the Freight."""
    if len(words) not in (1, 2):
        raise UsageError(
            "Freight is to be named",
            code="usage",
            detail=f"given: {' '.join(words) or 'nothing'}",
            hint=f"  gitpromote {session.verb} [PIPELINE] FREIGHT",
        )
    return session.load(words[0] if len(words) == 2 else None), words[-1]


def present_or_departed(session: Session, name: str | None) -> Project:
    """The project, also of a pipeline that the file has no more and its home repository remembers."""
    from gitpromote.project import Project

    try:
        return session.load(name)
    except UsageError as error:
        if name is None or error.code != "unknown-pipeline":
            raise
        left = Project.departed(name, session.pipeline, cache_dir=session.cache_dir, reporter=session.reporter())
        if left is None:
            raise
        return left


def known_environment(name: str, known: Iterable[str]) -> str:
    """The name, if there is such an environment.

    :raises UsageError: with the one that was probably meant
    """
    every = list(known)
    if name in every:
        return name
    raise UsageError(
        "There is no such environment", code="environment-unknown", detail=f'"{name}"', hint=did_you_mean(name, every)
    )


def selected(values: Iterable[str], known: Iterable[str], *, what: str = "environment") -> tuple[str, ...]:
    """The names that a repeatable option selects: names or shell patterns, commas between them.

    :raises UsageError: where one of them matches nothing
    """
    every = list(known)
    found: dict[str, None] = {}
    for word in comma_list(values):
        matches = [name for name in every if name == word] or [name for name in every if fnmatchcase(name, word)]
        if not matches:
            raise UsageError(
                f"There is no such {what}", code=f"{what}-unknown", detail=f'"{word}"', hint=did_you_mean(word, every)
            )
        found |= dict.fromkeys(matches)
    return tuple(name for name in every if name in found)


def replacements(values: Iterable[str]) -> dict[str, str]:
    """``ENV@COMMIT``, repeatable: environment to the foreign commit that may be undone."""
    found = {}
    for word in comma_list(values):
        name, at, commit = word.partition("@")
        if not (name and at and re.fullmatch(r"[0-9a-fA-F]{4,64}", commit)):
            raise UsageError(
                "This names no commit of an environment",
                code="usage",
                detail=f'--replace "{word}"',
                hint="Write it like --replace prod-eu@b7d2210.",
            )
        found[name] = commit.lower()
    return found


def pipelines(session: Session) -> list[str | None]:
    """The names of all Pipelines in the file; ``None`` stands for the one that it has, or that ``--pipeline`` names."""
    from gitpromote.project import Project

    if session.names_its_pipeline:
        return [None]
    names = Project.names(session.pipeline)
    return list(names) if len(names) > 1 else [None]


def names_a_plan(word: str) -> bool:
    """Whether a word stands for a saved plan, not for a Pipeline: a file, or a digest."""
    return Path(word).is_file() or "/" in word or word.endswith(".json") or is_digest(word)


def is_digest(word: str) -> bool:
    """Whether a word is a plan's digest or the beginning of one."""
    return _DIGEST.fullmatch(word) is not None and not Path(word).is_file()


def is_full_digest(word: str) -> bool:
    """Whether a word is a whole digest, which names one plan."""
    return len(word.removeprefix("sha256:")) == 64


def opened(session: Session, word: str) -> Plan:
    """The plan of that file, or the one that the ledger knows by that digest."""
    from gitpromote.cli.addressing import pipeline_of_file
    from gitpromote.project import open_plan

    if is_digest(word):
        plan = _from_ledger(session, word)
    else:
        session.subject = pipeline_of_file(word)
        plan = open_plan(word)
    session.subject = plan.data.pipeline.name
    return plan


def opened_to_act(session: Session, word: str) -> Plan:
    """A plan that something is to be done with. It needs no pipeline file; where there is one, it must be of that one.

    What ``--pipeline`` names is run; what is only there is read. ``--pipeline`` with the plan's own name and no file
    says that this very plan is meant, wherever it is.

    :raises PlanInvalid: it is of another Pipeline
    """
    from gitpromote.project.documents import refuse_elsewhere

    plan = opened(session, word)
    name = plan.data.pipeline.name
    if session.pipeline is None:
        refuse_elsewhere(plan, start=Path.cwd())
    elif session.pipeline != name or Path(name).exists():
        known = [session.load(name).name for name in pipelines(session)]
        if name not in known:
            raise PlanInvalid(
                "This plan is of another pipeline",
                code="plan-other-pipeline",
                detail=f"It is of {name}, and {session.pipeline} defines {', '.join(known)}.",
                hint="A plan needs no pipeline file: leave --pipeline out, or name the right one.",
            )
    return plan


def _saved_here(word: str) -> Plan | None:
    """The only plan under ``plans/`` whose digest begins so; its file's name says where to look, its bytes decide."""
    from gitpromote.project import open_plan

    digits = word.removeprefix("sha256:")
    every = [open_plan(path) for path in sorted(Path("plans").glob(f"*-{digits[:12]}*.plan.json"))]
    found = {plan.digest: plan for plan in every if plan.digest.removeprefix("sha256:").startswith(digits)}
    return next(iter(found.values())) if len(found) == 1 else None


def _from_ledger(session: Session, word: str) -> Plan:
    """The ledger of each Pipeline in the file is asked: the digest alone does not say whose plan it is.

    A plan that was not applied, approved or recorded yet is in no ledger; then it is looked for where plan saves it.
    """
    last: GitpromoteError | None = None
    for name in pipelines(session):
        try:
            return session.load(name).open_plan(word)
        except GitpromoteError as error:
            if error.code != "plan-unknown":
                raise
            last = error
    saved = _saved_here(word)
    if saved is not None:
        return saved
    if last is not None:
        raise last
    raise UsageError("There is no Pipeline whose ledger could be asked", code="plan-unknown", detail=listed([word]))
