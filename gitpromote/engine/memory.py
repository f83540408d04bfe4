"""What the last plan learnt of its renders: while their inputs are the same, so is what is known of their output."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitpromote.engine.ask import Ask, RenderedApp
from gitpromote.engine.render_failures import Failed, one_error
from gitpromote.errors import GitpromoteError
from gitpromote.model.render import Closure, RenderSpec
from gitpromote.ports import RenderCache
from gitpromote.render.listing import Listing
from gitpromote.render.memo import Memo, MemoEntry, MemoView, spec_text


@dataclass(frozen=True, slots=True)
class Read:
    """What a render reads.

    :ivar inputs: the digest of all that
    :ivar learnt: what the last plan noted of its output: nothing, or all that can be told without its files
    """

    closure: Closure
    inputs: str
    learnt: Mapping[str, Any]


class Memory:
    """Finds what renders read, from the last plan where nothing has changed, and notes things for the next one.

    :param name: under which the next run finds what this one notes
    """

    def __init__(self, cache: RenderCache, *, name: str) -> None:
        self._cache = cache
        self._name = name
        self._memo: Memo | None = None
        self._learnt: dict[str, MemoEntry] = {}
        self._listings: dict[tuple[str, str], Listing] = {}
        self._reads: dict[tuple[str, str, str], Read] = {}
        self._texts: dict[str, tuple[RenderSpec, str]] = {}

    def listing(self, ask: Ask) -> Listing:
        """The source tree that a render is from."""
        place = (ask.repository.key, ask.commit)
        if place not in self._listings:
            self._listings[place] = Listing(ask.repository.listing(ask.commit))
        return self._listings[place]

    def reads(self, asks: Sequence[Ask]) -> list[Read]:
        """What each reads: known in this run, from the last one if nothing has changed, or sought anew.

        :raises GitpromoteError: of what cannot be found out, naming all
        """
        if self._memo is None:
            self._memo = self._cache.memo(self._name)
        views: dict[tuple[str, str], MemoView] = {}
        unknown: dict[tuple[str, str, str], Ask] = {}
        keys = []
        for ask in asks:
            key = (ask.repository.key, ask.commit, self._text(ask))
            keys.append(key)
            if key not in self._reads and key not in unknown:
                entry = self._remembered(ask, key, views)
                if entry is None:
                    unknown[key] = ask
                else:
                    inputs = entry.result.get("inputs") or _inputs(entry.closure)
                    self._reads[key] = Read(entry.closure, inputs, entry.result)
        if unknown:
            self._seek(unknown)
        return [self._reads[key] for key in keys]

    def note(self, found: RenderedApp, around: str) -> None:
        """Note what the next plan needs to know of a render, unless the last one noted the same.

        :param around: a digest of all that the render's key is made of beside its spec and inputs
        """
        ask, text = found.ask, self._text(found.ask)
        before = dict(self._reads[ask.repository.key, ask.commit, text].learnt)
        commits = before.pop("commits", None) or [ask.commit]
        now = _learnt(found, around)
        if now != before:
            self._learnt[ask.name] = MemoEntry(text, found.closure, {**now, "commits": commits})

    def keep(self) -> None:
        """Have the next plan find what was noted."""
        if self._learnt and self._memo is not None:
            self._memo = self._memo.updated(self._learnt)
            self._cache.keep_memo(self._name, self._memo)
            self._learnt = {}

    def _text(self, ask: Ask) -> str:
        """What is asked, as text. The same is asked to find Freight and to render it."""
        known = self._texts.get(ask.name)
        if known is None or known[0] != ask.spec:
            known = self._texts[ask.name] = (ask.spec, spec_text(ask.spec))
        return known[1]

    def _remembered(
        self, ask: Ask, key: tuple[str, str, str], views: dict[tuple[str, str], MemoView]
    ) -> MemoEntry | None:
        """The memo's entry, if it holds in the commit: by the commit itself, or by everything that it looked at."""
        assert self._memo is not None
        entry = self._memo.entry(ask.name, key[2])
        if entry is None or ask.commit in entry.result.get("commits", ()):
            return entry
        if key[:2] not in views:
            views[key[:2]] = self._memo.against(self.listing(ask))
        if views[key[:2]].get(ask.name, key[2]) is None:
            return None
        # The newest commit and the one that the Freight is from are asked for by turns.
        commits = [ask.commit, *entry.result.get("commits", ())][:2]
        self._learnt[ask.name] = MemoEntry(entry.spec, entry.closure, {**entry.result, "commits": commits})
        return self._learnt[ask.name]

    def _seek(self, unknown: Mapping[tuple[str, str, str], Ask]) -> None:
        from gitpromote.engine.fresh import closures_of

        failures: list[Failed] = []
        found = closures_of(list(unknown.values()), self.listing)
        for (key, ask), closure in zip(unknown.items(), found, strict=True):
            if isinstance(closure, GitpromoteError):
                failures.append(Failed(ask.name, ask.commit, closure))
            else:
                self._reads[key] = Read(closure, _inputs(closure), {})
                self._learnt[ask.name] = MemoEntry(key[2], closure, {"commits": [ask.commit]})
        if failures:
            raise one_error(failures)


def _inputs(closure: Closure) -> str:
    hashed = hashlib.sha256()
    for read in closure.reads:
        hashed.update("\0".join(read).encode("utf-8", "surrogateescape") + b"\n")
    return "sha256:" + hashed.hexdigest()


def _learnt(found: RenderedApp, around: str) -> dict[str, Any]:
    """What a memo holds of a render: plain data, what is empty left out."""
    kept = found.kept
    random = [[path, list(map(list, places))] for path, places in kept.random.items()]
    others = {
        "sensitive": list(kept.sensitive),
        "secrets": list(kept.secrets),
        "warnings": list(kept.warnings),
        "random": random,
        "shown": found.shown if found.shown != found.tree else "",
    }
    told = {name: value for name, value in others.items() if value}
    return {"around": around, "key": found.key, "inputs": found.inputs, "tree": found.tree, **told}
