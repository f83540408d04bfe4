"""What runs in the process of a Rego or Python policy: judge, and print what was found as JSON.

Started as a script, with the path of a request and the seconds that it may live as its arguments. Rego: by the
library regopy (extra ``rego``).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_WORDS = re.compile(r"\(errormsg (?P<length>\d+):")
_ERROR = re.compile(r"\(error \d+:[^|]*\|(?P<at>\d+)\|\d+\s*\(errormsg \d+:(?P<words>[^)]*)\)")


def main(request: Mapping[str, Any]) -> int:
    """Serve one request; the status is 0 unless what judges failed."""
    from gitpromote.adapters.code_copy import original
    from gitpromote.adapters.looked_for import refuse_unseen

    # Whatever is printed on the way is for people; the answer goes out by the descriptor that is kept here.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        said = json.dumps(_SERVE[request["kind"]](request)).encode()
        refuse_unseen()
    except BaseException as error:  # noqa: BLE001 - user code may raise anything, and its place is what helps
        from gitpromote.adapters.user_words import tell_failure

        tell_failure(error, request)
        return 1
    with output:
        output.write(original(said.decode(), request).encode())
    return 0


# --- Python


def _python(request: Mapping[str, Any]) -> list[Any]:
    from gitpromote.adapters.renderers.python_child import function_of

    found = function_of(request)(request["facts"])
    if found is None:
        raise TypeError("a policy gives a list of findings, an empty one where it has none, and not None")
    if isinstance(found, str | Mapping) or not isinstance(found, Iterable):
        raise TypeError(f"a policy gives a list of findings, not {type(found).__name__}")
    return [_plain(one) for one in found]


def _plain(finding: Any) -> Any:
    """A text, or a dictionary with a message."""
    dump = getattr(finding, "model_dump", None)
    told = dump(mode="json") if callable(dump) else finding
    if isinstance(told, str):
        return {"message": told}
    if not isinstance(told, Mapping) or not isinstance(told.get("message"), str):
        raise TypeError('a finding is a text, or a dictionary with a "message"')
    return dict(told)


# --- Rego


def _rego(request: Mapping[str, Any]) -> dict[str, Any]:
    """What ``data.main`` holds for each input, in their order; or why the modules cannot be used."""
    from regopy import Interpreter, RegoError

    interpreter = Interpreter()
    # A built-in that fails is an error, and not merely nothing: what cannot be told must not pass.
    interpreter.strict_built_in_errors = True
    for path, text in request["modules"].items():
        try:
            interpreter.add_module(path, text)
        except RegoError as error:
            return {"refused": _first_error(str(error), path, text)}
    interpreter.add_data(request["data"])
    try:
        bundle = interpreter.build("data.main", [])
        return {"results": [_queried(interpreter, bundle, one) for one in request["inputs"]]}
    except ValueError:  # the library stumbles over its own report
        return {"refused": "it calls a function that is not there"}


def _first_error(report: str, path: str, text: str) -> str:
    """The library tells offsets; people count lines."""
    found = _ERROR.search(report)
    if found is None:
        return f"{path}: it cannot be read"
    before = text.encode()[: int(found["at"])].decode("utf-8", "ignore")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"{path}:{line}:{column}: {found['words']}"


def _queried(interpreter: Any, bundle: Any, given: Any) -> Any:
    interpreter.set_input(given)
    output = interpreter.query_bundle(bundle)
    if not output.ok():
        return {"error": f"a built-in function failed, or rules disagree about one value{_failure(output)}"}
    if str(output) == "undefined":
        return {"value": None}
    return {"value": json.loads(str(output))["expressions"][0]}


def _failure(output: Any) -> str:
    """What the library says of it: no place, and no name but what its words hold."""
    try:
        report = output.node().at(0).json()
    except (LookupError, TypeError, ValueError, RuntimeError):
        return ""
    found = _WORDS.search(report)
    words = report[found.end() : found.end() + int(found["length"])] if found is not None else ""
    return f": {' '.join(words.split())}" if words.strip() else ""


_SERVE = {"python": _python, "rego": _rego}


if __name__ == "__main__":
    sys.path[:] = json.loads(Path(sys.argv[1]).read_text())["path"]  # before it nothing of ours is found
    from gitpromote.adapters.child_process import begin

    sys.exit(main(begin(sys.argv[1:])))
