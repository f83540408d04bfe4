"""The SDK's front door: a Project plans, applies and tells, and is the one place where adapters meet the engine."""

from __future__ import annotations

from gitpromote.project.facades import Change, Status
from gitpromote.project.history import History
from gitpromote.project.plan import Plan
from gitpromote.project.project import Project, open_plan, project_of

__all__ = ["Change", "History", "Plan", "Project", "Status", "open_plan", "project_of"]
