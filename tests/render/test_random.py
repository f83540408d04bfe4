"""Where values may be random, and where they were."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, PlainSpec, PythonSpec, RandomField
from gitpromote.render.random import Sources, random_fields, random_sources, sources_of_chance

HELM = HelmSpec(chart="c", release="shop")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ randAlphaNum 16 | b64enc }}", ["randAlphaNum"]),
        ('{{- $ca := genCA "shop" 365 -}}', ["genCA"]),
        ("{{ .Values.x | default (uuidv4) }}", ["uuidv4"]),
        ('{{ include "x" . | htpasswd .Values.user }}', ["htpasswd"]),
        ("{{ range keys .Values.map }}{{ . }}{{ end }}", ["keys"]),
        ('{{ tpl "{{ randInt 0 9 }}" . }}', ["randInt"]),
        ('{{ print "}}" | shuffle }}', ["shuffle"]),
        ('{{/* why */}}{{ genPrivateKey "rsa" }}', ["genPrivateKey"]),
        ('{{ lookup "v1" "Secret" "a" "b" }}', ["lookup"]),
        ("{{ bcrypt\n .Values.x }}", ["bcrypt"]),
        ("{{ encryptAES .Values.key .Values.text }}", ["encryptAES"]),
    ],
)
def test_a_call_that_may_give_something_else_each_time_is_found(text: str, names: list[str]) -> None:
    found = random_sources({"t.yaml": text.encode()})
    assert found == Sources(tuple(f"t.yaml: {name}" for name in names), ())


@pytest.mark.parametrize(
    "text",
    [
        "# now: randAlphaNum keys\nkey: uuidv4\n",
        "{{ .Values.keys }} {{ $now }} {{ .Release.Name }} {{ $.Values.date }}",
        "{{/* randAlphaNum 5 */}}",
        "{{- /* shuffle\n now */ -}} a",
        "{{ mykeys }} {{ keysOf }} {{ sortAlpha .x }} {{ derivePassword 1 }}",
        "",
    ],
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert random_sources({"t.yaml": text.encode()}) == Sources((), ())


def test_the_clock_is_told_apart() -> None:
    found = random_sources({"t.yaml": b'{{ now | date "2006" }}'})
    assert found == Sources((), ("t.yaml: date", "t.yaml: now"))


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def test_packed_charts_are_looked_into_and_those_packed_in_them() -> None:
    inner = packed({"common/templates/a.tpl": b"{{ uuidv4 }}"})
    outer = packed({"shop/templates/a.yaml": b"{{ now }}", "shop/charts/common-1.0.0.tgz": inner})
    assert random_sources({"shop.tgz": outer}) == Sources(("shop.tgz: uuidv4",), ("shop.tgz: now",))
    outermost = packed({"all/charts/shop.tgz": outer})
    assert random_sources({"all.tgz": outermost}) == Sources(("all.tgz: uuidv4",), ("all.tgz: now",))
    harmless = packed({"shop/templates/a.yaml": b"{{ .Values.a }}", "shop/icon": b"\x1f\x8b\x08 no archive"})
    assert random_sources({"shop.tgz": harmless}) == Sources((), ())


@pytest.mark.parametrize(
    "content", [b"", b"no archive", packed({"a": b"x" * 1000})[:-20]], ids=["empty", "no archive", "cut off"]
)
def test_an_archive_that_cannot_be_read_may_hold_anything(content: bytes) -> None:
    assert random_sources({"shop.tgz": content}) == Sources(("shop.tgz: cannot be looked into",), ())


def test_an_archive_that_unpacks_to_a_mountain_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(80 * 1024 * 1024), compresslevel=1)
    assert random_sources({"shop.tgz": bomb}).random == ("shop.tgz: cannot be looked into",)


def test_only_what_can_be_random_is_suspected() -> None:
    inputs = {"c/templates/a.yaml": ("100644", b"{{ uuidv4 }}"), "kustomization.yaml": ("100644", b"resources: []")}
    found = Sources(("c/templates/a.yaml: uuidv4",), ())
    overlay = KustomizeSpec(path="")
    assert sources_of_chance(PlainSpec(path=""), inputs, has_helm=False) == Sources()
    assert sources_of_chance(overlay, inputs, has_helm=False) == Sources()
    assert sources_of_chance(overlay, inputs, has_helm=True) == found
    assert sources_of_chance(HELM, inputs, has_helm=True) == found
    assert sources_of_chance(ChainSpec(first=HELM, second=overlay), inputs, has_helm=True) == found
    function = PythonSpec(function="m:f", file="m.py", code="")
    assert sources_of_chance(function, inputs, has_helm=False) == Sources(("m:f: a function",), ())


def test_values_given_one_by_one_are_looked_at_too() -> None:
    spec = HelmSpec(chart="c", release="shop", set=(("greeting", "{{ randAlpha 5 }}"),))
    assert sources_of_chance(spec, {}, has_helm=True).random == ("set greeting: randAlpha",)


def test_a_chart_without_a_release_name_gets_one_from_the_time() -> None:
    inputs = {"k/kustomization.yaml": ("100644", b"helmCharts:\n- {name: shop}\n- {name: pay, releaseName: pay}\n")}
    found = sources_of_chance(KustomizeSpec(path="k"), inputs, has_helm=True)
    assert found.clock == ("k/kustomization.yaml: shop has no releaseName",)


def rendered(**objects: object) -> ManifestSet:
    refs = {name: ObjectRef("", "Secret", "", name) for name in objects}
    return ManifestSet({ref: Manifest(ref, "v1", {"x": objects[name]}, "", "", 1) for name, ref in refs.items()})


def test_the_fields_that_differ_are_named_and_no_others() -> None:
    first = rendered(a={"p": "1", "same": [1, {"q": 2}]}, b=[1, 2], c=1, d={"k": 1})
    second = rendered(a={"p": "2", "same": [1, {"q": 3}]}, b=[1, 2, 3], c=True, d={"l": 1})
    found = [(field.ref.name, field.path) for field in random_fields(first, second)]
    assert found == [
        ("a", ("x", "p")),
        ("a", ("x", "same", 1, "q")),
        ("b", ("x",)),
        ("c", ("x",)),
        ("d", ("x", "k")),
        ("d", ("x", "l")),
    ]


def test_an_object_whose_name_is_random_differs_whole() -> None:
    fields = random_fields(rendered(a=1, one=1), rendered(a=1, two=1))
    assert fields == tuple(RandomField(ObjectRef("", "Secret", "", name), ()) for name in ("one", "two"))
