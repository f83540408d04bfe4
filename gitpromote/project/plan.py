"""Plan: what the SDK hands out for a plan; a facade around the frozen value."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gitpromote.errors import GitpromoteError, UsageError
from gitpromote.model.change import ChangeSet
from gitpromote.model.plan import EnvironmentPlan, PlanFile, PlanObservations
from gitpromote.model.plan import Plan as PlanData
from gitpromote.planning.planfile import loads, seal
from gitpromote.project.facades import Change
from gitpromote.project.showing import forms

if TYPE_CHECKING:
    from gitpromote.project.explaining import Explanation

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
        """Write the plan file, whole or not at all, readable by its owner alone; into a device or pipe as it is.

        :param path: default: ``plans/<pipeline>-<short id>.plan.json`` below the working directory
        """
        target = (
            Path(path) if path is not None else Path("plans") / f"{self.data.pipeline.name}-{self.short_id}.plan.json"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file() and not target.is_dir():  # a device or a pipe: nothing is replaced
            target.write_bytes(self.to_bytes())
            return target
        target = target.resolve() if target.is_symlink() else target
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

    def explain(self, environment: str) -> Explanation:
        """Why an environment may go, or waits, or is blocked: every verdict on it, passing ones too."""
        from gitpromote.project.explaining import Explanation

        return Explanation(self, self[environment])

    def at(self, time: int | str | datetime, *, tz: str = "UTC") -> Plan:
        """The same plan at another time, its gates judged again by the facts that it holds; nobody is asked.

        What is recorded is taken to stay as it is. The saved plan is untouched.

        :param time: epoch seconds, a datetime, ``"2026-11-28T15:00Z"``, or ``"Sat 15:00"`` for the next one after the
            plan's time
        :param tz: the IANA time zone of what names none
        :raises UsageError: it is no point in time
        :raises PlanInvalid: the plan does not follow from its definition, or its facts cannot be read
        """
        from gitpromote.project.explaining import AnotherTime
        from gitpromote.views.time import parse_instant

        text = time.isoformat(timespec="seconds") if isinstance(time, datetime) else time
        moment = text if isinstance(text, int) else parse_instant(text, now=self.data.as_of, tz=tz)
        if moment == self.data.as_of:
            return self
        return Plan(AnotherTime(self).at(moment), self._observations)

    def __repr__(self) -> str:
        decisions = ", ".join(f"{one.name}: {one.decision}" for one in self.data.environments[:6])
        more = len(self.data.environments) - 6
        return f"<Plan {self.data.pipeline.name} ({decisions}{f', {more} more' if more > 0 else ''})>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from gitpromote.views.markdown import plan_markdown

        known = {
            "text/plain": repr(self),
            "text/markdown": plan_markdown(self.data, digest=self.digest),
            MEDIA_TYPE: self.data.model_dump(mode="json", by_alias=True),
        }
        return forms(known, include, exclude)


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
