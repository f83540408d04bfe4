"""A user's function as a policy: called in a Python of its own with facts alone."""

from __future__ import annotations

import json

from gitpromote.adapters.policy_process import CHILD_LIMITS, child_answer
from gitpromote.model.policy import PythonPolicy
from gitpromote.policy.judged import Judged
from gitpromote.policy.program_answer import read_json
from gitpromote.policy.program_findings import Answer, judged_of
from gitpromote.policy.program_input import facts_of, files_of, secrets_of
from gitpromote.policy.scene import Scene
from gitpromote.render.spec import Functions

__all__ = ["judge_function"]


def judge_function(policy: PythonPolicy, scene: Scene, *, functions: Functions) -> Judged:
    """What a module-level function finds.

    It is given a dictionary: ``objects`` and ``before``, ``changes``, ``environment``, ``freight``, ``occasion`` and
    ``pipeline``. It gives a list of texts, or of dictionaries with ``message`` and, as it likes, ``object`` (the object
    itself will do), ``level`` (``error`` or ``warning``), ``rule`` and ``hint``.

    :param functions: where the functions of the definition are
    :raises GitpromoteError: as :func:`.child_answer` says
    """
    module, _, name = str(policy.function).partition(":")
    file, code = functions.get(str(policy.function), ("", ""))
    secrets = secrets_of(scene)
    request = {"kind": "python", "module": module, "name": name, "file": file, "code": code, "facts": facts_of(scene)}
    found = child_answer(policy.name, request, limits=CHILD_LIMITS, secrets=secrets)
    said = read_json(json.dumps({"findings": found}))
    return judged_of(Answer(policy=policy.name, said=said, files=files_of(scene.objects), secrets=secrets))
