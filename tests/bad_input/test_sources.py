"""Sources that cannot be rendered: the renderer's own words, file and line, exit code 1 and nothing written."""

from __future__ import annotations

import pytest

HEAD = "from gitpromote import App, Branch, Environment, Helm, Image, InPlace, Kustomize, Pipeline, Plain, SetValue\n"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits}\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345\n"
LAUGHS = "a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def pipeline(renderer: str) -> str:
    return f"""\
{HEAD}
shop = Pipeline(
    "shop",
    apps=[App("shop", {renderer})],
    target=Branch("env/$env"),
    environments=[Environment("test")],
)
"""


KUSTOMIZE = pipeline('Kustomize("deploy/$env")')
CHART = pipeline('Helm("charts/shop", values=["values/$env.yaml"])')
CHART_FILES = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: store\nversion: 1.0.0\n",
    "charts/shop/templates/limits.yaml": OBJECT,
    "values/test.yaml": "replicas: 1\n",
    "pipeline.py": CHART,
}
HELM = (
    "helm template shop charts/shop --namespace default --include-crds --skip-tests --kube-version 1.34.0 "
    "--values values/test.yaml"
)


def kustomized(shop, kustomization: str | bytes, **files: str | bytes) -> None:
    shop.push({"pipeline.py": KUSTOMIZE, "deploy/test/kustomization.yaml": kustomization} | files)


# -- what is not there


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("deplyo/$env", "\nDid you mean deploy/test?\n"),
        ("somewhere/$env", "\nCommit and push it, or mend the path where it is named.\n"),
    ],
    ids=["typo", "nowhere"],
)
def test_a_source_path_is_missing_at_that_commit(shop, path: str, hint: str) -> None:
    shop.push({"pipeline.py": pipeline(f'Plain("{path}")')})
    assert shop.refused("plan", code=1) == (
        "Error: A source path does not exist at this commit  [source-missing]\n\n"
        f"{path.replace('$env', 'test')}\nread for test/shop at {shop.head}\n{hint}"
    )


def test_a_source_path_is_missing_at_an_older_commit(one) -> None:
    old = one.head
    one.push({"pipeline.py": pipeline('Plain("later")'), "later/limits.yaml": OBJECT})
    assert one.run("plan").code == 0
    told = one.run("plan", "--commit", old)
    assert (told.code, told.err) == (
        1,
        (
            "Error: A source path does not exist at this commit  [source-missing]\n\n"
            f"later\nread for test/shop at {old}\n\n"
            "It is older than the path. Newer Freight has it:\n  gitpromote plan shop --commit main\n"
        ),
    )


def test_a_kustomization_names_a_file_that_is_missing(one) -> None:
    kustomized(one, "namespace: test\nresources:\n  - deploymnt.yaml\n")
    assert one.refused("plan", code=1) == (
        "Error: A source path does not exist at this commit  [source-missing]\n\n"
        "deploy/test/kustomization.yaml:3: refers to deploy/test/deploymnt.yaml\n"
        f"read for test/shop at {one.head}\n\n"
        "Did you mean deploy/test/deployment.yaml?\n"
    )


def test_a_values_file_is_missing(one) -> None:
    one.push(CHART_FILES)
    (one.work / "values/test.yaml").unlink()
    one.push()
    assert one.refused("plan", code=1) == (
        "Error: A source path does not exist at this commit  [source-missing]\n\n"
        f"values/test.yaml\nread for test/shop at {one.head}\n\n"
        "Commit and push it, or mend the path where it is named.\n"
    )


# -- what fails in the renderers


def of_two(renderer: str) -> str:
    return pipeline(renderer).replace('Environment("test")', 'Environment("test"), Environment("prod")')


def test_a_source_of_all_environments_is_told_of_all(shop) -> None:
    shop.push({"pipeline.py": of_two('Plain("all")'), "all/a.yaml": "kind: X\n"})
    assert f"\nread for test/shop, prod/shop at {shop.head}\n" in shop.refused("plan", code=1)


