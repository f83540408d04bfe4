"""Rego in the style of conftest, by the library regopy (extra ``rego``) in a process of its own."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gitpromote.adapters.policy_process import CHILD_LIMITS, child_answer, unusable
from gitpromote.errors import SourceInvalid
from gitpromote.model.policy import Rego
from gitpromote.policy.judged import Judged
from gitpromote.policy.program_answer import Said
from gitpromote.policy.program_findings import Answer, judged_of
from gitpromote.policy.program_input import context_of, files_of, secrets_of
from gitpromote.policy.rego_answer import said_by_rego
from gitpromote.policy.scene import Scene

__all__ = ["judge_rego"]

_MAIN = re.compile(r"^\s*package\s+main\b", re.MULTILINE)


def judge_rego(policy: Rego, scene: Scene, texts: Mapping[str, str]) -> Judged:
    """What the rules say of each object: ``input`` is the object, ``data.gitpromote`` where it is about to go.

    :param texts: path to text of modules and data
    :raises GitpromoteError: ``extra-missing``, ``policy-empty``, ``policy-invalid``, or as :func:`.child_answer` says
    """
    if importlib.util.find_spec("regopy") is None:
        raise unusable(
            "Rego needs a library that this machine does not have",
            "extra-missing",
            "regopy is not installed",
            'Install it:\n  pip install "gitpromote[rego]"',
        )
    modules = {path: text for path, text in texts.items() if _is_module(path)}
    if not any(_MAIN.search(text) for text in modules.values()):
        told = f"{policy.path}: no file says package main, so no rule of it would be asked"
        raise unusable("A policy judges nothing", "policy-empty", told)
    files, secrets = files_of(scene.objects), secrets_of(scene)
    request = {
        "kind": "rego",
        "modules": modules,
        "data": {**_data(texts), "gitpromote": context_of(scene)},
        "inputs": [one.data for one in files.values()],
    }
    answer = child_answer(policy.name, request, limits=CHILD_LIMITS, secrets=secrets)
    if "refused" in answer:
        raise unusable("Rego cannot be used", "policy-invalid", str(answer["refused"]))
    said = [one for file, told in zip(files, answer["results"], strict=True) for one in _said(told, file)]
    return judged_of(Answer(policy=policy.name, said=said, files=files, secrets=secrets))


def _is_module(path: str) -> bool:
    return path.endswith(".rego") and not path.endswith("_test.rego")


def _data(texts: Mapping[str, str]) -> dict[str, Any]:
    """Data files beside the modules, each at the root of ``data``, as conftest has them."""
    from gitpromote.render.parse import parse_yaml  # most have none

    found: dict[str, Any] = {}
    for path, text in sorted(texts.items()):
        if not path.endswith(".rego"):
            for document in parse_yaml(text.encode(), file=path, strict=True):
                if document is not None and not isinstance(document, dict):
                    raise SourceInvalid("Data for Rego is no mapping", code="policy-data-invalid", detail=path)
                found |= document or {}
    return found


def _said(told: Mapping[str, Any], file: str) -> Sequence[Said]:
    if "error" in told:
        return [Said(str(told["error"]), "unknown", file=file)]
    return list(said_by_rego(told.get("value"), file=file))
