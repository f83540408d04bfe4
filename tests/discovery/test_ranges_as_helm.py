"""The real implementation is asked through the real helm: once for thousands of pairs, and by ``--version``."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gitpromote import Chart
from gitpromote.discovery.charts import charts_in_order
from gitpromote.discovery.ranges import OptIn, Range
from gitpromote.errors import ConfigurationError
from gitpromote.model.candidate import ChartFacts
from gitpromote.model.version import Version

HELM = shutil.which("helm") or shutil.which("helm", path=str(Path(sys.executable).parent)) or "helm"
TEMPLATE = (
    "verdicts:\n{{- range .Values.rows }}{{ $range := .range }}\n"
    "- {{ range .versions }}{{ if semverCompare $range . }}1{{ else }}0{{ end }}{{ end }}{{ end }}\n"
)

NUMBERS = ["0", "0", "1", "1", "1", "2", "2", "3", "10", "01", "18446744073709551615"]
PLACES = [*NUMBERS, *NUMBERS, "x", "X", "*", "*", "|", "18446744073709551616"]
TAILS = ["", "", "", "", "", "-0", "-rc", "-rc.1", "-rc.10", "-rc.2", "-alpha", "-1.a", "-99999999999999999999", "+b.5"]
ODD = ["-01", "-a..b", "+", ".1"]
OPERATORS = ["", "", "=", "!=", ">", "<", ">=", "<=", "=>", "=<", "~", "~>", "^", "^"]


class Maker:
    """Texts that look like versions and ranges, the same each time."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def version(self, numbers: list[str] = NUMBERS, tails: list[str] = TAILS) -> str:
        parts = [self.draw.choice(numbers) for _ in range(self.draw.choice([1, 2, 3, 3, 3]))]
        return self.draw.choice(["", "", "", "v"]) + ".".join(parts) + self.draw.choice(tails)

    def term(self) -> str:
        version = self.version(PLACES, TAILS * 4 + ODD)
        if self.draw.random() < 0.12:
            return f"{version} - {self.version(PLACES)}"
        return self.draw.choice(OPERATORS) + self.draw.choice(["", "", "", " ", "\t"]) + version

    def range(self) -> str:
        groups = [
            self.draw.choice([", ", ",", " "]).join(self.term() for _ in range(self.draw.choice([1, 1, 2, 3])))
            for _ in range(self.draw.choice([1, 1, 1, 2]))
        ]
        return self.draw.choice(["||", " || "]).join(groups)


def parsed(text: str) -> Range | None:
    try:
        return Range.parse(text)
    except ConfigurationError:
        return None


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {f"HELM_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "CONFIG", "DATA")} | {
        "HOME": str(tmp_path),
        "GOMAXPROCS": "1",
    }


def run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HELM, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60)


