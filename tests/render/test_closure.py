"""What a render reads: asked of small trees, with the bytes counted."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gitpromote.errors import GitpromoteError, SourceInvalid
from gitpromote.model.render import (
    ChainSpec,
    Closure,
    HelmSpec,
    KustomizeSpec,
    PlainSpec,
    PythonSpec,
    RenderSpec,
)
from gitpromote.model.tree import FILE, FOLDER, LINK, SUBMODULE, Entry, blob_id
from gitpromote.render.closure import resolve_closures
from gitpromote.render.listing import Listing
from gitpromote.render.reads import closure_files

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


class Tree:
    """A source tree in memory: ``->x`` is a link to x, ``@`` a submodule. Notes each round in which bytes were read."""

    def __init__(self, files: Mapping[str, str]) -> None:
        entries: dict[str, Entry] = {}
        self.blobs: dict[str, bytes] = {}
        self.rounds: list[frozenset[str]] = []
        for path, text in files.items():
            content = text.removeprefix("->").encode()
            oid = blob_id(content)
            mode = LINK if text.startswith("->") else SUBMODULE if text == "@" else FILE
            entries[path] = Entry(mode, oid)
            self.blobs[oid] = content
        self.listing = Listing.of(entries)

    def read(self, oids: frozenset[str]) -> dict[str, bytes]:
        self.rounds.append(oids)
        return {oid: self.blobs[oid] for oid in oids}

    def closure(self, spec: RenderSpec) -> Closure:
        found = resolve_closures([(spec, self.listing)], self.read)[0]
        if isinstance(found, GitpromoteError):
            raise found
        return found

    def paths(self, spec: RenderSpec) -> list[str]:
        return [path for path, _, _ in self.closure(spec).reads]


def refused(files: Mapping[str, str], spec: RenderSpec) -> SourceInvalid:
    with pytest.raises(SourceInvalid) as caught:
        Tree(files).closure(spec)
    return caught.value


OVERLAY = KustomizeSpec(path="over/prod")


def test_every_field_of_a_kustomization_that_names_files_is_followed() -> None:
    named = {
        "over/prod/kustomization.yaml": """
