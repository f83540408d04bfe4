"""Names, branches, paths and addresses in a definition: what is allowed, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitpromote.model.safepath import unsafe_path

__all__ = [
    "address_problem",
    "branch_problem",
    "clean_path",
    "did_you_mean",
    "kind_of",
    "label_for",
    "label_problem",
    "one_of",
    "path_problem",
    "quoted",
    "repository_key",
    "shown",
]

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*")
_PLAIN_BRANCH = re.compile(r"[a-z0-9_]+(?:[/-][a-z0-9_]+)*")
_UNFIT_FOR_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_SCP = re.compile(r"(?:(?P<user>[^@/]+)@)?(?P<host>[^:/@]+):(?P<path>(?!//).+)", re.DOTALL)
_URL = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?:(?P<user>[^@/]*)@)?(?P<host>[^/]*)(?P<path>.*)", re.DOTALL)


def label_problem(name: str) -> str | None:
    """Why a name is no RFC 1123 label, or ``None`` if it is one: names go into refs and paths."""
    if _LABEL.fullmatch(name):
        return None
    if not name:
        return "is empty"
    if len(name) > 63:
        return f"has {len(name)} characters, and 63 are allowed"
    return "is not made of a-z, 0-9 and -, starting and ending with a letter or digit"


def label_for(name: str) -> str | None:
    """The label that is nearest to a name that is none, if there is one."""
    near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-")
    return near if near and near != name else None


def branch_problem(name: str) -> str | None:
    """Why Git would not take a branch's name, or ``None`` if it would. The reason completes "the branch …"."""
    if _PLAIN_BRANCH.fullmatch(name) and not name.startswith("refs/"):
        return None
    if not name:
        return "is empty"
    if name.startswith("refs/"):
        return "is a full ref: leave refs/heads/ out"
    if _UNFIT_FOR_REF.search(name) or name[0] in "/-" or name[-1] in "/." or name in ("@", "HEAD"):
        return "is not a name that Git allows"
    if any(part.startswith(".") or part.lower().endswith(".lock") for part in name.split("/")):
        return "has a part that starts with . or ends in .lock, which Git does not allow"
    return None


def path_problem(path: str) -> str | None:
    """Why a path cannot stand in a repository, or ``None`` if it can. The reason completes "the path …".

    ``""`` and ``"."`` are the repository's root; a trailing ``/`` is allowed.
    """
    if _PLAIN_PATH.fullmatch(path) or path in ("", "."):
        return None
    if any(part == ".." for part in path.split("/")):
        return "leaves the repository or goes back in it: write it from the repository's root, without .."
    if path.startswith("/"):
        return "is absolute: write it from the repository's root, without the leading /"
    if path.startswith("~"):
        return "starts with ~: write it from the repository's root"
    reason = unsafe_path(clean_path(path))
    return None if reason == "is empty" else reason


def clean_path(path: str) -> str:
    """The one spelling of a path: no ``./`` in front, no ``/`` behind, ``""`` for the root."""
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    path = path.rstrip("/")
    return "" if path == "." else path.removesuffix("/.")


def address_problem(url: str) -> str | None:
    """Why a repository's address cannot be used, or ``None``. The reason completes "the repository …"."""
    if not url.strip():
        return "is empty"
    if url != url.strip() or any(ord(sign) < 32 for sign in url):
        return "has white space or control characters around or in it"
    if url.startswith("-"):
        return "starts with -, which git would take for an option"
    if "::" in url.split("/", maxsplit=1)[0]:
        return "names a remote helper, which can run any program"
    return None


def repository_key(url: str) -> str:
    """One text for all spellings of a repository's address: lower-case host, path; no scheme, user or ``.git``.

    Only for comparing. A path of this machine stays a path.
    """
    match = _URL.fullmatch(url) or _SCP.fullmatch(url)
    if match is None:
        return clean_path(url.removesuffix("/")).removesuffix(".git")
    host, path = match["host"].lower(), match["path"].strip("/").removesuffix(".git").strip("/")
    return f"{host}/{path}" if host else f"/{path}"


def did_you_mean(name: str, known: Iterable[str], *, quote: str = "") -> str:
    """``did you mean …?`` for the nearest known name, otherwise an empty string."""
    from difflib import get_close_matches

    folded = {text.lower().replace("-", "_"): text for text in known}
    near = get_close_matches(name.lower().replace("-", "_"), folded, n=1, cutoff=0.6)
    return f"did you mean {quote}{folded[near[0]]}{quote}?" if near else ""


def one_of(names: Iterable[str]) -> str:
    """``a, b or c``."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def shown(text: str, limit: int = 60) -> str:
    """A text of the user in double quotes, on one line, cut where it is long."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return quoted(cut)


def quoted(text: str) -> str:
    """A text as Python writes it, in double quotes where it has none itself."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain and "\\'" not in plain else plain


def kind_of(value: object) -> str:
    """What a value is, in words, without showing it: it may be a secret."""
    if value is None or isinstance(value, bool):
        return repr(value)
    words: dict[type, str] = {
        str: "text",
        bytes: "bytes",
        dict: "a dictionary",
        list: "a list",
        tuple: "a list",
        set: "a set",
    }
    if type(value) in words:
        return words[type(value)]
    if isinstance(value, int | float):
        return f"the number {value!r}"
    if isinstance(value, type):
        return f"the class {value.__name__}: call it"
    name = getattr(value, "__name__", None)
    return f"the function {name}" if callable(value) and name else f"{_article(type(value).__name__)}"


def _article(word: str) -> str:
    return f"an {word}" if word[:1].lower() in "aeiou" else f"a {word}"
