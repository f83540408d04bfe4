from gitpromote import App, Branch, Environment, Helm, Kustomize, Pipeline, Plain

shop = App("shop", Kustomize("kustomize"))
chart = App("chart", Helm("helm-chart", namespace="shop"))
plain = App("plain", Plain("kubernetes-manifests"))
boutique = Pipeline(
    "boutique",
    apps=[shop, chart, plain],
    target=Branch("env/$env"),
    environments=[
        Environment("preview", auto=True, apps=["plain"]),
        Environment("staging", auto=True, apps=["shop"]),
        Environment("production", apps=["shop", "chart"]),
    ],
)
