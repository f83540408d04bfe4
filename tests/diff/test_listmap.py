"""Lists are matched as Kubernetes matches them."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Any

import pytest

from gitpromote.diff.compare import compare
from gitpromote.diff.schemas import parse_override
from gitpromote.errors import ConfigurationError
from gitpromote.model.change import ChangeSet
from gitpromote.model.manifest import ManifestSet

Compared = Callable[..., ChangeSet]
Told = Callable[[ChangeSet], str]


def deployment(pod_spec: str) -> str:
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
    return head + indent(pod_spec, "      ")


def thing(kind: str, body: str, version: str = "v1") -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n{body}"


CONTAINER = "containers:\n- name: a\n  {}"
ADMISSION = "admissionregistration.k8s.io/v1"

#: Two documents that differ in the order of a list alone, and in one element, and what that is called.
MATCHED = {
    "containers": (deployment("containers: [{name: a, image: i}, {name: b}]"), "{name: b}", "{name: b, image: j}"),
    "ports": (
        deployment(CONTAINER.format("ports: [{containerPort: 80, name: x}, {containerPort: 80, protocol: UDP}]")),
        "{containerPort: 80, protocol: UDP}",
        "{containerPort: 80, protocol: UDP, name: udp}",
    ),
    "volumeMounts": (
        deployment(CONTAINER.format("volumeMounts: [{mountPath: /a, name: a}, {mountPath: /b, name: a}]")),
        "{mountPath: /b, name: a}",
        "{mountPath: /b, name: b}",
    ),
    "volumes": (deployment("volumes: [{name: a}, {name: b}]"), "{name: b}", "{name: b, emptyDir: {}}"),
    "imagePullSecrets": (deployment("imagePullSecrets: [{name: a}, {name: b}]"), "{name: b}", "{name: c}"),
    "hostAliases": (
        deployment("hostAliases: [{ip: 1.1.1.1}, {ip: 2.2.2.2}]"),
        "{ip: 2.2.2.2}",
        "{ip: 2.2.2.2, hostnames: [a]}",
    ),
    "topologySpreadConstraints": (
        deployment(
            "topologySpreadConstraints:\n"
            "- {topologyKey: z, whenUnsatisfiable: A}\n"
            "- {topologyKey: z, whenUnsatisfiable: B}"
        ),
        "whenUnsatisfiable: B}",
        "whenUnsatisfiable: B, maxSkew: 1}",
    ),
    "service ports": (
        thing("Service", "spec: {ports: [{port: 80, name: a}, {port: 53, protocol: UDP}]}\n"),
        "{port: 53, protocol: UDP}",
        "{port: 53, protocol: UDP, name: dns}",
    ),
    "webhooks": (
        thing("ValidatingWebhookConfiguration", "webhooks: [{name: a}, {name: b}]\n", ADMISSION),
        "{name: b}",
        "{name: b, failurePolicy: Fail}",
    ),
    "secrets": (thing("ServiceAccount", "secrets: [{name: a}, {name: b}]\n"), "{name: b}", "{name: c}"),
}

EXPECTED = {
    "containers": "add spec.template.spec.containers[b].image: j",
    "ports": "add spec.template.spec.containers[a].ports[80/UDP].name: udp",
    "volumeMounts": "replace spec.template.spec.containers[a].volumeMounts[/b].name: a -> b",
    "volumes": "add spec.template.spec.volumes[b].emptyDir: {}",
    "imagePullSecrets": "remove spec.template.spec.imagePullSecrets[b]: {'name': 'b'}\n"
    "  add spec.template.spec.imagePullSecrets[c]: {'name': 'c'}",
    "hostAliases": "add spec.template.spec.hostAliases[2.2.2.2].hostnames: ['a']",
    "topologySpreadConstraints": "add spec.template.spec.topologySpreadConstraints[z/B].maxSkew: 1",
    "service ports": "add spec.ports[53/UDP].name: dns",
    "webhooks": "add webhooks[b].failurePolicy: Fail",
    "secrets": "remove secrets[b]: {'name': 'b'}\n  add secrets[c]: {'name': 'c'}",
}


@pytest.mark.parametrize("case", MATCHED)
def test_elements_are_found_again_by_their_keys(compared: Compared, told: Told, case: str) -> None:
    before, old, new = MATCHED[case]
    lines = told(compared(before, before.replace(old, new))).splitlines()
    fields = [line for line in lines if line.startswith(("  add", "  remove", "  replace", "  reorder"))]
    assert "\n".join(fields) == f"  {EXPECTED[case]}"


@pytest.mark.parametrize("case", MATCHED)
def test_an_order_that_does_not_matter_is_hidden_and_counted(
    parsed: Callable[..., ManifestSet], of_data: Callable[..., ManifestSet], case: str
) -> None:
    before = parsed(MATCHED[case][0])
    (manifest,) = before.values()
    (change,) = compare(before, of_data(reversed_lists(manifest.data))).changes
    assert (change.actions, change.fields, change.hidden.order) == (("no-op",), (), 1)


def reversed_lists(value: Any) -> Any:
    """The same with the elements of every list in the other order."""
    if isinstance(value, dict):
        return {key: reversed_lists(member) for key, member in value.items()}
    return [reversed_lists(element) for element in reversed(value)] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (
            deployment(CONTAINER.format("env: [{name: A, value: '1'}, {name: B, value: $(A)}]")),
            deployment(CONTAINER.format("env: [{name: B, value: $(A)}, {name: A, value: '1'}]")),
            ["reorder spec.template.spec.containers[a].env: [A][B] -> [B][A]"],
        ),
        (
            deployment("initContainers: [{name: a}, {name: b}]"),
            deployment("initContainers: [{name: c}, {name: a}, {name: b}]"),
            ["add spec.template.spec.initContainers[c] at 0: {'name': 'c'}"],
        ),
        (
            deployment(CONTAINER.format("args: [a, b, c]")),
            deployment(CONTAINER.format("args: [a, c, b]")),
            ["reorder spec.template.spec.containers[a].args: ['a', 'b', 'c'] -> ['a', 'c', 'b']"],
        ),
        (
            deployment("tolerations: [{key: a}, {key: b}]"),
            deployment("tolerations: [{key: b}, {key: a}]"),
            ["reorder spec.template.spec.tolerations: [a][b] -> [b][a]"],
        ),
        (
            thing("Role", "rules: [{verbs: [get]}, {verbs: [list]}]\n", "rbac.authorization.k8s.io/v1"),
            thing("Role", "rules: [{verbs: [list]}, {verbs: [get]}]\n", "rbac.authorization.k8s.io/v1"),
            ['reorder rules: [verbs=["get"]][verbs=["list"]] -> [verbs=["list"]][verbs=["get"]]'],
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: x, finalizers: [a, b]}\n",
            "apiVersion: v1\nkind: Service\nmetadata: {name: x, finalizers: [c, b]}\n",
            ["remove metadata.finalizers[0]: a", "add metadata.finalizers[0]: c"],
        ),
    ],
)
def test_an_order_that_matters_is_one_line(
    compared: Compared, told: Told, before: str, after: str, lines: list[str]
) -> None:
    text = told(compared(before, after)).splitlines()
    assert [line.strip() for line in text if line.startswith(("  add", "  rem", "  rep", "  reo"))] == lines


def test_repeated_keys_lose_no_element(compared: Compared, told: Told) -> None:
    before = deployment(CONTAINER.format("env: [{name: A, value: '1'}, {name: A, value: '2'}, {name: B}]"))
    after = deployment(CONTAINER.format("env: [{name: A, value: '2'}, {name: B}, {name: A, value: '3'}, {name: A}]"))
    assert told(compared(before, after)).splitlines()[1:-1] == [
        "  reorder spec.template.spec.containers[a].env: [A][A#2][B] -> [A#2][B][A]",
        "  replace spec.template.spec.containers[a].env[A].value: 1 -> 3",
        "  add spec.template.spec.containers[a].env[A#3] at 3: {'name': 'A'}",
    ]


def test_elements_without_their_key_are_kept(compared: Compared, told: Told) -> None:
    before = deployment("volumes: [{emptyDir: {}}, {name: a}]")
    after = deployment("volumes: [{emptyDir: {sizeLimit: 1Gi}}, {name: a}, {hostPath: {path: /}}]")
    assert told(compared(before, after)).splitlines()[1:3] == [
        "  add spec.template.spec.volumes[name=null].emptyDir.sizeLimit: 1Gi",
        "  add spec.template.spec.volumes[name=null#2]: {'hostPath': {'path': '/'}}",
    ]


def test_a_list_of_no_objects_is_compared_by_position(compared: Compared, told: Told) -> None:
    changes = compared(deployment("volumes: [a, b]"), deployment("volumes: [a, {name: b}]"))
    assert told(changes).splitlines()[1] == "  replace spec.template.spec.volumes[1]: b -> {'name': 'b'}"


SCHEMA = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gateways.example.org}
spec:
  group: example.org
  names: {kind: Gateway, plural: gateways}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              listeners:
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name, port]
                items:
                  properties:
                    port: {default: 80}
                    routes: {items: {properties: {hosts: {x-kubernetes-list-type: set}}}}
              env: {x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {}}
              pools: {additionalProperties: {properties: {nodes: {x-kubernetes-list-type: set}}}}
"""


