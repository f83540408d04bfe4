"""A chart with one file of values for all environments and one for each.

The chart and its values lie in the repository. The version of the image is written into the environment's own values
before it is rendered, and only there: what the branch of an environment holds is what ``helm template`` gives for it.
The sources keep the version that people wrote; what runs where is on the branches.

Elsewhere: the Helm layout with a values file per Stage.
"""

from gitpromote import App, Branch, Environment, Git, Helm, Image, Pipeline, SetValue, Warehouse

IMAGE = "ghcr.io/acme/shop"
VALUES = "envs/$env/values.yaml"

shop = Pipeline(
    "shop",
    warehouse=Warehouse(Image(IMAGE, "^1.4"), Git(include=["charts/", "envs/"])),
    apps=[
        App(
            "shop",
            Helm("charts/shop", values=["envs/common.yaml", VALUES], namespace="shop-$env"),
            edits=[SetValue(VALUES, "image.tag", image=IMAGE)],
        )
    ],
    target=Branch("env/$env"),
    environments=[Environment("test", auto=True), Environment("uat", auto=True), Environment("prod")],
)
