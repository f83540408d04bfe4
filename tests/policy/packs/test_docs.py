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

#: What a table does not say.
NOTES = {
    "images": """
A whole digest decides, whatever tag stands before it: `nginx:latest@sha256:…` is let be by `latest`. A digest that is
cut, or by another algorithm than sha256 and sha512, is none. An empty image is told by every rule.
""",
    "deprecated-apis": """
`unknown` knows Kubernetes 1.25 to 1.37, and judges groups of Kubernetes itself alone; custom resources are others'.
""",
    "network-policy": """
A policy guards if one of its directions is closed to somebody: `ingress: [{}]` alone counts as no policy.
Beside one that guards it is told by `opened`, for policies are added up; to let everything out is told where nothing
else stays closed.
""",
    "probes": """
`same` looks at what is asked, not at when: only a liveness probe with a higher `failureThreshold` is another one.
Sidecars among the init containers (`restartPolicy: Always`) are judged too.
""",
    "schema": """
What has no schema since its group is none of Kubernetes itself is not judged; the verdict says how many objects those
are.
""",
    "secrets": """
By name, a number, a span of time, a path, an address or a word that only chooses is no secret: `MAX_TOKENS=4096`,
`CREDENTIALS=include`. Behind a password's name numbers and words are some. `--…-secret=web-tls` may
name a Secret, and is let be, as are `existingSecret: db`, comments, and labels such as `login.password=Password`.
""",
    "widening": """
`rbac-subjects` compares who has which role where, whatever the bindings are called: a binding that is renamed, split or
narrowed is none, nor is a role that allows no more than those that the subject had there. Let be is what a new app
brings: a ServiceAccount that is rendered now for the first time and was never bound, with a role that is rendered too,
is not as good as everything, and is either new or a Role beside the account. Outside of the account's namespace such
a role may not run pods. Anything else that is new is found: rights of users, groups and known accounts, and roles that
are not rendered, such as `admin`, `edit` and `view`.

`rbac-rules` finds a role that comes for somebody whom a binding gave it before, too, if he had not as much by others.
`rbac-account` holds what the new account may do against what the old one could; a role that is not rendered is more,
unless the old one had it there.

`rbac-aggregation` finds labels such as
`rbac.authorization.k8s.io/aggregate-to-admin: "true"`, except on a new ClusterRole that is only about kinds defined
now.
""",
}


def _section(name: str, pack: Pack) -> Iterator[str]:
    yield f"\n## {name}\n\n{_cell(pack.help)}.\n\n| rule | finds |\n|---|---|\n"
    for rule in pack.rules:
        yield f"| `{rule}` | {_cell(pack.help_of(rule))} |\n"
    if pack.settings:
        yield "\n| setting | takes | what for | default |\n|---|---|---|---|\n"
        for setting, known in pack.settings.items():
            default = as_python(known.default)
            yield f"| `{setting}` | {_cell(known.takes)} | {_cell(known.help)} | {_code(default)} |\n"
    yield NOTES.get(name, "")


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
