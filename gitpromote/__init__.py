"""Plan and apply for GitOps promotion: ``from gitpromote import App, Branch, Environment, Pipeline, …``.

Every name is imported when it is first used, so that ``import gitpromote`` costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to load than all of this

__version__ = "0.1.0"

__all__ = [
    "CEL",
    "HTTP",
    "AdmissionPolicies",
    "App",
    "Approvals",
    "ArgoCD",
    "Bake",
    "Boundary",
    "Branch",
    "Change",
    "ChangeBudget",
    "Chart",
    "Checks",
    "CommitSignature",
    "Directory",
    "Environment",
    "EphemeralPipeline",
    "ExecPolicy",
    "Exemption",
    "Flux",
    "FluxSetters",
    "Freeze",
    "Git",
    "GitpromoteError",
    "Helm",
    "History",
    "Image",
    "ImageSignature",
    "InPlace",
    "Job",
    "Kustomize",
    "Limits",
    "Match",
    "Message",
    "NoAgent",
    "OrgGate",
    "OrgMatch",
    "OrgPolicies",
    "OrgPolicy",
    "Pack",
    "Pipeline",
    "Plain",
    "Plan",
    "Project",
    "Prometheus",
    "PythonGate",
    "PythonPolicy",
    "PythonRenderer",
    "Ramp",
    "Rego",
    "RiskRule",
    "Rule",
    "SecretCommand",
    "SecretEnv",
    "SecretFile",
    "SetValue",
    "SkipPermission",
    "Soak",
    "Status",
    "Warehouse",
    "Wave",
    "Window",
    "any_of",
    "app_version",
    "clusters",
    "errors",
    "folders",
    "matrix",
    "same_commit",
    "same_version",
]

_MODULES = {
    "adapters.generating": ("clusters", "folders"),
    "errors": ("GitpromoteError",),
    "model.agent": ("ArgoCD", "Flux", "NoAgent"),
    "model.app": ("App",),
    "model.boundary": ("Boundary", "OrgMatch"),
    "model.combination": ("matrix",),
    "model.edits": ("FluxSetters", "SetValue"),
    "model.environment": ("Environment", "any_of"),
    "model.ephemeral": ("EphemeralPipeline",),
    "model.exemption": ("Exemption",),
    "model.gate_plain": ("CEL", "Approvals", "ChangeBudget", "PythonGate", "SkipPermission"),
    "model.gate_evidence": ("HTTP", "Checks", "CommitSignature", "ImageSignature", "Job", "Prometheus"),
    "model.gate_time": ("Bake", "Freeze", "Soak", "Window"),
    "model.limits": ("Limits",),
    "model.message": ("Message",),
    "model.organisation": ("OrgGate", "OrgPolicies", "OrgPolicy"),
    "model.pipeline": ("Pipeline",),
    "model.policy": ("AdmissionPolicies", "ExecPolicy", "Pack", "PythonPolicy", "Rego", "Rule"),
    "model.policy_base": ("Match",),
    "model.ramp": ("Ramp",),
    "model.renderer": ("Helm", "Kustomize", "Plain", "PythonRenderer"),
    "model.risk": ("RiskRule",),
    "model.secret": ("SecretCommand", "SecretEnv", "SecretFile"),
    "model.subscription": ("Chart", "Git", "Image"),
    "model.target": ("Branch", "Directory", "InPlace"),
    "model.warehouse": ("Warehouse", "app_version", "same_commit", "same_version"),
    "model.wave": ("Wave",),
    "project": ("Change", "History", "Plan", "Project", "Status"),
}
_HOME = {name: f"gitpromote.{module}" for module, names in _MODULES.items() for name in names}

if TYPE_CHECKING:
    from gitpromote import errors
    from gitpromote.adapters.generating import clusters, folders
    from gitpromote.errors import GitpromoteError
    from gitpromote.model.agent import ArgoCD, Flux, NoAgent
    from gitpromote.model.app import App
    from gitpromote.model.boundary import Boundary, OrgMatch
    from gitpromote.model.combination import matrix
    from gitpromote.model.edits import FluxSetters, SetValue
    from gitpromote.model.environment import Environment, any_of
    from gitpromote.model.ephemeral import EphemeralPipeline
    from gitpromote.model.exemption import Exemption
    from gitpromote.model.gate_evidence import HTTP, Checks, CommitSignature, ImageSignature, Job, Prometheus
    from gitpromote.model.gate_plain import CEL, Approvals, ChangeBudget, PythonGate, SkipPermission
    from gitpromote.model.gate_time import Bake, Freeze, Soak, Window
    from gitpromote.model.limits import Limits
    from gitpromote.model.message import Message
    from gitpromote.model.organisation import OrgGate, OrgPolicies, OrgPolicy
    from gitpromote.model.pipeline import Pipeline
    from gitpromote.model.policy import AdmissionPolicies, ExecPolicy, Pack, PythonPolicy, Rego, Rule
    from gitpromote.model.policy_base import Match
    from gitpromote.model.ramp import Ramp
    from gitpromote.model.renderer import Helm, Kustomize, Plain, PythonRenderer
    from gitpromote.model.risk import RiskRule
    from gitpromote.model.secret import SecretCommand, SecretEnv, SecretFile
    from gitpromote.model.subscription import Chart, Git, Image
    from gitpromote.model.target import Branch, Directory, InPlace
    from gitpromote.model.warehouse import Warehouse, app_version, same_commit, same_version
    from gitpromote.model.wave import Wave
    from gitpromote.project import Change, History, Plan, Project, Status


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "errors":
        return import_module("gitpromote.errors")
    if name not in _HOME:
        from gitpromote.model.names import did_you_mean

        hint = did_you_mean(name, __all__)
        raise AttributeError(f"module 'gitpromote' has no attribute {name!r}{f'; {hint}' if hint else ''}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
