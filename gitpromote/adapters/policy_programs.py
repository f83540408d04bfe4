"""Who judges outside of this process: Rego, functions of the user, any program, and Kubernetes' schemas.

Each is imported where the first policy of its kind is judged: few pipelines have one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from gitpromote.model.policy_base import Policy
    from gitpromote.policy.judged import Judged
    from gitpromote.policy.scene import Scene
    from gitpromote.render.spec import Functions

__all__ = ["LocalPrograms"]


class LocalPrograms:
    """A :class:`~gitpromote.ports.PolicyPrograms` on this machine.

    :param folder: the pipeline file's: programs that are named by a path are sought from there
    :param functions: where the functions of the definition are
    """

    def __init__(self, *, folder: Path, functions: Functions) -> None:
        self.folder = folder
        self.functions = functions

    def judge(self, policy: Policy, scene: Scene, texts: Mapping[str, str]) -> Judged:
        """What it said.

        :raises GitpromoteError: it is not here, hangs, fails, or says what nobody can read
        """
        return _JUDGES[policy.kind](self, policy, scene, texts)


def _rego(_: LocalPrograms, policy: Any, scene: Scene, texts: Mapping[str, str]) -> Judged:
    from gitpromote.adapters.policy_rego import judge_rego

    return judge_rego(policy, scene, texts)


def _function(here: LocalPrograms, policy: Any, scene: Scene, _: Mapping[str, str]) -> Judged:
    from gitpromote.adapters.policy_function import judge_function

    return judge_function(policy, scene, functions=here.functions)


def _program(here: LocalPrograms, policy: Any, scene: Scene, _: Mapping[str, str]) -> Judged:
    from gitpromote.adapters.policy_exec import judge_program

    return judge_program(policy, scene, folder=here.folder)


def _schema(_: LocalPrograms, policy: Any, scene: Scene, __: Mapping[str, str]) -> Judged:
    from gitpromote.adapters.schema_check import judge_schema

    return judge_schema(scene, policy.settings, policy.leave_out)


_Judge: TypeAlias = "Callable[[LocalPrograms, Any, Scene, Mapping[str, str]], Judged]"

#: Who judges which kind of policy; the only pack that comes here is ``schema``.
_JUDGES: dict[str, _Judge] = {"rego": _rego, "python-policy": _function, "exec-policy": _program, "pack": _schema}
