"""Functions of the user: run in a Python of their own, under the same limits as any other renderer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gitpromote.adapters.renderers.process import lifetime
from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs, Sandbox
from gitpromote.model.render import PythonSpec

_CHILD = Path(__file__).with_name("python_child.py")


def render(spec: PythonSpec, inputs: Inputs, running: Running) -> Output:
    """Call the function with a folder that holds its inputs."""
    with Sandbox(inputs, copies=running.copies) as sandbox:
        request = sandbox.put_beside("request.json", json.dumps(_request(spec, sandbox)))
        # -I: neither the environment nor the working folder adds modules; the search path comes with the request.
        words = [
            running.tool("python").command[0],
            "-I",
            "-X",
            "utf8",
            str(_CHILD),
            str(request),
            str(lifetime(running.job.limits)),
        ]
        return running.call(words, sandbox, step="python", source=spec.function, is_users_code=True)


def _request(spec: PythonSpec, sandbox: Sandbox) -> dict[str, object]:
    module, _, name = spec.function.partition(":")
    return {
        "source": str(sandbox.source),
        "module": module,
        "name": name,
        "file": spec.file,
        "code": spec.code,
        "parameters": dict(spec.parameters),
        "path": [entry for entry in sys.path if entry],
    }
