"""Plan: what the SDK hands out for a plan; a facade around the frozen value."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from gitpromote.errors import GitpromoteError, UsageError
from gitpromote.model.change import ChangeSet
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, PlanFile, PlanObservations
from gitpromote.model.plan import Plan as PlanData
from gitpromote.planning.planfile import loads, seal
from gitpromote.project.facades import Change

MEDIA_TYPE = "application/vnd.gitpromote.plan.v1+json"


class Plan:
    """A plan: reviewed, saved, applied exactly.

    ``plan["prod"]`` is one environment's part; ``.data`` the frozen value; ``.digest`` what decides; ``.called`` the
    file or, where the ledger has it, the digest by which it is found again, empty where nothing leads to it.
    """

    def __init__(self, data: PlanData, observations: PlanObservations | None = None, *, called: str = "") -> None:
        self.data = data
        self.called = called
        self._observations = observations or PlanObservations()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """A plan from its file, checked whole before anything of it is used.

        :raises UsageError: there is no such file
        :raises PlanInvalid: the file is not what was saved, or not for this version
        """
        plan = cls.from_bytes(_bytes_of(Path(path)), name=str(path))
        plan.called = str(path)
        return plan

    @classmethod
    def from_bytes(cls, data: bytes, *, name: str) -> Self:
        """A plan from the bytes of its file."""
        file = loads(data, name=name)
        plan = cls(file.plan, file.observations)
        # What was read is what goes on: a member that this version does not know must not get lost.
        plan.__dict__["_sealed"] = (file, data)
        return plan

    @cached_property
    def _sealed(self) -> tuple[PlanFile, bytes]:
        return seal(self.data, self._observations)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What will hinder an apply and is no part of any environment's change."""
        return self.file.observations.warnings

    @property
    def file(self) -> PlanFile:
        """The document with its digest."""
        return self._sealed[0]

    @property
    def digest(self) -> str:
        """``sha256:<64 hex>``: what decides, wherever plans are compared."""
        return self._sealed[0].digest

    @property
    def short_id(self) -> str:
        """The first twelve hex digits, for people."""
        return self._sealed[0].short_id

    def to_bytes(self) -> bytes:
        """The bytes of the plan file."""
        return self._sealed[1]

    def save(self, path: str | Path | None = None) -> Path:
        """Write the plan file, whole or not at all, readable by its owner alone.

        :param path: default: ``plans/<pipeline>-<short id>.plan.json`` below the working directory
        """
        target = (
            Path(path) if path is not None else Path("plans") / f"{self.data.pipeline.name}-{self.short_id}.plan.json"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(self.to_bytes())
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        self.called = str(target)
        return target

    def __getitem__(self, environment: str) -> EnvironmentPlan:
        found = self.data.environment(environment)
        if found is None:
            names = ", ".join(one.name for one in self.data.environments)
            raise UsageError(
                "The plan has no such environment",
                code="environment-unplanned",
                detail=f"{environment!r}; planned: {names}",
            )
        return found

    def __iter__(self) -> Iterator[EnvironmentPlan]:
        return iter(self.data.environments)

    def __len__(self) -> int:
        return len(self.data.environments)

    def __bool__(self) -> bool:
        """Always true: a plan without environments is a plan."""
        return True

    def changes(self, environment: str, *, kind: str = "*", name: str = "*") -> list[Change]:
        """An environment's changes, those whose kind and name match the shell patterns."""
        chosen = ChangeSet(changes=self[environment].changes).select(kind=kind, name=name)
        return [Change(change) for change in chosen.changes]

    def explain(self, environment: str) -> tuple[Outcome, ...]:
        """Every verdict on an environment, passing ones too."""
        return self[environment].outcomes

    def at(self, time: int | str) -> Plan:
        """The same plan at another time; the saved one is untouched.

        :param time: epoch seconds, or ``"2026-11-28T15:00Z"``; without a zone it is UTC
        """
        time = time if isinstance(time, int) else _instant(time)
        moved = tuple(_moved(one, time, self.data.as_of) for one in self.data.environments)
        return Plan(self.data.model_copy(update={"as_of": time, "environments": moved}))

    def __repr__(self) -> str:
        decisions = ", ".join(f"{one.name}: {one.decision}" for one in self.data.environments[:6])
        more = len(self.data.environments) - 6
        return f"<Plan {self.data.pipeline.name} ({decisions}{f', {more} more' if more > 0 else ''})>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from gitpromote.views.markdown import plan_markdown

        return {
            "text/plain": repr(self),
            "text/markdown": plan_markdown(self.data, digest=self.digest),
            MEDIA_TYPE: self.data.model_dump(mode="json", by_alias=True),
        }


def _bytes_of(path: Path) -> bytes:
    hint = "Name the file that plan has saved, or a plan of the ledger by its digest."
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError("There is no such plan file", code="plan-missing", detail=str(path), hint=hint) from error
    except IsADirectoryError as error:
        detail = f"{path} is a folder."
        raise UsageError("There is no such plan file", code="plan-missing", detail=detail, hint=hint) from error
    except OSError as error:
        detail = f"{path}: {error.strerror or error}"
        raise GitpromoteError("The plan file cannot be read", code="plan-unreadable", detail=detail) from error


def _instant(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "This is no point in time", code="bad-time", detail=repr(text), hint='Write "2026-11-28T15:00Z".'
        ) from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def _moved(planned: EnvironmentPlan, time: int, before: int) -> EnvironmentPlan:
    opens = planned.opens
    if opens is not None and opens.earliest == before:
        opens = opens.model_copy(update={"earliest": time})
    expires = planned.expires_at + time - before if planned.expires_at is not None else None
    return planned.model_copy(update={"opens": opens, "expires_at": expires})
