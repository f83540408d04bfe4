"""A pipeline file that is wrong: told with file and line, exit code 11, by ``validate`` and by ``plan``."""

from __future__ import annotations

import pytest

HEAD = "from gitpromote import App, Branch, Environment, Helm, Image, Pipeline, Plain, Prometheus, Warehouse\n"
TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


def pipeline(environments: str, *, name: str = "shop", target: str = "env/$env", others: str = "") -> str:
    return f"""\
{HEAD}
{name.replace("-", "_")} = Pipeline(
    "{name}",
    apps=[App("shop", Plain("deploy/$env"))],
    target=Branch("{target}"),{others}
    environments=[{environments}],
)
"""


def invalid(code: str, *lines: str, summary: str = "The pipeline file is not valid") -> str:
    told = "".join(f"  {line}\n" for line in lines)
    return f"Error: {summary}  [{code}]\n\n{told}"


CASES = {
    "raises": (
        "limits = {}\nlimits['memory']\n",
        invalid(
            "pipeline-file-raised",
            "pipeline.py:2: the file raised KeyError: 'memory'  [pipeline-file-raised]  "
            "(python pipeline.py shows the way there)",
            summary="The pipeline file cannot be run to its end",
        ),
    ),
    "raises-with-a-secret": (
        f"raise ValueError('no access with {TOKEN}')\n",
        invalid(
            "pipeline-file-raised",
            "pipeline.py:1: the file raised ValueError: no access with (sensitive)  [pipeline-file-raised]  "
            "(python pipeline.py shows the way there)",
            summary="The pipeline file cannot be run to its end",
        ),
    ),
    "ends-python": (
        "import sys\nsys.exit(0)\n",
        invalid(
            "pipeline-file-raised",
            "pipeline.py:2: the file ends Python: SystemExit(0)  [pipeline-file-raised]",
            summary="The pipeline file cannot be run to its end",
        ),
    ),
    "no-python": (
        "from gitpromote import App\nshop = App(\n",
        invalid(
            "pipeline-file-raised",
            "pipeline.py:2: not Python: '(' was never closed, column 11  [pipeline-file-raised]",
            summary="The pipeline file cannot be run to its end",
        ),
    ),
    "no-pipeline": (
        "shop = 3\n",
        invalid(
            "pipeline-missing",
            "pipeline.py: no Pipeline stands at the top level  [pipeline-missing]  "
            '(write shop = Pipeline("shop", …) at the top level; __all__, where there is one, must name it)',
            summary="The pipeline file defines no pipeline",
        ),
    ),
    "cycle": (
        pipeline('Environment("test", after="prod"), Environment("prod", after="test")'),
        invalid(
            "cycle",
            'pipeline.py:7: Environment("test"): Environments wait for each other: test -> prod -> test  [cycle]  '
            "(take one after= out)",
        ),
    ),
    "unknown-upstream": (
        pipeline('Environment("test"), Environment("prod", after="tset")'),
        invalid(
            "unknown-upstream",
            'pipeline.py:7: Environment("prod"): after names "tset", and no Environment is called so  '
            '[unknown-upstream]  (did you mean "test"?)',
        ),
    ),
    "one-path-for-two": (
        pipeline('Environment("test"), Environment("prod")', target="deployed"),
        invalid(
            "path-conflict",
            'pipeline.py:7: Environment("prod"): writes branch "deployed", and so does Environment("test")  '
            "[path-conflict]  (name $env in it)",
        ),
    ),
    "two-pipelines-on-one-path": (
        pipeline('Environment("test")') + pipeline('Environment("test")', name="pay").removeprefix(HEAD),
        invalid(
            "path-conflict",
            'pipeline.py:14: Pipeline("pay"): Environment("test") writes branch "env/test", and Pipeline("shop") '
            'writes branch "env/test" for "test"  [path-conflict]  (give each Pipeline targets of its own)',
        ),
    ),
    "no-label": (
        pipeline('Environment("Test_1"), Environment("../../prod")'),
        invalid(
            "name-invalid",
            'pipeline.py:7: Environment: the name "Test_1" is not made of a-z, 0-9 and -, starting and ending with a '
            'letter or digit  [name-invalid]  (write "test-1")',
            'pipeline.py:7: Environment: the name "../../prod" is not made of a-z, 0-9 and -, starting and ending with '
            'a letter or digit  [name-invalid]  (write "prod")',
        ),
    ),
    "literal-secret": (
        pipeline(f'Environment("test", gates=[Prometheus("https://prom.example", query="x", auth="{TOKEN}")])'),
        invalid(
            "literal-secret",
            'pipeline.py:7: Prometheus("https://prom.example"): auth holds what looks like a GitHub token  '
            '[literal-secret]  (give a reference: SecretEnv("NAME"), SecretFile(path) or SecretCommand([…]))',
        ),
    ),
    "password-in-a-url": (
        pipeline('Environment("test")', others='\n    repo="https://lea:correct-horse@git.example/acme/x.git",'),
        invalid(
            "literal-secret",
            'pipeline.py:3: Pipeline("shop"): repo holds what looks like a password in a URL  [literal-secret]  '
            "(leave it out: git asks its own credential helpers)",
        ),
    ),
    "image-that-does-not-parse": (
        pipeline('Environment("test")', others='\n    warehouse=Warehouse(Image("ghcr.io/ACME/shop:1.0")),'),
        invalid(
            "image-invalid",
            'pipeline.py:7: Image: the image "ghcr.io/ACME/shop:1.0" is not the name of an image  [image-invalid]  '
            '(write "ghcr.io/acme/shop")',
        ),
    ),
}


