"""What unit tests of policies said: for people, and as JUnit XML for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from gitpromote.model.unit_report import RuleSeen, UnitOutcome, UnitReport
from gitpromote.model.words import clean, count
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.text import wrapped

__all__ = ["junit", "unit_view"]

_STYLES = {"pass": "good", "fail": "bad", "error": "bad"}
# What XML cannot hold, even as a reference.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def unit_view(report: UnitReport, *, coverage: bool = False, width: int | None = None) -> list[Line]:
    """Each file with its tests, then what was not seen, then the counts.

    :param coverage: every rule, also those that were seen to hold and not to hold
    """
    lines: list[Line] = []
    for file, tests in groupby(report.tests, key=lambda one: one.file):
        lines.append(line(Span(clean(file), "strong")))
        lines += [each for one in tests for each in _test(one, width)]
        lines.append(())
    lines += _coverage(report.rules, every=coverage, width=width)
    return [*lines, line(Span(_counts(report.tests), "strong"))]


def _test(test: UnitOutcome, width: int | None) -> Iterable[Line]:
    yield line("  ", Span(test.status.ljust(5), _STYLES[test.status]), "  ", clean(test.name))
    for message in test.messages:
        first, *more = wrapped(clean(message), max(width - 9, 24)) if width is not None else [clean(message)]
        yield line(" " * 9, first)
        yield from (line(" " * 11, text) for text in more)


def _coverage(rules: Sequence[RuleSeen], *, every: bool, width: int | None) -> list[Line]:
    if not rules:
        return []
    covered = sum(one.covered for one in rules)
    shown = [one for one in rules if every or not one.covered]
    head = f"{covered} of {count(len(rules), 'rule')} seen to hold and not to hold"
    if not every and len(shown) == len(rules) > 3:
        return [line(f"{head}   (--coverage lists them)"), ()]
    rows = [[Span(clean(one.rule)), Span(_seen(one), "" if one.covered else "wait")] for one in shown]
    return [line(head), *table(rows, width=width), ()]


def _seen(rule: RuleSeen) -> str:
    words = {(True, True): "", (True, False): "never seen not to hold", (False, True): "never seen to hold"}
    told = words.get((bool(rule.held), bool(rule.failed)), "never judged")
    return told or f"held {rule.held}, did not {rule.failed}"


def _counts(tests: Sequence[UnitOutcome]) -> str:
    failed = sum(one.status == "fail" for one in tests)
    errors = sum(one.status == "error" for one in tests)
    return f"{count(len(tests), 'test')}: {len(tests) - failed - errors} passed, {failed} failed, {errors} with errors."


def junit(report: UnitReport) -> str:
    """The report as JUnit XML: one suite per file, one case per test."""
    root = ET.Element("testsuites", {"name": "gitpromote policy test", **_numbers(report.tests)})
    for file, tests in groupby(report.tests, key=lambda one: one.file):
        every = list(tests)
        suite = ET.SubElement(root, "testsuite", {"name": _fit(file), **_numbers(every)})
        for one in every:
            case = ET.SubElement(
                suite, "testcase", {"name": _fit(one.name), "classname": _fit(file), "file": _fit(file), "time": "0"}
            )
            if one.status != "pass":
                kind = {"fail": "failure", "error": "error"}[one.status]
                first = one.messages[0] if one.messages else ""
                ET.SubElement(case, kind, {"message": _fit(first)}).text = _fit("\n".join(one.messages))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _numbers(tests: Sequence[UnitOutcome]) -> dict[str, str]:
    failures = sum(one.status == "fail" for one in tests)
    errors = sum(one.status == "error" for one in tests)
    return {"tests": str(len(tests)), "failures": str(failures), "errors": str(errors)}


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
