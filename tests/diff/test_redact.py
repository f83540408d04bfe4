"""Secrets are masked wherever they stand, and nothing else is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from textwrap import dedent

import pytest

from gitpromote.diff.compare import compare
from gitpromote.diff.labels import Labels, circled
from gitpromote.diff.redact import Redactor, plaintext_secret
from gitpromote.errors import ConfigurationError
from gitpromote.model.change import ChangeSet
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.sensitive_paths import parse_sensitive_path

Compared = Callable[..., ChangeSet]
Told = Callable[[ChangeSet], str]
Parsed = Callable[..., ManifestSet]


def b64(text: str) -> str:
    return b64encode(text.encode()).decode()


def secret(body: str, name: str = "s") -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n{body}\n"


def config(body: str, name: str = "c") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n{body}\n"


def pod(container: str) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {{name: c, {container}}}\n"


def thing(version: str, kind: str, body: str) -> str:
    """A template with doubled braces."""
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{{{name: t}}}}\n{body}\n"


def only(manifests: ManifestSet) -> Manifest:
    (manifest,) = manifests.values()
    return manifest


def test_only_equality_is_told(compared: Compared, told: Told) -> None:
    before = secret(f"data: {{a: {b64('old-value')}, b: {b64('old-value')}, c: {b64('same-one')}, d: {b64('gone')}}}")
    after = secret(
        f"data: {{a: {b64('new-value')}, b: {b64('other-value')}, c: {b64('same-one')}, e: {b64('new-value')}}}"
    )
    changes = compared(before, after)
    assert told(changes) == dedent(
        """\
        update v1/Secret s (secret) medium none
          replace data.a: (sensitive ①) -> (sensitive ②)
          replace data.b: (sensitive ①) -> (sensitive ③)
          remove data.d: (sensitive ④)
          add data.e: (sensitive ②)
          hidden: 4 unchanged
          note: changes a Secret
        """
    )


def test_the_numbers_do_not_depend_on_the_values(compared: Compared) -> None:
    def story(first: str, second: str) -> ChangeSet:
        return compared(
            secret(f"stringData: {{a: {first}, b: {second}}}"), secret(f"stringData: {{a: {second}, b: {first}}}")
        )

    assert story("aaaaaaaa", "zzzzzzzzzzzz") == story("zzzzzzz", "aaaaaaaaaa")


def test_data_and_string_data_of_one_value_are_equal(compared: Compared, told: Told) -> None:
    changes = compared(secret(f"data: {{a: {b64('hunter2x')}}}"), secret("stringData: {a: hunter2x}"))
    assert told(changes).splitlines()[1:3] == [
        "  remove data: {'a': '(sensitive ①)'}",
        "  add stringData: {'a': '(sensitive ①)'}",
    ]


def test_a_change_of_the_encoding_alone_still_shows(compared: Compared) -> None:
    changes = compared(secret("data: {a: aHVudGVyMng=}"), secret('data: {a: "aHVudGVyMng=\\n"}'))
    assert [(field.before, field.after) for field in changes.changes[0].fields] == [("(sensitive ①)", "(sensitive ②)")]


def test_copies_are_masked_wherever_they_stand(compared: Compared, told: Told) -> None:
    stored = secret("stringData: {password: hunter2-xyz}")
    before = "---\n".join([stored, config("data: {x: '1'}"), pod("args: [a]")])
    after = "---\n".join(
        [
            stored,
            config(
                "data:\n"
                "  url: postgres://app:hunter2-xyz@db/app\n"
                f"  auth: {b64('app:hunter2-xyz')}\n"
                '  config.json: \'{"inner": {"pw": "hunter2-xyz"}}\'\n'
                "  hunter2-xyz: key\n"
                "binaryData: {blob: " + b64("0123hunter2-xyz4567") + "}\n"
            ),
            pod("env: [{name: X, value: hunter2-xyz}], args: [a, '--x=hunter2-xyz']"),
        ]
    )
    text = told(compared(before, after))
    assert "hunter2" not in text
    assert text.splitlines()[:8] == [
        "update v1/ConfigMap c (config, secret) low none",
        "  add binaryData: {'blob': '(sensitive ①)'}",
        "  add data.auth: (sensitive ②)",
        '  add data["config.json"]: {"inner": {"pw": "(sensitive ③)"}}',
        "  add data.url: postgres://app:(sensitive ③)@db/app",
        "  remove data.x: 1",
        '  add data["(sensitive ③)"]: key',
        "  hidden: 3 unchanged",
    ]


def test_a_copy_changes_with_its_origin(compared: Compared) -> None:
    def side(value: str) -> str:
        return secret(f"stringData: {{p: {value}}}") + "---\n" + pod(f"env: [{{name: X, value: {value}}}]")

    shown = [
        (field.before, field.after)
        for change in compared(side("hunter2-old"), side("hunter2-new")).changes
        for field in change.fields
    ]
    assert shown == [("(sensitive ①)", "(sensitive ②)")] * 2


@pytest.mark.parametrize("value", ["hunter2", "a1b2c3", "12345678", "pass word", "q", "päßwörd"])
def test_variables_with_a_telling_name_are_masked(compared: Compared, value: str) -> None:
    before, after = (
        pod(f"env: [{{name: DB_PASSWORD, value: '{value}'}}]"),
        pod("env: [{name: DB_PASSWORD, value: other-one}]"),
    )
    fields = [field for change in compared(before, after).changes for field in change.fields]
    assert [(field.before, field.after) for field in fields] == [("(sensitive ①)", "(sensitive ②)")]


@pytest.mark.parametrize(
    "variable",
    [
        "{name: DB_PASSWORD, value: $(OTHER)}",
        "{name: DB_PASSWORD, value: ''}",
        "{name: DB_PASSWORD_FILE, value: /run/secrets/db}",
        "{name: TOKEN_URL, value: 'https://example.com/token'}",
        "{name: USE_TOKEN, value: 'true'}",
        "{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}",
    ],
)
def test_what_refers_to_a_secret_stays_visible(parsed: Parsed, variable: str) -> None:
    manifests = parsed(pod(f"env: [{variable}]"))
    assert not Redactor(manifests).is_sensitive(only(manifests))


def test_the_references_of_an_external_secret_stay_visible(compared: Compared, told: Told) -> None:
    before = secret("stringData: {password: hunter2-xyz}", "db")
    after = dedent(
        """\
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata: {name: db}
        spec:
          secretStoreRef: {name: vault, kind: ClusterSecretStore}
          target: {name: db}
          data:
          - secretKey: password
            remoteRef: {key: prod/db, property: password}
        """
    )
    text = told(compared(before, after))
    assert "'remoteRef': {'key': 'prod/db', 'property': 'password'}" in text
    assert "'secretKey': 'password'" in text
    assert "'stringData': {'password': '(sensitive ①)'}" in text


def test_encrypted_values_are_told_as_such(compared: Compared, told: Told) -> None:
    def sops(value: str, mac: str) -> str:
        cipher = "ENC[AES256_GCM,data:{},iv:a=,tag:b=,type:str]"
        return secret(
            f"stringData: {{password: '{cipher.format(value)}'}}\n"
            f"sops: {{mac: '{cipher.format(mac)}', version: 3.9, age: [{{recipient: age1x, enc: '{mac}'}}]}}"
        )

    changes = compared(sops("one", "m1"), sops("two", "m2"))
    assert told(changes) == dedent(
        """\
        update v1/Secret s (secret) medium none
          replace sops.age[0].enc: (encrypted ①) -> (encrypted ②)
          replace sops.mac: (encrypted ③) -> (encrypted ④)
          replace stringData.password: (encrypted ⑤) -> (encrypted ⑥)
          hidden: 5 unchanged
          note: re-encrypted
          note: changes a Secret
        """
    )


def test_a_sealed_secret_is_encrypted(compared: Compared, told: Told) -> None:
    sealed = thing("bitnami.com/v1alpha1", "SealedSecret", "spec: {{encryptedData: {{a: {}}}}}")
    assert told(compared(sealed.format("AgBy1"), sealed.format("AgBy2"))).splitlines()[1] == (
        "  replace spec.encryptedData.a: (encrypted ①) -> (encrypted ②)"
    )


def test_a_secret_that_stands_in_another_object_is_masked(compared: Compared, told: Told) -> None:
    template = thing("e.org/v1", "Template", "objects:\n- {{apiVersion: v1, kind: Secret, data: {{a: {}}}}}")
    assert told(compared(template.format(b64("a")), template.format(b64("b")))).splitlines()[1] == (
        "  replace objects[0].data.a: (sensitive ①) -> (sensitive ②)"
    )


def test_the_copy_of_the_whole_object_in_an_annotation_is_masked(parsed: Parsed) -> None:
    copy = """{kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"eHl6"}}', note: x}"""
    manifests = parsed(secret("data: {a: eHl6}").replace("{name: s}", f"{{name: s, annotations: {copy}}}"))
    assert Redactor(manifests).masked(only(manifests)).data["metadata"]["annotations"] == {
        "kubectl.kubernetes.io/last-applied-configuration": "(sensitive ①)",
        "note": "x",
    }


