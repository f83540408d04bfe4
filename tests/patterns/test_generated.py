"""The generated pipelines of ``docs/patterns``, each on real Git and through at least two promotions."""

from __future__ import annotations

from pattern_repository import git

from gitpromote.cli.main import main
from gitpromote.project import Project

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: {}}}\ndata: {{v: '{}'}}\n"
KUSTOMIZATION = "resources: [config.yaml]\n"


def overlay(folder: str, value: str = "1", namespace: str = "shop") -> dict[str, str]:
    return {f"{folder}/kustomization.yaml": KUSTOMIZATION, f"{folder}/config.yaml": CONFIG.format(namespace, value)}


CHART = {
    "charts/service/Chart.yaml": "apiVersion: v2\nname: service\nversion: 0.1.0\n",
    "charts/service/values.yaml": "replicas: 1\n",
    "charts/service/templates/config.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: {{ .Release.Namespace }}}\n"
        'data: {replicas: "{{ .Values.replicas }}"}\n'
    ),
}


def values(*environments: str, replicas: int = 1) -> str:
    return f"environments: [{', '.join(environments)}]\nreplicas: {replicas}\n"


def test_a_new_team_is_a_new_folder_and_one_that_is_gone_is_retired(repository, monkeypatch, capsys):
    repository.use(
        "teams.py",
        {
            **CHART,
            "teams/pay/values.yaml": values("test", "prod"),
            "teams/shop/values.yaml": values("test", replicas=2),
        },
    )
    assert Project.names(repository.work / "pipeline.py") == ("pay", "shop")
    assert repository.promote("pay") == {"test": "written", "prod": "written"}
    assert repository.promote("shop") == {"test": "written"}
    repository.push(
        {"teams/pay/values.yaml": values("test", "prod", replicas=3), "teams/new/values.yaml": values("test")}
    )
    assert repository.promote("pay") == {"test": "written", "prod": "written"}
    assert repository.promote("new") == {"test": "written"}
    replicas = {path: text.partition('replicas: "')[2][:1] for path, text in repository.holds("rendered").items()}
    assert replicas == {
        "teams/new/test/configmap-settings.yaml": "1",
        "teams/pay/prod/configmap-settings.yaml": "3",
        "teams/pay/test/configmap-settings.yaml": "3",
        "teams/shop/test/configmap-settings.yaml": "2",
    }
    git("rm", "-rq", "teams/shop", cwd=repository.work)
    repository.push({"teams/README.md": "Teams.\n"})
    monkeypatch.chdir(repository.work)
    assert main(["retire", "shop", "--gone", "--reason", "the team is gone", "-out=retire.json"]) == 0
    digest = Project.departed("shop").open_plan("retire.json").digest
    assert main(["apply", "retire.json", "--expect-digest", digest]) == 0
    assert [path for path in repository.holds("rendered") if "shop" in path] == []
    assert main(["retire", "shop", "--gone", "--reason", "again"]) == 0
    capsys.readouterr()
    assert main(["history", "shop"]) == 0  # what it did is known as long as its ledger is
    assert "the team is gone" in capsys.readouterr().out
    assert main(["history", "shop", "--env", "test", "--all"]) == 0
    assert main(["history", "nosuch"]) == 64
    assert main(["retire", "nosuch", "--gone", "--reason", "no such team"]) == 64


def cluster(name: str, **labels: str) -> str:
    given = "".join(f"    {key}: {value}\n" for key, value in labels.items())
    return (
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  labels:\n"
        f"    argocd.argoproj.io/secret-type: cluster\n{given}stringData:\n  server: https://{name}.example\n"
    )