def test_a_chart_of_all_environments_is_told_with_the_first_one_and_the_others(shop) -> None:
    template = "a: {{ fail `no` }}\n"
    files = {"all/Chart.yaml": "apiVersion: v2\nname: all\nversion: 1.0.0\n", "all/templates/a.yaml": template}
    shop.push({"pipeline.py": of_two('Helm("all")')} | files)
    told = shop.refused("plan", code=1)
    assert "\n\ntest/shop: helm template shop all " in told
    assert "\nthe same in prod/shop\n" in told


def test_kustomize_fails_in_its_own_words(one) -> None:
    kustomized(one, "resources: [deployment.yaml]\nimagez: []\n")
    assert one.refused("plan", code=1) == (
        "Error: A renderer failed  [render-failed]\n\n"
        "test/shop: kubectl kustomize deploy/test  (exit status 1)\n"
        '  error: invalid Kustomization: json: unknown field "imagez"\n'
        "deploy/test/kustomization.yaml:2\n"
    )


def test_a_resource_that_is_no_yaml_is_told_with_its_line(one) -> None:
    kustomized(one, "resources: [deployment.yaml]\n", **{"deploy/test/deployment.yaml": "a: b\n  c: d\n"})
    assert one.refused("plan", code=1).splitlines()[2:] == [
        "test/shop: kubectl kustomize deploy/test  (exit status 1)",
        (
            "  error: accumulating resources: accumulating resources from 'deployment.yaml': MalformedYAMLError: yaml: "
            "line 2: mapping values are not allowed in this context in File: deployment.yaml"
        ),
        "deploy/test/deployment.yaml:2:4: document 1: mapping values are not allowed in this context",
    ]


def test_a_kustomization_that_is_no_yaml_is_told_with_its_line(one) -> None:
    kustomized(one, "namespace: test\nresources: [deployment.yaml\n")
    assert one.refused("plan", code=1) == (
        "Error: A YAML document cannot be read  [yaml-invalid]\n\n"
        "deploy/test/kustomization.yaml:3:1: document 1: while parsing a flow sequence that begins on line 2, "
        "did not find expected ',' or ']'\n"
        f"read for test/shop at {one.head}\n"
    )


def test_helm_fails_in_its_own_words(one) -> None:
    template = OBJECT + 'data:\n  image: {{ required "set image.tag" .Values.image.tag }}\n'
    one.push(CHART_FILES | {"charts/shop/templates/limits.yaml": template})
    assert one.refused("plan", code=1) == (
        "Error: A renderer failed  [render-failed]\n\n"
        f"test/shop: {HELM}  (exit status 1)\n"
        '  Error: template: store/templates/limits.yaml:5:44: executing "store/templates/limits.yaml" at '
        "<.Values.image.tag>: nil pointer evaluating interface {}.tag\n"
        "\n  Use --debug flag to render out invalid YAML\n"
        "charts/shop/templates/limits.yaml:5\n"
    )


def test_every_environment_that_fails_is_told(shop) -> None:
    both = KUSTOMIZE.replace('[Environment("test")]', '[Environment("test"), Environment("prod")]')
    shop.push({"pipeline.py": both, "deploy/test/kustomization.yaml": "resources: [nope.yaml]\n"})
    assert shop.refused("plan", code=1) == (
        "Error: 2 renders failed  [source-missing]\n\n"
        "A source path does not exist at this commit\n"
        "deploy/test/kustomization.yaml:1: refers to deploy/test/nope.yaml\n"
        f"read for test/shop at {shop.head}\n"
        "Commit and push it, or mend the path where it is named.\n\n"
        "A folder has no kustomization\n"
        "deploy/prod\n"
        f"read for prod/shop at {shop.head}\n"
        "kustomize wants one of kustomization.yaml, kustomization.yml, Kustomization there.\n"
    )


def test_another_tool_version_than_asked_for_is_a_configuration_error(one) -> None:
    text = KUSTOMIZE.replace('Kustomize("deploy/$env"', 'Kustomize("deploy/$env", version="4.1"')
    kustomized(one, "resources: [deployment.yaml]\n", **{"pipeline.py": text})
    told = one.refused("plan", code=11).splitlines()
    assert told[:3] == [
        "Error: A renderer has another version than asked for  [tool-version]",
        "",
        "kustomize 4.1 is asked for; found:",
    ]
    assert told[-1] == "Put kustomize 4.1 first on PATH, or change version= in the pipeline."


