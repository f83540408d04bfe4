"""The variable that names an organisation's policies: ``<repository>[//folder][@branch]``."""

from __future__ import annotations

import re
from pathlib import Path

from gitpromote.adapters.git.url import absolute, is_local
from gitpromote.adapters.git.workrepo import find_repository
from gitpromote.engine.organisation import unreadable
from gitpromote.engine.organisation_place import VARIABLE, OrgPlace
from gitpromote.errors import ConfigurationError
from gitpromote.model.names import branch_problem, path_problem, quoted

__all__ = ["place_of"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
# host:path; the user may stand before it.
_SCP = re.compile(r"(?:[^/:@]+@)?(?:\[[^\]]+\]|[^/:@]+):")


def place_of(text: str | None, *, base: Path) -> OrgPlace | None:
    """Where the policies are; ``None`` where the variable is not set.

    A folder of a checkout means what that was cloned from: only what is there counts, and no work tree.

    :param base: what a path counts from
    :raises ConfigurationError: it is set, and names nothing that could be read (``organisation-unreadable``)
    """
    if text is None:
        return None
    if not text.strip():
        raise unreadable(f"{VARIABLE} is set, and empty.")
    url, path, branch = _parts(text.strip())
    for what, name, reason in (
        ("branch", branch, branch_problem(branch) if branch else None),
        ("folder", path, path_problem(path)),
    ):
        if reason:
            raise unreadable(f"{VARIABLE}: the {what} {quoted(name)} {reason}.")
    if is_local(url) and "://" not in url:
        return _local(url, path, branch, base)
    return OrgPlace(url=url, path=path, branch=branch)


def _parts(text: str) -> tuple[str, str, str]:
    """Repository, folder, branch. A user's ``@`` and a scheme's ``//`` belong to the repository."""
    found = _SCHEME.match(text) or _SCP.match(text)
    start = found.end() if found else 0
    url, rest = text[:start], text[start:]
    repository, slashes, inside = rest.partition("//")
    if slashes:
        path, _, branch = inside.partition("@")
        return url + repository, path, branch
    repository, _, branch = rest.rpartition("@") if "@" in rest else (rest, "", "")
    return url + repository, "", branch


def _local(url: str, path: str, branch: str, base: Path) -> OrgPlace:
    where = Path(absolute(url, base=base))
    try:
        work = find_repository(where)
    except ConfigurationError:
        raise unreadable(f"{VARIABLE}: there is no {where}.") from None
    if work is None:
        return OrgPlace(url=str(where), path=path, branch=branch)
    inside = where.resolve().relative_to(work.toplevel.resolve()).as_posix()
    whole = "/".join(part for part in (inside if inside != "." else "", path) if part)
    return OrgPlace(url=work.home_url, path=whole, branch=branch)
