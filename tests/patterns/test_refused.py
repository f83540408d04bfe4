"""What looks like GitOps and leaves nothing in Git is refused when the file is read."""

from __future__ import annotations

import pytest

from gitpromote.errors import ConfigurationError

APPS = 'apps=[App("shop", Kustomize("deploy/$env"))]'
LATEST = 'warehouse=Warehouse(Image("ghcr.io/acme/shop", "latest", strategy="digest"))'


def refusals(repository, words: str) -> list[str]:
    """What is said of a Pipeline of these words, without the file's name."""
    text = f'from gitpromote import *\n\nshop = Pipeline("shop", {words})\n'
    (repository.work / "pipeline.py").write_text(text)
    try:
        repository.project()
    except ConfigurationError as error:
        assert {problem.line for problem in error.problems} == {3}
        return [str(problem).partition(":3: ")[2] for problem in error.problems]
    return []


def test_an_agent_is_no_target(repository):
    told = refusals(repository, f'{APPS}, target=ArgoCD(context="prod"), environments=[Environment("prod")]')
    assert told == [
        (
            'Pipeline("shop"): target is an ArgoCD: what it is told to run would stand in no repository, to be reviewed or'
            ' restored  [pseudo-gitops]  (write target=Branch("env/$env"), agent=ArgoCD(context="prod"))'
        )
    ]
    told = refusals(repository, f'{APPS}, environments=[Environment("prod", target=Flux())]')
    assert told == [
        (
            'Environment("prod"): target is a Flux: what it is told to run would stand in no repository, to be reviewed or'
            ' restored  [pseudo-gitops]  (write target=Branch("env/$env"), agent=Flux())'
        )
    ]


def test_an_agent_without_a_target_runs_what_is_written_nowhere(repository):
    told = refusals(repository, f'{APPS}, agent=Flux(), environments=[Environment("prod")]')
    assert told == [
        (
            'Environment("prod"): has an agent and no target: what it runs would stand in no repository  [pseudo-gitops]'
            '  (write target=Branch("env/$env") on the Pipeline, or apps=[] for a control-flow point)'
        )
    ]


def test_a_point_of_control_has_nothing_for_an_agent(repository):
    words = f'{APPS}, target=Branch("env/$env"), agent=Flux(), environments=[%s]'
    told = refusals(repository, words % 'Environment("ok", apps=[], agent=ArgoCD()), Environment("prod")')
    assert told == [
        (
            'Environment("ok"): carries no App, and an agent has nothing to run from Git there  [pseudo-gitops]'
            "  (name its Apps, or leave agent= out)"
        )
    ]
    assert refusals(repository, words % 'Environment("ok", apps=[]), Environment("prod")') == []
    assert refusals(repository, words % 'Environment("ok", apps=[], agent=NoAgent()), Environment("prod")') == []


def test_a_tag_that_moves_is_not_written_as_a_tag(repository):
    words = f'{LATEST}, target=Branch("env/$env"), environments=[Environment("prod")], %s'
    followed = (
        'Image("ghcr.io/acme/shop"): follows the tag "latest", and nothing but the tag is written: Git would say the'
        " same after every promotion, and the registry what runs  [pseudo-gitops]"
        '  (write pin="tag@digest", the default)'
    )
    edit = 'App("shop", Helm("chart"), edits=[SetValue("v.yaml", "image.%s", image="ghcr.io/acme/shop", part="%s")]%s)'
    assert refusals(repository, words % f'{APPS}, pin="tag"') == [followed]
    assert refusals(repository, words % f"apps=[{edit % ('tag', 'tag', '')}]") == [followed]
    assert refusals(repository, words % APPS) == []
    assert refusals(repository, words % f"apps=[{edit % ('digest', 'digest', '')}]") == []
    own = 'App("own", Kustomize("own/$env"), pin="tag")'
    assert refusals(repository, words % f"apps=[{edit % ('digest', 'digest', '')}, {own}]") == []
    other = words.replace(LATEST, 'warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1"))')
    assert refusals(repository, other % f'{APPS}, pin="tag"') == []


@pytest.mark.parametrize("pattern", ["image_updater.py", "stage_branches.py"])
def test_what_is_edited_in_place_is_in_git(repository, pattern):
    repository.use(pattern)
    assert repository.project().pipeline.resolved("prod").target.kind == "in-place"