# -- objects


def test_an_object_that_two_files_hold(one) -> None:
    one.push({"deploy/test/again.yaml": (one.work / "deploy/test/deployment.yaml").read_text()})
    assert one.refused("plan", code=1) == (
        "Error: An object is rendered twice  [duplicate-object]\n\n"
        "apps/Deployment test/shop: deploy/test/again.yaml:1 and deploy/test/deployment.yaml:1\n"
        f"read for test/shop at {one.head}\n\n"
        "One object has one manifest: remove one, or give it another name or namespace.\n"
    )


def test_an_object_that_two_templates_make(one) -> None:
    one.push(CHART_FILES | {"charts/shop/templates/again.yaml": OBJECT})
    assert one.refused("plan", code=1) == (
        "Error: An object is rendered twice  [duplicate-object]\n\n"
        "v1/ConfigMap limits: charts/shop:2 and charts/shop:7\n"
        "charts/shop:2 is made by charts/shop/templates/again.yaml\n"
        "charts/shop:7 is made by charts/shop/templates/limits.yaml\n"
        f"read for test/shop at {one.head}\n\n"
        "One object has one manifest: remove one, or give it another name or namespace.\n"
    )


def test_a_document_that_is_no_object(one) -> None:
    one.push({"deploy/test/values.yaml": "replicas: 1\n"})
    assert one.refused("plan", code=1) == (
        "Error: A document is not a Kubernetes object  [manifest-invalid]\n\n"
        "deploy/test/values.yaml:1: document 1: apiVersion is missing\n"
        f"read for test/shop at {one.head}\n"
    )


def test_a_name_that_is_a_path_stays_in_its_target(one) -> None:
    one.push({"deploy/test/limits.yaml": OBJECT.replace("limits", '"../../.git/hooks/x"')})
    one.apply()
    files = one.remote_git("ls-tree", "-r", "--name-only", "env/test").splitlines()
    assert len(files) == 2
    assert not [file for file in files if "/" in file or ".." in file]


def test_names_that_fold_into_one_are_two_files(one) -> None:
    one.push({"deploy/test/limits.yaml": OBJECT + "---\n" + OBJECT.replace("limits", "Limits")})
    one.apply()
    files = one.remote_git("ls-tree", "-r", "--name-only", "env/test").splitlines()
    assert len({file.casefold() for file in files}) == 3


def test_a_fresh_apply_of_sources_that_fail_writes_nothing(one) -> None:
    kustomized(one, "resources: [nope.yaml]\n")
    assert one.refused("apply", "-auto-approve", code=1).startswith("Error: A source path does not exist")


# -- what exhausts memory


@pytest.mark.parametrize("renderer", ["Plain", "Kustomize", "Helm"])
def test_a_document_of_laughs_is_seen_before_anybody_reads_it(one, renderer: str) -> None:
    text = OBJECT + LAUGHS
    if renderer == "Helm":
        one.push(CHART_FILES | {"values/test.yaml": text})
    else:
        one.push({"deploy/test/kustomization.yaml": "resources: [deployment.yaml, limits.yaml]\n"})
        one.push({"pipeline.py": pipeline(f'{renderer}("deploy/$env")'), "deploy/test/limits.yaml": text})
    file = "values/test.yaml" if renderer == "Helm" else "deploy/test/limits.yaml"
    assert one.refused("plan", code=1) == (
        "Error: The aliases of a YAML document stand for too much  [yaml-alias-bomb]\n\n"
        f"{file}:9:8: document 1: aliases stand for more than 100000 values\n"
        f"read for test/shop at {one.head}\n\n"
        "A document like this is built to exhaust memory; no manifest needs it.\n"
    )


