"""What was named by hand, looked up in its registry: a tag means a digest, and what does not exist is refused.

Where no registry answers, a digest that was named stands for itself; a tag alone is taken only if somebody says so, and
is told as unpinned wherever it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gitpromote.engine.asked import Asked
from gitpromote.engine.world import World
from gitpromote.errors import AccessDenied, GitpromoteError, RemoteFailed, UsageError
from gitpromote.model.artifact import Artifact, ChartArtifact, ImageArtifact, canonical_repository
from gitpromote.model.names import did_you_mean
from gitpromote.model.subscription import Chart, Image

__all__ = ["looked_up"]

#: How a registry says that there is no such thing, and what of it is missing.
_UNKNOWN = {
    "registry-tag-not-found": "",
    "registry-repository-unknown": "the registry knows no such repository, or hides it from you",
    "registry-not-found": "the registry knows no such repository, or hides it from you",
    "registry-chart-not-found": "the repository lists no such chart",
}
#: An answer, and one that nothing may be built on.
_WRONG = frozenset({"registry-answer-invalid", "registry-digest-mismatch"})
_UNPINNED = "Where it does not answer, name the digest as well, or say that a tag alone will do: --unpinned"


def looked_up(world: World, given: Mapping[str, Artifact], asked: Asked) -> dict[str, Artifact]:
    """The same with digests.

    What was named in full is looked up only where Freight is to be recorded; a plan of it needs no registry.

    :raises UsageError: ``artifact-unknown``
    :raises GitpromoteError: a registry cannot be reached, refuses, or answers with something else
    """
    open_ones = {key: one for key, one in given.items() if _is_open(one, recorded=asked.forced)}
    if not open_ones:
        return dict(given)
    answers = world.registry.together([_question(world, key, one) for key, one in open_ones.items()])
    found = [_pinned(world, one, answer, asked) for one, answer in zip(open_ones.values(), answers, strict=True)]
    return {**given, **dict(zip(open_ones, found, strict=True))}


def _is_open(artifact: Artifact, *, recorded: bool) -> bool:
    return isinstance(artifact, ImageArtifact | ChartArtifact) and (artifact.digest is None or recorded)


def _question(world: World, key: str, artifact: Artifact) -> Callable[[], str | None]:
    """What to ask for its digest."""
    if isinstance(artifact, ImageArtifact):
        reference = artifact.digest or artifact.tag or ""
        platform = next((one.platform for one in _subscriptions(world, key) if isinstance(one, Image)), None)
        return lambda: world.registry.image(artifact.repository, reference, platform=platform).digest
    assert isinstance(artifact, ChartArtifact)
    chart = next(one for one in _subscriptions(world, key) if isinstance(one, Chart))
    if chart.repo.startswith("oci://"):
        return lambda: world.registry.chart(artifact.repository, artifact.version).digest
    return lambda: _listed(world, chart, artifact)


def _subscriptions(world: World, key: str) -> Iterable[Image | Chart]:
    """The subscriptions to a repository, by its canonical name."""
    for warehouse in world.pipeline.warehouses:
        for one in warehouse.subscriptions:
            if isinstance(one, Image | Chart) and key == canonical_repository(_address(one)):
                yield one


def _address(subscription: Image | Chart) -> str:
    return subscription.repo if isinstance(subscription, Image) else subscription.address


def _listed(world: World, chart: Chart, artifact: ChartArtifact) -> str | None:
    """The digest of a version that the index of a chart repository lists."""
    known = {one.version: one.digest for one in world.registry.charts(chart.repo, name=chart.name)}
    if artifact.version not in known:
        raise _unknown(artifact, "the repository lists no such version", known)
    return known[artifact.version]


def _pinned(world: World, artifact: Artifact, answer: str | GitpromoteError | None, asked: Asked) -> Artifact:
    if isinstance(answer, GitpromoteError):
        return _without(world, artifact, answer, asked)
    assert isinstance(artifact, ImageArtifact | ChartArtifact)
    if artifact.digest is None:
        return artifact.model_copy(update={"digest": answer or None})
    # An image was asked for by its digest; the digest of a chart is compared with that of its version.
    if isinstance(artifact, ChartArtifact) and answer not in (None, artifact.digest):
        raise _unknown(artifact, f"the version has the digest {answer}", ())
    return artifact


def _without(world: World, artifact: Artifact, error: GitpromoteError, asked: Asked) -> Artifact:
    """What becomes of it without a digest from the registry.

    :raises GitpromoteError: nothing
    """
    assert isinstance(artifact, ImageArtifact | ChartArtifact)
    if error.code in _UNKNOWN:
        raise _unknown(artifact, _UNKNOWN[error.code] or _missing(artifact), _known(world, artifact, error))
    if error.code in _WRONG or not isinstance(error, RemoteFailed | AccessDenied):
        raise error
    if artifact.digest or asked.unpinned:
        return artifact
    hint = f"{error.hint}\n{_UNPINNED}".lstrip("\n")
    raise type(error)(error.summary, code=error.code, detail=error.detail, hint=hint)


def _missing(artifact: ImageArtifact | ChartArtifact) -> str:
    if isinstance(artifact, ChartArtifact):
        return "the registry has no such version"
    return f"the registry has no such {'digest' if artifact.digest else 'tag'}"


def _known(world: World, artifact: ImageArtifact | ChartArtifact, error: GitpromoteError) -> Iterable[str]:
    """What there is instead, if anybody tells."""
    if error.code != "registry-tag-not-found" or artifact.digest:
        return ()
    try:
        return world.registry.tags(artifact.repository)
    except GitpromoteError:
        return ()


def _unknown(artifact: ImageArtifact | ChartArtifact, why: str, known: Iterable[str]) -> UsageError:
    name = artifact.version if isinstance(artifact, ChartArtifact) else artifact.tag or ""
    near = did_you_mean(name, known)
    return UsageError(
        "What was named does not exist",
        code="artifact-unknown",
        detail=f"{artifact}: {why}",
        hint=near[:1].upper() + near[1:] if near else "It may not have been pushed yet, or was removed.",
    )