def test_names_of_objects_are_no_secrets(compared: Compared, told: Told) -> None:
    """Were they, every image and label of that name would be hidden."""
    stored = secret(f"data: {{username: {b64('postgres')}, host: {b64('postgres.shop')}}}", "postgres-credentials")
    before = stored + "---\n" + pod("image: postgres:16")
    assert told(compared(before, before.replace("16", "17"))).splitlines()[1] == (
        "  replace spec.containers[c].image: postgres:16 -> postgres:17"
    )


def test_everyday_words_are_no_secrets(compared: Compared, told: Told) -> None:
    before = secret("stringData: {environment: production, enabled: 'true'}") + "---\n" + config("data: {a: x}")
    after = before.replace("{a: x}", "{a: production, b: 'true'}")
    assert told(compared(before, after)).splitlines()[1:3] == [
        "  replace data.a: x -> production",
        "  add data.b: true",
    ]


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("data: {a: eHl6}", True),
        ("stringData: {a: hunter2}", True),
        ("stringData: {a: 5}", True),
        ("stringData: hunter2", True),
        ("stringData: {a: '${PASSWORD:=hunter2}'}", True),
        ("stringData: {a: '<path:x#y> ghp_aB3dE6gH9jK2mN5pQ8rS'}", True),
        ("data: {a: 'not base64'}", True),
        ("data: {a: 'ENC[AES256_GCM,data:x,iv:a=,tag:b=,type:str]', b: eHl6}\nsops: {mac: x}", True),
        ("data: {a: 'ENC[AES256_GCM,data:x,iv:a=,tag:b=,type:str]'}\nsops: {mac: x}", False),
        ("", False),
        ("data: {}", False),
        ("data: {a: ''}\nstringData: {b: ' ', c: null}", False),
        ("stringData: {a: '<path:kv/db#password>'}", False),
        ("stringData: {url: 'postgres://app:<path:kv/db#password>@db/app'}", False),
        ("stringData: {a: 'ref+vault://kv/db#password', b: '${PASSWORD}'}", False),
        (f"data: {{a: {b64('<path:kv/db#password>')}, b: {b64('vault:kv/db#p')}}}", False),
        ("type: kubernetes.io/service-account-token", False),
    ],
)
def test_a_secret_in_plain_text_is_told_from_one_that_is_not(parsed: Parsed, body: str, plain: bool) -> None:
    assert plaintext_secret(only(parsed(secret(body)))) is plain


