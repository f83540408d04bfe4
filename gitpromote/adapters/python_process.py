"""A Python of its own for a user's code: a request goes in as a file, an answer comes out; without credentials."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitpromote.adapters.code_digest import search_path
from gitpromote.adapters.renderers.apart import apart
from gitpromote.adapters.renderers.process import Ended, lifetime, run
from gitpromote.adapters.renderers.sandbox import Sandbox
from gitpromote.model.render import Limits

__all__ = ["ask_python"]


def ask_python(script: Path, request: Mapping[str, Any], *, limits: Limits) -> tuple[Ended, str]:
    """How a script of ours ended with a request, and its words, which may hold anything.

    It is kept apart as far as the system lets us. The script finds the search path of this process in ``path``.
    """
    with Sandbox({}) as sandbox:
        whole = {**request, "path": search_path()}
        written = sandbox.put_beside("request.json", json.dumps(whole))
        # -s, -P: neither a home nor the working folder adds modules; the search path comes with the request.
        words = [
            *apart(),
            sys.executable,
            "-s",
            "-P",
            "-B",
            "-X",
            "utf8",
            str(script),
            str(written),
            str(lifetime(limits)),
        ]
        ended = run(words, cwd=sandbox.source, env=sandbox.environment(parallel=True), limits=limits).as_of_a_second()
        return ended, sandbox.plain(ended.words.decode("utf-8", "replace"))
