"""What a secret looks like: tokens by their shape, values behind a telling name, and texts that only refer to one."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gitpromote.model.secret_names import field_holds_secret, name_holds_secret

__all__ = [
    "MASK",
    "TOKEN_HINTS",
    "Span",
    "assigned_spans",
    "disjoint",
    "field_holds_secret",
    "is_secret_reference",
    "looks_like_token",
    "name_holds_secret",
    "says_something",
    "token_spans",
    "without_secrets",
]

#: What stands in place of a secret.
MASK = "(sensitive)"


class Span(NamedTuple):
    """A piece of a text, and what it is."""

    start: int
    end: int
    what: str


class _Shape(NamedTuple):
    what: str
    #: One of these stands in every text that matches: searching for them is many times faster than matching.
    hints: tuple[str, ...]
    #: As text: few are ever needed, and compiling all of them takes longer than reading a plan.
    pattern: str


def _shape(what: str, hints: str, pattern: str) -> _Shape:
    return _Shape(what, tuple(hints.split()), pattern)


_START = r"(?<![A-Za-z0-9])"

# The first group, if there is one, is the secret; otherwise all of it is. Certificates and encrypted messages are last:
# they are hidden, but nobody is told off for writing them.
_SHAPES = (
    _shape(
        "a private key",
        "-----BEGIN",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|\Z)",
    ),
    _shape("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", _START + r"gh[pousr]_[A-Za-z0-9]{16,}"),
    _shape("a GitHub token", "github_pat_", _START + r"github_pat_[A-Za-z0-9_]{16,}"),
    _shape(
        "a GitLab token",
        "glpat- glptt- gldt- glrt- glcbt- glft- glsoat- glagent- gloas- glimt- glffct-",
        _START + r"gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas|imt|ffct)-[A-Za-z0-9_.-]{16,}",
    ),
    _shape("an AWS access key", "AKIA ASIA", _START + r"A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _shape("a Slack token", "xox xapp-", _START + r"(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}"),
    _shape("a Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_-]{8,})"),
    _shape("a Google key", "AIza", _START + r"AIza[0-9A-Za-z_-]{30,}"),
    _shape("a Google token", "ya29. GOCSPX-", _START + r"(?:ya29\.|GOCSPX-)[0-9A-Za-z_-]{16,}"),
    _shape("a Stripe key", "k_live_ k_test_ whsec_", _START + r"(?:[sr]k_(?:live|test)|whsec)_[0-9A-Za-z+/]{16,}"),
    _shape("a JSON Web Token", "eyJ", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    _shape("an npm token", "npm_", _START + r"npm_[A-Za-z0-9]{30,}"),
    _shape("a PyPI token", "pypi-", _START + r"pypi-[A-Za-z0-9_-]{40,}"),
    _shape("a Docker token", "dckr_pat_", _START + r"dckr_pat_[A-Za-z0-9_-]{16,}"),
    _shape("a Vault token", "hvs. hvb. hvr.", _START + r"hv[sbr]\.[A-Za-z0-9_-]{16,}"),
    _shape("a SendGrid key", "SG.", _START + r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _shape("an API key", "sk-", _START + r"sk-(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}"),
    _shape("a Hugging Face token", "hf_", _START + r"hf_[A-Za-z0-9]{30,}"),
    _shape("a DigitalOcean token", "_v1_", _START + r"do[opr]_v1_[a-f0-9]{40,}"),
    _shape("a Grafana token", "glsa_ glc_", _START + r"gl(?:sa|c)_[A-Za-z0-9+/_=]{24,}"),
    _shape("an age key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[A-Za-z0-9]{30,}"),
    _shape("an Azure key", "AccountKey= SharedAccessKey=", r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/=]{20,})"),
    _shape("a password in a URL", "://", r"://[^\s/:@\"'<>]{0,256}:([^\s/\"'<>]{1,512})@"),
    _shape("a password in a URL", "://", r"://[^\s/:@\"'<>]{0,256}:(?!\d{1,5}[/?#])([^\s\"'<>@]{1,512})@"),
    _shape("a bearer token", "earer ", r"\b[Bb]earer\s+(?=\S*[0-9])([A-Za-z0-9._~+/=-]{12,})"),
    _shape("a password in a header", "asic ", r"\b[Bb]asic\s+([A-Za-z0-9+/]{8,}={0,2})"),
    _shape("PEM", "-----BEGIN", r"-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|\Z)"),
)

#: One of these stands wherever a token does.
TOKEN_HINTS: tuple[str, ...] = tuple(sorted({hint for shape in _SHAPES for hint in shape.hints}))
_HINT = re.compile("|".join(map(re.escape, TOKEN_HINTS)))

# A secret access key has no shape of its own: forty such characters are one only beside an access key's id.
_AWS_SECRET = r"(?<![A-Za-z0-9+/=])(?=[A-Za-z0-9+/]*[0-9])(?=[A-Za-z0-9+/]*[a-z])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"


def looks_like_token(text: str) -> str | None:
    """What kind of secret a text holds, like ``a GitHub token``, or ``None``.

    It goes by shape alone: certificates and references such as ``${TOKEN}`` are none.
    """
    return next((span.what for span in _found(text) if span.what != "PEM"), None)


def token_spans(text: str) -> list[Span]:
    """Every piece that has the shape of a token, a key, or PEM; sorted, and none overlaps another."""
    return disjoint(_found(text))


def without_secrets(text: str, *, known: Iterable[str] = ()) -> str:
    """A text that others wrote, such as a tool's message, with ``(sensitive)`` in place of what looks secret.

    :param known: secrets from elsewhere; those of fewer than six characters are no use as a needle
    """
    for secret in sorted({one for one in known if len(one) >= 6}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    parts, at = [], 0
    for span in disjoint([*_found(text), *assigned_spans(text)]):
        if text[span.start : span.end] != MASK:
            parts += [text[at : span.start], MASK]
            at = span.end
    return "".join([*parts, text[at:]])


def disjoint(spans: Iterable[Span]) -> list[Span]:
    """The pieces in order; those that overlap become one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start < joined[-1].end:
            last = joined.pop()
            span = Span(last.start, max(last.end, span.end), last.what)
        joined.append(span)
    return joined


