from gitpromote import App, Branch, Environment, Helm, Kustomize, Pipeline

podinfo = Pipeline(
    "podinfo",
    apps=[
        App("site", Kustomize("deploy/overlays/$env")),
        App("chart", Helm("charts/podinfo", values=["charts/podinfo/values-prod.yaml"], namespace="podinfo")),
    ],
    target=Branch("env/$env"),
    environments=[
        Environment("dev", auto=True, apps=["site"]),
        Environment("staging", auto=True, apps=["site"]),
        Environment("production", apps=["site", "chart"]),
    ],
)
