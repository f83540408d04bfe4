"""One Environment for each cluster that the repository names, canaries before the others, region by region.

The clusters are Argo CD's own manifests under ``clusters/``; of them only names, labels and addresses are read.
"""

from gitpromote import App, Directory, Environment, Kustomize, Pipeline, clusters

targets = clusters("clusters/*.yaml", match={"env": "prod"})
canaries = [cluster.name for cluster in targets if cluster.labels["tier"] == "canary"]

fleet = Pipeline(
    "fleet",
    apps=[App("agent", Kustomize("agent/$label.region"))],
    target=Directory("clusters/$env", branch="rendered"),
    environments=[
        Environment("staging", labels={"region": "eu"}, auto=True),
        *(
            Environment(
                cluster.name,
                labels=cluster.labels,
                after="staging" if cluster.name in canaries else canaries,
                production=True,
            )
            for cluster in targets
        ),
    ],
)
