"""What Git alone proves: every Record is as it was written, the state follows from the log, the trees are there."""

from __future__ import annotations

from collections.abc import Sequence

from gitpromote.engine.targets import subtree
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.history.fold import apply_record
from gitpromote.model.record import CONTENT_KINDS, Record
from gitpromote.model.report import VerifyFinding, VerifyReport
from gitpromote.model.resolved import HOME, ResolvedTarget
from gitpromote.model.state import LedgerState
from gitpromote.model.tree import tree_id
from gitpromote.planning.planfile import loads


def verify(world: World) -> VerifyReport:
    """Recompute it all from the remote as it is now."""
    ledger = world.ledger
    head = world.home.fetch([ledger.ref]).get(ledger.ref)
    if head is None:
        finding = VerifyFinding(subject="ledger", ok=True, message="there is none yet")
        return VerifyReport(pipeline=world.pipeline.name, findings=(finding,))
    records = ledger.records(head)
    findings = [_log(world, head, len(records)), _state(world, head, records), *_plans(world, head)]
    findings += [_tree(world, record) for record in records if record.kind in CONTENT_KINDS and record.tree]
    return VerifyReport(pipeline=world.pipeline.name, findings=tuple(findings))


def _log(world: World, head: str, count: int) -> VerifyFinding:
    """One parent each, canonical bodies, no id twice."""
    commits = world.home.log(head)
    merges = [one.oid[:7] for one in commits if len(one.parents) > 1]
    odd = [one.oid[:7] for one in commits if not _is_canonical(one.message)]
    bad = merges or odd
    text = f"{count} Records" if not bad else f"not written by gitpromote: {', '.join(bad[:5])}"
    return VerifyFinding(subject="ledger log", ok=not bad, message=text)


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
    held = world.ledger.read(head).model_copy(update={"head": None})
    same = state == held
    text = f"{len(state.environments)} environments follow from the log" if same else "it does not follow from the log"
    return VerifyFinding(subject="ledger state", ok=same, message=text)


def _plans(world: World, head: str) -> list[VerifyFinding]:
    found = []
    for digest in world.ledger.plans(head):
        data = world.ledger.plan_bytes(head, digest) or b""
        short = digest.removeprefix("sha256:")[:12]
        try:
            ok = loads(data, name=short).digest == digest
            text = "as it was recorded" if ok else "another digest than its name"
        except GitpromoteError as error:
            ok, text = False, error.detail or error.summary
        found.append(VerifyFinding(subject=f"plan {short}", ok=ok, message=text))
    return found


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
    if not target.subtrees:
        return VerifyFinding(subject=subject, ok=True, message="sources edited in place")
    repository = world.repository(str(record.data.get("repository", HOME)))
    try:
        repository.ensure([record.commit])
    except GitpromoteError as error:
        return VerifyFinding(subject=subject, ok=False, message=f"its commit is gone: {error.detail or error.summary}")
    omitted = set(record.data.get("omitted", ()))
    files = subtree(repository.listing(record.commit), target)
    shown = {path: entry for path, entry in files.items() if path not in omitted}
    found = tree_id(shown, object_format=repository.object_format)
    ok = found == record.tree
    text = f"tree {found[:7]}" if ok else f"tree {found[:7]}, recorded {str(record.tree)[:7]}"
    return VerifyFinding(subject=subject, ok=ok, message=text)
