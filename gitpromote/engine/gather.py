"""The offers of Warehouses: what was given by hand, what registries say, what Git holds."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from gitpromote.discovery.found import Selection
from gitpromote.engine.git_offers import Sought, candidate_of, git_selection
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.errors import AccessDenied, GitpromoteError, RemoteFailed
from gitpromote.model.artifact import Artifact, ChartArtifact, CommitArtifact, ImageArtifact, canonical_repository
from gitpromote.model.candidate import Candidate, ChartFacts, ImageFacts
from gitpromote.model.freight import Freight
from gitpromote.model.resolved import HOME
from gitpromote.model.subscription import Chart, Git, Image, Subscription
from gitpromote.model.warehouse import Coherence, Warehouse
from gitpromote.model.words import in_one_line
from gitpromote.planning.selection import newest_first

if TYPE_CHECKING:
    from gitpromote.discovery.offer import Offer

__all__ = ["Gathered", "Offered", "Wanted", "gather"]

#: The number of a Warehouse among those that are wanted, and of one of its subscriptions.
_Key: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A Warehouse whose offers are wanted.

    :ivar given: canonical repository to what was named by hand; commits by the name of their repository
    :ivar latest: the Freight that the ledger had last
    :ivar whole: whether all candidates are wanted, and not the newest alone
    :ivar fresh: whether every tag is asked for anew
    """

    warehouse: Warehouse
    given: Mapping[str, Artifact] = field(default_factory=dict)
    latest: Freight | None = None
    whole: bool = False
    fresh: bool = False

    @property
    def newest_alone(self) -> bool:
        """Whether nobody chooses among older candidates."""
        return not (self.whole or self.warehouse.where or self.warehouse.cut)

    def by_hand(self, world: World, subscription: Subscription) -> Artifact | None:
        """What was named for a subscription."""
        match subscription:
            case Image():
                return self.given.get(canonical_repository(subscription.repo))
            case Chart():
                return self.given.get(canonical_repository(subscription.address))
            case Git():
                return self.given.get(world.repository(subscription.repo or HOME).canonical)
        return None

    def all_by_hand(self, world: World) -> bool:
        """Whether nothing is left to be sought."""
        return all(self.by_hand(world, one) is not None for one in self.warehouse.subscriptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a subscription offers, and what was given for it by hand."""

    subscription: Subscription
    selection: Selection
    given: Artifact | None = None

    @property
    def offer(self) -> Offer:
        """As the solver takes it."""
        from gitpromote.discovery.offer import Offer

        return Offer(subscription=self.subscription, candidates=self.selection.candidates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All offers of a Warehouse, in the order of its subscriptions."""

    wanted: Wanted
    offers: tuple[Offered, ...]


def gather(
    world: World, seen: Look, wanted: Sequence[Wanted], *, partly: bool = False, regardless: bool = False
) -> list[Gathered]:
    """The offers of Warehouses. All registries are asked side by side, and none where nothing is sought in one.

    :param partly: a registry that fails has nothing to offer and says why, unless all of them fail and no Warehouse
        does without
    :param regardless: also where all of them fail; which Warehouses lack something is told by ``world.failures``
    :raises GitpromoteError: a registry cannot be reached, refuses, or answers with something else
    """
    questions: dict[_Key, Callable[[], Selection]] = {}
    found: dict[_Key, Selection] = {}
    errors: dict[_Key, GitpromoteError] = {}
    for number, one in enumerate(wanted):
        for at, subscription in enumerate(one.warehouse.subscriptions):
            question = _question(world, one, subscription)
            unread = _unread(world, seen, one, subscription)
            if question is not None:
                questions[number, at] = question
            elif unread is not None:
                errors[number, at] = unread
            else:
                found[number, at] = _without_registry(world, seen, one, subscription)
    answers = dict(zip(questions, _asked_for(world, list(questions.values())), strict=True))
    errors |= {key: answer for key, answer in answers.items() if isinstance(answer, GitpromoteError)}
    if errors and not regardless and not (partly and _reached(answers, found, errors)):
        (number, at), error = next(iter(errors.items()))
        subscription = wanted[number].warehouse.subscriptions[at]
        if wanted[number].by_hand(world, subscription) is not None:
            raise _with_commit(world, wanted[number], error)
        raise _without_help(world, seen, wanted[number].warehouse, error)
    if regardless:
        for (number, _), error in errors.items():
            world.failures.warehouses.setdefault(wanted[number].warehouse.name or "", error)
    found |= {key: one for key, one in answers.items() if isinstance(one, Selection)}
    found |= {key: _failed(one) for key, one in errors.items()}
    return [
        Gathered(
            wanted=one,
            offers=tuple(
                Offered(subscription=each, selection=found[number, at], given=one.by_hand(world, each))
                for at, each in enumerate(one.warehouse.subscriptions)
            ),
        )
        for number, one in enumerate(wanted)
    ]


def _reached(
    answers: Mapping[_Key, Selection | GitpromoteError], found: Mapping[_Key, Selection], errors: Iterable[_Key]
) -> bool:
    """Whether there is something to tell: a registry answered, or a Warehouse had nothing to ask of those that fail."""
    failed = {number for number, _ in errors}
    answered = any(isinstance(one, Selection) for one in answers.values()) if answers else bool(found)
    return answered or any(number not in failed for number, _ in found)


def _unread(world: World, seen: Look, wanted: Wanted, subscription: Subscription) -> GitpromoteError | None:
    """Why nothing is known of the repository that a subscription follows."""
    if not isinstance(subscription, Git) or wanted.by_hand(world, subscription) is not None:
        return None
    return seen.failed.get(subscription.repo or HOME)


def _question(world: World, wanted: Wanted, subscription: Subscription) -> Callable[[], Selection] | None:
    """What to ask a registry for a subscription; ``None``: nothing."""
    if isinstance(subscription, Git):
        return None
    given = wanted.by_hand(world, subscription)
    if given is not None:
        judged = wanted.warehouse.where is not None and not wanted.all_by_hand(world)
        return _look_at(world, subscription, given) if judged else None
    from gitpromote.engine.registry_offers import chart_selection, image_selection

    how = {"newest_alone": wanted.newest_alone, "fresh": wanted.fresh}
    if isinstance(subscription, Image):
        return lambda: image_selection(world.registry, subscription, **how)
    if isinstance(subscription, Chart):
        return lambda: chart_selection(world.registry, subscription, **how)
    return None


def _look_at(world: World, subscription: Subscription, given: Artifact) -> Callable[[], Selection] | None:
    """What a rule has to know of something that was named by hand."""
    match subscription, given:
        case Image(), ImageArtifact():
            platform = subscription.platform

            def image() -> Selection:
                facts = world.registry.image(given.repository, given.digest or given.tag or "", platform=platform)
                named = {"tag": given.tag or "", "digest": given.digest or facts.digest}
                return Selection(candidates=(_renamed(facts, **named),))

            return image
        case Chart(), ChartArtifact() if subscription.repo.startswith("oci://"):
            return lambda: Selection(candidates=(world.registry.chart(subscription.repo, given.version),))
    return None


def _renamed(facts: ImageFacts, *, tag: str, digest: str) -> ImageFacts:
    return replace(facts, tag=tag, digest=digest)


def _asked_for(world: World, questions: list[Callable[[], Selection]]) -> Sequence[Selection | GitpromoteError]:
    """What registries say, each failure in the place of its answer."""
    return world.registry.together(questions) if questions else []


def _failed(error: GitpromoteError) -> Selection:
    """What a registry that could not be asked has to offer: nothing, and why."""
    notes = tuple(one.strip() for one in error.hint.splitlines())
    return Selection(missing=f"{error.summary}: {in_one_line(error.detail)}", notes=notes, failure=error.code)


def _without_help(world: World, seen: Look, warehouse: Warehouse, error: GitpromoteError) -> GitpromoteError:
    """The same error, with what goes on without that registry: Freight of that Warehouse, which others may not take."""
    known = newest_first(seen.ledger, warehouse.name or "")
    if not known or not isinstance(error, RemoteFailed | AccessDenied):
        return error
    command = f"  gitpromote plan {world.pipeline.name} --freight {known[0].freight.alias}"
    hint = f"{error.hint}\nWhat is known already goes on without it:\n{command}".lstrip("\n")
    return type(error)(error.summary, code=error.code, detail=error.detail, hint=hint)


def _with_commit(world: World, wanted: Wanted, error: GitpromoteError) -> GitpromoteError:
    """The same error of something that was named, with why its registry is asked, and how to do without.

    What fits together is judged as long as part of it is sought; who names the commit as well has chosen all of it.
    """
    sought = [one for one in wanted.warehouse.subscriptions if wanted.by_hand(world, one) is None]
    commits = [isinstance(one, Git) and (one.repo or HOME) == HOME for one in sought]
    if not all(commits) or not isinstance(error, RemoteFailed | AccessDenied):
        return error
    named = {"image": "--image", "chart": "--chart"}
    words = [word for one in wanted.given.values() if one.kind in named for word in (named[one.kind], str(one))]
    more = ("--commit", "HEAD")
    command = shlex.join(["gitpromote", "plan", world.pipeline.name, *words, *more])
    hint = f"{error.hint}\n{_why_asked(wanted.warehouse)}\n  {command}".lstrip("\n")
    found = type(error)(error.summary, code=error.code, detail=error.detail, hint=hint)
    found.more = more
    return found


def _why_asked(warehouse: Warehouse) -> str:
    rule = warehouse.where
    if isinstance(rule, Coherence) and rule.rule == "same-commit":
        why = "same_commit() needs the image's label that says which commit it was built from."
    else:
        why = f"Warehouse {warehouse.name} says what fits together, and judges that by what the registry knows."
    return f"{why}\nName the commit too, and nobody is asked:"


# -- what no registry is asked for


def _without_registry(world: World, seen: Look, wanted: Wanted, subscription: Subscription) -> Selection:
    given = wanted.by_hand(world, subscription)
    if given is not None:
        return Selection(candidates=(_as_named(world, subscription, given),))
    assert isinstance(subscription, Git)
    base = wanted.latest.commit_of(world.repository(subscription.repo or HOME).canonical) if wanted.latest else None
    sought = Sought(
        base=base,
        every=wanted.warehouse.where is not None,
        newest_alone=wanted.newest_alone,
        onwards=not wanted.given,
    )
    return git_selection(world, seen, subscription, sought)


def _as_named(world: World, subscription: Subscription, given: Artifact) -> Candidate:
    """What was named by hand, as a candidate of which nothing else is known."""
    match given:
        case ImageArtifact():
            return ImageFacts(repository=given.repository, tag=given.tag or "", digest=given.digest or "")
        case ChartArtifact():
            return ChartFacts(repository=given.repository, version=given.version, digest=given.digest)
        case CommitArtifact():
            assert isinstance(subscription, Git)
            repository = world.repository(subscription.repo or HOME)
            return candidate_of(repository, repository.commits([given.commit])[given.commit])
