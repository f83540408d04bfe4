"""Policies outside of this process: real Rego, real functions, real programs, and what becomes of those that fail."""

from __future__ import annotations

import json
import stat
import textwrap
from pathlib import Path
from typing import Any

import pytest

from gitpromote.adapters.code_digest import digest_of_code
from gitpromote.adapters.policy_programs import LocalPrograms
from gitpromote.errors import GitpromoteError
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.policy import ExecPolicy, PythonPolicy, Rego
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.policy.judged import Judged
from gitpromote.policy.scene import Scene
from gitpromote.render.parse import parse_manifests

OBJECTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: shop}
stringData: {password: correct-horse-battery}
"""

SLOW = "A policy took too long  [policy-timeout]\n"
FAILED = "A policy failed  [policy-failed]\n"
EMPTY = 'an empty list does not say that anything was looked at: print {"findings": []}'
UNREADABLE = "A policy says what nobody can read  [policy-answer-invalid]\n"


def scene(text: str = OBJECTS) -> Scene:
    target = ResolvedTarget(kind="branch", ref="refs/heads/env/prod")
    return Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(name="prod", target=target, production=True, labels={"tier": "gold"}),
        occasion="promote",
        objects=parse_manifests(text.encode(), file="shop.yaml", app="web").manifests,
        before=ManifestSet(),
    )


def judge(policy: Any, folder: Path, *, texts: dict[str, str] | None = None, code: str = "") -> Judged:
    functions = {}
    if code:
        file = folder / "rules.py"
        file.write_text(textwrap.dedent(code))
        functions = {f"rules:{policy.function.partition(':')[2]}": (str(file), digest_of_code(file, "rules"))}
    return LocalPrograms(folder=folder, functions=functions).judge(policy, scene(), texts or {})


def told(judged: Judged) -> list[str]:
    """Each with its weight, rule, object, message and hint."""
    found = []
    for weight in ("findings", "warnings", "errors"):
        for one in getattr(judged, weight):
            place = f" @{one.file}:{one.line}" if one.line else f" @{one.file}" if one.file else ""
            hint = f" ({one.hint})" if one.hint else ""
            found.append(f"{weight} {one.rule} [{one.object or '-'}] {one.message}{hint}{place}")
    return found


def refused(policy: Any, folder: Path, **others: Any) -> str:
    with pytest.raises(GitpromoteError) as caught:
        judge(policy, folder, **others)
    return str(caught.value)


class TestRego:
    """Needs the extra ``rego``."""

    @pytest.fixture(autouse=True)
    def _library(self) -> None:
        pytest.importorskip("regopy")

    def test_deny_violation_and_warn_say_what_they_find_of_each_object(self, tmp_path: Path) -> None:
        texts = {
            "policy/a.rego": """
                package main
                import rego.v1
                deny contains msg if {
                  input.kind == "Deployment"
                  input.spec.replicas < data.least
                  msg := sprintf("%s has %d replicas", [input.metadata.name, input.spec.replicas])
                }
                warn_unlabelled contains {"msg": "no labels", "hint": "add some"} if not input.metadata.labels
            """,
            "policy/sub.rego": 'package main.sub\nviolation[{"msg": m}] { input.kind == "Service"; m := "old" }\n',
            "policy/values.yaml": "least: 2\n",
            "policy/a_test.rego": "package main\nthis is not even rego\n",
        }
        assert told(judge(Rego("policy"), tmp_path, texts=texts)) == [
            "findings policy [apps/Deployment shop/web] web has 1 replicas",
            "findings policy [Service shop/web] old",
            "warnings policy/warn_unlabelled [apps/Deployment shop/web] no labels (add some)",
            "warnings policy/warn_unlabelled [Service shop/web] no labels (add some)",
            "warnings policy/warn_unlabelled [Secret shop/key] no labels (add some)",
        ]

    def test_rules_know_where_it_is_about_to_go(self, tmp_path: Path) -> None:
        text = """
            package main
            import rego.v1
            deny contains msg if {
              data.gitpromote.environment.production
              input.kind == "Service"
              msg := sprintf("%s %s", [data.gitpromote.environment.name, data.gitpromote.environment.labels.tier])
            }
        """
        assert told(judge(Rego("p.rego"), tmp_path, texts={"p.rego": text})) == [
            "findings p [Service shop/web] prod gold"
        ]

    def test_a_value_of_a_secret_is_not_repeated(self, tmp_path: Path) -> None:
        text = "package main\nimport rego.v1\ndeny contains msg if msg := input.stringData.password\n"
        assert told(judge(Rego("p.rego"), tmp_path, texts={"p.rego": text})) == [
            "findings p [Secret shop/key] (sensitive)"
        ]

    def test_text_that_is_no_rego_is_told_with_its_line(self, tmp_path: Path) -> None:
        text = "package main\nimport rego.v1\ndeny contains x if { x := \n"
        assert refused(Rego("p.rego"), tmp_path, texts={"p.rego": text}) == (
            "Rego cannot be used  [policy-invalid]\np.rego:3:20: this is unclosed"
        )

    def test_a_function_that_does_not_exist_is_told(self, tmp_path: Path) -> None:
        text = "package main\nimport rego.v1\ndeny contains x if x := nonsense(1)\n"
        assert refused(Rego("p.rego"), tmp_path, texts={"p.rego": text}) == (
            "Rego cannot be used  [policy-invalid]\nit calls a function that is not there"
        )

    @pytest.mark.parametrize(
        ("call", "why"),
        [
            ("1 / 0", "divide by zero"),
            ("http.send({})", "HTTP builtins are not supported"),
            ('to_number("x")', "invalid syntax"),
        ],
    )
    def test_a_built_in_that_fails_is_an_error_and_does_not_pass(self, tmp_path: Path, call: str, why: str) -> None:
        text = f'package main\nimport rego.v1\ndeny contains "x" if {{ input.kind == "Service"; {call} }}\n'
        assert told(judge(Rego("p.rego"), tmp_path, texts={"p.rego": text})) == [
            f"errors p [Service shop/web] a built-in function failed, or rules disagree about one value: {why}"
        ]

    def test_rules_that_disagree_are_told_in_the_words_of_the_library(self, tmp_path: Path) -> None:
        text = "package main\nimport rego.v1\nf(x) := 1 if x > 0\nf(x) := 2 if x > 1\n"
        text += 'deny contains "x" if { input.kind == "Service"; f(5) == 1 }\n'
        assert told(judge(Rego("p.rego"), tmp_path, texts={"p.rego": text})) == [
            (
                "errors p [Service shop/web] a built-in function failed, or rules disagree about one value: "
                "functions must not produce multiple outputs for same inputs"
            )
        ]

    def test_rules_in_another_package_would_never_be_asked(self, tmp_path: Path) -> None:
        text = 'package kubernetes\nimport rego.v1\ndeny contains "x"\n'
        assert refused(Rego("p.rego"), tmp_path, texts={"p.rego": text}) == (
            "A policy judges nothing  [policy-empty]\n"
            "p.rego: no file says package main, so no rule of it would be asked"
        )


class TestFunction:
    def test_findings_are_texts_or_dictionaries(self, tmp_path: Path) -> None:
        code = """
            def check(scene):
                print("for people")
                for one in scene["objects"]:
                    if one["kind"] == "Deployment":
                        yield {"message": "too few", "object": one, "hint": "add one", "rule": "replicas"}
                        yield {"message": "hm", "object": one, "level": "warning"}
                yield f"{scene['environment']['name']} {sorted(scene)}"
        """
        keys = ["before", "changes", "environment", "freight", "objects", "occasion", "pipeline"]
        assert told(judge(PythonPolicy("rules:check"), tmp_path, code=code)) == [
            "findings check/replicas [apps/Deployment shop/web] too few (add one)",
            f"findings check [-] prod {keys}",
            "warnings check [apps/Deployment shop/web] hm",
        ]

    def test_nothing_found_is_nothing(self, tmp_path: Path) -> None:
        assert told(judge(PythonPolicy("rules:check"), tmp_path, code="def check(scene): return []\n")) == []

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ("raise ValueError('no such kind')", "check: ValueError: no such kind (rules.py:2)"),
            ("raise ValueError('it is correct-horse-battery')", "check: ValueError: it is (sensitive) (rules.py:2)"),
            ("raise ValueError('one\\n  two')", "check: ValueError: one two (rules.py:2)"),
            (
                "import json; json.loads('{')",
                (
                    "check: json.decoder.JSONDecodeError: Expecting property name enclosed in "
                    "double quotes: line 1 column 2 (char 1) (rules.py:2)"
                ),
            ),
            ("yield 'a'; yield {}['b']", "check: KeyError: 'b' (rules.py:2)"),
            ("import sys; print('x.py:7: y', file=sys.stderr); raise KeyError", "check: KeyError (rules.py:2)"),
            (
                "def f(): 1 / 0\n    try: f()\n    except Exception as e: raise TypeError('no') from e",
                "check: TypeError: no (rules.py:4)",
            ),
            ("return 1", "check: TypeError: a policy gives a list of findings, not int"),
            ("return [1]", 'check: TypeError: a finding is a text, or a dictionary with a "message"'),
            ("import os; os.kill(os.getpid(), 11)", "check: ended by signal 11"),
        ],
    )
    def test_a_function_that_fails_is_told(self, tmp_path: Path, body: str, why: str) -> None:
        code = f"def check(scene):\n    {body}\n"
        assert refused(PythonPolicy("rules:check"), tmp_path, code=code) == f"A policy failed  [policy-failed]\n{why}"

    def test_the_place_is_the_innermost_line_of_the_users_files(self, tmp_path: Path) -> None:
        (tmp_path / "beside.py").write_text("def low(scene):\n    return scene['nothing']\n")
        code = "import beside\n\ndef check(scene):\n    return beside.low(scene)\n"
        why = "check: KeyError: 'nothing' (beside.py:2)"
        assert refused(PythonPolicy("rules:check"), tmp_path, code=code) == f"A policy failed  [policy-failed]\n{why}"

    def test_a_file_that_is_no_python_is_told_with_its_line(self, tmp_path: Path) -> None:
        code = "def check(scene):\n    return [\n"
        why = "check: SyntaxError: '[' was never closed (rules.py:2)"
        assert refused(PythonPolicy("rules:check"), tmp_path, code=code) == f"A policy failed  [policy-failed]\n{why}"


def program(folder: Path, body: str) -> ExecPolicy:
    file = folder / "check.sh"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return ExecPolicy("check", ["./check.sh", "$objects", "${manifests}", "$before", "$context", "$HOME"], timeout="2s")


class TestProgram:
    def test_it_reads_files_or_its_input_and_prints_findings(self, tmp_path: Path) -> None:
        folder = tmp_path / "my rules"
        folder.mkdir()
        body = """
            n=$(ls "$1" | wc -l); f=$(ls "$1" | head -1); grep -q "kind: Service" || exit 9
            cmp -s "$2" "$2" && test -f "$3" && grep -q '"production": true' "$4" && test "$5" = '$HOME' || exit 8
            echo "{\\"findings\\": [{\\"message\\": \\"$n in all\\", \\"file\\": \\"$1/$f\\", \\"line\\": 5},"
            echo '{"message": "m", "level": "warning", "object": {"kind": "Service", "name": "web"}},'
            echo '{"message": "n", "level": "none"}]}'
            exit 1
        """
        assert told(judge(program(folder, body), folder)) == [
            "findings check [apps/Deployment shop/web] 3 in all @shop.yaml:5",
            "warnings check [Service shop/web] m",
        ]

    def test_what_programs_of_the_field_print_is_read(self, tmp_path: Path) -> None:
        printed = [
            [{"filename": "0001-deployment-shop-web.yaml", "failures": [{"msg": "a"}], "warnings": [{"msg": "b"}]}],
            {"resources": [{"filename": "x", "kind": "Service", "name": "web", "status": "statusInvalid", "msg": "c"}]},
            {"resources": [{"kind": "Service", "name": "web", "status": "statusError", "msg": "no schema"}]},
            {
                "kind": "ClusterPolicyReport",
                "results": [
                    {
                        "policy": "p",
                        "rule": "r",
                        "result": "fail",
                        "message": "d",
                        "resources": [{"apiVersion": "v1", "kind": "Secret", "name": "key", "namespace": "shop"}],
                    },
                    {"policy": "p", "rule": "r", "result": "pass"},
                ],
            },
        ]
        found = []
        for one in printed:
            (tmp_path / "out.json").write_text(json.dumps(one))
            found += told(judge(program(tmp_path, f'cat "{tmp_path}/out.json"'), tmp_path))
        assert found == [
            "findings check [apps/Deployment shop/web] a",
            "warnings check [apps/Deployment shop/web] b",
            "findings check [Service shop/web] c @x",
            "errors check [Service shop/web] no schema",
            "findings check/p/r [Secret shop/key] d",
        ]

    def test_a_file_and_a_line_are_shown_as_the_program_says_them(self, tmp_path: Path) -> None:
        web = {"kind": "Deployment", "name": "web"}
        said: list[tuple[dict[str, Any], str]] = [
            ({"file": "deploy/prod/web.yaml", "line": 5}, "[-] m @deploy/prod/web.yaml:5"),
            ({"file": "./deploy//prod/web.yaml"}, "[-] m @deploy/prod/web.yaml"),
            (
                {"file": "deploy/prod/web.yaml", "line": 5, "object": web},
                "[apps/Deployment shop/web] m @deploy/prod/web.yaml:5",
            ),
            # A line alone is one of the object's own file, and such a file is one of what is rendered.
            ({"line": 3, "object": web}, "[apps/Deployment shop/web] m @shop.yaml:3"),
            ({"file": "0002-service-shop-web.yaml", "line": 2}, "[Service shop/web] m @shop.yaml:8"),
            # Lines that are not there, and places that are no reader's.
            ({"line": 99, "object": web}, "[apps/Deployment shop/web] m"),
            ({"file": "0001-deployment-shop-web.yaml", "line": 99}, "[apps/Deployment shop/web] m"),
            ({"line": 3}, "[-] m"),
            ({"file": "/etc/passwd", "line": 3}, "[-] m"),
            ({"file": "../../elsewhere", "line": 3}, "[-] m"),
            ({"file": "a\x1b[31mb\nc", "line": 3}, "[-] m @ab c:3"),
            # The stream of all objects.
            ({"file": "stdin", "line": 2}, "[apps/Deployment shop/web] m @shop.yaml:1"),
            ({"file": "-", "line": 4}, "[apps/Deployment shop/web] m @shop.yaml:3"),
            ({"file": "stdin", "line": 999}, "[-] m"),
        ]
        found = []
        for one, _ in said:
            (tmp_path / "out.json").write_text(json.dumps({"findings": [{"message": "m", **one}]}))
            found += told(judge(program(tmp_path, f'cat "{tmp_path}/out.json"'), tmp_path))
        assert found == [f"findings check {expected}" for _, expected in said]

    @pytest.mark.parametrize(("word", "status"), [("errors", "statusError"), ("invalid", "statusInvalid")])
    def test_what_a_summary_counts_and_nobody_names_does_not_pass(self, tmp_path: Path, word: str, status: str) -> None:
        named = {"kind": "Service", "name": "web", "status": status, "msg": "m"}
        (tmp_path / "out.json").write_text(json.dumps({"resources": [named], "summary": {"valid": 3, word: 1}}))
        check = program(tmp_path, f'cat "{tmp_path}/out.json"')
        assert len(told(judge(check, tmp_path))) == 1
        (tmp_path / "out.json").write_text(json.dumps({"resources": [], "summary": {"valid": 3, word: 1}}))
        assert refused(check, tmp_path) == (
            f'{UNREADABLE}check (exit status 0): its summary counts 1 "{word}", and its "resources" name 0'
        )

    def test_sarif_is_read(self, tmp_path: Path) -> None:
        rules = [{"id": "R1", "defaultConfiguration": {"level": "error"}, "help": {"text": "mend it"}}, {"id": "R2"}]
        place = {"physicalLocation": {"artifactLocation": {"uri": "objects/0001-deployment-shop-web.yaml"}}}
        place["physicalLocation"]["region"] = {"startLine": 2}
        results = [
            {"ruleIndex": 0, "message": {"text": "bad {0}", "arguments": ["thing"]}, "locations": [place]},
            {"ruleId": "R2", "message": {"text": "hm"}},
            {"ruleId": "R2", "level": "none", "message": {"text": "no"}},
            {"ruleId": "R1", "message": {"text": "no"}, "suppressions": [{"kind": "external"}]},
        ]
        sarif = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t", "rules": rules}}, "results": results}]}
        (tmp_path / "out.json").write_text(json.dumps(sarif))
        policy = ExecPolicy("scan", ["cat", f"{tmp_path}/out.json"], output="sarif")
        assert told(judge(policy, tmp_path)) == [
            "findings scan/R1 [apps/Deployment shop/web] bad thing (mend it) @shop.yaml:2",
            "warnings scan/R2 [-] hm",
        ]

    def test_it_gets_no_credentials(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
        body = 'echo "{\\"findings\\": [{\\"message\\": \\"<$AWS_SECRET_ACCESS_KEY>\\"}]}"'
        assert told(judge(program(tmp_path, body), tmp_path)) == ["findings check [-] <>"]

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ("sleep 60", f"{SLOW}check: 2 s"),
            ("echo garbage", f"{UNREADABLE}check (exit status 0): it is no JSON"),
            ("echo '{}'", f'{UNREADABLE}check (exit status 0): it holds no "findings"'),
            ("echo '[{}]'", f'{UNREADABLE}check (exit status 0): a finding has no "message"'),
            ("", f"{UNREADABLE}check (exit status 0): it is no JSON"),
            ("kill -11 $$", f"{FAILED}check: ended by signal 11"),
            ("echo '[]'; exit 139", f"{FAILED}check: ended by signal 11"),
            ("echo no license >&2; exit 3", f"{FAILED}check: no license"),
            ("echo '[]'; exit 2", f"{UNREADABLE}check (exit status 2): {EMPTY}"),
            ("echo '[]'", f"{UNREADABLE}check (exit status 0): {EMPTY}"),
            ("echo '{\"findings\": []}'; exit 2", f"{FAILED}check: exit status 2, but it found nothing"),
            (
                'echo \'{"findings": [{"message": "m", "level": "warning"}]}\'; exit 1',
                f"{FAILED}check: exit status 1, but it only warns: let it end with 0 then, or say what fails",
            ),
            ("echo correct-horse-battery >&2; exit 4", f"{FAILED}check: (sensitive)"),
        ],
    )
    def test_a_program_that_fails_is_told(self, tmp_path: Path, body: str, why: str) -> None:
        assert refused(program(tmp_path, body), tmp_path) == why

    def test_a_program_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        assert refused(ExecPolicy("check", ["./none.sh"]), tmp_path) == (
            "A policy's program is not here  [policy-program-missing]\n"
            f"check: ./none.sh is not in {tmp_path}, or not executable"
        )
        assert refused(ExecPolicy("check", ["no-such-program-here"]), tmp_path) == (
            "A policy's program is not here  [policy-program-missing]\ncheck: no-such-program-here is not on PATH"
        )
