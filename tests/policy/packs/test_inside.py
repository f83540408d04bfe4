"""Pods and images within objects of kinds that nobody here knows: found by their shape, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from gitpromote.policy.packs.workloads import pods
from gitpromote.policy.scene import Scene

Judged = Callable[[str, dict[str, Any]], list[str]]

ARGO = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: etl}
spec:
  entrypoint: main
  hostNetwork: true
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  templates:
  - name: main
    steps: [[{name: load, template: load}]]
  - name: load
    container: {image: "ghcr.io/acme/l:latest", command: [load], securityContext: {privileged: true}}
    sidecars: [{name: proxy, image: "envoy:v1.31.0"}]
    volumes: [{name: node, hostPath: {path: /}}]
  - name: count
    script: {image: "python:3.12", source: "print(1)"}
  - name: both
    containerSet: {containers: [{name: a, image: "a:1"}, {name: b, image: "b"}]}
"""
CRON = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  workflowSpec:
    entrypoint: a
    templates: [{name: a, container: {image: alpine, securityContext: {privileged: true}}}]
"""
TASK = """
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec:
  params: [{name: image, type: string, description: "the image to build", default: "ghcr.io/acme/web"}]
  workspaces: [{name: source}]
  stepTemplate: {securityContext: {allowPrivilegeEscalation: false}}
  steps:
  - {name: build, image: "gcr.io/kaniko-project/executor:latest", args: ["--destination=$(params.image)"]}
  - {name: test, ref: {name: run-tests}}
  - {name: sign, image: "alpine:3.20", securityContext: {privileged: true}, script: "sign"}
  sidecars: [{name: docker, image: "docker:dind", securityContext: {privileged: true}}]
"""
TASK_RUN = """
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: run}
spec:
  taskRef: {name: build}
  podTemplate: {hostNetwork: true, securityContext: {runAsNonRoot: true}}
"""
PIPELINE = """
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: all}
spec:
  tasks:
  - {name: lint, taskSpec: {steps: [{image: "golang", script: "vet", securityContext: {privileged: true}}]}}
"""
SPARK = """
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: pi}
spec:
  type: Scala
  image: spark
  imagePullPolicy: Always
  mainClass: org.apache.spark.examples.SparkPi
  volumes: [{name: node, hostPath: {path: /tmp}}]
  driver: {cores: 1, memory: 512m, hostNetwork: true, securityContext: {privileged: true}}
  executor: {cores: 1, instances: 1, image: "ghcr.io/acme/spark:latest"}
"""
RAY = """
x-head: &head {name: head, image: "rayproject/ray:latest", securityContext: {privileged: true}}
apiVersion: ray.io/v1
kind: RayJob
metadata: {name: train}
spec:
  entrypoint: python train.py
  rayClusterSpec:
    headGroupSpec:
      template: {spec: {containers: [*head]}}
    workerGroupSpecs:
    - groupName: small
      template: {spec: {containers: [{name: worker, image: rayproject/ray}]}}
  submitterPodTemplate: {spec: {containers: [{name: submit, image: rayproject/ray}], hostPID: true}}
"""
JOB_SET = """
x-one: &one {name: w, image: busybox, securityContext: {privileged: true}}
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: {name: train}
spec:
  replicatedJobs:
  - name: workers
    template: {spec: {template: {spec: {containers: [*one]}}}}
"""
ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec: {template: {spec: {containers: [{name: w, image: "busybox", securityContext: {privileged: true}}]}}}
"""
SIDECARS = """
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: logs}
spec:
  selector: {matchLabels: {app: web}}
  containers: [{name: logs, image: "fluentd:latest", securityContext: {privileged: true}}]
"""
KNATIVE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: web}
spec: {template: {spec: {containers: [{image: "busybox", securityContext: {privileged: true}}]}}}
"""
PROMETHEUS = """
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main}
spec:
  image: quay.io/prometheus/prometheus:latest
  resources: {requests: {memory: 400Mi}}
  securityContext: {runAsNonRoot: true, runAsUser: 1000}
  containers: [{name: prometheus, securityContext: {privileged: true}}]
"""
ELASTIC = """
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: logs}
spec:
  nodeSets:
  - name: default
    podTemplate: {spec: {containers: [{name: elasticsearch, securityContext: {privileged: true}}]}}
