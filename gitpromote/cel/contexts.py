"""What expressions may name: one declaration per place where one can stand. ``docs/expressions.md`` tells users.

- a commit filter, ``Git(where=…)``: ``commit``
- a Warehouse's ``where``: ``images``, ``charts`` and ``commits``, each by the repository's address or its last part;
  ``image``, ``chart`` and ``commit`` where the Warehouse subscribes to one of them alone
- ``Environment(auto=…)``: ``change``, ``freight`` (or ``bundle``), ``previousFreight`` (or ``previousBundle``),
  ``environment``
- gates: the same, ``plan``, and what is live: ``upstream``, ``schedule``, ``metrics``, ``changewindow``
- ``when`` of a gate: those of ``Environment(auto=…)`` and ``plan``
- a server's answer, ``HTTP(success=…)``: ``answer`` (or ``body``), its JSON; ``status``; ``headers``
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from gitpromote.cel.declare import (
    DECIMAL,
    LABEL,
    TEXT,
    TIME,
    TRUTH,
    WHOLE,
    Anything,
    Declaration,
    Items,
    Record,
    Table,
    Type,
    words,
)
from gitpromote.model.artifact import canonical_repository
from gitpromote.model.names import repository_key
from gitpromote.model.subscription import Chart, Git, Image, Subscription

__all__ = ["COMMIT", "HOME_NAME", "assembly", "auto", "commit_filter", "gates", "http_answer", "place_of", "when"]

#: How an expression calls the repository of ``Git()`` without an address.
HOME_NAME = "home"

IMAGE = Record(
    {
        **dict.fromkeys(("repository", "tag", "version", "digest", "revision"), TEXT),
        "created": TIME,
        "labels": Table(LABEL),
    }
)
CHART = Record({**dict.fromkeys(("repository", "version", "appVersion", "digest"), TEXT), "created": TIME})
_PEOPLE = ("author", "email", "committer", "committerEmail")
COMMIT = Record({**dict.fromkeys(("repository", "id", "subject", "tag", *_PEOPLE), TEXT), "date": TIME})
ENVIRONMENT = Record(
    {"name": TEXT, "approval": words("auto", "pr-review"), "production": TRUTH, "labels": Table(LABEL)}
)
RISK = words("low", "medium", "high")
CHANGE = Record({"semver": words("major", "minor", "patch", "prerelease", "none"), "risk": RISK})
_FREIGHT: dict[str, Type] = {
    "type": words("image", "config", "mixed"),
    **dict.fromkeys(("id", "alias", "version", "subject", "warehouse"), TEXT),
    "labels": Table(LABEL),
    "images": Items(Record(dict.fromkeys(("repository", "tag", "version", "digest"), TEXT))),
    "charts": Items(Record(dict.fromkeys(("repository", "version", "digest"), TEXT))),
    "commits": Items(Record(dict.fromkeys(("repository", "id"), TEXT))),
    "provenance": Record(dict.fromkeys(("author", "commitSHA", "ciRunURL"), TEXT)),
    "intent": Record({"target": TEXT, "skip": Items(TEXT)}, {"targetEnvironment": "target"}),
    "metadata": Record({"annotations": Table(LABEL)}),
}
_UPSTREAM = Record(
    {
        **dict.fromkeys(("verified", "healthy"), TRUTH),
        **dict.fromkeys(("soakMinutes", "recentSuccessCount", "recentFailureCount"), WHOLE),
        "lastPromotedAt": TEXT,
    }
)
_SCHEDULE = Record(
    {
        "isWeekend": TRUTH,
        **dict.fromkeys(("hour", "minute"), WHOLE),
        "dayOfWeek": words("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "date": TEXT,
    }
)
_METRIC = Record({"value": DECIMAL, "result": words("Pass", "Fail", "Error")}, value="value")
_PLAN = Record({"environment": TEXT, **dict.fromkeys(("changes", "adds", "deletes"), WHOLE), "risk": RISK})
_REVIEW = Record({"isApproved": TRUTH, "approvalCount": WHOLE})


@cache
def commit_filter() -> Declaration:
    """``commit.{id, subject, author, email, committer, committerEmail, date, tag, repository}``.

    ``tag`` only where a tag made it a candidate.
    """
    return Declaration({"commit": COMMIT})


@cache
def auto() -> Declaration:
    """``change``, ``freight``, ``previousFreight`` and ``environment``: what a promotion that runs by itself asks."""
    freight = Record(_FREIGHT)
    return Declaration(
        {
            "change": CHANGE,
            **dict.fromkeys(("freight", "bundle", "previousFreight", "previousBundle"), freight),
            "environment": ENVIRONMENT,
        }
    )


@cache
def when() -> Declaration:
    """The same and ``plan``: what decides whether a gate judges. Nothing of it changes without a new plan."""
    return Declaration({**auto().variables, "plan": _PLAN})


@cache
def http_answer() -> Declaration:
    """``answer`` or ``body``, the JSON that a server sent; ``status``; ``headers`` by their names in small letters."""
    names: dict[str, Type] = {"status": WHOLE, "headers": Table(TEXT), "answer": Anything(), "body": Anything()}
    return Declaration(names, frozenset(names))


def gates(*, environments: Iterable[str] = (), metrics: Iterable[str] = (), windows: Iterable[str] = ()) -> Declaration:
    """Everything that a gate may name, for a Pipeline that has these environments, metrics and change windows."""
    known = _same(environments)
    pulls = Table(_REVIEW, known, "environment")
    freight = Record({**_FREIGHT, "upstreamSoakMinutes": WHOLE, "pr": pulls})
    asks = {"isBlocked": True, "isAllowed": False}
    live = ["upstream", "schedule", "metrics", "changewindow"]
    live += [f"{name}.{one}" for name in ("freight", "bundle") for one in ("upstreamSoakMinutes", "pr")]
    return Declaration(
        {
            **auto().variables,
            **dict.fromkeys(("freight", "bundle"), freight),
            "upstream": Table(_UPSTREAM, known, "environment"),
            "schedule": _SCHEDULE,
            "metrics": Table(_METRIC, _same(metrics), "metric"),
            "changewindow": Table(TRUTH, _same(windows), "change window", asks),
            "plan": _PLAN,
        },
        frozenset(live),
    )


def _same(names: Iterable[str]) -> Mapping[str, str]:
    return {name: name for name in names}


# --- what a Warehouse's candidates are called

_KINDS: tuple[tuple[type[Subscription], str, Record], ...] = (
    (Image, "images", IMAGE),
    (Chart, "charts", CHART),
    (Git, "commits", COMMIT),
)


def assembly(subscriptions: Sequence[Subscription]) -> Declaration:
    """``images``, ``charts`` and ``commits`` of a Warehouse; see :func:`place_of` for the names in them."""
    variables: dict[str, Type] = {}
    for kind, table, record in _KINDS:
        one = table.removesuffix("s")
        places = [place_of(subscriptions, at) for at, each in enumerate(subscriptions) if isinstance(each, kind)]
        names = _names([each for each in subscriptions if isinstance(each, kind)], [name for _, name in places])
        variables[table] = Table(record, names, one)
        if len(places) == 1:
            variables[one] = record
    return Declaration(variables)


def place_of(subscriptions: Sequence[Subscription], number: int) -> tuple[str, str]:
    """Under which table and name the facts of a subscription are filed: ``("images", "ghcr.io/acme/shop")``.

    A second subscription to a repository is called ``ghcr.io/acme/shop#2``.
    """
    subscription = subscriptions[number]
    table = next(table for kind, table, _ in _KINDS if isinstance(subscription, kind))
    key = _key(subscription)
    before = sum(type(one) is type(subscription) and _key(one) == key for one in subscriptions[:number])
    return table, f"{key}#{before + 1}" if before else key


def _key(subscription: Subscription) -> str:
    match subscription:
        case Image():
            return canonical_repository(subscription.repo)
        case Chart():
            return repository_key(subscription.address)
        case Git():
            return repository_key(subscription.repo) if subscription.repo else HOME_NAME
    return ""


def _names(subscriptions: Sequence[Subscription], keys: Sequence[str]) -> dict[str, str]:
    """Each name that people may write, to the key: the address as it was written, the key, its last part if unique."""
    last = [key.rstrip("/").rpartition("/")[2] for key in keys]
    unique = {name for name, count in Counter(last).items() if count == 1}
    found = {name: key for name, key in zip(last, keys, strict=True) if name in unique}
    for subscription, key in zip(reversed(subscriptions), reversed(keys), strict=True):
        written = getattr(subscription, "address", None) or getattr(subscription, "repo", None)
        found |= {key: key} | ({str(written): key} if written and "#" not in key else {})
    return found
