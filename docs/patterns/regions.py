"""Regions and tiers from lists: in every region the canary comes before the rest."""

from gitpromote import App, Branch, Environment, Kustomize, Pipeline, matrix

shop = Pipeline(
    "shop",
    apps=[App("shop", Kustomize("deploy/$label.region/$label.tier"))],
    target=Branch("env/$env"),
    environments=[
        Environment("test", labels={"region": "eu", "tier": "canary"}, auto=True),
        *(
            Environment(
                one.name,
                labels=one.labels,
                after="test" if one.tier == "canary" else f"{one.region}-canary",
                production=True,
            )
            for one in matrix(region=["eu", "us"], tier=["canary", "main"])
        ),
    ],
)
