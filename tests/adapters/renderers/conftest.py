"""Real renderers, found as a user's would be, and jobs for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gitpromote.adapters.renderers.tools import Toolbox
from gitpromote.errors import GitpromoteError
from gitpromote.model.render import RenderJob, RenderSpec
from gitpromote.model.tree import FILE, LINK, Entry, blob_id
from gitpromote.render.closure import resolve_closures
from gitpromote.render.listing import Listing
from gitpromote.render.reads import closure_files

MakeJob = Callable[..., RenderJob]


@pytest.fixture(scope="session")
def toolbox(tmp_path_factory: pytest.TempPathFactory) -> Toolbox:
    return Toolbox(remembered=tmp_path_factory.mktemp("tools") / "tools.json")


@pytest.fixture
def make_job(toolbox: Toolbox) -> MakeJob:
    """From files to a job as the engine makes it: closure, tools, inputs. ``->x`` is a link to x."""

    def make(files: Mapping[str, str], spec: RenderSpec, **others: Any) -> RenderJob:
        entries, blobs = {}, {}
        for path, text in files.items():
            content = text.removeprefix("->").encode()
            oid = blob_id(content)
            blobs[oid] = content
            entries[path] = Entry(LINK if text.startswith("->") else FILE, oid)
        listing = Listing.of(entries)
        closure = resolve_closures([(spec, listing)], lambda oids: {oid: blobs[oid] for oid in oids})[0]
        if isinstance(closure, GitpromoteError):
            raise closure
        read = closure_files(closure, listing)
        given: dict[str, Any] = {
            "label": "shop in prod",
            "tools": tuple(toolbox.find(name) for name in closure.tools),
            "copies": closure.copies,
            "app": "shop",
        }
        inputs = {path: (entry.mode, blobs[entry.oid]) for path, entry in read.items()}
        return RenderJob(spec=spec, inputs=inputs, **{**given, **others})

    return make