resources: [own.yaml, ../../base, ./sub/]
bases: [../../old]
components: [../../component]
patches: [{path: patch.yaml}, {patch: "- op: remove"}]
patchesStrategicMerge: [merge.yaml, "kind: ConfigMap\\nmetadata: {name: inline}"]
patchesJson6902: [{path: json.yaml, target: {kind: ConfigMap}}]
replacements: [{path: replace.yaml}, {source: {}}]
crds: [crd.yaml]
configurations: [config.yaml]
openapi: {path: schema.json}
configMapGenerator:
- {name: a, files: [a.properties, renamed=b.properties], envs: [a.env], env: b.env, literals: [x=y]}
secretGenerator:
- {name: s, files: [s.txt]}
generators: [generator.yaml]
transformers: [transformers]
validators: ["apiVersion: builtin\\nkind: PatchTransformer\\nmetadata: {name: v}\\npath: validator.yaml"]
""",
        "over/prod/generator.yaml": "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: g}\nfiles: [g.txt]\n",
        "over/prod/transformers/kustomization.yml": "resources: [one.yaml]\n",
        "over/prod/transformers/one.yaml": (
            "apiVersion: builtin\nkind: PatchStrategicMergeTransformer\nmetadata: {name: t}\npaths: [t.yaml]\n"
        ),
        "base/Kustomization": "resources: [b.yaml]\n",
        "old/kustomization.yaml": "resources: [o.yaml]\n",
        "component/kustomization.yaml": "kind: Component\npatches: [{path: c.yaml}]\n",
        "over/prod/sub/kustomization.yaml": "resources: [s.yaml]\n",
    }
    plain = [
        *(
            "own.yaml",
            "patch.yaml",
            "merge.yaml",
            "json.yaml",
            "replace.yaml",
            "crd.yaml",
            "config.yaml",
            "schema.json",
        ),
        *("a.properties", "b.properties", "a.env", "b.env", "s.txt", "g.txt", "t.yaml", "validator.yaml", "sub/s.yaml"),
    ]
    files = named | {f"over/prod/{name}": f"# {name}" for name in plain}
    files |= {path: f"# {path}" for path in ("base/b.yaml", "old/o.yaml", "component/c.yaml")}
    never = {"README.md": "x", "over/test/kustomization.yaml": "x", "base/unused.yaml": "x"}
    tree = Tree(files | never)

    closure = tree.closure(OVERLAY)

    assert [path for path, _, _ in closure.reads] == sorted(files)
    assert closure.tools == ("kustomize",)
    assert not closure.whole_tree
    # Bytes are read level by level: the overlay, then everything that it names and that may name something itself.
    assert [len(oids) for oids in tree.rounds] == [1, 6, 1]


def test_files_that_name_nothing_are_not_read_at_all() -> None:
    tree = Tree({"over/prod/kustomization.yaml": "resources: [a.yaml]", "over/prod/a.yaml": OBJECT})
    closure = tree.closure(OVERLAY)
    assert [path for path, _, _ in closure.reads] == ["over/prod/a.yaml", "over/prod/kustomization.yaml"]
    assert tree.rounds == [frozenset({tree.listing["over/prod/kustomization.yaml"].oid})]


def test_the_names_that_a_kustomization_might_have_had_are_noted_as_absent() -> None:
    tree = Tree({"over/prod/kustomization.yml": "resources: [a.yaml]", "over/prod/a.yaml": OBJECT})
    assert tree.closure(OVERLAY).absent == ("over/prod/Kustomization", "over/prod/kustomization.yaml")


def test_field_names_are_read_without_regard_to_case_as_kustomize_reads_them() -> None:
    tree = Tree({"over/prod/kustomization.yaml": "Resources: [a.yaml]", "over/prod/a.yaml": OBJECT})
    assert "over/prod/a.yaml" in tree.paths(OVERLAY)


def test_kustomizations_that_name_each_other_end() -> None:
    tree = Tree({"a/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../a]"})
    assert tree.paths(KustomizeSpec(path="a")) == ["a/kustomization.yaml", "b/kustomization.yaml"]


def test_the_root_of_the_tree_can_be_a_kustomization() -> None:
    tree = Tree({"kustomization.yaml": "resources: [a.yaml]", "a.yaml": OBJECT})
    assert tree.paths(KustomizeSpec(path=".")) == ["a.yaml", "kustomization.yaml"]
    assert tree.paths(KustomizeSpec(path="")) == ["a.yaml", "kustomization.yaml"]


def test_a_missing_file_is_named_with_who_refers_to_it_and_the_line() -> None:
    files = {
        "over/prod/kustomization.yaml": "resources:\n- myown.yaml\n- own.yaml\n",
        "over/prod/myown.yaml": OBJECT,
        "over/prod/owns.yaml": OBJECT,
    }
    error = refused(files, OVERLAY)
    assert str(error) == (
        "A source path does not exist at this commit  [source-missing]\n"
        "over/prod/kustomization.yaml:3: refers to over/prod/own.yaml\n"
        "Did you mean over/prod/owns.yaml?"
    )


def test_a_missing_overlay_is_named_and_one_that_is_close_is_offered() -> None:
    error = refused({"over/prod/kustomization.yaml": ""}, KustomizeSpec(path="over/prd"))
    assert str(error) == (
        "A source path does not exist at this commit  [source-missing]\nover/prd\nDid you mean over/prod?"
    )


def test_a_folder_without_a_kustomization_is_refused() -> None:
    files = {"over/prod/kustomization.yaml": "resources:\n- ../../base\n", "base/a.yaml": OBJECT}
    assert str(refused(files, OVERLAY)) == (
        "A folder has no kustomization  [source-missing]\n"
        "over/prod/kustomization.yaml:2: refers to base\n"
        "kustomize wants one of kustomization.yaml, kustomization.yml, Kustomization there."
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.yaml",
        "https://github.com/acme/base?ref=v1",
        "github.com/acme/base//sub",
        "git@github.com:acme/base.git",
        "ssh://git@example.com/acme/base",
        "example.com/acme/base.git//sub?ref=v1",
        "git::https://example.com/acme/base",
    ],
)
def test_a_remote_resource_is_refused_with_what_to_do(url: str) -> None:
    error = refused({"over/prod/kustomization.yaml": f"resources:\n- {url}\n"}, OVERLAY)
    assert str(error) == (
        "A kustomization refers to a remote resource  [source-remote]\n"
        f"over/prod/kustomization.yaml:2: refers to {url}\n"
        "A render has no network, so that it is the same tomorrow. "
        "Copy the resource into the repository and refer to it by its path."
    )


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd"])
def test_a_path_out_of_the_repository_is_refused(path: str) -> None:
    error = refused({"over/prod/kustomization.yaml": f"resources: [{path}]"}, OVERLAY)
    assert error.code == "source-outside"
    assert error.detail.startswith("over/prod/kustomization.yaml:1: refers to ")


def test_a_kustomization_that_is_no_yaml_is_refused_with_its_line() -> None:
    error = refused({"over/prod/kustomization.yaml": "resources:\n- a: b: c\n"}, OVERLAY)
    assert "over/prod/kustomization.yaml:2" in error.detail


@pytest.mark.parametrize("text", ["", "null", "[]", "just words", "resources: {a: b}\npatches: 5\nimages: [1]"])
def test_an_odd_kustomization_is_left_for_kustomize_to_complain_about(text: str) -> None:
    assert Tree({"over/prod/kustomization.yaml": text}).paths(OVERLAY) == ["over/prod/kustomization.yaml"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("apiVersion: acme.example/v1\nkind: Magic\n", "over/prod/g.yaml: Magic of acme.example/v1 is a plugin"),
        (
            "apiVersion: v1\nkind: Fn\nmetadata: {annotations: {config.kubernetes.io/function: 'exec: {path: x}'}}\n",
            "over/prod/g.yaml: Fn runs a function",
        ),
    ],
)
def test_what_cannot_be_bounded_reads_the_whole_tree_and_says_why(config: str, reason: str) -> None:
    files = {"over/prod/kustomization.yaml": "generators: [g.yaml]", "over/prod/g.yaml": config, "other": "x"}
    tree = Tree(files)
    closure = tree.closure(OVERLAY)
    assert closure.whole_tree
    assert closure.reason == f"{reason}, which may read any file"
    assert closure.reads == (("", FOLDER, tree.listing.root.oid),)
    assert set(closure_files(closure, tree.listing)) == set(files)


def test_links_are_followed_and_both_ends_are_read() -> None:
    files = {
        "over/prod": "->../real/prod",
        "real/prod/kustomization.yaml": "resources: [../../base, link.yaml]",
        "real/prod/link.yaml": "->../../shared/a.yaml",
        "shared/a.yaml": OBJECT,
        "base": "->shared/base",
        "shared/base/kustomization.yaml": "resources: [b.yaml]",
        "shared/base/b.yaml": OBJECT,
    }
    assert Tree(files).paths(OVERLAY) == sorted(files)


def test_a_link_out_of_the_repository_is_refused() -> None:
    files = {"over/prod/kustomization.yaml": "resources: [a.yaml]", "over/prod/a.yaml": "->../../../secret"}
    assert str(refused(files, OVERLAY)) == (
        "A source path leads out of the repository  [source-outside]\n"
        "over/prod/kustomization.yaml:1: refers to over/prod/a.yaml -> ../secret\n"
        "A render reads the files of its own commit and nothing else."
    )


def test_links_in_a_circle_are_refused() -> None:
    assert refused({"a": "->b", "b": "->a"}, PlainSpec(path="a")).code == "source-link-loop"


def test_a_submodule_is_refused_wherever_the_path_meets_it() -> None:
    files = {"over/prod/kustomization.yaml": "resources:\n- ../../vendor/base\n", "vendor": "@"}
    assert str(refused(files, OVERLAY)) == (
        "A source path is a submodule  [source-submodule]\n"
        "over/prod/kustomization.yaml:2: refers to vendor\n"
        "Its files are not in this repository. Copy them here, or let the App read the other repository."
    )
    assert refused({"all/a.yaml": OBJECT, "all/vendor": "@"}, PlainSpec(path="all")).code == "source-submodule"
    assert refused({"vendor": "@"}, PythonSpec(function="m:f", file="m.py", code="")).code == "source-submodule"


def test_a_kustomization_that_is_an_lfs_pointer_is_refused() -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n"
    error = refused({"over/prod/kustomization.yaml": pointer}, OVERLAY)
    assert (error.code, error.detail) == ("source-lfs", "over/prod/kustomization.yaml")


def test_a_plain_folder_is_read_whole_by_the_id_of_its_tree() -> None:
    tree = Tree({"plain/a.yaml": OBJECT, "plain/sub/b.yaml": OBJECT, "plain/c.yaml": "->../d.yaml", "d.yaml": "d"})
    closure = tree.closure(PlainSpec(path="plain"))
    assert closure.reads == (("d.yaml", *tree.listing["d.yaml"]), ("plain", *tree.listing["plain"]))
    assert sorted(closure_files(closure, tree.listing)) == [
        "d.yaml",
        "plain/a.yaml",
        "plain/c.yaml",
        "plain/sub/b.yaml",
    ]
    assert tree.paths(PlainSpec(path="plain/a.yaml")) == ["plain/a.yaml"]


def test_a_function_reads_what_it_says_or_the_whole_tree() -> None:
    tree = Tree({"a/x.json": "1", "b.json": "2", "c.json": "3"})
    said = tree.closure(PythonSpec(function="m:f", file="m.py", code="", reads=("a", "b.json")))
    assert [path for path, _, _ in said.reads] == ["a", "b.json"]
    unsaid = tree.closure(PythonSpec(function="m:f", file="m.py", code=""))
    assert (unsaid.whole_tree, unsaid.reason) == (True, "m:f does not say what it reads")


def test_a_chain_reads_what_its_parts_read_and_its_generated_file_is_not_missing() -> None:
    files = {
        "chart/Chart.yaml": "name: shop\n",
        "chart/templates/a.yaml": OBJECT,
        "post/kustomization.yaml": "resources: [rendered.yaml]\npatches: [{path: p.yaml}]",
        "post/p.yaml": OBJECT,
    }
    spec = ChainSpec(first=HelmSpec(chart="chart", release="shop"), second=KustomizeSpec(path="post"))
    closure = Tree(files).closure(spec)
    assert [path for path, _, _ in closure.reads] == ["chart", "post/kustomization.yaml", "post/p.yaml"]
    assert closure.tools == ("kustomize", "helm")
    error = refused(files | {"post/rendered.yaml": OBJECT}, spec)
    assert (error.code, error.detail) == ("generated-name-taken", "post/rendered.yaml")


def test_many_closures_go_in_lockstep_and_a_shared_base_is_read_once() -> None:
    files = {"base/kustomization.yaml": "resources: [b.yaml]", "base/b.yaml": OBJECT}
    files |= {f"over/{n}/kustomization.yaml": f"resources: [../../base]\nnamePrefix: p{n}-" for n in range(50)}
    tree = Tree(files)
    found = resolve_closures([(KustomizeSpec(path=f"over/{n}"), tree.listing) for n in range(50)], tree.read)
    assert [len(oids) for oids in tree.rounds] == [50, 1]
    for number, closure in enumerate(found):
        assert isinstance(closure, Closure)
        paths = [path for path, _, _ in closure.reads]
        assert paths == ["base/b.yaml", "base/kustomization.yaml", f"over/{number}/kustomization.yaml"]


def test_one_closure_that_fails_spoils_no_other() -> None:
    tree = Tree({"good/kustomization.yaml": "resources: [a.yaml]", "good/a.yaml": OBJECT})
    bad, good = resolve_closures(
        [(KustomizeSpec(path="bad"), tree.listing), (KustomizeSpec(path="good"), tree.listing)], tree.read
    )
    assert isinstance(bad, SourceInvalid)
    assert isinstance(good, Closure)


def test_charts_of_a_kustomization_are_read_whole_with_their_values() -> None:
    files = {
        "over/prod/kustomization.yaml": (
            "helmGlobals: {chartHome: ../../charts}\n"
            "helmCharts:\n- {name: shop, releaseName: shop, valuesFile: v.yaml, additionalValuesFiles: [w.yaml]}\n"
        ),
        "over/prod/v.yaml": "a: 1",
        "over/prod/w.yaml": "a: 2",
        "charts/shop/Chart.yaml": "name: shop",
        "charts/shop/values.yaml": "a: 0",
    }
    closure = Tree(files).closure(OVERLAY)
    expected = ["charts/shop", "over/prod/kustomization.yaml", "over/prod/v.yaml", "over/prod/w.yaml"]
    assert [path for path, _, _ in closure.reads] == expected
    assert closure.tools == ("kustomize", "helm")


@pytest.mark.parametrize(
    ("chart", "wanted", "command"),
    [
        (
            "{name: shop, repo: https://charts.example, version: 1.2.3}",
            "charts/shop-1.2.3/shop",
            (
                "helm pull shop --repo https://charts.example --version 1.2.3"
                " --untar --untardir over/prod/charts/shop-1.2.3"
            ),
        ),
        (
            "{name: shop, repo: https://charts.example}",
            "charts/shop",
            "helm pull shop --repo https://charts.example --untar --untardir over/prod/charts",
        ),
        (
            "{name: shop, repo: oci://ghcr.io/acme/charts, version: 1.2.3}",
            "charts/shop-1.2.3/shop",
            "helm pull oci://ghcr.io/acme/charts/shop --version 1.2.3 --untar --untardir over/prod/charts/shop-1.2.3",
        ),
        (
            "{name: shop, repo: oci://ghcr.io/acme/charts/}",
            "charts/shop",
            "helm pull oci://ghcr.io/acme/charts/shop --untar --untardir over/prod/charts",
        ),
        (
            "{name: shop, version: 1.2.3}",
            "charts/shop",
            "helm pull shop --repo URL --version 1.2.3 --untar --untardir over/prod/charts",
        ),
        (
            "{name: shop, repo: https://charts.example, version: '>1.2, <2'}",
            "charts/shop->1.2, <2/shop",
            (
                "helm pull shop --repo https://charts.example --version '>1.2, <2' --untar"
                " --untardir 'over/prod/charts/shop->1.2, <2'"
            ),
        ),
    ],
)
def test_a_chart_that_kustomize_would_have_to_pull_is_refused(chart: str, wanted: str, command: str) -> None:
    assert str(refused({"over/prod/kustomization.yaml": f"helmCharts:\n- {chart}\n"}, OVERLAY)) == (
        "A chart of a kustomization is not in the repository  [chart-dependency-missing]\n"
        f"over/prod/kustomization.yaml:2: refers to over/prod/{wanted}\n"
        "A render has no network. Put the chart there:\n"
        f"  {command}"
    )


@pytest.mark.parametrize(
    ("kustomization", "command"),
    [
        (
            (
                "helmChartInflationGenerator:\n"
                "- {chartName: shop, chartRepoUrl: https://charts.example, chartVersion: 1.2.3}\n"
            ),
            "helm pull shop --repo https://charts.example --version 1.2.3 --untar --untardir charts/shop-1.2.3",
        ),
        (
            "helmGlobals: {chartHome: .}\nhelmCharts: [{name: shop}]\n",
            "helm pull shop --repo URL --untar --untardir .",
        ),
    ],
)
def test_the_command_that_fetches_a_chart_is_whole_wherever_it_is_named(kustomization: str, command: str) -> None:
    hint = refused({"kustomization.yaml": kustomization}, KustomizeSpec(path=".")).hint
    assert hint == f"A render has no network. Put the chart there:\n  {command}"