def _found(text: str) -> list[Span]:
    if len(text) < 6 or not _HINT.search(text):
        return []
    found = [span for shape in _SHAPES if any(hint in text for hint in shape.hints) for span in _matches(shape, text)]
    if any(span.what == "an AWS access key" for span in found):
        found += [Span(*match.span(), "an AWS secret key") for match in re.finditer(_AWS_SECRET, text)]
    return found


def _matches(shape: _Shape, text: str) -> Iterator[Span]:
    pattern = re.compile(shape.pattern)
    group = pattern.groups
    for match in pattern.finditer(text):
        if shape.what == "a password in a header" and not _is_basic_auth(match[group]):
            continue
        if not is_secret_reference(match[group]):
            yield Span(*match.span(group), shape.what)


def _is_basic_auth(text: str) -> bool:
    """Whether it is base64 of ``user:password``: the word after "basic" may be any."""
    try:
        return b":" in base64.b64decode(text, validate=True)
    except binascii.Error:
        return False


_REFERENCE = r"""(?x)
    <path:[^<>]+>                                   # argocd-vault-plugin
    | (?:secret)?ref\+[a-z0-9]+://\S+               # vals
    | (?:>>)?vault:[\w./-]+\#[\w.${}-]+             # bank-vaults
    | op://[^\s"']+                                 # 1Password
    | arn:aws[\w-]*:(?:secretsmanager|ssm):\S+
    | projects/[\w.-]+/secrets/[\w./-]+
    | \$\([A-Za-z_][\w.-]*\)                        # $(NAME)
    | \$\{[A-Za-z_][\w.-]*(?::?[-=?])?\}            # ${NAME}
    | \$[A-Z_][A-Z0-9_]*                            # $NAME
    | \{\{[^{}"'`]*\}\}                             # a template
"""
_NOTHING_SECRET = frozenset(
    {
        *("true", "false", "yes", "no", "on", "off", "null", "none", "nil", "undefined"),
        *("enabled", "disabled", "required", "optional", "default"),
    }
)


def is_secret_reference(text: str) -> bool:
    """Whether a text says where a secret comes from, and holds none: ``<path:kv/db#password>``, ``$(NAME)``."""
    return bool(re.fullmatch(_REFERENCE, text.strip()))


_STEM = (
    r"(?:passwords?|passwd|passphrase|pwd|secrets?|tokens?|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key"
    r"|account[_-]?key|credentials?)"
)
_ASSIGNED = (
    rf"(?i){_STEM}"
    r"\\*[\"']?[ \t]*(?:=>|:=|=|:)[ \t]*"
    r"(?:(\$[{(][^\s\"']*)|\\\"([^\"\n]+?)\\+\"|\"((?:[^\"\\\n]|\\.)+)\"|'([^'\n]+)'|([^\s\"',;&|>{}\[\]()\\][^\s\"',;&{}\[\]()\\]*))"
)
_FLAG = (
    rf"(?i)(?<![A-Za-z0-9-])--?[A-Za-z0-9_.-]{{0,64}}?{_STEM}"
    r"[ \t]+(?:\"([^\"\n]+)\"|'([^'\n]+)'|([^\s\"'&|;-][^\s\"'&|;]*))"
)
_ASSIGNED_HINT = re.compile(r"(?i)passw|passphrase|pwd|secret|token|key|credential")


def assigned_spans(text: str) -> list[Span]:
    """The values behind a secret's name in a longer text: ``password = x``, ``"token": "x"``, ``--api-key x``."""
    if not _ASSIGNED_HINT.search(text):
        return []
    found = [_last_group(match) for pattern in (_ASSIGNED, _FLAG) for match in re.finditer(pattern, text)]
    return [span for span in found if says_something(text[span.start : span.end])]


def _last_group(match: re.Match[str]) -> Span:
    return Span(*match.span(match.lastindex or 0), "an assigned secret")


def says_something(value: str) -> bool:
    """Whether a value that stands where a secret is expected is one: not empty, no switch, no reference."""
    bare = value.strip("\"' ")
    if not bare or bare.lower() in _NOTHING_SECRET or (bare.isdigit() and len(bare) < 4):
        return False
    return not is_secret_reference(bare) and not bare.startswith(("{{", "${", "$(", "<path:"))