def test_clusters_are_environments_the_canaries_first(repository):
    repository.use(
        "clusters.py",
        {
            **overlay("agent/eu"),
            **overlay("agent/us"),
            "clusters/eu-1.yaml": cluster("eu-1", env="prod", tier="canary", region="eu"),
            "clusters/eu-2.yaml": cluster("eu-2", env="prod", tier="main", region="eu"),
            "clusters/us-1.yaml": cluster("us-1", env="prod", tier="main", region="us"),
            "clusters/lab.yaml": cluster("lab", env="lab", tier="main", region="eu"),
        },
    )
    pipeline = repository.project().pipeline
    assert {name: pipeline.upstream(name) for name in pipeline.order()} == {
        "staging": (),
        "eu-1": ("staging",),
        "eu-2": ("eu-1",),
        "us-1": ("eu-1",),
    }
    assert repository.promote() == dict.fromkeys(("staging", "eu-1", "eu-2", "us-1"), "written")
    repository.push(
        {**overlay("agent/us", "2"), "clusters/us-2.yaml": cluster("us-2", env="prod", tier="main", region="us")}
    )
    again = repository.promote()
    assert [name for name, status in again.items() if status == "written"] == ["us-1", "us-2"]
    git("rm", "-q", "clusters/eu-2.yaml", cwd=repository.work)
    repository.push({"clusters/README.md": "Clusters.\n"})
    project = repository.project()
    plan = project.retire(gone=True, reason="the cluster is gone")
    assert [one.name for one in plan.data.environments] == ["eu-2"]
    assert project.apply(plan, expect_digest=plan.digest).exit_code == 0
    assert sorted(path.split("/")[1] for path in repository.holds("rendered")) == ["eu-1", "staging", "us-1", "us-2"]


def test_regions_and_tiers_are_environments_the_canary_first_in_each(repository):
    sources = [overlay(f"deploy/{region}/{tier}") for region in ("eu", "us") for tier in ("canary", "main")]
    repository.use("regions.py", {path: text for files in sources for path, text in files.items()})
    pipeline = repository.project().pipeline
    assert {name: pipeline.upstream(name) for name in pipeline.order()} == {
        "test": (),
        "eu-canary": ("test",),
        "eu-main": ("eu-canary",),
        "us-canary": ("test",),
        "us-main": ("us-canary",),
    }
    assert set(repository.promote().values()) == {"written"}
    repository.push(overlay("deploy/us/main", "2"))
    assert [name for name, status in repository.promote().items() if status == "written"] == ["us-main"]
    assert 'v: "2"' in repository.holds("env/us-main")["configmap-settings.yaml"]


def test_a_pull_request_has_a_preview_until_it_is_over(repository):
    repository.use("previews.py", overlay("deploy/preview"))
    for number, value in ((7, "seven"), (8, "eight")):
        repository.push(overlay("deploy/preview", value), to=f"change-{number}")
        git("push", "-q", "origin", f"change-{number}:refs/pull/{number}/head", cwd=repository.work)
    assert repository.promote() == {"pr-7": "written", "pr-8": "written"}
    git("switch", "-q", "change-8", cwd=repository.work)
    repository.push(overlay("deploy/preview", "better"), to="change-8")
    git("push", "-q", "origin", "change-8:refs/pull/8/head", cwd=repository.work)
    assert repository.promote(env="pr-8") == {"pr-8": "written"}
    git("merge", "-q", "--no-edit", "change-7", cwd=repository.work)
    git("push", "-q", "origin", "main", cwd=repository.work)
    project = repository.project()
    plan = project.retire(gone=True, reason="merged")
    assert [one.name for one in plan.data.environments] == ["pr-7"]
    assert project.apply(plan, expect_digest=plan.digest).exit_code == 0
    [(path, text)] = repository.holds("previews").items()
    assert (path, "better" in text) == ("previews/pr-8/configmap-settings.yaml", True)


def test_a_feature_branch_goes_as_far_as_uat_and_on_once_it_is_merged(repository):
    sources = [overlay(f"deploy/overlays/{name}") for name in ("test", "uat", "prod")]
    repository.use("feature_branches.py", {path: text for files in sources for path, text in files.items()})
    assert repository.promote("shop") == {"test": "written", "uat": "written", "prod": "written"}
    changed = {
        path: text for name in ("test", "uat", "prod") for path, text in overlay(f"deploy/overlays/{name}", "2").items()
    }
    repository.push(changed, to="feature/login")
    assert repository.promote("features") == {"test-login": "written", "uat-login": "written"}
    assert repository.promote("shop") == dict.fromkeys(("test", "uat", "prod"), "noop")
    git("merge", "-q", "--no-edit", "feature/login", cwd=repository.work)
    git("push", "-q", "origin", "main", cwd=repository.work)
    assert repository.project("features").remains() == ("test-login", "uat-login")
    assert repository.promote("shop") == {"test": "written", "uat": "written", "prod": "written"}
    held = repository.holds("rendered")
    assert [path for path, text in held.items() if 'v: "2"' in text] == [
        "features/test-login/configmap-settings.yaml",
        "features/uat-login/configmap-settings.yaml",
        "shop/prod/configmap-settings.yaml",
        "shop/test/configmap-settings.yaml",
        "shop/uat/configmap-settings.yaml",
    ]
