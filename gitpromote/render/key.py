"""The key of a render: equal keys, equal output.

Made of ids alone. No blob is read for it, so that a thousand unchanged environments cost milliseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from gitpromote.model.render import ChartPin, Closure, FileLayout, Read, RendererTool, RenderSpec

#: Raised whenever the same inputs come to give other bytes: what is put before the renderer, how its output is read,
#: how files are named. Older cache entries then are never found again.
SEMANTICS = {"schema": 1, "edits": 2, "sandbox": 1, "parse": 1, "dump": 1, "layout": 1}

# Plain ASCII: a path that is no UTF-8 stands in it as escaped surrogates.
_AS_TEXT = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_START = _AS_TEXT(SEMANTICS).encode()


def render_key(
    spec: RenderSpec,
    closure: Closure,
    *,
    tools: Iterable[RendererTool],
    edits: Any = None,
    charts: Iterable[ChartPin] = (),
    app: str = "",
    files: FileLayout = "per-object",
    object_format: str = "sha1",
) -> str:
    """The key of one render, 64 hexadecimal digits.

    :param closure: what it reads, by path, mode and id
    :param tools: the programs that take part; where they lie makes no difference
    :param edits: what is changed in the inputs before, as plain data
    :param charts: what is fetched: by its digest, and not by its bytes
    :param app: the App's name, which stands in file names of the layout ``per-app``
    """
    programs = sorted((tool.name, tool.version, tool.sha256) for tool in tools)
    named = app if files == "per-app" else ""
    asked = [spec.data(), programs, edits, named, files, object_format, closure.copies]
    fetched = [[one.address, one.version, one.digest] for one in charts]
    asked += [fetched, closure.charts] if fetched else []
    whole = (_START, _AS_TEXT(asked).encode(), _read_bytes(closure.reads))
    return hashlib.sha256(b"\0".join(whole)).hexdigest()


def _read_bytes(reads: Iterable[Read]) -> bytes:
    # A path holds no NUL, and an id is of one length: the joined text can be read in one way only.
    return "\0".join([part for read in reads for part in read]).encode("utf-8", "surrogateescape")
