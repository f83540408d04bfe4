"""Targets that hold sources: edits at the target's head, and a prediction of what the agent will render from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gitpromote.engine.edited_places import files_of_edits, gone_places, values_hold
from gitpromote.engine.targets import foreign_commits, lost_commit
from gitpromote.engine.unplaced import with_unplaced
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, GitpromoteError, RenderFailed, SourceInvalid, UsageError
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import Content as RecordedContent
from gitpromote.model.state import EnvironmentState
from gitpromote.model.tree import FOLDER, Entry, blob_id
from gitpromote.model.words import clean
from gitpromote.ports import Repository

# Every apply asks whether sources are edited; what renders them is imported where they are.
if TYPE_CHECKING:
    from gitpromote.engine.ask import Ask, RenderedApp
    from gitpromote.render.freight_edits import EditData

#: Path to bytes of files as earlier environments of the same plan leave them.
Overlay = dict[str, bytes]


def observe_sources(
    world: World,
    resolved: ResolvedEnvironment,
    freight: Mapping[str, Freight],
    *,
    head: str | None,
    state: EnvironmentState,
    overlay: Overlay,
    edits: tuple[EditData, ...] | None = None,
) -> tuple[EnvironmentObservation, dict[str, bytes]]:
    """What a Freight would change in the sources, and in what they render to.

    :param overlay: takes over the edited files, so that the next environment on this branch starts from them
    :param edits: recorded edits, in place of those that follow from the Freight
    :returns: the observation, and the bytes of the edited files by blob id
    """
    repository, content = world.repository(resolved.target.repository), state.content
    if head is None:
        raise ConfigurationError(
            "The branch to edit does not exist",
            code="target-branch-missing",
            detail=f"{resolved.name}: {resolved.target.ref.removeprefix('refs/heads/')} in {repository.url}",
            hint="It holds the sources that are edited in place. Push it first.",
        )
    gone = gone_places(repository, head, content.edits, since=content.commit) if content else ()
    try:
        made = _made(world, resolved, freight, head, overlay, edits)
    except (ConfigurationError, RenderFailed, SourceInvalid) as error:
        if not gone or edits is not None:
            raise
        # Somebody took away what was edited, and with it what is rendered: that is told, and keeps nobody else back.
        found = EnvironmentObservation(name=resolved.name, freight=freight, head=head, blocking=(_unreadable(error),))
        return _with_foreign(found, repository, resolved, state, gone), {}
    found = _observed(world, resolved, freight, made, head)
    if gone or not _holds(repository, made.read, content):
        found = _with_foreign(found, repository, resolved, state, gone)
    if edits is None and not gone:
        found = with_unplaced(resolved, found, state, made.read)
    overlay.update(made.changed)
    changed = made.changed.values()
    return found, {blob_id(data, object_format=repository.object_format): data for data in changed}


class _Made(NamedTuple):
    """What edits make of sources.

    :ivar read: path to bytes of the files that they name; ``changed`` of those that come to be others
    :ivar modes: path to mode of what the renders read
    :ivar before: what is rendered now, ``after`` what would be
    """

    edits: tuple[EditData, ...]
    read: Mapping[str, bytes]
    changed: Mapping[str, bytes]
    modes: Mapping[str, str]
    before: Sequence[RenderedApp]
    after: Sequence[RenderedApp]


def _made(
    world: World,
    resolved: ResolvedEnvironment,
    freight: Mapping[str, Freight],
    head: str,
    overlay: Overlay,
    edits: tuple[EditData, ...] | None,
) -> _Made:
    from gitpromote.render.freight_edits import apply_edits

    before = [with_stated_charts(world, ask, {}) for ask in _asks(world, resolved, freight, head, overlay, edits=())]
    if edits is None:
        edits = edits_of(world, resolved, freight, head, overlay)
    named = files_of_edits(edits)
    read = {path: data for ask in before for path, data in world.renderings.source_bytes(ask, named).items()}
    changed = apply_edits(read, edits)
    stated = [with_stated_charts(world, ask, changed) for ask in before]
    after = [world.renderings.render([over(ask, overlay | changed)])[0] for ask in stated]
    modes = {path: entry.mode for ask in before for path, entry in world.renderings.files_read(ask).items()}
    return _Made(edits, read, changed, modes, world.renderings.render(before), after)


def _observed(
    world: World, resolved: ResolvedEnvironment, freight: Mapping[str, Freight], made: _Made, head: str
) -> EnvironmentObservation:
    from gitpromote.engine.combine import render_outcomes

    object_format = world.repository(resolved.target.repository).object_format
    blocking, warnings = render_outcomes(resolved, made.after)
    return EnvironmentObservation(
        name=resolved.name,
        freight=freight,
        head=head,
        current=_content(world, resolved, made.before),
        desired=_content(world, resolved, made.after),
        reads=_reads(made.before),
        edited={
            path: _entries(object_format, made.modes[path], made.read[path], data)
            for path, data in made.changed.items()
        },
        edits=made.edits,
        blocking=tuple(outcome for outcome in blocking if outcome.id != "plaintext-secret"),
        warnings=(_predicted(), *_notes({**made.read, **made.changed}, made.edits), *warnings),
    )


def _holds(repository: Repository, read: Mapping[str, bytes], recorded: RecordedContent | None) -> bool:
    if recorded is None:
        return True
    edits = [one for one in recorded.edits if one["file"] in read]
    return values_hold(repository, read, edits, since=recorded.commit)


def _with_foreign(
    observed: EnvironmentObservation,
    repository: Repository,
    resolved: ResolvedEnvironment,
    state: EnvironmentState,
    gone: tuple[str, ...],
) -> EnvironmentObservation:
    return replace(
        observed,
        is_foreign=True,
        foreign=foreign_commits(repository, observed.head, resolved, state),
        lost=lost_commit(repository, observed.head, state),
        gone=gone,
    )


def edits_of(
    world: World, resolved: ResolvedEnvironment, freight: Mapping[str, Freight], head: str, overlay: Overlay
) -> tuple[EditData, ...]:
    """What a Freight edits in the sources of a commit."""
    asks = _asks(world, resolved, freight, head, overlay, edits=None)
    return tuple(edit for ask in asks for edit in world.renderings.edits(ask))


def refuse_apart(resolved: ResolvedEnvironment, apps: Sequence[str] | None) -> None:
    """Sources that Apps share are edited for all of them: nothing tells whose an edit is.

    :raises UsageError: some of an Environment's Apps alone are asked for
    """
    others = [app.name for app in resolved.apps if apps is not None and app.name not in apps]
    if others:
        branch = resolved.target.ref.removeprefix("refs/heads/")
        raise UsageError(
            "These Apps cannot be planned apart",
            code="apps-inseparable",
            detail=f"{resolved.name}: sources are edited in place in {branch}, for {', '.join(others)} as well",
            hint="Leave --app out, or give what is to move alone a pipeline of its own.",
        )


def _asks(
    world: World,
    resolved: ResolvedEnvironment,
    freight: Mapping[str, Freight],
    head: str,
    overlay: Overlay,
    *,
    edits: tuple[EditData, ...] | None,
) -> list[Ask]:
    from gitpromote.engine.ask import Ask

    repository = world.repository(resolved.target.repository)
    return [
        Ask.of(
            resolved,
            app,
            repository=repository,
            commit=head,
            freight=tuple(freight.values()),
            functions=world.functions,
            overlay=dict(overlay),
            edits=edits,
            object_format=repository.object_format,
        )
        for app in resolved.apps
    ]


def with_stated_charts(world: World, ask: Ask, changed: Mapping[str, bytes]) -> Ask:
    """The render with the version of a chart that the sources tell the agent to take.

    :param changed: path to bytes of files that are not as the render reads them
    """
    if ask.chart is None:
        return ask
    from gitpromote.engine.stated_charts import as_stated  # most charts lie in the sources

    return as_stated(world.renderings, ask, changed)


def over(ask: Ask, overlay: Overlay) -> Ask:
    """The render without edits of its own, over files that were edited."""
    return replace(ask, freight=(), overlay=overlay, edits=())


def _entries(object_format: str, mode: str, before: bytes, after: bytes) -> tuple[Entry | None, Entry]:
    ids = [blob_id(data, object_format=object_format) for data in (before, after)]
    return Entry(mode, ids[0]), Entry(mode, ids[1])


def _content(world: World, resolved: ResolvedEnvironment, rendered: Sequence[RenderedApp]) -> Content:
    from gitpromote.engine.combine import content_of, manifests_of

    object_format = world.repository(resolved.target.repository).object_format
    content = content_of(resolved, rendered, object_format=object_format)
    return Content(
        tree=content.tree,
        whole=content.whole,
        files=content.files,
        sensitive=content.sensitive,
        app_of=content.app_of,
        manifests=manifests_of(
            content, world.renderings, world.repository(resolved.target.repository), parsed=world.parsed
        ),
    )


def _reads(rendered: Sequence[RenderedApp]) -> tuple[tuple[str, str, str | None], ...]:
    """What the change assumes of the branch: every input of the renders, and the paths that must stay absent."""
    found: dict[str, tuple[str, str | None]] = {}
    for one in rendered:
        found |= {path: ("tree" if mode == FOLDER else "blob", oid) for path, mode, oid in one.closure.reads}
        found |= dict.fromkeys(one.closure.absent, ("absent", None))
    return tuple((path, kind, oid) for path, (kind, oid) in sorted(found.items()))


def _notes(read: Mapping[str, bytes], edits: Iterable[EditData]) -> list[Outcome]:
    from gitpromote.render.freight_edits import setter_notes

    notes = dict.fromkeys(setter_notes(read, edits))
    return [Outcome(id="setters-unclear", kind="policy", level="advisory", status="warn", message=one) for one in notes]


def _unreadable(error: GitpromoteError) -> Outcome:
    why = clean(": ".join(part for part in (error.summary, error.detail) if part))
    message = f"its sources cannot be rendered any more. {why}"
    return Outcome(id=error.code, kind="policy", level="hard", status="error", message=message)


def _predicted() -> Outcome:
    return Outcome(
        id="predicted",
        kind="policy",
        level="advisory",
        status="warn",
        message="predicted: the agent renders",
    )