def gateway(spec: str, *, version: str = "v1") -> str:
    return f"{SCHEMA}---\napiVersion: example.org/{version}\nkind: Gateway\nmetadata: {{name: g}}\nspec: {spec}\n"


def test_lists_of_custom_resources_are_known_from_their_definition(compared: Compared, told: Told) -> None:
    before = gateway(
        "{listeners: [{name: a}, {name: b, routes: [{hosts: [x, y]}]}],"
        " pools: {p: {nodes: [a, b]}}, env: [{name: A}, {name: B}]}"
    )
    after = gateway(
        "{listeners: [{name: b, routes: [{hosts: [y, z, x]}]}, {name: a, port: 80}],"
        " pools: {p: {nodes: [b, a]}}, env: [{name: B}, {name: A}]}"
    )
    (change,) = compared(before, after).changes
    assert told(ChangeSet(changes=(change,))).splitlines()[1:] == [
        "  reorder spec.env: [A][B] -> [B][A]",
        "  add spec.listeners[a/80].port: 80",
        "  add spec.listeners[b/80].routes[0].hosts[1]: z",
        "  hidden: 3 order, 11 unchanged",
    ]


def test_a_version_without_a_schema_is_compared_by_position(compared: Compared) -> None:
    before = gateway("{listeners: [{name: a}, {name: b}]}", version="v2")
    after = gateway("{listeners: [{name: b}, {name: a}]}", version="v2")
    assert [field.op for field in compared(before, after).changes[0].fields] == ["reorder"]


