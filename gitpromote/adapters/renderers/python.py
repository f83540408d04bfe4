"""Functions of the user: run in a Python of their own, under the same limits as any other renderer."""

from __future__ import annotations

import json
from pathlib import Path

from gitpromote.adapters.code_digest import search_path
from gitpromote.adapters.patterns import checkout_of
from gitpromote.adapters.renderers.process import lifetime
from gitpromote.adapters.renderers.python_child import END
from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs, Sandbox
from gitpromote.errors import RenderFailed
from gitpromote.model.render import PythonSpec

_CHILD = Path(__file__).with_name("python_child.py")


def render(spec: PythonSpec, inputs: Inputs, running: Running) -> Output:
    """Call the function with a folder that holds its inputs."""
    with Sandbox(inputs, copies=running.copies) as sandbox:
        sandbox.checkout = checkout_of(Path(spec.file))
        request = sandbox.put_beside("request.json", json.dumps(_request(spec, sandbox)))
        # -s, -P: neither a home nor the working folder adds modules; the search path comes with the request.
        words = [
            running.tool("python").command[0],
            "-s",
            "-P",
            "-B",
            "-X",
            "utf8",
            str(_CHILD),
            str(request),
            str(lifetime(running.job.limits)),
        ]
        output = running.call(words, sandbox, step="python", source=spec.function, is_users_code=True)
        return Output(tuple(_whole(name, text, running.job.label) for name, text in output.documents), output.warnings)


def _whole(name: str, text: bytes, label: str) -> tuple[str, bytes]:
    """The output without its end; where it has none, whatever is missing would be pruned."""
    if not text.endswith(END):
        raise RenderFailed(
            "A function ended before it gave its manifests",
            code="render-unfinished",
            detail=f"{label}: {name} ended its process, or something that it called did.",
            hint="A function returns its manifests. Nothing in it may call os._exit().",
        )
    return name, text.removesuffix(END)


def _request(spec: PythonSpec, sandbox: Sandbox) -> dict[str, object]:
    module, _, name = spec.function.partition(":")
    return {
        "source": str(sandbox.source),
        "module": module,
        "name": name,
        "file": spec.file,
        "code": spec.code,
        "parameters": dict(spec.parameters),
        "path": search_path(),
    }
