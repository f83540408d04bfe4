"""What targets hold now: files by id, without kept paths, and who wrote them last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gitpromote.engine.parsed import Parsed
from gitpromote.errors import SourceInvalid
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef
from gitpromote.model.observation import Content, ForeignCommit
from gitpromote.model.owned import owns
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.model.state import EnvironmentState
from gitpromote.model.tree import FOLDER, Entry, empty_tree, tree_id
from gitpromote.ports import CommitFacts, Repository

_MANIFESTS = (".yaml", ".yml", ".json")


def subtree(listing: Mapping[str, Entry], target: ResolvedTarget) -> dict[str, Entry]:
    """The files of a target in a commit, by their path in the target, without kept ones."""
    start = f"{target.path}/" if target.path else ""
    return {
        path[len(start) :]: entry
        for path, entry in listing.items()
        if entry.mode != FOLDER and path.startswith(start) and owns(target, path)
    }


def whole_ids(repository: Repository, targets: Sequence[tuple[str | None, ResolvedTarget]]) -> list[str | None]:
    """The id of each target's subtree without kept paths, from its commit; ``None`` where it must be listed.

    For thousands of targets at the price of one process, and of none where the commits were seen before.
    """
    places: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for head, target in targets:
        if head is not None:
            places.setdefault(target.keep, []).extend([(head, folder) for folder in target.subtrees])
    ids = {keep: iter(repository.folders(asked, keep=keep)) for keep, asked in places.items()}
    object_format = repository.object_format
    empty = empty_tree(object_format)
    return [
        empty if head is None else _whole_id([next(ids[target.keep]) for _ in target.subtrees], target, object_format)
        for head, target in targets
    ]


def _whole_id(folders: Sequence[str | None], target: ResolvedTarget, object_format: str) -> str | None:
    if target.subtrees == (target.path,):
        return folders[0]
    whole: dict[str, Entry] = {}
    for path, oid in zip(target.subtrees, folders, strict=True):
        if oid is None or target.path or not path:
            return None
        if oid != empty_tree(object_format):
            whole[path] = Entry(FOLDER, oid)
    return tree_id(whole, object_format=object_format)


def read_content(
    repository: Repository,
    head: str | None,
    target: ResolvedTarget,
    *,
    apps: Sequence[str],
    sensitive_paths: Iterable[str],
    omit: Iterable[str] = (),
    files: Mapping[str, Entry] | None = None,
    parsed: Parsed | None = None,
) -> Content:
    """A target's files and what they mean.

    :param sensitive_paths: the Pipeline's own
    :param apps: the Apps that have a folder each in it; empty where the only one has the whole
    :param omit: paths that count as sensitive whatever they hold
    :param files: as :func:`files_of` gave them, where many targets are read
    """
    if files is None:
        files = subtree(repository.listing(head), target) if head else {}
    object_format = repository.object_format
    manifests, sensitive = _manifests(repository, files, apps, sensitive_paths, parsed or Parsed())
    hidden = frozenset({*sensitive, *(path for path in omit if path in files)})
    return Content(
        tree=tree_id({path: entry for path, entry in files.items() if path not in hidden}, object_format=object_format),
        whole=tree_id(files, object_format=object_format),
        files=files,
        sensitive=hidden,
        manifests=manifests,
    )


def files_of(repository: Repository, targets: Sequence[tuple[str | None, ResolvedTarget]]) -> list[dict[str, Entry]]:
    """The files of many targets, each as :func:`subtree` gives them, at the price of one process."""
    places = [(head, folder) for head, target in targets if head is not None for folder in target.subtrees]
    listings = iter(repository.files(places))
    found: list[dict[str, Entry]] = []
    for head, target in targets:
        files: dict[str, Entry] = {}
        for folder in target.subtrees if head is not None else ():
            root, start = f"{folder}/" if folder else "", len(f"{target.path}/") if target.path else 0
            owned = {root + path: entry for path, entry in next(listings).items() if owns(target, root + path)}
            files |= {path[start:]: entry for path, entry in owned.items()}
        found.append(files)
    return found


def _manifests(
    repository: Repository,
    files: Mapping[str, Entry],
    apps: Sequence[str],
    sensitive_paths: Iterable[str],
    parsed: Parsed,
) -> tuple[ManifestSet, frozenset[str]]:
    from gitpromote.diff.redact import Redactor  # only here, and where something is rendered

    named = [
        (path, entry.oid, app_of(path, apps))
        for path, entry in files.items()
        if holds_manifests(path) and entry.mode != "120000"
    ]
    blobs = repository.blobs(parsed.unread(named))
    found: dict[ObjectRef, Manifest] = {}
    for file in named:
        try:
            found |= {manifest.ref: manifest for manifest in parsed.read(file, blobs)}
        except SourceInvalid:
            continue  # somebody put it there; it is told as a file that goes, and hinders nobody
    manifests = ManifestSet.from_iterable(found.values())
    redactor = Redactor(manifests, sensitive_paths=sensitive_paths)
    hidden = frozenset(manifest.file for manifest in manifests.values() if redactor.is_sensitive(manifest))
    return manifests, hidden


def holds_manifests(path: str) -> bool:
    """Whether a file of a target is read as manifests, by its name."""
    return path.endswith(_MANIFESTS)


def app_of(path: str, apps: Sequence[str]) -> str:
    """The App that a file of a target counts as; empty where that is not sure."""
    folder = path.partition("/")[0]
    return folder if folder in apps else (apps[0] if len(apps) == 1 else "")


def foreign_commits(
    repository: Repository, head: str | None, resolved: ResolvedEnvironment, state: EnvironmentState, *, limit: int = 5
) -> tuple[ForeignCommit, ...]:
    """The commits that touched the target since our last Record, newest first."""
    if head is None:
        return ()
    edited = {str(edit["file"]) for edit in state.content.edits} if state.content else set()
    paths = sorted(edited) or folders_of(resolved.target)
    since = state.content.commit if state.content else None
    known = since is not None and repository.is_ancestor(since, head)
    found = repository.log(head, since=since if known else None, paths=paths, limit=limit)
    return tuple(_foreign(commit, resolved.name) for commit in found)


def lost_commit(repository: Repository, head: str | None, state: EnvironmentState) -> str | None:
    """The commit of our last Record, if the target's ref was deleted or rewritten since."""
    recorded = state.content.commit if state.content else None
    if recorded is None or (head is not None and repository.is_ancestor(recorded, head)):
        return None
    return recorded


def last_writer(repository: Repository, head: str, target: ResolvedTarget) -> CommitFacts | None:
    """The last commit that touched a target."""
    found = repository.log(head, paths=folders_of(target), limit=1)
    return found[0] if found else None


def folders_of(target: ResolvedTarget) -> list[str]:
    """The folders that a target owns; none for a whole branch."""
    return list(target.subtrees) if all(target.subtrees) else []


def _foreign(commit: CommitFacts, environment: str) -> ForeignCommit:
    here = commit.trailers.get("Gitpromote-Environment") == environment
    return ForeignCommit(
        commit=commit.oid,
        at=commit.committed_at,
        author=commit.email or commit.author,
        subject=commit.subject,
        pipeline=commit.trailers.get("Gitpromote-Pipeline"),
        plan=commit.trailers.get("Gitpromote-Plan") if here else None,
    )
