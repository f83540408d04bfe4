"""The table of verbs: its order is the order of the help, its words are the help's first page."""

from __future__ import annotations

from gitpromote.cli.parsing import Entry

SECTIONS = {
    "Start": {
        "init": Entry("gitpromote.cli.init", "Write a pipeline.py that fits this repository."),
        "demo": Entry("gitpromote.cli.demo", "Show a whole promotion in a repository of its own making."),
        "doctor": Entry("gitpromote.cli.doctor", "Check git, renderers, cache and remotes."),
        "validate": Entry("gitpromote.cli.validate", "Load the pipeline and report everything that is wrong."),
        "graph": Entry("gitpromote.cli.graph", "Draw the pipeline or a plan."),
    },
    "Plan and apply": {
        "plan": Entry("gitpromote.cli.plan", "Show what would change in every environment, and save it."),
        "show": Entry("gitpromote.cli.show", "View a saved plan."),
        "explain": Entry("gitpromote.cli.explain", "Why an environment may go, or waits, or is blocked."),
        "approve": Entry("gitpromote.cli.approve", "Sign a change for an environment."),
        "override": Entry("gitpromote.cli.override", "Say that a soft gate shall not stop one change."),
        "apply": Entry("gitpromote.cli.apply", "Carry out a plan, exactly."),
        "run": Entry("gitpromote.cli.run", "Plan and apply what may go by itself, once or for ever."),
    },
    "Freight": {
        "freight": Entry("gitpromote.cli.freight", "Find, list and make Freight, and say where it may go."),
        "hotfix": Entry("gitpromote.cli.hotfix", "Let Freight enter one environment past those before it."),
    },
    "Look": {
        "status": Entry("gitpromote.cli.status", "What each environment runs, and what is next."),
        "history": Entry("gitpromote.cli.history", "What happened, from the ledger."),
        "render": Entry("gitpromote.cli.render", "Write rendered manifests."),
        "diff": Entry("gitpromote.cli.diff", "Compare environments, revisions or Freight."),
        "verify": Entry("gitpromote.cli.verify", "Recompute trees and Records from Git alone."),
        "policy": Entry("gitpromote.cli.policy", "List gates and policies, simulate another time, run their tests."),
    },
    "Act": {
        "rollback": Entry("gitpromote.cli.rollback", "Go back to the Freight before, from its recorded tree."),
        "adopt": Entry("gitpromote.cli.adopt", "Keep what somebody else wrote into an environment."),
        "hold": Entry("gitpromote.cli.hold", "Keep an environment on its Freight."),
        "release": Entry("gitpromote.cli.release", "Let a held environment go on."),
        "lock": Entry("gitpromote.cli.lock", "Keep others from applying to an environment."),
        "unlock": Entry("gitpromote.cli.unlock", "Take a lock away."),
        "retire": Entry("gitpromote.cli.retire", "Plan to prune an environment or an app."),
    },
    "Else": {
        "schema": Entry("gitpromote.cli.schema", "Print a JSON Schema."),
        "completion": Entry("gitpromote.cli.completion", "Print a shell's completion script."),
    },
}
