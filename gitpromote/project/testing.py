"""Unit tests that stand beside policies: found, read, run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitpromote.adapters.policy_programs import LocalPrograms
from gitpromote.engine.policy_documents import policy_documents
from gitpromote.engine.policy_files import ENDINGS as POLICY_FILES
from gitpromote.errors import GitpromoteError, Problem, UsageError
from gitpromote.model.gate import Gate
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.policy import AdmissionPolicies
from gitpromote.model.policy_base import Policy
from gitpromote.model.problems import configuration_error
from gitpromote.model.unit_report import UnitOutcome, UnitReport
from gitpromote.planning.unit_cases import UnitCase, UnitTests
from gitpromote.planning.unit_judging import Coverage, Tested, environment_of, judged, mismatches, scene_of
from gitpromote.planning.unit_tests import read_unit_tests
from gitpromote.policy.evaluate import applies, is_outside
from gitpromote.policy.judged import Judged, Material
from gitpromote.policy.scene import Scene
from gitpromote.render.dump import dump_yaml
from gitpromote.render.parse import parse_manifests, parse_yaml
from gitpromote.views.time import parse_instant

if TYPE_CHECKING:
    from gitpromote.ports import PolicyPrograms
    from gitpromote.project.project import Project

__all__ = ["run_unit_tests"]

#: How a file of tests ends.
ENDINGS = ("_test.yaml", "_test.yml")
#: From where days of the week are counted, so that a test says the same on every day: Thu 1 Jan 2026, 00:00Z.
NOW = 1_767_225_600

_PASSED_OVER = frozenset({"node_modules", "__pycache__"})

Load = Callable[[str | None], "Project"]
"""The name of a Pipeline, ``None`` for the only one -> its Project."""


def run_unit_tests(paths: Sequence[str | Path] = (".",), *, load: Load) -> UnitReport:
    """Every test of these files and folders, in the order of their paths.

    Objects, policies' files and functions are those of the working tree.

    :param load: called where a file tests what a Pipeline has
    :raises ConfigurationError: files are not what they should be, with everything that is wrong
    :raises UsageError: there is no such file, or no test in the folders (``policy-tests-missing``)
    """
    files = _files(paths)
    read = [(path, *_read(path)) for path in files]
    problems = [problem for _, _, found in read for problem in found]
    if problems:
        raise configuration_error(problems, summary="Tests of policies are not valid")
    coverage = Coverage()
    outcomes: list[UnitOutcome] = []
    for path, tests, _ in read:
        if tests is not None:
            ground = _ground(path, tests, load)
            outcomes += [_outcome(ground, case, coverage) for case in tests.tests]
    return UnitReport(tests=tuple(outcomes), rules=coverage.rules())


# -- files


def _files(paths: Sequence[str | Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for one in map(Path, paths):
        if one.is_file():
            found[one] = None
        elif one.is_dir():
            found |= dict.fromkeys(_below(one))
        else:
            raise UsageError(
                "There is no such file or folder", code="policy-tests-missing", detail=str(one), hint=_HINT
            )
    if not found:
        raise UsageError(
            "There are no tests of policies",
            code="policy-tests-missing",
            detail=f"No file below {', '.join(map(str, paths))} ends in {' or '.join(ENDINGS)}.",
            hint=_HINT,
        )
    return list(found)


_HINT = "Tests stand beside policies, in files such as policies/replicas_test.yaml."


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and one not in _PASSED_OVER)
        yield from (Path(root) / name for name in sorted(names) if name.endswith(ENDINGS))


def _read(path: Path) -> tuple[UnitTests | None, list[Problem]]:
    try:
        documents = [one for one in parse_yaml(path.read_bytes(), file=str(path), strict=True) if one is not None]
    except OSError as error:
        return None, [Problem("policy-test-invalid", error.strerror or str(error), path=str(path))]
    except GitpromoteError as error:
        return None, [Problem("policy-test-invalid", error.detail or error.summary)]
    if len(documents) != 1:
        return None, [
            Problem("policy-test-invalid", f"it holds {len(documents)} documents, and one is meant", path=str(path))
        ]
    return read_unit_tests(documents[0], file=str(path))


# -- what is tested


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What all tests of a file have in common.

    :ivar root: the folder that paths of policies count from
    :ivar here: the folder of the test file, from which objects are named
    """

    tests: UnitTests
    here: Path
    root: Path
    programs: PolicyPrograms | None
    project: Project | None = None
    kept: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, case: UnitCase) -> tuple[Any, list[Policy], list[Gate]]:
        """The Environment, and who judges there."""
        environment = environment_of(case.environment)
        policies, gates = list(self.tests.policies), list(self.tests.gates)
        if self.project is not None:
            environment = self._resolved(case.environment.name)
            policies += environment.policies
            gates += environment.gates
        return environment, policies, gates

    def _resolved(self, name: str) -> Any:
        assert self.project is not None
        pipeline = self.project.pipeline
        if name not in pipeline.order():
            raise UsageError(
                "There is no such environment",
                code="environment-unknown",
                detail=f"{name!r}; {pipeline.name} has {', '.join(pipeline.order())}",
            )
        return pipeline.resolved(name)

    def texts(self, policy: Policy) -> Mapping[str, str]:
        """The files of a policy, by their paths.

        :raises UsageError: there are none
        """
        endings = next((one for kind, one in POLICY_FILES.items() if isinstance(policy, kind)), None)
        if endings is None:
            return {}
        path = str(policy.__dict__["path"])
        if path not in self.kept:
            own = policy in self.tests.policies
            self.kept[path] = _texts((self.here if own else self.root) / path, path, endings)
        return self.kept[path]


