"""Gates and policies, judged: facts in, verdicts out, each with its reason."""
