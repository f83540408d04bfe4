"""Patterns of repositories: many services in one, one product of many."""

from __future__ import annotations

import pytest
from pattern_repository import CONFIG, config, git

SERVICES = ("cart", "search", "pay")


@pytest.fixture
def services(repository):
    """Puts a pattern in place, with three services and what they share."""
    shared = config("shared")

    def placed(pattern: str, *names: str):
        found = dict(shared)
        for name in SERVICES:
            for env in names:
                found |= {f"services/{name}/{env}/kustomization.yaml": overlay(name)}
            found[f"services/{name}/README.md"] = f"{name}\n"
        repository.use(pattern, found)
        return repository

    return placed


def overlay(service: str, value: str = "") -> str:
    """What is shared, under the service's name, with another value if it has one."""
    patch = f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: settings}}, data: {{v: '{value}'}}}}"
    patches = f'patches: [{{patch: "{patch}"}}]\n' if value else ""
    return f"resources: [../../../shared]\nnamePrefix: {service}-\n{patches}"


def test_a_commit_moves_the_services_whose_paths_it_touches(services):
    repository = services("path_filters.py", "test", "prod")
    for name in SERVICES:
        assert repository.promote(name) == {"test": "written", "prod": "written"}
    repository.push({f"services/cart/{env}/kustomization.yaml": overlay("cart", "own") for env in ("test", "prod")})
    repository.push({"services/search/README.md": "Search.\n", "README.md": "All.\n"})
    assert repository.promote("cart") == {"test": "written", "prod": "written"}
    for name in ("search", "pay"):
        assert repository.decisions(name) == {"test": "noop", "prod": "noop"}
    repository.push({"shared/config.yaml": CONFIG.format(name="settings", value="2")})
    for name in ("search", "pay"):
        assert repository.promote(name) == {"test": "written", "prod": "written"}
    assert repository.promote("cart") == {"test": "inherited", "prod": "inherited"}
    assert repository.says("rendered") == {
        f"{name}/{env}/configmap-{name}-settings.yaml": "own" if name == "cart" else "2"
        for name in SERVICES
        for env in ("test", "prod")
    }


def test_one_pipeline_writes_the_folders_in_which_something_changes(services):
    names = ("test", "uat", "prod")
    repository = services("monorepo.py", *names)
    assert repository.promote() == dict.fromkeys(names, "written")
    repository.push({"services/pay/README.md": "Pay.\n", "README.md": "All.\n"})
    assert repository.decisions() == dict.fromkeys(names, "noop")
    repository.push({"services/cart/test/kustomization.yaml": overlay("cart", "own")})
    assert repository.promote() == {"test": "written", "uat": "inherited", "prod": "inherited"}
    touched = git("show", "--format=", "--name-only", "rendered", cwd=repository.path)
    assert touched == "test/cart/configmap-cart-settings.yaml"
    repository.push({"shared/config.yaml": CONFIG.format(name="settings", value="2")})
    assert repository.run() == {"test": "written", "uat": "written"}
    assert repository.promote() == {"test": "noop", "uat": "noop", "prod": "written"}
    assert repository.says("rendered") == {
        f"{env}/{name}/configmap-{name}-settings.yaml": "own" if (env, name) == ("test", "cart") else "2"
        for name in SERVICES
        for env in names
    }


def test_a_product_is_a_commit_of_each_of_its_repositories(repository, other):
    api, web = other("api"), other("web")
    for name, one in (("api", api), ("web", web)):
        one.push(config("deploy/test", name, name=name) | config("deploy/prod", name, name=name))
    repository.use("multi_repo.py")
    assert repository.promote() == {"test": "written", "prod": "written"}
    api.push({"README.md": "API.\n"})
    assert repository.decisions() == {"test": "noop", "prod": "noop"}
    api.push(config("deploy/test", "api 2", name="api") | config("deploy/prod", "api 2", name="api"))
    assert repository.run() == {"test": "written"}
    web.push(config("deploy/test", "web 2", name="web") | config("deploy/prod", "web 2", name="web"))
    assert repository.promote(env="test") == {"test": "written"}

    def product(api: str, web: str) -> dict[str, str]:
        return {"api/configmap-api.yaml": api, "web/configmap-web.yaml": web}

    assert repository.says("env/prod") == product("api", "web")
    assert repository.promote() == {"test": "noop", "prod": "written"}
    assert [repository.says(f"env/{env}") for env in ("test", "prod")] == [product("api 2", "web 2")] * 2
    assert [len(repository.log(f"env/{env}")) for env in ("test", "prod")] == [3, 2]
    assert (api.branches(), web.branches()) == (["main"], ["main"])
