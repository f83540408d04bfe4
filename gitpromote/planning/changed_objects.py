"""What changes in an Environment's objects: compared, masked, and rated by the Pipeline's own rules of risk."""

from __future__ import annotations

from gitpromote.model.change import ObjectChange
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.pipeline import Pipeline

_NOTHING = ManifestSet()


def changes_of(observed: EnvironmentObservation, pipeline: Pipeline) -> tuple[ObjectChange, ...]:
    """What changes in the rendered manifests, masked, with the risk that the Pipeline's rules give."""
    if observed.changes is not None:
        return observed.changes
    from gitpromote.diff.compare import compare  # most plans have nothing to compare in most environments
    from gitpromote.diff.redact import Redactor

    if observed.current is None or observed.desired is None:
        return ()
    before = observed.current.manifests or _NOTHING
    after = observed.desired.manifests or _NOTHING
    if before is after:
        return ()
    redactor = Redactor(before, after, sensitive_paths=pipeline.sensitive_paths)
    changes = tuple(compare(before, after, redactor=redactor).changes)
    return _rated(changes, pipeline, observed.name, before, after) if pipeline.risks and changes else changes


def _rated(
    changes: tuple[ObjectChange, ...], pipeline: Pipeline, name: str, before: ManifestSet, after: ManifestSet
) -> tuple[ObjectChange, ...]:
    from gitpromote.policy.risk_rules import rated  # few pipelines have rules of their own
    from gitpromote.policy.scene import Scene

    here = pipeline.resolved(name)
    # The occasion does not matter: the same change is as risky whatever for it is made.
    scene = Scene(
        pipeline=pipeline.name, environment=here, occasion="promote", objects=after, before=before, changes=changes
    )
    # Who asks by risk is not answered by what those say who are asked.
    asked = here.organisation.reads_risk
    return rated([rule for rule in pipeline.risks if not (asked and rule.lower)], scene)
