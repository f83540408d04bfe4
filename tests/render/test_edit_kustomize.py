"""Images of a kustomization are set where they stand, or added."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import SourceInvalid
from gitpromote.render.edit import set_kustomize_image
from gitpromote.render.parse import parse_yaml

KUBECTL = shutil.which("kubectl") or shutil.which("kubectl", path=str(Path(sys.executable).parent))
SHOP = "ghcr.io/acme/shop"
OLD, DIGEST = f"sha256:{'0a1b' * 16}", f"sha256:{'7f1c' * 16}"


def edited(
    text: str, *, repository: str = SHOP, tag: str | None = "1.10", digest: str | None = DIGEST, pin: Any
) -> str:
    return set_kustomize_image(
        text.encode(), repository=repository, tag=tag, digest=digest, pin=pin, file="kustomization.yaml"
    ).decode()


KUSTOMIZATION = f"""\
resources: [../../base]   # ours
images:
  # the shop
  - name: {SHOP}    # moves
    newTag: "1.9"   # keep in step
  - {{name: redis, newTag: 7.0.0}}
namePrefix: x-
"""


def test_an_entry_is_edited_in_its_own_style() -> None:
    assert edited(KUSTOMIZATION, pin="tag") == KUSTOMIZATION.replace('"1.9" ', '"1.10" ')
    assert edited(KUSTOMIZATION, pin="tag@digest") == KUSTOMIZATION.replace(
        '"1.9"   # keep in step\n', f'"1.10"   # keep in step\n    digest: {DIGEST}\n'
    )
    assert edited(KUSTOMIZATION, pin="digest") == KUSTOMIZATION.replace(
        'newTag: "1.9"   # keep in step\n', f"digest: {DIGEST}\n"
    )
    assert edited(KUSTOMIZATION, repository="docker.io/library/redis", pin="tag@digest") == KUSTOMIZATION.replace(
        "newTag: 7.0.0}", f'newTag: "1.10", digest: {DIGEST}}}'
    )


def test_a_second_edit_changes_nothing() -> None:
    for pin in ("tag", "tag@digest", "digest"):
        once = edited(KUSTOMIZATION, pin=pin).encode()
        assert set_kustomize_image(once, repository=SHOP, tag="1.10", digest=DIGEST, pin=pin, file="k.yaml") is once


def test_an_image_without_a_digest_takes_the_old_digest_out() -> None:
    text = f"images:\n- digest: {OLD}   # old\n  name: {SHOP}\n"
    assert edited(text, digest=None, pin="tag@digest") == f'images:\n- name: {SHOP}\n  newTag: "1.10"\n'
    assert edited(text, tag=None, pin="tag@digest") == text.replace(OLD, DIGEST)


def test_an_entry_is_known_by_its_new_name_and_keeps_it() -> None:
    text = f"images:\n- name: app\n  newName: {SHOP.upper().replace('/ACME/SHOP', '/acme/shop')}\n  newTag: v1\n"
    assert edited(text, pin="tag") == text.replace("v1", '"1.10"')
    mirrored = f"images:\n- name: {SHOP}\n  newName: mirror.example/shop\n  newTag: v1\n"
    assert edited(mirrored, pin="tag") == mirrored.replace("v1", '"1.10"')


def test_every_entry_of_the_image_is_edited() -> None:
    text = f"images:\n- name: a\n  newName: {SHOP}\n  newTag: v1\n- name: b\n  newName: {SHOP}\n  newTag: v2\n"
    assert edited(text, pin="tag") == text.replace("v1", '"1.10"').replace("v2", '"1.10"')


NEW = f'- name: {SHOP}\n  newTag: "1.10"\n'
FLOW = f'{{name: {SHOP}, newTag: "1.10"}}'
ADDED = {
    "": f"images:\n{NEW}",
    "# nothing yet": f'# nothing yet\nimages:\n- name: {SHOP}\n  newTag: "1.10"',
    "resources:\n- a\n": f"resources:\n- a\nimages:\n{NEW}",
    "resources:\n  - a\n\n# end\n": f'resources:\n  - a\nimages:\n  - name: {SHOP}\n    newTag: "1.10"\n\n# end\n',
    "images:\n- name: x\n\n# end\nnamePrefix: y\n": f"images:\n- name: x\n{NEW}\n# end\nnamePrefix: y\n",
    "images: []\n": f"images: [{FLOW}]\n",
    "images: [{name: x}]\n": f"images: [{{name: x}}, {FLOW}]\n",
    "images:\nresources: [a]\n": f"images: [{FLOW}]\nresources: [a]\n",
    "images: null # c\n": f"images: [{FLOW}] # c\n",
    "{resources: [a]}\n": f"{{resources: [a], images: [{FLOW}]}}\n",
    "resources:\r\n- a\r\n": "resources:\r\n- a\r\nimages:\r\n" + NEW.replace("\n", "\r\n"),
    '{"resources": ["a"]}\n': f'{{"resources": ["a"], "images": [{{"name": "{SHOP}", "newTag": "1.10"}}]}}\n',
}


@pytest.mark.parametrize(("before", "after"), ADDED.items(), ids=repr)
def test_an_entry_that_is_not_there_is_added(before: str, after: str) -> None:
    assert edited(before, pin="tag") == after


REFUSED = {
    "- a\n": "edit-not-scalar: kustomization.yaml:1: a kustomization is a mapping, not a sequence",
    "images: shop\n": "edit-not-scalar: kustomization.yaml:1: images is no list",
    "a: 1\n---\nb: 1\n": "edit-path-ambiguous: kustomization.yaml:3: a kustomization is one document",
    "x: &x []\nimages: *x\n": "edit-alias: kustomization.yaml:2: images is the alias *x",
    f"x: &x {{name: {SHOP}}}\nimages: [*x]\n": "edit-alias: kustomization.yaml:2: the entry is the alias *x",
    f"x: &x {{newTag: v1}}\nimages:\n- <<: *x\n  name: {SHOP}\n": (
        "edit-merge-key: kustomization.yaml:3: newTag comes from a merge key (<<)"
    ),
    f"images:\n- &x {{name: {SHOP}, newTag: v1}}\n- *x\n": (
        "edit-alias: kustomization.yaml:3: the entry is the alias *x"
    ),
    f"images:\n- &x {{name: {SHOP}, newTag: v1}}\nother: *x\n": (
        "edit-unsafe: kustomization.yaml: setting images.0.newTag would change other values too, or not this one"
    ),
    "images: [{name: a, name: b}]\n": (
        "yaml-duplicate-key: kustomization.yaml:1:20: document 1: 'name' is here for the second time"
    ),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.items(), ids=repr)
def test_an_edit_that_is_not_what_it_seems_is_refused(text: str, words: str) -> None:
    with pytest.raises(SourceInvalid) as caught:
        edited(text, pin="tag")
    assert f"{caught.value.code}: {caught.value.detail}" == words


def test_a_pin_that_the_image_does_not_have_is_refused() -> None:
    for pin, tag, digest, lacks in (("tag", None, DIGEST, "tag"), ("digest", "1", None, "digest")):
        with pytest.raises(SourceInvalid) as caught:
            edited("", tag=tag, digest=digest, pin=pin)
        assert caught.value.detail == f"kustomization.yaml: the image has no {lacks}"


LINES = st.sampled_from(["# c\n", "\n", "namePrefix: x-\n", "resources:\n- a\n", "labels: [{pairs: {a: b}}]\n"])
ENTRIES = st.sampled_from(
    [f"  - name: {SHOP}\n", f"  - newTag: v1 # c\n    name: {SHOP}\n", f"  - {{digest: x, name: {SHOP}}}\n"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, unique=True), st.lists(ENTRIES, max_size=2), st.sampled_from(["tag", "digest", "tag@digest"]))
def test_every_line_that_is_not_of_the_entry_stays(lines: list[str], entries: list[str], pin: str) -> None:
    before = "".join([*lines, *(["images:\n", *entries] if entries else [])])
    after = edited(before, pin=pin)
    kept = iter([line.strip(" -") for line in after.splitlines()])
    others = [line.strip(" -") for line in before.splitlines() if "newTag" not in line and "digest" not in line]
    assert all(line in kept for line in others)
    (data,) = parse_yaml(after.encode(), file="k.yaml")
    wanted = {"tag": {"newTag": "1.10"}, "digest": {"digest": DIGEST}}
    for entry in data["images"]:
        assert entry == {"name": SHOP, **(wanted["tag"] | wanted["digest"] if pin == "tag@digest" else wanted[pin])}


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl on PATH or beside this Python")
@pytest.mark.parametrize(
    ("pin", "image"), [("tag", f"{SHOP}:1.10"), ("digest", f"{SHOP}@{DIGEST}"), ("tag@digest", f"{SHOP}:1.10@{DIGEST}")]
)
def test_kustomize_renders_what_was_set(pin: str, image: str, tmp_path: Path) -> None:
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: '{SHOP}:0'}}]}}\n"
    (tmp_path / "pod.yaml").write_text(pod)
    before = f"resources: [pod.yaml]\nimages:\n- name: {SHOP}\n  newTag: v1\n  digest: {OLD}\n"
    (tmp_path / "kustomization.yaml").write_text(edited(before, pin=pin))
    done = subprocess.run(
        [str(KUBECTL), "kustomize", "."],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "HOME": str(tmp_path)},
        check=True,
    )
    (rendered,) = parse_yaml(done.stdout, file="out.yaml")
    assert rendered["spec"]["containers"][0]["image"] == image
