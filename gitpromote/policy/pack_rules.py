"""Packs that come with gitpromote, judged: the rules that are wanted, over the settings that are given."""

from __future__ import annotations

from gitpromote.model.policy import Pack
from gitpromote.policy.judged import Judged, Material, cannot_tell
from gitpromote.policy.packs import PACKS
from gitpromote.policy.scene import Scene

__all__ = ["is_outside_pack", "judge_pack"]


def is_outside_pack(policy: Pack) -> bool:
    """Whether a program or a library outside judges."""
    pack = PACKS.get(policy.name)
    return pack is not None and pack.outside


def judge_pack(policy: Pack, scene: Scene, material: Material) -> Judged:
    """What the rules of a pack find that are not left out."""
    pack = PACKS.get(policy.name)
    if pack is None:
        return cannot_tell(policy.name, "this version has no pack of this name")
    if pack.outside:
        answer = material.answers.get(policy.name)
        return answer if answer is not None else cannot_tell(policy.name, "nobody has asked it")
    fault = next(pack.faults(policy.settings, policy.leave_out), None)
    if fault is not None:
        return cannot_tell(policy.name, fault.message, hint=fault.hint)
    wanted = [name for name in pack.rules if name not in policy.leave_out]
    findings = pack.check(scene, policy.settings, policy.leave_out)
    return Judged(findings=findings, looked_at=len(scene.objects), operands={"rules": wanted})