def test_placeholders_of_a_vault_path_count_where_the_annotation_says_so(parsed: Parsed) -> None:
    text = secret("stringData: {a: <password>}")
    annotated = text.replace("{name: s}", "{name: s, annotations: {avp.kubernetes.io/path: kv/db}}")
    assert (plaintext_secret(only(parsed(text))), plaintext_secret(only(parsed(annotated)))) == (True, False)


def test_only_secrets_are_secrets(parsed: Parsed) -> None:
    other = "apiVersion: example.org/v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n"
    assert not plaintext_secret(only(parsed(other)))
    assert not plaintext_secret(only(parsed(config("data: {password: x}"))))


def test_other_texts_are_scrubbed(parsed: Parsed) -> None:
    redactor = Redactor(parsed(secret("stringData: {a: hunter2-xyz}")), known=["credential-1"])
    message = "cannot log in as hunter2-xyz with credential-1 (ghp_aB3dE6gH9jK2mN5pQ8rS), base64 " + b64(
        "x:hunter2-xyz"
    )
    assert redactor.scrub(message) == (
        "cannot log in as (sensitive) with (sensitive) ((sensitive)), base64 (sensitive)"
    )
    assert redactor.scrub("nothing here") == "nothing here"


def test_credentials_that_are_known_are_scrubbed_however_short_or_common(parsed: Parsed) -> None:
    redactor = Redactor(parsed(""), known=["pw1", "password", ""])
    assert redactor.scrub("no pw1, no password") == "no (sensitive), no (sensitive)"


