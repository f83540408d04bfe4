from gitpromote import App, Branch, Environment, Kustomize, Pipeline, Plain

fleet = Pipeline(
    "fleet",
    apps=[
        App("cluster", Plain("clusters/$env")),
        App("controllers", Kustomize("infrastructure/controllers"), after="cluster"),
        App("configs", Kustomize("infrastructure/configs"), after="controllers"),
        App("apps", Kustomize("apps/$env"), after="configs"),
    ],
    target=Branch("env/$env"),
    environments=[Environment("staging", auto=True), Environment("production")],
)