def test_users_describe_lists_of_their_own(compared: Compared, told: Told) -> None:
    monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: m}}\nspec: {}\n"
    before = monitor.format("{endpoints: [{port: a, tags: [x, y], steps: [{id: 1, at: [{k: 1}, {k: 2}]}]}, {port: b}]}")
    after = monitor.format("{endpoints: [{port: b}, {port: a, tags: [y, x], steps: [{id: 1, at: [{k: 2}, {k: 1}]}]}]}")
    rules = [
        "monitoring.coreos.com/ServiceMonitor: spec.endpoints[port] ordered",
        "monitoring.coreos.com/ServiceMonitor: spec.endpoints[].tags[*]",
        "monitoring.coreos.com/ServiceMonitor: spec.endpoints[].steps[].at[k]",
    ]
    assert told(compared(before, after, list_rules=rules)).splitlines()[1:] == [
        "  reorder spec.endpoints: [a][b] -> [b][a]",
        "  hidden: 2 order, 10 unchanged",
    ]


def test_a_user_may_overrule_the_schema(compared: Compared) -> None:
    before, after = deployment("volumes: [{name: a}, {name: b}]"), deployment("volumes: [{name: b}, {name: a}]")
    (change,) = compared(before, after, list_rules=["apps/Deployment: spec.template.spec.volumes[]"]).changes
    assert [field.op for field in change.fields] == ["reorder"]


@pytest.mark.parametrize(
    "text",
    ["", "spec.x[a]", "Kind: ", "Kind: spec.x", "Kind: spec..x[a]", "Kind: spec.x[a].", "Kind: x[a"],
)
def test_a_rule_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_override(text)
    assert str(raised.value) == (
        "A list rule cannot be read  [list-rule-invalid]\n"
        f"{text!r} does not name a kind and a list.\n"
        "Write it like this:\n"
        "  monitoring.coreos.com/ServiceMonitor: spec.endpoints[port]"
    )