def test_manifests_that_a_redactor_was_not_made_of_are_masked_all_the_same(parsed: Parsed) -> None:
    redactor = Redactor(parsed(config("data: {a: b}")))
    manifest = only(parsed(secret("stringData: {a: hunter2-xyz}")))
    assert redactor.is_sensitive(manifest)
    assert redactor.masked(manifest).data["stringData"] == {"a": "(sensitive ①)"}
    variable = parsed(pod("env: [{name: API_KEY, value: hunter2-xyz}]"))
    assert "hunter2" not in repr(compare(ManifestSet(), variable, redactor=redactor))


@pytest.mark.parametrize("value", ["a1b2", "a'b'", "a b c"])
def test_short_secrets_are_masked_as_whole_values_alone(compared: Compared, value: str) -> None:
    quoted = "'" + value.replace("'", "''") + "'"
    stored = secret(f"stringData: {{a: {quoted}}}")
    before = "---\n".join([stored, config("data: {x: '1'}"), pod("env: [{name: X, value: '1'}]")])
    after = "---\n".join([stored, config(f"data: {{x: {quoted}}}"), pod(f"env: [{{name: X, value: {quoted}}}]")])
    shown = [field.after for change in compared(before, after).changes for field in change.fields]
    assert shown == ["(sensitive ①)", "(sensitive ①)"]


def test_the_numbers_do_not_depend_on_keys_that_are_secret(compared: Compared) -> None:
    def story(first: str, second: str) -> list[object]:
        stored = secret(f"stringData: {{a: {first}, b: {second}}}")
        before = f"{stored}---\n{config('data: {x: x}')}"
        after = f"{stored}---\n{config(f'data: {{{first}: {second}, {second}: {first}}}')}"
        return [field.model_dump() for change in compared(before, after).changes for field in change.fields]

    assert story("hunter-1", "hunter-2") == story("hunter-4", "hunter-3")


def test_a_masked_manifest_keeps_everything_but_its_secrets_and_text(parsed: Parsed) -> None:
    manifests = parsed(secret("type: Opaque\nstringData: {a: hunter2-xyz}"), app="shop")
    manifest = only(manifests)
    masked = Redactor(manifests).masked(manifest)
    assert masked == Manifest(
        ref=manifest.ref,
        version="v1",
        data={
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s"},
            "type": "Opaque",
            "stringData": {"a": "(sensitive ①)"},
        },
        text="",
        file="all.yaml",
        line=1,
        app="shop",
    )
    assert Redactor(manifests).is_sensitive(manifest)


def test_labels_go_on_from_one_object_to_the_next(parsed: Parsed) -> None:
    manifests = parsed(
        secret("stringData: {a: hunter2-one}", "x") + "---\n" + secret("stringData: {a: hunter2-two, b: hunter2-one}")
    )
    redactor, labels = Redactor(manifests), Labels()
    shown = [redactor.masked(manifest, labels=labels).data["stringData"] for manifest in manifests.values()]
    assert shown == [{"a": "(sensitive ①)"}, {"a": "(sensitive ②)", "b": "(sensitive ①)"}]