def _ground(path: Path, tests: UnitTests, load: Load) -> _Ground:
    here = path.parent
    if tests.pipeline is None:
        programs = LocalPrograms(folder=here.absolute(), functions={})
        return _Ground(tests=tests, here=here, root=here, programs=programs)
    project = load(None if tests.pipeline is True else tests.pipeline)
    return _Ground(tests=tests, here=here, root=project.folder, programs=project.policy_programs, project=project)


def _texts(path: Path, name: str, endings: tuple[str, ...]) -> dict[str, str]:
    """A file's text, or those of a folder, tests left out."""
    if path.is_file():
        return {name: path.read_text("utf-8-sig")}
    files = [one for one in sorted(path.rglob("*")) if one.is_file() and one.name.endswith(endings)]
    found = {
        f"{name}/{one.relative_to(path).as_posix()}": one.read_text("utf-8-sig")
        for one in files
        if not one.name.endswith(ENDINGS)
    }
    if not found:
        raise UsageError("A policy's files are not there", code="policy-files-missing", detail=f"{path}: {name!r}")
    return found


# -- one test


def _outcome(ground: _Ground, case: UnitCase, coverage: Coverage) -> UnitOutcome:
    file = ground.tests.file
    try:
        tested = _tested(ground, case)
        found = judged(tested)
    except GitpromoteError as error:
        told = "; ".join(part for part in (error.summary, error.detail) if part)
        return UnitOutcome(file=file, name=case.name, status="error", messages=tuple(told.splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        return UnitOutcome(file=file, name=case.name, status="error", messages=(str(error),))
    coverage.add(tested, found)
    messages = mismatches(case, found)
    return UnitOutcome(file=file, name=case.name, status="fail" if messages else "pass", messages=tuple(messages))


def _tested(ground: _Ground, case: UnitCase) -> Tested:
    environment, policies, gates = ground.of(case)
    name = ground.project.name if ground.project is not None else "test"
    objects, before = (_manifests(one, ground) for one in (case.objects, case.before))
    scene = scene_of(name, environment, case, objects, before)
    # Where nothing is given to look at, policies are not meant.
    looking = policies if case.objects or case.before else []
    return Tested(
        case=case,
        environment=environment,
        policies=looking,
        gates=gates,
        scene=scene,
        material=_material(ground, looking, scene),
        at=parse_instant(case.at, now=NOW, tz=case.tz) if case.at is not None else None,
        promoted=tuple(parse_instant(one, now=NOW, tz=case.tz) for one in case.promoted),
        environments=tuple(ground.project.pipeline.order()) if ground.project is not None else (),
    )


def _manifests(given: Sequence[Any], ground: _Ground) -> ManifestSet:
    found: list[Manifest] = []
    for one in given:
        file, data = _bytes(one, ground)
        found += parse_manifests(data, file=file, app="test").manifests.values()
    return ManifestSet.from_iterable(found)


def _bytes(one: Any, ground: _Ground) -> tuple[str, bytes]:
    """An object, a YAML text, or a file beside the tests."""
    if isinstance(one, dict):
        return ground.tests.file, dump_yaml(one).encode()
    if "\n" in one:
        return ground.tests.file, one.encode()
    return one, (ground.here / one).read_bytes()


def _material(ground: _Ground, policies: Sequence[Policy], scene: Scene) -> Material:
    texts: dict[str, str] = {}
    documents: dict[str, tuple[Manifest, ...]] = {}
    of: dict[str, tuple[str, ...]] = {}
    answers: dict[str, Judged] = {}
    missing: dict[str, str] = {}
    for policy in policies:
        if not applies(policy, scene):
            continue
        try:
            own = ground.texts(policy)
            texts |= own
            of[policy.name] = tuple(own)
            if isinstance(policy, AdmissionPolicies):
                known, unread = policy_documents(own)
                documents |= known
                missing |= dict.fromkeys([policy.name] if unread else [], next(iter(unread.values()), ""))
            if is_outside(policy) and ground.programs is not None:
                answers[policy.name] = ground.programs.judge(policy, scene, own)
        except GitpromoteError as error:
            missing[policy.name] = "; ".join(part for part in (error.summary, error.detail) if part)
    return Material(texts=texts, documents=documents, of=of, answers=answers, missing=missing)
