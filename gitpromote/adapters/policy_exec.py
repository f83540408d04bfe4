"""Any program as a policy: manifests go in as files and on standard input, JSON or SARIF comes out.

In the arguments ``$objects`` is a folder with a file for each object, ``$manifests`` all of them as one stream,
``$before`` what the target holds now, ``$context`` JSON about where this is about to go.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from gitpromote.adapters.policy_process import refuse_excess, unusable
from gitpromote.adapters.renderers.process import Ended, run
from gitpromote.adapters.renderers.sandbox import Sandbox
from gitpromote.adapters.user_words import last_words
from gitpromote.model.policy import ExecPolicy
from gitpromote.model.render import Limits
from gitpromote.model.sensitive import without_secrets
from gitpromote.model.tree import FILE
from gitpromote.policy.judged import Judged
from gitpromote.policy.program_answer import Said, Unreadable, read_json
from gitpromote.policy.program_findings import Answer, judged_of
from gitpromote.policy.program_input import context_of, files_of, in_stream, secrets_of, stream_of
from gitpromote.policy.sarif import read_sarif
from gitpromote.policy.scene import Scene

__all__ = ["judge_program"]

_READERS: Mapping[str, Callable[[str], list[Said]]] = {"json": read_json, "sarif": read_sarif}
_OUTPUT = 32 << 20  # bytes
_STREAMS = ("-", "stdin", "<stdin>", "/dev/stdin")
_WORD = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def judge_program(policy: ExecPolicy, scene: Scene, *, folder: Path) -> Judged:
    """What a program prints of what would be written. It has no credentials, and the network of this machine.

    :param folder: a program that is named by a path is sought from there
    :raises GitpromoteError: ``policy-program-missing``, ``policy-timeout``, ``policy-failed``,
        ``policy-answer-invalid``
    """
    files, secrets = files_of(scene.objects), secrets_of(scene)
    limits = Limits(timeout=float(policy.__dict__["timeout"]), output=_OUTPUT)
    program = _found(policy, folder)
    with Sandbox({f"objects/{name}": (FILE, one.text.encode()) for name, one in files.items()}) as sandbox:
        places = _places(sandbox, scene)
        command = [program, *(_filled(word, places) for word in policy.command[1:])]
        env = _with_network(sandbox.environment(parallel=False))
        ended = run(command, cwd=sandbox.source, env=env, limits=limits, stdin=Path(places["manifests"]))
        words = without_secrets(sandbox.plain(ended.words.decode("utf-8", "replace")), known=secrets)
        refuse_excess(policy.name, ended, limits)
        said = _placed(_said(policy, ended, words), places, in_stream(files), sandbox)
    return judged_of(Answer(policy=policy.name, said=said, files=files, secrets=secrets))


def _placed(
    said: list[Said], places: Mapping[str, str], in_stream: Callable[[int], tuple[str, int]], sandbox: Sandbox
) -> list[Said]:
    """What is said of the stream of all objects, said of one object's file; other files as they are in the sources."""
    found = []
    for one in said:
        name, line = sandbox.plain(one.file), one.line
        if one.file in _STREAMS or one.file == places["manifests"]:
            name, line = in_stream(one.line)
        elif one.file in (places["before"], places["context"]):
            name, line = "", 0
        found.append(one._replace(file=name, line=line))
    return found


def _places(sandbox: Sandbox, scene: Scene) -> dict[str, str]:
    objects = sandbox.source / "objects"
    objects.mkdir(exist_ok=True)
    return {
        "objects": str(objects),
        "manifests": str(sandbox.put_beside("manifests.yaml", stream_of(scene.objects))),
        "before": str(sandbox.put_beside("before.yaml", stream_of(scene.before))),
        "context": str(sandbox.put_beside("context.json", json.dumps(context_of(scene)))),
    }


def _found(policy: ExecPolicy, folder: Path) -> str:
    """The program: by its path from the pipeline file's folder, or as a shell would find it."""
    name = policy.command[0]
    found = shutil.which(str(folder / name) if "/" in name else name)
    if found is None:
        where = f"in {folder}, or not executable" if "/" in name else "on PATH"
        raise unusable(
            "A policy's program is not here", "policy-program-missing", f"{policy.name}: {name} is not {where}"
        )
    return found


def _said(policy: ExecPolicy, ended: Ended, words: str) -> list[Said]:
    """What it printed. A program that was ended by a signal has said nothing, whatever it printed before."""
    if ended.status < 0 or ended.status > 128:
        number = -ended.status if ended.status < 0 else ended.status - 128
        raise unusable("A policy failed", "policy-failed", f"{policy.name}: ended by signal {number}")
    text = ended.output.decode("utf-8", "replace")
    if not text.strip() and ended.status:
        raise unusable("A policy failed", "policy-failed", f"{policy.name}: {last_words(words, ended.status)}")
    try:
        said = _READERS[policy.output](text)
    except Unreadable as error:
        told = f"{policy.name} (exit status {ended.status}): {error}"
        raise unusable("A policy says what nobody can read", "policy-answer-invalid", told) from None
    if ended.status and not any(one.weight in ("error", "unknown") for one in said):
        what = "it only warns: let it end with 0 then, or say what fails" if said else "it found nothing"
        raise unusable("A policy failed", "policy-failed", f"{policy.name}: exit status {ended.status}, but {what}")
    return said


def _filled(word: str, places: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: places.get(found[1] or found[2], found[0]), word)


def _with_network(env: Mapping[str, str]) -> dict[str, str]:
    """Programs may fetch schemas, by the proxies of this machine."""
    return {name: os.environ.get(name, "") if name.lower().endswith("_proxy") else value for name, value in env.items()}