def compared(rows: list[tuple[str, list[str]]], *, folder: Path, environment: dict[str, str]) -> list[str]:
    """What helm says of each range and its versions, in one process: ``101``."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: table\nversion: 1.0.0\n")
    (chart / "templates" / "table.yaml").write_text(TEMPLATE)
    values = {"rows": [{"range": text, "versions": versions} for text, versions in rows]}
    (folder / "values.json").write_text(json.dumps(values))
    made = run("template", str(chart), "--values", str(folder / "values.json"), environment=environment)
    assert made.returncode == 0, made.stderr[:1000]
    return [line[2:] for line in made.stdout.splitlines() if line.startswith("- ")]


@pytest.fixture
def opt_in(tmp_path: Path, environment: dict[str, str]) -> OptIn:
    """How this helm lets prereleases in: 3.17 term by term, later ones by the group."""
    (told,) = compared([(">=1.0.0-0, <2", ["1.5.0-rc.1"])], folder=tmp_path / "asked", environment=environment)
    return "group" if told == "1" else "term"


def test_thousands_of_pairs_get_the_verdict_that_helm_gives(
    tmp_path: Path, environment: dict[str, str], opt_in: OptIn
) -> None:
    maker = Maker(4)
    versions = [version for _ in range(2000) if (version := Version.parse(maker.version()))]
    ranges = {text: Range.parse(text, opt_in=opt_in) for _ in range(800) if parsed(text := maker.range())}
    rows = [(text, maker.draw.sample(versions, 20)) for text in ranges]
    assert len(rows) > 400
    names = [(text, [version.text for version in sample]) for text, sample in rows]
    told = compared(names, folder=tmp_path, environment=environment)
    mine = ["".join("1" if ranges[text].takes(version) else "0" for version in sample) for text, sample in rows]
    assert list(zip(names, mine, strict=True)) == list(zip(names, told, strict=True))
    assert 0.1 < sum(one.count("1") for one in told) / (20 * len(rows)) < 0.9


def test_what_is_refused_helm_refuses_too(tmp_path: Path, environment: dict[str, str]) -> None:
    maker = Maker(5)
    made = [text for _ in range(300) if not parsed(text := maker.range())][:8]
    written = ["^1.4 <", "1.2.3.4", "1,,2", "1 2 - 3", "^1 - 2", "> =1", "1-rc.01", "1.0.0||2.0.0 - 3.0.0", "1 \xa0 2"]
    for text in [*made, *written]:
        assert not parsed(text), text
        with pytest.raises(AssertionError, match=r"improper constraint|onstraint [Pp]arser [Ee]rror"):
            compared([(text, ["1.0.0"])], folder=tmp_path, environment=environment)


INDEX = """0.0.3 0.2.3 0.2.9 1.0.0-rc.1 1.0.0 1.3.9 1.4.0 1.4.2-rc.1 1.4.2 1.5.0-rc.1 1.10.0 2.0.0-rc.1 2.0.0-rc.10
2.0.0 2.3.4+b.5 v2.5.0 2.6 3.0.0-alpha 3.0.0-alpha.1 10.0.0 not-a-version""".split()
ASKED = """^1.4|^0.2|1.4|>1|<2|<=1.4|1.2 - 2|>=1.0.0-0|>=1.0.0-0, <2|2.0.0-rc.1|=2.3.4
2.3.4+b.5|2.3.4+b.6|v2.5.0|2.5.0|2.6|^9|~3.0.0-alpha|latest|1,,2|not-a-version|^1 - 2"""


@pytest.fixture
def index() -> Iterator[tuple[str, list[str]]]:
    """A chart repository with many versions and no archive: what helm fetches is what it has chosen."""
    fetched: list[str] = []
    entries = "".join(f"  - {{name: shop, version: {json.dumps(one)}, urls: ['c/{at}.tgz']}}\n" for at, one in ENTRIES)
    body = f"apiVersion: v1\nentries:\n  shop:\n{entries}".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/index.yaml"
            if not found:
                fetched.append(INDEX[int(self.path.removeprefix("/c/").removesuffix(".tgz"))])
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(body if found else b"")

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", fetched
        server.shutdown()
        thread.join()


ENTRIES = list(enumerate(INDEX))


def test_the_newest_of_a_chart_is_the_one_that_helm_fetches(
    index: tuple[str, list[str]], environment: dict[str, str], opt_in: OptIn
) -> None:
    url, fetched = index
    maker = Maker(6)
    asked = [text for line in ASKED.splitlines() for text in line.split("|")]
    asked += [maker.range() for _ in range(20)]
    if opt_in == "group":
        asked = [text for text in asked if "-" not in text]
    told = {}
    for text in asked:
        fetched.clear()
        made = run("show", "chart", "shop", "--repo", url, "--version", text, environment=environment)
        assert fetched or "not found in" in made.stderr, made.stderr
        told[text] = fetched[0] if fetched else ""
    assert told == {text: chosen(url, text) for text in asked}
    assert {"", "1.10.0", "2.3.4+b.5"} <= set(told.values())


def chosen(url: str, text: str) -> str:
    """What this package takes; empty where it takes nothing or cannot read the range, which helm tells alike."""
    facts = [ChartFacts(repository=f"{url}/shop", version=one) for one in INDEX]
    try:
        candidates = charts_in_order(Chart(url, text, name="shop"), facts).candidates
    except ConfigurationError:
        return ""
    return next((one.version for one in candidates if isinstance(one, ChartFacts)), "")
