"""Targets that hold sources: edits at the target's head, and a prediction of what the agent will render from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitpromote.engine.targets import foreign_commits, lost_commit
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, RemoteFailed, SourceInvalid, UsageError
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState
from gitpromote.model.tree import FOLDER, Entry, blob_id
from gitpromote.ports import Repository

# Every apply asks whether sources are edited; what renders them is imported where they are.
if TYPE_CHECKING:
    from gitpromote.engine.ask import Ask, RenderedApp
    from gitpromote.render.edits_found import FoundEdits
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
    from gitpromote.engine.combine import render_outcomes
    from gitpromote.render.freight_edits import apply_edits

    repository = world.repository(resolved.target.repository)
    if head is None:
        raise ConfigurationError(
            "The branch to edit does not exist",
            code="target-branch-missing",
            detail=f"{resolved.name}: {resolved.target.ref.removeprefix('refs/heads/')} in {repository.url}",
            hint="It holds the sources that are edited in place. Push it first.",
        )
    before = [with_stated_charts(world, ask, {}) for ask in _asks(world, resolved, freight, head, overlay, edits=())]
    if edits is None:
        edits = edits_of(world, resolved, freight, head, overlay)
    read = {path: data for ask in before for path, data in world.renderings.source_bytes(ask, _named(edits)).items()}
    changed = apply_edits(read, edits)
    stated = [with_stated_charts(world, ask, changed) for ask in before]
    after = [world.renderings.render([over(ask, overlay | changed)])[0] for ask in stated]
    rendered = world.renderings.render(before)
    modes = {path: entry.mode for ask in before for path, entry in world.renderings.files_read(ask).items()}
    edited = {path: _entries(repository.object_format, modes[path], read[path], data) for path, data in changed.items()}
    recorded = state.content.edits if state.content else ()
    is_foreign = not _hold(read, [edit for edit in recorded if edit["file"] in read]) or bool(
        gone_places(repository, head, recorded, since=state.content.commit if state.content else None)
    )
    blocking, warnings = render_outcomes(resolved, after)
    observation = EnvironmentObservation(
        name=resolved.name,
        freight=freight,
        head=head,
        current=_content(world, resolved, rendered),
        desired=_content(world, resolved, after),
        reads=_reads(rendered),
        edited=edited,
        edits=edits,
        is_foreign=is_foreign,
        foreign=foreign_commits(repository, head, resolved, state) if is_foreign else (),
        lost=lost_commit(repository, head, state) if is_foreign else None,
        blocking=tuple(outcome for outcome in blocking if outcome.id != "plaintext-secret"),
        warnings=(_predicted(), *_notes({**read, **changed}, edits), *warnings),
    )
    overlay.update(changed)
    return observation, {blob_id(data, object_format=repository.object_format): data for data in changed.values()}


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


def gone_places(repository: Repository, head: str, edits: Sequence[EditData], *, since: str | None) -> tuple[str, ...]:
    """The places of edits that a commit no longer has, for people: a file, or an image's setter comment in one.

    :param since: the commit in which the edits were made; which setter comments there were is told by that alone
    """
    from gitpromote.render.edits_found import lost_places

    marks = any(edit["kind"] == "flux-setters" for edit in edits)
    now, before = repository.listing(head), _listing_of(repository, since) if marks else {}
    if all(path in now and (path not in before or now[path].oid == before[path].oid) for path in _named(edits)):
        return ()
    return lost_places(read_named(repository, before, edits), read_named(repository, now, edits), edits)


def _listing_of(repository: Repository, commit: str | None) -> Mapping[str, Entry]:
    """Nothing for a commit that the remote does not have any more."""
    if commit is None:
        return {}
    try:
        repository.ensure([commit])
    except RemoteFailed:
        return {}
    return repository.listing(commit)


def read_named(
    repository: Repository, listing: Mapping[str, Entry], edits: Iterable[Mapping[str, Any]]
) -> dict[str, bytes]:
    """Path to bytes of the files that edits name, as far as they are there."""
    named = {path: listing[path].oid for path in _named(edits) if path in listing}
    blobs = repository.blobs(set(named.values()))
    return {path: blobs[oid] for path, oid in named.items()}


def left_places(
    repository: Repository, head: str, edits: Sequence[EditData], later: Sequence[EditData], *, since: str
) -> tuple[str, ...]:
    """The places at which later edits would leave something else than there was, were these made again, for people.

    :param since: the commit in which ``edits`` were made
    """
    from gitpromote.render.edits_found import left_by
    from gitpromote.render.freight_edits import apply_edits

    now = read_named(repository, repository.listing(head), [*edits, *later])
    then = read_named(repository, _listing_of(repository, since), later)
    return left_by(later, besides=edits, then=then, after=now | apply_edits(now, edits))


def edits_hold(repository: Repository, listing: Mapping[str, Entry], edits: Sequence[EditData]) -> bool:
    """Whether the files of a commit hold what these edits write, whatever else was changed in them."""
    read = read_named(repository, listing, edits)
    return len(read) == len(_named(edits)) and _hold(read, edits)


def edits_now(
    world: World, resolved: ResolvedEnvironment, freight: Mapping[str, Freight], *, head: str, state: EnvironmentState
) -> FoundEdits:
    """The values that stand in a commit of sources where edits are made, as edits of their own.

    What was edited before and is not any more counts as long as it is there.
    """
    from gitpromote.render.edits_found import FoundEdits, edits_found, place_of

    try:
        edits = edits_of(world, resolved, freight, head, {}) if freight else ()
    except (ConfigurationError, SourceInvalid):
        edits = ()  # what is edited now does not go with what is there
    recorded = state.content.edits if state.content else ()
    places = {place_of(edit) for edit in edits}
    others = [edit for edit in recorded if place_of(edit) not in places]
    repository = world.repository(resolved.target.repository)
    read = read_named(repository, repository.listing(head), [*edits, *others])
    found, before = edits_found(read, edits), edits_found(read, others)
    return FoundEdits((*found.edits, *before.edits), found.lost if edits else before.lost)


def _hold(read: Mapping[str, bytes], edits: Iterable[EditData]) -> bool:
    """Whether making the edits again would change nothing. Where one can no longer be made, its place is gone."""
    from gitpromote.render.freight_edits import apply_edits

    try:
        return not apply_edits(read, edits)
    except SourceInvalid:
        return False


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


def _named(edits: Iterable[Mapping[str, Any]]) -> set[str]:
    return {edit["file"] for edit in edits}


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


def _predicted() -> Outcome:
    return Outcome(
        id="predicted",
        kind="policy",
        level="advisory",
        status="warn",
        message="predicted: the agent renders",
    )
