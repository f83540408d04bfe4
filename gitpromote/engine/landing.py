"""What goes, lands: pushed together, refused by name, overtaken by others, and read back once it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitpromote.engine import transition
from gitpromote.engine.announcing import announce, announced
from gitpromote.engine.append import PATIENCE, ledger_refused, pause, record_plan
from gitpromote.engine.assess import Fresh
from gitpromote.engine.attempt import Attempt
from gitpromote.engine.look import Look
from gitpromote.engine.not_landed import NotLanded, tell_of_refused
from gitpromote.engine.outcome_of import already_result, failed_result
from gitpromote.engine.records import apps_alone
from gitpromote.errors import AccessDenied, Contention, GitpromoteError
from gitpromote.model.plan import EnvironmentPlan
from gitpromote.model.record import Record
from gitpromote.model.result import EnvironmentResult
from gitpromote.model.words import count
from gitpromote.ports import PushAnswer

_REFUSED_HINTS = {
    "branch-checked-out": "Somebody works on it there: switch to another branch, or push to a bare repository.",
    "ref-conflict": "Git cannot have both: rename that branch, or give the pipeline another target.",
}


class Landing:
    """What this attempt wrote, and what came of it.

    :ivar unproven: what landed and was not read back yet, with its commit
    """

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._world = attempt.world
        self._file, self._plan = attempt.file, attempt.file.plan
        self._results = attempt.results
        self.unproven: dict[str, tuple[Fresh, str | None]] = {}
        # By repository and ref: the commits that were put there, and the last of them.
        self._mine: dict[tuple[str, str], set[str]] = {}
        self._tips: dict[tuple[str, str], str] = {}
        self._one_by_one = False  # the remote does not say whom it refuses
        self._lost_in_a_row = 0
        self._to_record: list[NotLanded] = []

    @property
    def mine(self) -> dict[tuple[str, str], frozenset[str]]:
        """Repository and ref to the commits that this attempt put there."""
        return {place: frozenset(oids) for place, oids in self._mine.items()}

    def push(self, batch: Sequence[Fresh], seen: Look, records: Sequence[Record]) -> None:
        """What goes goes together; what the remote refuses by name is left out, and the rest tried again.

        :param records: those that the ledger holds since the plan was made
        """
        plan, digest = self._plan, self._file.digest
        present = frozenset(record.id for record in records)
        batch = batch[:1] if self._one_by_one else batch
        while batch:
            prepared, failed = transition.prepare(
                self._world, plan, digest, self._attempt.document, batch, seen, present=present
            )
            for name, error in failed.items():
                planned = next(fresh.planned for fresh in batch if fresh.planned.name == name)
                self._results[name] = failed_result(planned, error)
            if not prepared.environments or self._results.stops():
                return
            pushed = transition.push(self._world, prepared, seen)
            if pushed.unannounced:
                known = announce(self._world, self._file, self._attempt.document, seen)
                self._attempt.recorded = True
                if known is None:
                    return  # others have written to the ledger: all are judged again
                prepared, seen = announced(prepared), known
                pushed = transition.push(self._world, prepared, seen)
            if pushed.written:
                self._landed(prepared)
                return
            if pushed.ledger_words:
                self._whose_fault(prepared, pushed, seen)
                return
            if not pushed.refused:
                self._lost_race(prepared)
                return
            batch = [fresh for fresh in prepared.environments if not self._is_refused(fresh, pushed.refused, seen)]
            if self._results.stops() or any(self._goes_in_a_wave(fresh.planned.name) for fresh in batch):
                return  # a wave may be closed by it: all are judged again

    def _goes_in_a_wave(self, name: str) -> bool:
        return self._world.pipeline.resolved(name).wave is not None

    def tell_of_refused(self) -> None:
        """Before anything else is judged; where the ledger does not take it, nothing more is begun."""
        refused, self._to_record = self._to_record, []
        if not refused:
            return
        try:
            tell_of_refused(self._world, self._file, self._attempt.document, refused)
        except GitpromoteError as error:
            self._results.cut_short(error)

    def _whose_fault(self, prepared: transition.Transition, pushed: transition.Pushed, seen: Look) -> None:
        """A server that says no to the whole names no culprit: then each goes alone, and the ledger is tried alone."""
        if pushed.unrecorded:
            self._unrecorded(prepared, pushed)
            return
        if not pushed.refused:
            raise ledger_refused(self._world.ledger.ref, pushed.ledger_words)
        if len(prepared.environments) > 1:
            self._one_by_one = True
            return
        record_plan(self._world, self._plan, self._file.digest, self._attempt.document)
        for fresh in prepared.environments:
            self._is_refused(fresh, pushed.refused, seen)

    def _unrecorded(self, prepared: transition.Transition, pushed: transition.Pushed) -> None:
        """Targets that could not wait for the ledger are written: that is told, and nothing more is begun."""
        refused = ledger_refused(self._world.ledger.ref, pushed.ledger_words)
        refused.hint = (
            "Let the promoting identity push to branches below gitpromote/, and apply the plan again:\n"
            f"  gitpromote apply {self._attempt.called.word}"
        )
        for fresh in prepared.environments:
            name, target = fresh.planned.name, fresh.planned.target
            if name in pushed.unrecorded:
                commit = prepared.commits[name]
                error = AccessDenied(
                    "It is written, and the ledger does not take its Record",
                    code="ledger-refused",
                    detail=f"{target.ref.removeprefix('refs/heads/')} is at {commit[:7]}, as planned; {refused.detail}",
                    hint=refused.hint,
                )
                there = {"ref": target.ref, "commit": commit}
                self._results[name] = failed_result(fresh.planned, error).model_copy(update=there)
        self._results.cut_short(refused)

    def _is_refused(self, fresh: Fresh, refused: Mapping[str, PushAnswer], seen: Look) -> bool:
        answer = refused.get(fresh.planned.name)
        if answer is None:
            return False
        error = GitpromoteError(
            "The remote refuses the target",
            code="push-refused",
            detail=f"{fresh.planned.target.ref.removeprefix('refs/heads/')}: {answer.words}",
            hint=_REFUSED_HINTS.get(answer.code, "Its rules or hooks must let the promoting identity push there."),
        )
        self._results[fresh.planned.name] = failed_result(fresh.planned, error)
        if self._goes_in_a_wave(fresh.planned.name):  # who else is refused leaves no trace
            generation = seen.ledger.environment(fresh.planned.name).generation
            self._to_record.append(
                NotLanded(planned=fresh.planned, code=error.code, reason=answer.words, generation=generation)
            )
        return True

    def _landed(self, prepared: transition.Transition) -> None:
        self._attempt.recorded = True
        for place, (_, new) in prepared.refs.items():
            self._tips[place] = new
            self._mine.setdefault(place, set()).update({new, *prepared.commits.values()})
        for fresh in prepared.environments:
            name = fresh.planned.name
            commit = prepared.commits.get(name)
            self.unproven[name] = (fresh, commit)
            self._results[name] = EnvironmentResult(
                name=name,
                status="written" if commit else "inherited",
                message=_landed_text(fresh, commit),
                ref=fresh.planned.target.ref or None,
                commit=commit,
                tree=fresh.planned.result_tree,
                at=self._world.clock.now(),
            )
        self._lost_in_a_row = 0

    def _lost_race(self, prepared: transition.Transition) -> None:
        """Somebody was faster: look again, after a pause, as long as patience lasts."""
        waited = self._attempt.waiting.seconds
        if waited >= (self._attempt.options.lock_timeout or PATIENCE):
            error = Contention(
                "Others were faster every time",
                code="push-contention",
                detail=f"{count(self._lost_in_a_row + 1, 'race')} lost in {count(waited, 'second')}",
                hint="Apply the plan again.",
            )
            for fresh in prepared.environments:
                self._results[fresh.planned.name] = failed_result(fresh.planned, error)
            return
        self._world.reporter.event("race-lost", attempt=self._lost_in_a_row + 1)
        self._world.clock.sleep(pause(self._lost_in_a_row))
        self._lost_in_a_row += 1

    def read_back(self, seen: Look) -> bool:
        """What was pushed must be there now, or the same content in what somebody pushed since; whether all of it is.

        The tree of a commit of ours was proven before it was pushed: where that is the head, nothing is compared.
        """
        moved: list[tuple[EnvironmentPlan, str, str | None]] = []
        for fresh, commit in self.unproven.values():
            place = (fresh.planned.target.repository, fresh.planned.target.ref)
            head = seen.head(*place) if commit else None
            if commit is not None and head not in (commit, self._tips.get(place, commit)):
                moved.append((fresh.planned, commit, head))
        landed, self.unproven = self.unproven, {}
        as_written = self._compared(moved) if moved else True
        self._results.tell(landed)
        return as_written

    def still_as_written(self, seen: Look, records: Sequence[Record]) -> bool:
        """Whether what an earlier run of this plan wrote is there: it may have been killed before it looked."""
        if not any(record.plan == self._file.digest for record in records):
            return True
        from gitpromote.engine.read_back import tell  # only where a plan is applied again
        from gitpromote.engine.written_before import changed_since

        found = list(changed_since(self._world, self._file, self._results.open(), records, seen))
        self._results.update({after.planned.name: already_result(after.planned, record) for record, after in found})
        left = [after for _, after in found]
        return tell(self._world, self._file, left, self._results, called=self._attempt.called)

    def _compared(self, moved: Sequence[tuple[EnvironmentPlan, str, str | None]]) -> bool:
        """Whether targets whose head is no commit of ours hold what we wrote; what does not is told and recorded."""
        from gitpromote.engine.read_back import after_landing, tell  # hardly ever

        found = [after_landing(self._world, *one) for one in moved]
        return tell(self._world, self._file, found, self._results, called=self._attempt.called)


def _landed_text(fresh: Fresh, commit: str | None) -> str:
    if commit is None:
        return "nothing to write; the Freight's arrival was recorded"
    branch = fresh.planned.target.ref.removeprefix("refs/heads/")
    apart = f"; {', '.join(apps)} alone" if (apps := apps_alone(fresh.planned)) else ""
    text = f"written {commit[:7]} -> {branch}, tree as planned{apart}"
    return f"{text}; {fresh.judgement.message}" if fresh.judgement.verdict == "reanchor" else text
