"""What a pack is: rules with a line of help each, and what they may be told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitpromote.model.change import ObjectId, Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.model.names import did_you_mean, shown
from gitpromote.model.problems import Fault
from gitpromote.policy.packs.setting import Setting
from gitpromote.policy.scene import Check, Scene

__all__ = ["Pack", "found"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Ready-made rules.

    :ivar help: one line
    :ivar rules: name to check; the first line of a check's docstring says what it finds
    :ivar settings: name to what it takes
    :ivar compares: whether it looks at other Environments: a Scene's ``others`` must hold them
    :ivar outside: whether a program or library outside judges, so that there is nothing to run here
    """

    help: str
    rules: Mapping[str, Check]
    settings: Mapping[str, Setting] = field(default_factory=dict)
    compares: bool = False
    outside: bool = False

    def faults(self, settings: Mapping[str, Any], leave_out: Collection[str] = ()) -> Iterator[Fault]:
        """What is wrong with what a pipeline says of this pack."""
        for name, value in settings.items():
            known = self.settings.get(name)
            if known is None:
                hint = did_you_mean(name, self.settings, quote='"') or _one_of("settings", self.settings)
                yield Fault("unknown-pack-setting", f"there is no setting {shown(name)} in it", hint, "settings")
            else:
                yield from known.faults(name, value)
        for name in leave_out:
            if name not in self.rules:
                hint = did_you_mean(name, self.rules, quote='"') or _one_of("rules", self.rules)
                yield Fault("unknown-pack-rule", f"there is no rule {shown(name)} in it", hint, "leave_out")

    def with_defaults(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Every setting, as it was given or by default."""
        return {name: settings.get(name, known.default) for name, known in self.settings.items()}

    def check(self, scene: Scene, settings: Mapping[str, Any], leave_out: Collection[str] = ()) -> Iterator[Finding]:
        """What its rules find, rule by rule. Settings may lack what has a default."""
        told = self.with_defaults(settings)
        for name, rule in self.rules.items():
            if name not in leave_out:
                yield from rule(scene, told)

    def help_of(self, rule: str) -> str:
        """What a rule finds, in one line."""
        return (self.rules[rule].__doc__ or "").strip().split("\n", 1)[0]


def _one_of(what: str, known: Collection[str]) -> str:
    return f"its {what} are {', '.join(known)}" if known else f"it has no {what}"


def found(rule: str, manifest: Manifest, message: str, *, path: Path = (), hint: str = "") -> Finding:
    """A Finding about one object, with the place where it was rendered."""
    return Finding(
        rule=rule,
        message=message,
        object=ObjectId.of(manifest.ref),
        path=path,
        file=manifest.file,
        line=manifest.line,
        app=manifest.app,
        hint=hint,
    )
