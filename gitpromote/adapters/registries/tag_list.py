"""The list of a repository's tags, page by page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from gitpromote.adapters.http_question import Answer
from gitpromote.adapters.registries.address import Address
from gitpromote.adapters.registries.failures import odd_answer
from gitpromote.adapters.registries.kept import KeptRepository
from gitpromote.adapters.registries.manifest import Malformed, read_object
from gitpromote.adapters.registries.session import Session

_PAGE = 1000  # tags; what registries give at most, or less
_MOST_PAGES = 2000
_MOST_BYTES = 32 << 20  # of one page: some registries have one page alone
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,]*\brel\s*=\s*"?next"?', re.IGNORECASE)


def read_tags(session: Session, address: Address, kept: KeptRepository) -> tuple[str, ...]:
    """All tags, each once, as the registry orders them. A list of one page is asked for by its ETag.

    :raises GitpromoteError: the registry refuses, cannot be reached, or answers with something else
    """
    known = kept.get("tags")
    doing = f"read the tags of {address}"
    path, seen, tags = f"/v2/{address.path}/tags/list?n={_PAGE}", set[str](), dict[str, None]()
    while True:
        seen.add(path)
        conditions = known["conditions"] if known and len(seen) == 1 else {}
        answer = _page(session, path, doing, address, conditions)
        if answer.status == 304:
            return tuple(known["tags"])
        tags.update(dict.fromkeys(_tags(answer, session, doing)))
        following = _next(answer, session.base + path)
        if following is None:
            break
        if following in seen or len(seen) >= _MOST_PAGES:
            raise odd_answer(answer, session.asked(doing), "has pages without end")
        path = following
    if len(seen) == 1 and answer.conditions:
        kept.put("tags", {"conditions": answer.conditions, "tags": list(tags)})
    return tuple(tags)


def _page(session: Session, path: str, doing: str, address: Address, conditions: Mapping[str, str]) -> Answer:
    return session.ask(
        path,
        doing=doing,
        scope=f"repository:{address.path}:pull",
        headers=conditions,
        limit=_MOST_BYTES,
        allowed=frozenset({200, 304} if conditions else {200}),
    )


def _tags(answer: Answer, session: Session, doing: str) -> list[str]:
    try:
        tags: Any = read_object(answer.body).get("tags", False)
    except Malformed as problem:
        raise odd_answer(answer, session.asked(doing), str(problem)) from None
    if tags is None:  # of a repository that is empty
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise odd_answer(answer, session.asked(doing), "has no list of tags")
    return [tag for tag in tags if _TAG.fullmatch(tag)]


def _next(answer: Answer, url: str) -> str | None:
    """Path and query of the next page. Its host does not count: behind a proxy it is often another one's."""
    found = _NEXT.search(answer.headers.get("link", ""))
    if found is None:
        return None
    try:
        parts = urlsplit(urljoin(url, found[1]))
    except ValueError:
        return None
    return f"{parts.path}?{parts.query}" if parts.path.startswith("/v2/") else None
