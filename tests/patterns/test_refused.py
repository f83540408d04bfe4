"""What looks like GitOps and leaves nothing in Git is refused when the file is read."""

from __future__ import annotations

import pytest

from gitpromote.errors import ConfigurationError

APPS = 'apps=[App("shop", Kustomize("deploy/$env"))]'
LATEST = 'warehouse=Warehouse(Image("ghcr.io/acme/shop", "latest", strategy="digest"))'
POINT = 'target=Branch("env/$env"), agent=Flux(), environments=[%s, Environment("prod")]'
EDITED = 'App("shop", Helm("chart"), edits=[SetValue("v.yaml", "image.tag", image="ghcr.io/acme/shop", part="%s")])'


def refusals(repository, *words: str) -> str:
    """What is said of a Pipeline of these words, each problem on a line and its hint on the next one."""
    text = f'from gitpromote import *\n\nshop = Pipeline("shop", {", ".join(words)})\n'
    (repository.work / "pipeline.py").write_text(text)
    try:
        repository.project()
    except ConfigurationError as error:
        assert {(problem.line, problem.code) for problem in error.problems} == {(3, "pseudo-gitops")}
        return "".join(f"{problem.message}\n{problem.hint}\n" for problem in error.problems)
    return ""


def test_an_agent_is_no_target(repository):
    why = "what it is told to run would stand in no repository, to be reviewed or restored"
    told = refusals(repository, APPS, 'target=ArgoCD(context="prod")', 'environments=[Environment("prod")]')
    write = 'write target=Branch("env/$env"), agent='
    assert told == f'Pipeline("shop"): target is an ArgoCD: {why}\n{write}ArgoCD(context="prod")\n'
    told = refusals(repository, APPS, 'environments=[Environment("prod", target=Flux())]')
    assert told == f'Environment("prod"): target is a Flux: {why}\n{write}Flux()\n'


def test_an_agent_without_a_target_runs_what_is_written_nowhere(repository):
    assert refusals(repository, APPS, "agent=Flux()", 'environments=[Environment("prod")]') == (
        'Environment("prod"): has an agent and no target: what it runs would stand in no repository\n'
        'write target=Branch("env/$env") on the Pipeline, or apps=[] for a control-flow point\n'
    )


def test_a_point_of_control_has_nothing_for_an_agent(repository):
    assert refusals(repository, APPS, POINT % 'Environment("ok", apps=[], agent=ArgoCD())') == (
        'Environment("ok"): carries no App, and an agent has nothing to run from Git there\n'
        "name its Apps, or leave agent= out\n"
    )
    assert refusals(repository, APPS, POINT % 'Environment("ok", apps=[])') == ""
    assert refusals(repository, APPS, POINT % 'Environment("ok", apps=[], agent=NoAgent())') == ""


def test_a_tag_that_moves_is_not_written_as_a_tag(repository):
    common = ('target=Branch("env/$env")', 'environments=[Environment("prod")]')
    followed = (
        'Image("ghcr.io/acme/shop"): follows the tag "latest", and nothing but the tag is written: Git would say the'
        " same after every promotion, and the registry what runs\n"
        'write pin="tag@digest", the default\n'
    )
    assert refusals(repository, LATEST, APPS, 'pin="tag"', *common) == followed
    assert refusals(repository, LATEST, f"apps=[{EDITED % 'tag'}]", *common) == followed
    assert refusals(repository, LATEST, APPS, *common) == ""
    assert refusals(repository, LATEST, f"apps=[{EDITED % 'digest'}]", *common) == ""
    own = 'App("own", Kustomize("own/$env"), pin="tag")'
    assert refusals(repository, LATEST, f"apps=[{EDITED % 'digest'}, {own}]", *common) == ""
    released = LATEST.replace('"latest", strategy="digest"', '"^1"')
    assert refusals(repository, released, APPS, 'pin="tag"', *common) == ""


@pytest.mark.parametrize("pattern", ["image_updater.py", "stage_branches.py"])
def test_what_is_edited_in_place_is_in_git(repository, pattern):
    repository.use(pattern)
    assert repository.project().pipeline.resolved("prod").target.kind == "in-place"