"""

LATEST = [
    (
        ARGO,
        [
            "Workflow etl spec.templates[load].container.image: the image ghcr.io/acme/l:latest is whatever is latest",
            (
                "Workflow etl spec.templates[both].containerSet.containers[b].image: "
                "the image b has no tag, so it is whatever is latest"
            ),
        ],
    ),
    (CRON, ["CronWorkflow nightly spec.workflowSpec.templates[a].container.image: NONE alpine"]),
    (
        TASK,
        ["Task build spec.steps[build].image: the image gcr.io/kaniko-project/executor:latest is whatever is latest"],
    ),
    (PIPELINE, ["Pipeline all spec.tasks[lint].taskSpec.steps[0].image: NONE golang"]),
    (
        SPARK,
        [
            "SparkApplication pi spec.image: NONE spark",
            "SparkApplication pi spec.executor.image: the image ghcr.io/acme/spark:latest is whatever is latest",
        ],
    ),
    (
        RAY,
        [
            (
                "RayJob train spec.rayClusterSpec.headGroupSpec.template.spec.containers[head].image: "
                "the image rayproject/ray:latest is whatever is latest"
            ),
            (
                "RayJob train spec.rayClusterSpec.workerGroupSpecs[0].template.spec.containers[worker].image: "
                "NONE rayproject/ray"
            ),
            "RayJob train spec.submitterPodTemplate.spec.containers[submit].image: NONE rayproject/ray",
        ],
    ),
    (
        JOB_SET,
        ["JobSet train spec.replicatedJobs[workers].template.spec.template.spec.containers[w].image: NONE busybox"],
    ),
    (ROLLOUT, ["Rollout web spec.template.spec.containers[w].image: NONE busybox"]),
    (SIDECARS, ["SidecarSet logs spec.containers[logs].image: the image fluentd:latest is whatever is latest"]),
    (KNATIVE, ["Service web spec.template.spec.containers[0].image: NONE busybox"]),
    (
        PROMETHEUS,
        ["Prometheus main spec.image: the image quay.io/prometheus/prometheus:latest is whatever is latest"],
    ),
]


def case(text: str, **more: Any) -> dict[str, Any]:
    found = {key: value for key, value in yaml.safe_load(text).items() if not key.startswith("x-")}
    return {"objects": [found], **more}


def expected(text: str) -> str:
    before, none, image = text.partition("NONE ")
    return f"{before}the image {image} has no tag, so it is whatever is latest" if none else text


@pytest.mark.parametrize(("text", "findings"), LATEST, ids=[yaml.safe_load(text)["kind"] for text, _ in LATEST])
def test_images_are_found_wherever_they_stand(text: str, findings: list[str], judged: Judged) -> None:
    assert judged("images/latest", case(text)) == [expected(each) for each in findings]


PRIVILEGED = [
    (ARGO, ["Workflow etl spec.templates[load].container"]),
    (CRON, ["CronWorkflow nightly spec.workflowSpec.templates[a].container"]),
    (TASK, ["Task build spec.sidecars[docker]", "Task build spec.steps[sign]"]),
    (PIPELINE, ["Pipeline all spec.tasks[lint].taskSpec.steps[0]"]),
    (SPARK, ["SparkApplication pi spec.driver"]),
    (RAY, ["RayJob train spec.rayClusterSpec.headGroupSpec.template.spec.containers[head]"]),
    (JOB_SET, ["JobSet train spec.replicatedJobs[workers].template.spec.template.spec.containers[w]"]),
    (ROLLOUT, ["Rollout web spec.template.spec.containers[w]"]),
    (SIDECARS, ["SidecarSet logs spec.containers[logs]"]),
    (KNATIVE, ["Service web spec.template.spec.containers[0]"]),
    (PROMETHEUS, ["Prometheus main spec.containers[prometheus]"]),
    (ELASTIC, ["Elasticsearch logs spec.nodeSets[default].podTemplate.spec.containers[elasticsearch]"]),
]


@pytest.mark.parametrize(("text", "places"), PRIVILEGED, ids=[yaml.safe_load(text)["kind"] for text, _ in PRIVILEGED])
def test_privileged_containers_are_found_wherever_they_stand(text: str, places: list[str], judged: Judged) -> None:
    wanted = [f"{place}.securityContext.privileged: privileged is true" for place in places]
    assert judged("pod-security/privileged", case(text)) == wanted


def test_what_stands_above_containers_is_told_once(judged: Judged) -> None:
    assert judged("pod-security/host-namespaces", case(ARGO)) == ["Workflow etl spec.hostNetwork: hostNetwork is true"]
    assert judged("pod-security/host-path", case(ARGO)) == [
        "Workflow etl spec.templates[load].volumes[node].hostPath: mounts a path of the node"
    ]
    assert judged("pod-security/host-namespaces", case(SPARK)) == [
        "SparkApplication pi spec.driver.hostNetwork: hostNetwork is true"
    ]
    assert judged("pod-security/host-path", case(SPARK)) == [
        "SparkApplication pi spec.volumes[node].hostPath: mounts a path of the node"
    ]
    assert judged("pod-security/host-namespaces", case(TASK_RUN)) == [
        "TaskRun run spec.podTemplate.hostNetwork: hostNetwork is true"
    ]
    assert judged("pod-security/host-namespaces", case(RAY)) == [
        "RayJob train spec.submitterPodTemplate.spec.hostPID: hostPID is true"
    ]


def test_what_a_security_context_gives_holds_for_all_below_it(judged: Judged) -> None:
    settings = {"profile": "restricted"}
    assert judged("pod-security/run-as-non-root", case(ARGO, settings=settings)) == []
    assert judged("pod-security/seccomp", case(ARGO, settings=settings)) == []
    assert judged("pod-security/run-as-non-root", case(CRON, settings=settings)) == [
        (
            "CronWorkflow nightly spec.workflowSpec.templates[a].container.securityContext.runAsNonRoot: "
            "runAsNonRoot is not true"
        )
    ]


def test_a_step_has_what_its_template_says(judged: Judged) -> None:
    assert judged("pod-security/privilege-escalation", case(TASK, settings={"profile": "restricted"})) == [
        (
            "Task build spec.sidecars[docker].securityContext.allowPrivilegeEscalation: "
            "allowPrivilegeEscalation is not false"
        )
    ]


NOTHING = """
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {"pod.yaml": "containers: [{name: a, image: a}]"}}
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: things.acme.example}
  spec:
    versions:
    - schema: {openAPIV3Schema: {properties: {image: {type: string}, containers: {items: {properties: {image: {}}}}},
        default: {containers: [{name: a, image: a, command: [b]}]}}}
