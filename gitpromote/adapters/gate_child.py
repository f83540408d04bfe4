"""What runs in the process of a Python gate: load the function, call it with the facts, print what it says as JSON.

Started as a script, with the path of a request and the seconds that it may live as its arguments.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_STATUSES = ("pass", "warn", "pending", "fail", "error", "skip")


def main(request: Mapping[str, Any]) -> int:
    """Serve one request; the status is 0 unless the function or its loading failed."""
    from gitpromote.adapters.code_copy import original
    from gitpromote.adapters.looked_for import refuse_unseen
    from gitpromote.adapters.renderers.python_child import function_of
    from gitpromote.adapters.user_words import tell_failure

    # Whatever the function prints is for people; the answer goes out by the descriptor that is kept here.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        said = json.dumps(_plain(function_of(request)(request["facts"]))).encode()
        refuse_unseen()
    except BaseException as error:  # noqa: BLE001 - user code may raise anything, and its place is what helps
        tell_failure(error, request)
        return 1
    with output:
        output.write(original(said.decode(), request).encode())
    return 0


def _plain(said: Any) -> dict[str, Any]:
    """``True``, ``False``, an ``Outcome``, or a dictionary with its members."""
    if isinstance(said, bool):
        return {"holds": said}
    dump = getattr(said, "model_dump", None)
    members = dump(mode="json", by_alias=True) if callable(dump) else said
    if not isinstance(members, Mapping):
        raise TypeError(f"a gate gives True, False or an Outcome, not {type(said).__name__}")
    if members.get("status") not in _STATUSES:
        raise TypeError(f"a gate's status is one of {', '.join(_STATUSES)}, not {members.get('status')!r}")
    kept = ("status", "message", "operands", "from", "until", "threshold", "remedy")
    return {name: members[name] for name in kept if members.get(name) not in (None, "")}


if __name__ == "__main__":
    sys.path[:] = json.loads(Path(sys.argv[1]).read_text())["path"]  # before it nothing of ours is found
    from gitpromote.adapters.child_process import begin

    sys.exit(main(begin(sys.argv[1:])))
