"""What the Apps of an Environment come to in its target: files by path, with the order and the noise taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine.ask import RenderedApp
from gitpromote.engine.late import Late
from gitpromote.engine.parsed import Parsed
from gitpromote.engine.renderings import Renderings
from gitpromote.errors import SourceInvalid, UsageError
from gitpromote.model.change import path_text
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import Content
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import PlannedSource
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.tree import FOLDER, Entry, empty_tree, tree_id
from gitpromote.ports import Repository


def content_of(resolved: ResolvedEnvironment, rendered: Sequence[RenderedApp], *, object_format: str) -> Content:
    """The files that the target would hold, by their path in it. Manifests are read only where somebody compares.

    :raises SourceInvalid: two Apps give one path
    """
    files: dict[str, Entry] = {}
    sensitive: set[str] = set()
    app_of: dict[str, str] = {}
    for one in rendered:
        prefix = app_prefix(resolved, one.ask.app.folder)
        for path, entry in one.kept.files.items():
            whole = prefix + path
            if whole in files:
                raise _taken(whole, app_of[whole], one.ask.app.name)
            files[whole] = entry
            app_of[whole] = one.ask.app.name
        sensitive.update(prefix + path for path in one.kept.sensitive)
    whole_id = tree_id(files, object_format=object_format)
    shown = {path: entry for path, entry in files.items() if path not in sensitive}
    return Content(
        tree=tree_id(shown, object_format=object_format) if sensitive else whole_id,
        whole=whole_id,
        files=files,
        sensitive=frozenset(sensitive),
        app_of=app_of,
    )


def outline_of(resolved: ResolvedEnvironment, rendered: Sequence[RenderedApp], *, object_format: str) -> Content:
    """The same as :func:`content_of`, told by the ids of the Apps' trees: no file is looked at until somebody asks."""
    prefixes = [app_prefix(resolved, one.ask.app.folder) for one in rendered]
    if any(
        other.startswith(prefix) for at, prefix in enumerate(prefixes) for other in prefixes[:at] + prefixes[at + 1 :]
    ):
        return content_of(resolved, rendered, object_format=object_format)
    whole, tree = (
        _tree_of(dict(zip(prefixes, ids, strict=True)), object_format=object_format)
        for ids in ([one.tree for one in rendered], [one.shown for one in rendered])
    )
    content = Late(lambda: {"": content_of(resolved, rendered, object_format=object_format)})
    return Content(
        tree=tree,
        whole=whole,
        files=Late(lambda: content[""].files),
        sensitive=frozenset(
            prefix + path for prefix, one in zip(prefixes, rendered, strict=True) for path in one.kept.sensitive
        ),
        app_of=Late(lambda: content[""].app_of),
    )


def _tree_of(trees: Mapping[str, str], *, object_format: str) -> str:
    """The id of the tree that holds these trees, each in its folder; the only one may be all of it."""
    if "" in trees:
        return trees[""]
    empty = empty_tree(object_format)
    folders = {prefix[:-1]: Entry(FOLDER, oid) for prefix, oid in trees.items() if oid != empty}
    return tree_id(folders, object_format=object_format)


def narrowed(
    current: Content,
    desired: Content,
    resolved: ResolvedEnvironment,
    apps: Sequence[str] | None,
    *,
    object_format: str,
) -> Content:
    """The desired files where only some Apps are asked for: the folders of the others stay as they are."""
    others = [app for app in resolved.apps if apps is not None and app.name not in apps]
    if not others:
        return desired
    folders = tuple(app_prefix(resolved, app.folder) for app in others)
    if "" in folders:
        names = ", ".join(app.name for app in others)
        raise UsageError(
            "These Apps cannot be planned apart",
            code="apps-inseparable",
            detail=f"{resolved.name}: {names} shares a folder with the Apps that are asked for",
            hint="Give each App a folder: name $app in the target.",
        )
    files = {path: entry for path, entry in desired.files.items() if not path.startswith(folders)}
    files |= {path: entry for path, entry in current.files.items() if path.startswith(folders)}
    sensitive = frozenset(path for path in desired.sensitive | current.sensitive if path in files)
    shown = {path: entry for path, entry in files.items() if path not in sensitive}
    return Content(
        tree=tree_id(shown, object_format=object_format),
        whole=tree_id(files, object_format=object_format),
        files=files,
        sensitive=sensitive,
        app_of={path: app for path, app in desired.app_of.items() if path in files},
    )


def app_prefix(resolved: ResolvedEnvironment, folder: str) -> str:
    """Where an App's files are, from the root of the target."""
    inside = folder[len(resolved.target.path) :].strip("/") if resolved.target.path else folder.strip("/")
    return f"{inside}/" if inside else ""