def test_a_hundred_megabytes_are_too_much(one) -> None:
    line = "x" * 99_990 + "\n"
    text = OBJECT + "data:\n" + "".join(f"  k{at:04}: {line}" for at in range(1000))
    files = {"deploy/test/limits.yaml": text, "deploy/test/kustomization.yaml": "resources: [limits.yaml]\n"}
    one.push(files)
    for renderer in ("Plain", "Kustomize"):
        one.push({"pipeline.py": pipeline(f'{renderer}("deploy/$env")')})
        assert one.refused("plan", code=1) == (
            "Error: A YAML file is too large  [yaml-too-large]\n\n"
            f"deploy/test/limits.yaml: {len(text)} bytes, more than 67108864\n"
            f"read for test/shop at {one.head}\n\n"
            "Divide it into several files. What a renderer gives may be larger: App(…, limits=Limits(megabytes=…))\n"
        )


# -- what is not text, or not here


def test_a_manifest_that_is_not_utf8(one) -> None:
    one.push({"deploy/test/limits.yaml": OBJECT.encode() + b'data: {name: "caf\xe9"}\n'})
    assert one.refused("plan", code=1) == (
        "Error: A file is not UTF-8  [not-utf8]\n\n"
        "deploy/test/limits.yaml:4: byte 0xe9 at offset 73\n"
        f"read for test/shop at {one.head}\n\nSave it as UTF-8.\n"
    )


def test_a_kustomization_that_is_not_utf8(one) -> None:
    kustomized(one, b"resources: [deployment.yaml]  # caf\xe9\n")
    assert one.refused("plan", code=1) == (
        "Error: A file is not UTF-8  [not-utf8]\n\n"
        "deploy/test/kustomization.yaml:1: byte 0xe9 at offset 35\n"
        f"read for test/shop at {one.head}\n\nSave it as UTF-8.\n"
    )


@pytest.mark.parametrize("renderer", ["Plain", "Kustomize"])
def test_a_submodule_in_the_inputs(one, renderer: str) -> None:
    kustomized(
        one, "resources: [deployment.yaml, vendored]\n", **{"pipeline.py": pipeline(f'{renderer}("deploy/test")')}
    )
    one.git("update-index", "--add", "--cacheinfo", f"160000,{'12' * 20},deploy/test/vendored")
    one.git("commit", "-q", "-m", "submodule")
    one.git("push", "-q", "origin", "HEAD:main")
    who = "deploy/test/kustomization.yaml:1: refers to " if renderer == "Kustomize" else ""
    assert one.refused("plan", code=1) == (
        "Error: A source path is a submodule  [source-submodule]\n\n"
        f"{who}deploy/test/vendored\nread for test/shop at {one.head}\n\n"
        "Its files are not in this repository. Copy them here, or let the App read the other repository.\n"
    )


@pytest.mark.parametrize("renderer", ["Plain", "Kustomize"])
def test_an_lfs_pointer_in_the_inputs(one, renderer: str) -> None:
    text = pipeline(f'{renderer}("deploy/test")')
    kustomized(one, "resources: [big.yaml]\n", **{"pipeline.py": text, "deploy/test/big.yaml": POINTER})
    assert one.refused("plan", code=1) == (
        "Error: A source file is a Git LFS pointer, not the content  [source-lfs]\n\n"
        f"deploy/test/big.yaml\nread for test/shop at {one.head}\n\n"
        "What a render reads must stand in Git itself:\n  git lfs untrack PATTERN && git add --renormalize PATH\n"
    )


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (
            "/etc/passwd",
            (
                "Error: A source path leads out of the repository  [source-outside]\n\n"
                "deploy/test/limits.yaml: refers to deploy/test/limits.yaml -> /etc/passwd\n"
                "read for test/shop at {head}\n\n"
                "A render reads the files of its own commit and nothing else.\n"
            ),
        ),
        (
            "nowhere.yaml",
            (
                "Error: A symbolic link leads to nothing  [source-link-dangling]\n\n"
                "deploy/test/limits.yaml\nread for test/shop at {head}\n\n"
                "Commit what it refers to, or remove the link.\n"
            ),
        ),
    ],
    ids=["outside", "dangling"],
)
def test_a_link_that_leads_nowhere_good(one, target: str, error: str) -> None:
    (one.work / "deploy/test/limits.yaml").symlink_to(target)
    one.push()
    assert one.refused("plan", code=1) == error.replace("{head}", one.head)