@pytest.mark.parametrize("verb", ["validate", "plan"])
@pytest.mark.parametrize("case", CASES)
def test_a_wrong_file_is_told_with_file_and_line(shop, case: str, verb: str) -> None:
    text, told = CASES[case]
    shop.write("pipeline.py", text)
    assert shop.refused(verb, code=11) == told


def test_a_group_of_a_pipeline_without_groups_is_told_by_validate(shop) -> None:
    gates = '[Approvals(2, of=["@acme/payments", "@lea@acme.example"])]'
    text = pipeline(f'Environment("test", gates={gates})')
    shop.write("pipeline.py", text.replace("Pipeline", "Approvals, Pipeline", 1))
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "Approvals(" in each)
    ended = shop.run("validate")
    place = f"! pipeline.py:{line}: Approvals: of names"
    assert (ended.code, ended.out.splitlines()[1:]) == (
        0,
        [
            f"{place} {name}, and no groups= says who that is [groups-missing] ({hint})"
            for name, hint in {
                "@acme/payments": 'write Pipeline(…, groups="groups.yaml")',
                "@lea@acme.example": 'did you mean "lea@acme.example"?',
            }.items()
        ],
    )
    shop.write("pipeline.py", (shop.work / "pipeline.py").read_text().replace("apps=", 'groups="g.yaml",\n    apps='))
    assert "!" not in shop.run("validate").out


def test_kinds_that_are_misspelt_are_told_by_validate(shop) -> None:
    pack = 'Pack("labels", settings={"kinds": ["app/Deployment"]})'
    policies = f'[Rule("a", "true", kinds=["Deploymnet", "Rollout"]), {pack}]'
    risks = '[RiskRule("b", "true", risk="high", kinds="StatefullSet")]'
    text = pipeline('Environment("test")', others=f"\n    policies={policies},\n    risks={risks},")
    shop.write("pipeline.py", text.replace("Pipeline", "Pack, Pipeline, RiskRule, Rule", 1))
    ended = shop.run("validate")
    told = [each.partition(": ")[2] for each in ended.out.splitlines()[1:]]
    rest = "; it judges nothing, as it seems [kind-unknown] (did you mean"
    assert (ended.code, told) == (
        0,
        [
            f'Rule("a"): kinds: "Deploymnet" is no kind of Kubernetes{rest} "Deployment"?)',
            f'Pack("labels"): kinds: there is no group "app"{rest} "apps/Deployment"?)',
            f'RiskRule("b"): kinds: "StatefullSet" is no kind of Kubernetes{rest} "StatefulSet"?)',
        ],
    )


HOTFIX = """\
from gitpromote import App, Branch, Environment, Git, Image, Pipeline, Plain, Warehouse, any_of

I = "ghcr.io/acme/shop"
shop = Pipeline(
    "shop",
    warehouse=[Warehouse(Image(I, "^1"), name="trunk"), Warehouse(Image(I, "^1", allow=["-hot"])OTHER, name="urgent")],
    apps=[App("shop", Plain("deploy/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test", after=[], direct=["trunk"]),
        Environment("hotfix", after=[], direct=["urgent"], apps=None),
        Environment("prod", after=any_of("test", "hotfix")),
    ],
)
"""


@pytest.mark.parametrize(
    ("others", "lacking"),
    [
        ("", '11: Environment("hotfix"): only Freight of urgent'),
        (", Git()", '10: Environment("test"): only Freight of trunk'),
        (', Git(repo="https://git.acme.example/shop")', ""),  # which may be the home repository
    ],
)
def test_a_warehouse_without_sources_is_told_where_no_other_one_gets_to(shop, others: str, lacking: str) -> None:
    shop.write("pipeline.py", HOTFIX.replace("OTHER", others))
    ended = shop.run("validate")
    told = (
        f"! pipeline.py:{lacking} gets here, and it holds no commit to render shop from: none will ever enter "
        "[commit-missing] (add Git(…) to that Warehouse)"
    )
    assert (ended.code, ended.out.splitlines()[1:]) == (0, [told] if lacking else [])


