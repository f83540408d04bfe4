"""Parameters of admission policies: which objects a binding means, for one request."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.model.manifest import Manifest
from gitpromote.policy.admission_kinds import Kinds
from gitpromote.policy.admission_match import fits
from gitpromote.policy.admission_objects import ParamKind, ParamRef
from gitpromote.policy.admission_request import Request, labels_of
from gitpromote.policy.reasons import Wrong

__all__ = ["Parameters"]


class Parameters:
    """The objects that may be parameters: those of the policy files, then those that would be there.

    :param own: of the policy files
    """

    def __init__(self, own: Iterable[Manifest], rendered: Iterable[Manifest], kinds: Kinds) -> None:
        self._kinds = kinds
        self._by_kind: dict[tuple[str, str], dict[tuple[str, str], Manifest]] = {}
        for one in (*own, *rendered):
            known = self._by_kind.setdefault((one.ref.group, one.ref.kind), {})
            known.setdefault((one.ref.namespace, one.ref.name), one)

    def of(self, kind: ParamKind, reference: ParamRef, request: Request) -> list[Manifest | None] | Wrong:
        """Those that are meant, in an order of their own; none where they may be missing and are.

        :returns: :class:`.reasons.Wrong` where nobody can tell or none may be missing
        """
        candidates = self._by_kind.get(kind.group_kind, {})
        namespace = self._namespace(kind, reference, request, candidates.values())
        if isinstance(namespace, Wrong):
            return namespace
        found = [
            one
            for (where, name), one in sorted(candidates.items())
            if (not reference.name or name == reference.name)
            # A file that names no namespace means the one that somebody applies it to.
            and (namespace is None or where in ("", namespace))
            and fits(reference.selector, labels_of(one.data))
        ]
        if found or reference.parameter_not_found_action == "Allow":
            return [*found]
        what = f"{kind.kind} {reference.name}" if reference.name else f"{kind.kind} with the labels of its selector"
        where = f" in Namespace {namespace}" if namespace else ""
        return Wrong(
            f"there is no parameter {what}{where}",
            "add it to the policy's files, or set parameterNotFoundAction: Allow",
        )

    def _namespace(
        self, kind: ParamKind, reference: ParamRef, request: Request, candidates: Iterable[Manifest]
    ) -> str | Wrong | None:
        """Where to look; ``None`` for a kind that lives in no namespace."""
        namespaced = self._kinds.facts(*kind.group_kind).namespaced
        if namespaced is None:
            namespaced = bool(reference.namespace) or any(one.ref.namespace for one in candidates)
        if not namespaced:
            if reference.namespace:
                return Wrong(f"paramRef.namespace is set, and {kind.kind} lives in no namespace")
            return None
        if reference.namespace:
            return reference.namespace
        if request.namespace is None:
            return Wrong("the manifest names no namespace, where its parameters would be", "set metadata.namespace")
        if not request.namespace:
            return Wrong(
                f"its parameters of kind {kind.kind} live in namespaces, and {request.asked.kind} does not",
                "set paramRef.namespace",
            )
        return request.namespace