def test_a_text_cannot_pass_for_a_masked_value(compared: Compared) -> None:
    changes = compared(config("data: {a: (sensitive ①)}"), config("data: {a: (sensitive ②)}"))
    assert changes.counts.change == 1


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("ConfigMap: data.a", {"a": "(sensitive ①)", "b.yaml": "2", "list": "3"}),
        ("data.*", {"a": "(sensitive ①)", "b.yaml": "(sensitive ②)", "list": "(sensitive ③)"}),
        ('ConfigMap/c*: data["b.yaml"]', {"a": "1", "b.yaml": "(sensitive ①)", "list": "3"}),
        ("data.l*", {"a": "1", "b.yaml": "2", "list": "(sensitive ①)"}),
        ("**.a", {"a": "(sensitive ①)", "b.yaml": "2", "list": "3"}),
        ("ConfigMap/other: data.a", {"a": "1", "b.yaml": "2", "list": "3"}),
        ("Secret: data.a", {"a": "1", "b.yaml": "2", "list": "3"}),
        ("ConfigMap.apps: data.a", {"a": "1", "b.yaml": "2", "list": "3"}),
    ],
)
def test_users_name_sensitive_places(parsed: Parsed, path: str, shown: dict[str, str]) -> None:
    manifests = parsed(config("data: {a: '1', b.yaml: '2', list: '3'}"))
    assert Redactor(manifests, sensitive_paths=[path]).masked(only(manifests)).data["data"] == shown


@pytest.mark.parametrize(
    "path",
    ["spec.containers[c].args[1]", "spec.containers[*].args[1]", "spec.**[1]", "Pod: spec.containers[0].args[1]"],
)
def test_sensitive_places_in_lists(parsed: Parsed, path: str) -> None:
    manifests = parsed(pod("args: [a, b, 5]"))
    masked = Redactor(manifests, sensitive_paths=[path]).masked(only(manifests))
    assert masked.data["spec"]["containers"][0]["args"] == ["a", "(sensitive ①)", 5]


def test_all_below_a_sensitive_place_is_hidden_but_the_keys(parsed: Parsed) -> None:
    manifests = parsed(
        "apiVersion: e.org/v1\nkind: T\nmetadata: {name: t}\nspec: {db: {user: a, port: 5, tls: true, x: [b, null]}}\n"
    )
    masked = Redactor(manifests, sensitive_paths=["spec.db"]).masked(only(manifests))
    assert masked.data["spec"]["db"] == {
        "user": "(sensitive ①)",
        "port": "(sensitive ②)",
        "tls": True,
        "x": ["(sensitive ③)", None],
    }


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("", "'' names no path."),
        ("ConfigMap: ", "'ConfigMap: ' names no path."),
        ("data..a", "'data..a' is not understood from '..a' on."),
        ("data[", "'data[' is not understood from '[' on."),
        ("data a", "'data a' is not understood from ' a' on."),
    ],
)
def test_a_path_that_cannot_be_read_is_refused(path: str, detail: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_sensitive_path(path)
    assert str(raised.value) == (
        f"A sensitive path cannot be read  [sensitive-path-invalid]\n{detail}\n"
        "Write it like one of these:\n"
        '  ConfigMap/app: data["application.yaml"]\n'
        "  spec.values.database.**"
    )


def test_nothing_is_masked_in_a_definition_of_fields_called_password(parsed: Parsed) -> None:
    manifests = parsed(
        dedent(
            """\
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.example.org}
            spec:
              versions:
              - schema:
                  openAPIV3Schema:
                    properties:
                      password: {type: string, description: "password: the password, token: the token"}
            """
        )
    )
    assert not Redactor(manifests).is_sensitive(only(manifests))


def test_values_of_a_chart_with_telling_names_are_masked(compared: Compared, told: Told) -> None:
    release = thing(
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        "spec: {{values: {{db: {{password: {}, existingSecret: db, port: 5432}}}}}}",
    )
    assert told(compared(release.format("hunter2"), release.format("hunter3"))).splitlines()[1] == (
        "  replace spec.values.db.password: (sensitive ①) -> (sensitive ②)"
    )


def test_a_change_set_without_secrets_is_the_same_with_any_redactor(parsed: Parsed) -> None:
    before, after = parsed(config("data: {a: x}")), parsed(config("data: {a: y}"))
    assert compare(before, after) == compare(
        before, after, redactor=Redactor(parsed(secret("stringData: {a: hunter2-x}")))
    )


def test_numbers_go_on_beyond_the_circled_ones() -> None:
    assert [circled(number) for number in (1, 20, 21, 35, 36, 50, 51, 1000)] == [
        "①",
        "⑳",
        "㉑",
        "㉟",
        "㊱",
        "㊿",
        "51",
        "1000",
    ]