- apiVersion: apiextensions.crossplane.io/v1
  kind: CompositeResourceDefinition
  metadata: {name: things.acme.example}
  spec: {versions: [{schema: {openAPIV3Schema: {default: {containers: [{name: a, image: a}]}}}}]}
- apiVersion: kyverno.io/v1
  kind: ClusterPolicy
  metadata: {name: no-latest}
  spec: {rules: [{name: a, validate: {pattern: {spec: {containers: [{name: "*", image: "!*:latest"}]}}}}]}
- apiVersion: mutations.gatekeeper.sh/v1
  kind: Assign
  metadata: {name: sidecar}
  spec: {parameters: {assign: {value: {containers: [{name: a, image: "a"}]}}}}
- apiVersion: helm.toolkit.fluxcd.io/v2
  kind: HelmRelease
  metadata: {name: web}
  spec: {values: {image: {repository: a, tag: b}, extraContainers: [{name: a, image: a}]}}
- apiVersion: argoproj.io/v1alpha1
  kind: Application
  metadata: {name: web}
  spec:
    source: {repoURL: "https://git.example/a", helm: {valuesObject: {sidecars: [{name: a, image: a}]}}}
    syncPolicy: {automated: {prune: true}}
- apiVersion: cluster.x-k8s.io/v1beta1
  kind: Cluster
  metadata: {name: c}
  spec: {topology: {variables: [{name: image, value: ubuntu-2204}], image: ubuntu-2204}}
- apiVersion: cert-manager.io/v1
  kind: ClusterIssuer
  metadata: {name: acme}
  spec: {acme: {solvers: [{http01: {ingress: {podTemplate: {spec: {nodeSelector: {a: b}}}}}}]}}
- apiVersion: console.openshift.io/v1
  kind: ConsoleLink
  metadata: {name: a}
  spec: {applicationMenu: {imageURL: "https://a.example/logo.png", image: "https://a.example/logo.png"}}
- apiVersion: acme.example/v1
  kind: Page
  metadata: {name: a}
  spec:
    items: [{name: logo, image: "cdn.acme.example/logo.png"}]
    steps: [{name: one, text: hello}]
    volumes: [{name: one, loud: 3}]
- {apiVersion: acme.example/v1, kind: Odd, metadata: {name: a}, spec: [1, {image: [a]}, [[{steps: 3}]]]}
"""


@pytest.mark.parametrize(
    "rule",
    ["images/latest", "images/digest", "pod-security/volumes", "pod-security/run-as-non-root", "resources/limits"],
)
def test_what_only_describes_or_shows_something_is_left_alone(rule: str, judged: Judged) -> None:
    settings = {"profile": "restricted"} if rule.startswith("pod-security") else {}
    assert judged(rule, {"objects": yaml.safe_load(NOTHING), "settings": settings}) == []


def test_every_container_is_found_once(scene: Callable[[dict[str, Any]], Scene]) -> None:
    for text, _ in PRIVILEGED:
        found = [str(container.path) for pod in pods(scene(case(text))) for container in pod.containers]
        assert len(found) == len(set(found)), text


def test_the_digest_is_asked_of_images_beside_containers_too(judged: Judged) -> None:
    assert judged("images/digest", case(PROMETHEUS)) == [
        "Prometheus main spec.image: the image quay.io/prometheus/prometheus:latest has no digest"
    ]


def test_labels_and_network_policies_are_asked_of_whole_pods(judged: Judged) -> None:
    assert judged("labels/pods", case(TASK)) == []
    assert judged("labels/pods", case(JOB_SET)) == [
        (
            "JobSet train spec.replicatedJobs[workers].template.spec.template.metadata"
            '.labels["app.kubernetes.io/name"]: has no label app.kubernetes.io/name'
        )
    ]
    assert judged("network-policy/missing", case(RAY)) == ["RayJob train .: the namespace shop has no NetworkPolicy"]