@pytest.mark.parametrize(
    ("git", "told"),
    [
        ('include=["docs"]', 'include leaves out all that App shop reads (PATHS): THEN (add "FIRST" to include, OR)'),
        (
            'include=["glob:docs/**"]',
            'include leaves out all that App shop reads (PATHS): THEN (add "FIRST" to include, OR)',
        ),
        (
            'include=["deploy", "docs"], exclude=["deploy"]',
            "exclude leaves out all that App shop reads (PATHS): THEN (LESS)",
        ),
        ('exclude=["glob:deploy/**"]', "exclude leaves out all that App shop reads (PATHS): THEN (LESS)"),
        ('include=["deploy"]', ""),
        ('include=["docs", "deploy/test/x.yaml"]', ""),
        ('include=["glob:**/*.yaml"]', ""),
        ('include=["regex:nothing"]', ""),
        ('exclude=["glob:deploy/**/*.md", "regex:[.]txt$", "deploy/test"]', ""),
        ("include=None", ""),
    ],
)
def test_an_app_whose_paths_are_all_left_out_is_told(shop, git: str, told: str) -> None:
    text = HOTFIX.replace("OTHER", ", Git()").replace("Git()", f"Git({git})")
    shop.write("pipeline.py", text)
    ended = shop.run("validate")
    assert ended.code == 0
    found = [line for line in ended.out.splitlines() if "app-left-out" in line]
    words = {
        "PATHS": "deploy/hotfix, deploy/prod, deploy/test",
        "THEN": "a change there alone never makes Freight [app-left-out]",
        "FIRST": "deploy/hotfix",
        "OR": "or write include=None",
        "LESS": "exclude less",
    }
    for name, said in words.items():
        told = told.replace(name, said)
    assert [line.partition("Git: ")[2] for line in found] == ([told] if told else [])


def test_what_has_nothing_to_render_needs_no_sources(shop) -> None:
    shop.write("pipeline.py", HOTFIX.replace("OTHER", "").replace("apps=None", "apps=[]"))
    assert "!" not in shop.run("validate").out
    edited = HOTFIX.replace("OTHER", "").replace('Branch("env/$env")', 'InPlace("main")').replace("Plain", "Kustomize")
    shop.write("pipeline.py", edited.replace(", any_of", ", InPlace, any_of", 1))
    ended = shop.run("validate")
    assert (ended.code, "commit-missing" in ended.out) == (0, False), ended


def test_every_mistake_is_told_at_once(shop) -> None:
    text = pipeline('Environment("Test"), Environment("prod", aftr="test")').replace('App("shop"', 'App("Shop"')
    shop.write("pipeline.py", text)
    told = shop.refused("plan", code=11)
    assert [line.partition(": ")[0].strip() for line in told.splitlines()[2:]] == [
        "pipeline.py:5",
        *["pipeline.py:7"] * 2,
    ]


def test_there_is_no_pipeline_file(shop) -> None:
    (shop.work / "pipeline.py").unlink()
    assert shop.refused("plan", code=11) == (
        "Error: No pipeline file was found  [pipeline-file-missing]\n\n"
        "there is no pipeline.py and no pipelines/*.py in <tmp>/work\n\n"
        "Write one, or name it:\n  gitpromote init\n  gitpromote VERB --pipeline FILE\n"
    )


def test_a_second_pipeline_on_the_path_of_another_file_is_refused(shop) -> None:
    shop.apply()
    shop.push({"pipeline.py": pipeline('Environment("test"), Environment("prod")', name="pay")})
    written = shop.refs()["refs/heads/env/test"][:7]
    assert shop.refused("plan", code=11) == (
        "Error: Two pipelines write here  [path-shared]\n\n"
        f"test: env/test was last written by the pipeline shop ({written})\n\n"
        "Give pay a path of its own, or retire the environment in shop.\n"
        'If shop is called pay from now on, write Warehouse(…, name="shop") where that was its '
        "name too, which Freight is known by, and take its ledger along:\n"
        "  git fetch <tmp>/remote.git refs/heads/gitpromote/ledger/shop && git push <tmp>/remote.git "
        "FETCH_HEAD:refs/heads/gitpromote/ledger/pay :refs/heads/gitpromote/ledger/shop\n"
    )


ORDERED = """
from gitpromote import App, Branch, Environment, Kustomize, Pipeline

shop = Pipeline(
    "shop",
    apps=[App("shop", Kustomize("deploy/$env"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test"),
        Environment("prod-db"SAID),
        Environment("preprod"),
        Environment("prod-ok", apps=[]),
        Environment("prod-api"),
    ],
)
"""


@pytest.mark.parametrize("said", ["", ", production=True", ", production=False"])
def test_what_is_called_production_and_is_none_is_told_unless_that_is_said(shop, said: str) -> None:
    shop.write("pipeline.py", ORDERED.replace("SAID", said))
    ended = shop.run("validate")
    told = (
        '! pipeline.py:10: Environment("prod-db"): is not production, since preprod comes after it: nobody has to '
        "consent to what is written there [production-unsaid] (write production=True, or production=False to say so)"
    )
    assert (ended.code, ended.out.splitlines()[1:]) == (0, [] if said else [told])
