"""docs/packs.md has a line for every rule and every setting, and nothing else.

Write it again with ``GITPROMOTE_WRITE_DOCS=1 python -m pytest tests/policy/packs/test_docs.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from gitpromote.model.members import as_python
from gitpromote.policy.packs import PACKS, Pack

DOCUMENT = Path(__file__).parents[3] / "docs" / "packs.md"
HEAD = """# Packs

Rules that come with gitpromote. A pack is a policy like any other:

```python
from gitpromote import Pack, Pipeline

Pipeline(
    ...,
    policies=[
        Pack("images", settings={"registries": ["ghcr.io/acme"]}, leave_out=["digest"]),
        Pack("pod-security", settings={"profile": "restricted", "kubernetes": "1.34"}, level="soft"),
    ],
)
```

Names of packs, rules and settings are checked when the pipeline is loaded. What a rule finds is told once per cause,
with the object, the field, file and line; values of Secrets are never repeated. `leave_out=` takes names of rules.

Rules look at what would be there as a whole; `deletes`, `widening`, `rollback-ready` and `contamination/address`
look at what changes.

Rules about pods know where workloads keep them. In other kinds (Argo's Workflows, Tekton's Tasks, operators' own)
pod templates, containers and images are found by their shape, wherever they stand; schemas, charts' values and the
patterns of Kyverno and Gatekeeper are left alone. What such an object leaves open counts as not set.

`contamination` and `parity` compare with other Environments. `schema` needs the extra `schema`:
`pip install "gitpromote[schema]"`.

Kinds are shell patterns, with the group in front where it matters: `Deployment`, `apps/*`. Places are written as in
`sensitive_paths`: `ConfigMap/app-*: data.*`, `spec.values.hosts.**`; what stands below a place belongs to it.
"""


def _section(name: str, pack: Pack) -> Iterator[str]:
    yield f"\n## {name}\n\n{_cell(pack.help)}.\n\n| rule | finds |\n|---|---|\n"
    for rule in pack.rules:
        yield f"| `{rule}` | {_cell(pack.help_of(rule))} |\n"
    if pack.settings:
        yield "\n| setting | takes | what for | default |\n|---|---|---|---|\n"
        for setting, known in pack.settings.items():
            default = as_python(known.default)
            yield f"| `{setting}` | {_cell(known.takes)} | {_cell(known.help)} | {_code(default)} |\n"


def _cell(text: str) -> str:
    return (text[:1].upper() + text[1:]).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def written() -> str:
    return HEAD + "".join(part for name, pack in PACKS.items() for part in _section(name, pack))


def test_the_document_has_every_rule_and_every_setting() -> None:
    if os.environ.get("GITPROMOTE_WRITE_DOCS"):
        DOCUMENT.write_text(written(), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == written()


def test_every_rule_and_every_setting_says_what_it_is_for() -> None:
    for pack in PACKS.values():
        assert pack.help and not pack.help.endswith(".")
        assert all(pack.help_of(rule).endswith(".") for rule in pack.rules)
        assert all(known.help and known.takes for known in pack.settings.values())
