"""Inputs that would make somebody else's program eat the machine: seen before it is started."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitpromote.errors import SourceInvalid
from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, RenderSpec
from gitpromote.render.parse import parse_yaml
from gitpromote.render.yaml_reader import LIMITS

_ALIAS = re.compile(rb"(?:^|[\s\[{,])\*\w")
_HARMLESS = 8  # aliases: fewer cannot stand for much
_SEEN = frozenset({"yaml-alias-bomb", "yaml-too-large"})


def refuse_hostile(spec: RenderSpec, inputs: Mapping[str, tuple[str, bytes]]) -> None:
    """Refuse YAML that is too large, or whose aliases stand for too much, where kustomize or helm would read it.

    They have no limits of their own that help: a document of 500 bytes keeps kustomize busy until it is killed.
    What we read ourselves is measured while we read it.

    :param inputs: path to (mode, bytes) of what the render reads
    :raises SourceInvalid: ``yaml-alias-bomb`` or ``yaml-too-large``
    """
    if not _runs_programs(spec):
        return
    for path, (_, content) in inputs.items():
        if path.endswith((".yaml", ".yml")) and (len(content) > LIMITS.stream or _may_explode(content)):
            _measure(path, content)


def _runs_programs(spec: RenderSpec) -> bool:
    if isinstance(spec, ChainSpec):
        return _runs_programs(spec.first) or _runs_programs(spec.second)
    return isinstance(spec, HelmSpec | KustomizeSpec)


def _may_explode(content: bytes) -> bool:
    return b"&" in content and len(_ALIAS.findall(content)) > _HARMLESS


def _measure(path: str, content: bytes) -> None:
    try:
        parse_yaml(content, file=path)
    except SourceInvalid as error:
        if error.code in _SEEN:
            raise
        # Whatever else is wrong with it, the program itself tells better; a chart's template is no YAML before it ran.
