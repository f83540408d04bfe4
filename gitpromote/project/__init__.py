"""The SDK's front door: a Project plans, applies and tells, and is the one place where adapters meet the engine.

Every name is imported when it is first used, as in the package itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Change", "History", "Plan", "Project", "Status", "open_plan", "project_of"]

_MODULES = {
    "facades": ("Change", "Status"),
    "history": ("History",),
    "plan": ("Plan",),
    "project": ("Project", "open_plan", "project_of"),
}
_HOME = {name: f"gitpromote.project.{module}" for module, names in _MODULES.items() for name in names}

if TYPE_CHECKING:
    from gitpromote.project.facades import Change, Status
    from gitpromote.project.history import History
    from gitpromote.project.plan import Plan
    from gitpromote.project.project import Project, open_plan, project_of


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
