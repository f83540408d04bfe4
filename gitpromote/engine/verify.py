"""What Git alone proves: every Record is as it was written, the state follows from the log, the trees are there.

And the verdicts follow from what they were judged by: see :mod:`.verify_verdicts`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

from gitpromote.engine.edited_places import edits_hold
from gitpromote.engine.targets import subtree
from gitpromote.engine.verify_commits import commit_findings
from gitpromote.engine.verify_verdicts import verdict_findings
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError, VerificationFailed
from gitpromote.history.fold import apply_record
from gitpromote.history.moved import moves_of, with_moved
from gitpromote.model.plan import Plan
from gitpromote.model.record import CONTENT_KINDS, Record, planned_record_id
from gitpromote.model.report import VerifyFinding, VerifyReport
from gitpromote.model.resolved import HOME, ResolvedTarget
from gitpromote.model.state import LedgerState
from gitpromote.model.tree import tree_id
from gitpromote.model.words import count
from gitpromote.planning.planfile import loads

#: Kinds of Records that a plan's steps leave behind.
_PLANNED = frozenset({"written", "rolled-back", "retired", "verified"})


def verify(world: World) -> VerifyReport:
    """Recompute it all from the remote as it is now."""
    ledger = world.ledger
    head = world.home.fetch([ledger.ref]).get(ledger.ref)
    if head is None:
        none = _finding("ledger", True, "there is none yet")
        return VerifyReport(pipeline=world.pipeline.name, findings=(none, *_unrecorded(world, ())))
    try:
        findings = _ledger(world, head)
    except VerificationFailed as error:
        findings = [_finding("ledger", False, error.detail)]
    return VerifyReport(pipeline=world.pipeline.name, findings=tuple(findings))


def _ledger(world: World, head: str) -> list[VerifyFinding]:
    records = world.ledger.records(head)
    plans, documents = _plans(world, head)
    found = [_log(world, head, records), _state(world, head, records), *plans]
    found += verdict_findings(world, records, documents)
    for record in records:
        differs = _difference(record, documents[record.plan]) if record.plan in documents else ""
        if differs:
            found.append(_finding(f"{record.kind} {record.environment} {record.id[:7]}", False, differs))
    written = [record for record in records if record.kind in CONTENT_KINDS and record.tree]
    _fetch(world, written)
    found += [_tree(world, record) for record in written]
    found += commit_findings(world, records, documents, listed=world.ledger.plans(head))
    return [*found, *_unrecorded(world, records)]


def _finding(subject: str, ok: bool, message: str) -> VerifyFinding:
    return VerifyFinding(subject=subject, ok=ok, message=message)


def _log(world: World, head: str, records: Sequence[Record]) -> VerifyFinding:
    """One parent each, canonical bodies, no id twice."""
    commits = world.home.log(head)
    merges = [one.oid[:7] for one in commits if len(one.parents) > 1]
    odd = [one.oid[:7] for one in commits if not _is_canonical(one.message)]
    twice = [one for one, times in Counter(record.id for record in records).items() if times > 1]
    if merges or odd:
        return _finding("ledger log", False, f"not written by gitpromote: {', '.join((merges or odd)[:5])}")
    if twice:
        return _finding(
            "ledger log", False, f"Records that stand there twice: {', '.join(one[:7] for one in twice[:5])}"
        )
    return _finding("ledger log", True, count(len(records), "Record"))


def _is_canonical(message: str) -> bool:
    body = message.partition("\n\n")[2].rstrip("\n")
    try:
        return Record.model_validate_json(body).to_bytes().decode() == body
    except ValueError:
        return False


def _state(world: World, head: str, records: Sequence[Record]) -> VerifyFinding:
    state = LedgerState()
    for record in records:
        state = apply_record(state, record)
    held = world.ledger.published(head).model_copy(update={"head": None})
    state = with_moved(state, moves_of(world.pipeline))
    same = state == held
    known = len(state.environments)
    follows = f"{count(known, 'environment')} {'follows' if known == 1 else 'follow'} from the log"
    text = follows if same else "it does not follow from the log"
    return VerifyFinding(subject="ledger state", ok=same, message=text)


def _plans(world: World, head: str) -> tuple[list[VerifyFinding], dict[str | None, Plan]]:
    """What there is to say of the plan documents, and those that are sound, by their digest."""
    found: list[VerifyFinding] = []
    documents: dict[str | None, Plan] = {}
    for digest in world.ledger.plans(head):
        data = world.ledger.plan_bytes(head, digest) or b""
        short = digest.removeprefix("sha256:")[:12]
        try:
            file = loads(data, name=short)
            ok = file.digest == digest
            text = "as it was recorded" if ok else "another digest than its name"
            documents |= {digest: file.plan} if ok else {}
        except GitpromoteError as error:
            ok, text = False, error.detail or error.summary
        found.append(VerifyFinding(subject=f"plan {short}", ok=ok, message=text))
    return found, documents


def _difference(record: Record, plan: Plan) -> str:
    """What a Record says otherwise than its plan."""
    if record.environment is None or record.change_digest is None:
        return ""
    planned = plan.environment(record.environment)
    if planned is None or record.change_digest != planned.change_digest:
        return "its plan has no such change"
    if record.freight != {warehouse: moving.id for warehouse, moving in planned.freight.items()}:
        return "its plan has other Freight"
    generation = plan.basis.ledger.generations.get(record.environment, 0)
    ids = {planned_record_id(planned.change_digest, generation, step.id, record.kind) for step in planned.steps}
    if record.kind in _PLANNED and (record.id not in ids or record.tree != planned.result_tree):
        return "its id or its tree is not that of its plan"
    return ""


def _fetch(world: World, written: Sequence[Record]) -> None:
    """What the Records speak of, by the refs that they name: this machine may never have seen their repositories."""
    refs: dict[str, set[str]] = {}
    for record in written:
        named = refs.setdefault(str(record.data.get("repository", HOME)), {"HEAD"})
        named |= {str(record.data["ref"])} if record.data.get("ref") else set()
    for key, names in sorted(refs.items()):
        # What cannot be fetched is told with each commit that is missing.
        with suppress(GitpromoteError):
            world.repository(key).fetch(sorted(names))


def _tree(world: World, record: Record) -> VerifyFinding:
    """The subtree of the commit that the Record names."""
    subject = f"{record.kind} {record.environment} {(record.commit or '')[:7]}"
    if record.commit is None:
        return VerifyFinding(subject=subject, ok=True, message="nothing was written")
    target = ResolvedTarget(
        kind="branch",
        path=str(record.data.get("path", "")),
        subtrees=tuple(record.data.get("subtrees", ("",))),
        keep=tuple(record.data.get("keep", ())),
    )
    repository = world.repository(str(record.data.get("repository", HOME)))
    try:
        repository.ensure([record.commit])
    except GitpromoteError as error:
        return VerifyFinding(subject=subject, ok=False, message=f"its commit is gone: {error.detail or error.summary}")
    if not target.subtrees:
        ok = edits_hold(repository, record.commit, record.data.get("edits", ()))
        return _finding(subject, ok, "sources edited in place" if ok else "its sources do not hold the recorded values")
    omitted = set(record.data.get("omitted", ()))
    files = subtree(repository.listing(record.commit), target)
    shown = {path: entry for path, entry in files.items() if path not in omitted}
    found = tree_id(shown, object_format=repository.object_format)
    ok = found == record.tree
    text = f"tree {found[:7]}" if ok else f"tree {found[:7]}, recorded {str(record.tree)[:7]}"
    return VerifyFinding(subject=subject, ok=ok, message=text)


def _unrecorded(world: World, records: Sequence[Record]) -> list[VerifyFinding]:
    """Commits of ours at heads of targets that no Record speaks of: the ledger lost them, or an apply was killed."""
    targets = [world.pipeline.resolved(name).target for name in world.pipeline.order()]
    recorded = {record.commit for record in records}
    found = []
    for key in sorted({target.repository for target in targets if target.ref}):
        repository = world.repository(key)
        refs = sorted({target.ref for target in targets if target.repository == key and target.ref})
        heads = repository.commits(sorted(set(repository.fetch(refs).values()) - recorded))
        found += [_lost(world, head, facts.trailers) for head, facts in heads.items()]
    return [finding for finding in found if finding is not None]


def _lost(world: World, head: str, trailers: Mapping[str, str]) -> VerifyFinding | None:
    if trailers.get("Gitpromote-Pipeline") != world.pipeline.name:
        return None
    text = "no Record speaks of it: apply its plan again, or find out who cut the ledger short"
    return _finding(f"commit {trailers.get('Gitpromote-Environment')} {head[:7]}", False, text)