# -- what is edited

EDITED = f"""\
{HEAD}from gitpromote import Warehouse

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image("ghcr.io/acme/shop")),
    apps=[App("shop", Helm("charts/shop", values=["values/$env.yaml"]),
              edits=[SetValue("values/$env.yaml", "image.tag", image="ghcr.io/acme/shop")])],
    target=InPlace("main"),
    environments=[Environment("test")],
)
"""
LFS = (
    "Error: A source file is a Git LFS pointer, not the content  [source-lfs]\n\n{file}\n{read}\n"
    "What a render reads must stand in Git itself:\n  git lfs untrack PATTERN && git add --renormalize PATH\n"
)
VERSION = ("--image", f"ghcr.io/acme/shop:1.2.3@sha256:{'ab' * 32}")
EDITS = {
    "an-lfs-pointer": (POINTER, LFS.format(file="values/test.yaml", read="")),
    "a-key-twice": (
        'image:\n  tag: "1"\n  tag: "2"\n',
        (
            "Error: A YAML key appears twice  [yaml-duplicate-key]\n\n"
            "values/test.yaml:3:3: document 1: 'tag' is here for the second time\n\n"
            "Remove one of them: readers of YAML do not agree which one counts.\n"
        ),
    ),
    "through-an-alias": (
        'image: &image\n  tag: "1"\nsidecar: *image\n',
        (
            "Error: An edit goes through an alias  [edit-alias]\n\n"
            "values/test.yaml:2: image.tag is also used by *image on line 3\n\n"
            "Write the value itself there, or edit the place that has the anchor.\n"
        ),
    ),
    "no-such-path": (
        'image:\n  tagg: "1"\n',
        (
            "Error: The path of an edit is not in the file  [edit-path-missing]\n\n"
            "values/test.yaml:2: image.tag: image has no key 'tag'; did you mean 'tagg'?\n"
        ),
    ),
    "not-utf8": (
        b'image:\n  tag: "\xe9"\n',
        "Error: A file is not UTF-8  [not-utf8]\n\nvalues/test.yaml:2: byte 0xe9 at offset 15\n\nSave it as UTF-8.\n",
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_source_that_cannot_be_edited(one, case: str) -> None:
    text, told = EDITS[case]
    one.push(CHART_FILES | {"pipeline.py": EDITED, "values/test.yaml": text})
    assert one.refused("plan", *VERSION, code=1) == told


@pytest.mark.parametrize("target", ['InPlace("main")', 'Branch("env/$env")'])
def test_an_lfs_pointer_that_is_to_be_edited_wherever_it_goes(one, target: str) -> None:
    edited = EDITED.replace('InPlace("main")', target)
    one.push(CHART_FILES | {"pipeline.py": edited, "values/test.yaml": POINTER})
    assert one.refused("plan", *VERSION, code=1) == LFS.format(file="values/test.yaml", read="")
    kustomize = edited.replace('Helm("charts/shop", values=["values/$env.yaml"])', 'Kustomize("deploy/$env")')
    one.push({"pipeline.py": kustomize, "deploy/test/kustomization.yaml": POINTER})
    told = LFS.format(file="deploy/test/kustomization.yaml", read=f"read for test/shop at {one.head}\n")
    assert one.refused("plan", *VERSION, code=1) == told


@pytest.mark.parametrize("target", ['InPlace("main")', 'Branch("env/$env")'])
def test_a_submodule_that_holds_what_is_to_be_edited(one, target: str) -> None:
    edited = EDITED.replace('InPlace("main")', target)
    one.push({name: text for name, text in CHART_FILES.items() if name != "values/test.yaml"} | {"pipeline.py": edited})
    one.git("update-index", "--add", "--cacheinfo", f"160000,{'12' * 20},values")
    one.git("commit", "-q", "-m", "submodule")
    one.git("push", "-q", "origin", "HEAD:main")
    assert one.refused("plan", *VERSION, code=1) == (
        "Error: A source path is a submodule  [source-submodule]\n\n"
        f"values\nread for test/shop at {one.head}\n\n"
        "Its files are not in this repository. Copy them here, or let the App read the other repository.\n"
    )