def manifests_of(content: Content, renderings: Renderings, repository: Repository, *, parsed: Parsed) -> ManifestSet:
    """The manifests in rendered files.

    :param repository: where files are that were kept as they are in the target
    :raises SourceInvalid: two Apps give one object
    """
    files = [(path, entry.oid, content.app_of.get(path, "")) for path, entry in content.files.items()]
    wanted = parsed.unread(files)
    blobs = renderings.blobs(wanted)
    blobs |= repository.blobs(wanted - blobs.keys())
    return ManifestSet.from_iterable(manifest for file in files for manifest in parsed.read(file, blobs))


def sources_of(rendered: Sequence[RenderedApp]) -> tuple[PlannedSource, ...]:
    """What each render read, by digest."""
    return tuple(
        PlannedSource(
            app=one.ask.app.name,
            repository=one.ask.repository.key,
            commit=one.ask.commit,
            path=one.ask.app.renderer.source_paths()[0] if one.ask.app.renderer.source_paths() else "",
            inputs=one.inputs,
            renderer=one.ask.spec.kind,
        )
        for one in rendered
    )


def render_outcomes(
    resolved: ResolvedEnvironment,
    rendered: Sequence[RenderedApp],
    *,
    current: Content | None = None,
    desired: Content | None = None,
) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...]]:
    """What the renders themselves say against being written, and what they only warn of.

    :param current: what the target holds, where it holds rendered manifests
    :param desired: what it would hold, with what is kept of that
    """
    allowed = {app.name for app in resolved.apps if app.allow_plaintext_secrets}
    blocking, warnings = [], []
    for one in rendered:
        app = one.ask.app.name
        if one.kept.secrets and app not in allowed:
            blocking.append(_secret_outcome(app, one.kept.secrets))
        drawn = {path: [path_text(where) for where in fields] for path, fields in one.kept.random.items()}
        fields = {path: names for path, names in drawn.items() if path in one.kept.sensitive}
        if fields:
            blocking.append(_random_outcome(app, fields))
        if drawn.keys() - fields.keys():
            others = {path: names for path, names in drawn.items() if path not in fields}
            prefix = app_prefix(resolved, one.ask.app.folder)
            ends = {path: _end(prefix + path, current, desired) for path in others}
            warnings += _drawn_outcomes(app, others, ends)
        if one.closure.whole_tree:
            warnings.append(_outcome("source-unbounded", "pass", f"{app}: {one.closure.reason}"))
        warnings += [_outcome("render-warning", "warn", f"{app}: {text}") for text in one.kept.warnings]
    return tuple(blocking), tuple(warnings)


def _secret_outcome(app: str, secrets: Sequence[str]) -> Outcome:
    text = (
        f"{app}: a readable Secret would be written to Git: {', '.join(secrets)}; "
        "encrypt it (SOPS, SealedSecret), fetch it (ExternalSecret), or say App(…, allow_plaintext_secrets=True)"
    )
    return Outcome(id="plaintext-secret", kind="policy", level="hard", status="fail", message=text)


def _random_outcome(app: str, fields: Mapping[str, Sequence[str]]) -> Outcome:
    where = "; ".join(f"{path}: {', '.join(names)}" for path, names in sorted(fields.items()))
    text = (
        f"{app}: a secret that is drawn anew by every render cannot be reviewed ({where}); "
        "give the chart an existing Secret, or fetch it with an ExternalSecret"
    )
    return Outcome(id="nondeterministic-secret", kind="policy", level="hard", status="fail", message=text)


def _end(path: str, current: Content | None, desired: Content | None) -> str:
    """What becomes of a file with drawn values; nothing where rendered manifests are not written at all."""
    if current is None or desired is None:
        return ""
    there = current.files.get(path)
    kept = there is not None and there == desired.files.get(path)
    return ", kept as it is" if kept else ", written as drawn in this plan"


def _drawn_outcomes(app: str, fields: Mapping[str, Sequence[str]], ends: Mapping[str, str]) -> list[Outcome]:
    found = []
    for end in sorted(set(ends.values())):
        where = "; ".join(f"{path}: {', '.join(names)}" for path, names in sorted(fields.items()) if ends[path] == end)
        found.append(_outcome("nondeterministic", "warn", f"{app}: drawn anew by every render{end}: {where}"))
    return found


def _outcome(identifier: str, status: str, message: str) -> Outcome:
    return Outcome.model_validate(
        {"id": identifier, "kind": "policy", "level": "advisory", "status": status, "message": message}
    )


def _taken(path: str, first: str, second: str) -> SourceInvalid:
    return SourceInvalid(
        "Two Apps render the same file",
        code="path-taken",
        detail=f"{path}: {first} and {second}",
        hint="Give each App a folder: name $app in the target.",
    )
