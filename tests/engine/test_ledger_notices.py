"""What the ledger says that people should know of before they trust a plan."""

from __future__ import annotations

from gitpromote import Branch, Directory, Environment

HOUR = 3600


def status(site, pipeline):
    return site.project(pipeline).status().data.notices


def test_times_to_come_are_told(site):
    pipeline = site.pipeline()
    site.clock.time += 5 * HOUR
    site.promote(pipeline)
    site.clock.time -= 5 * HOUR
    text = (
        "the ledger's time lies 5h ahead: a clock ran ahead when its last Records were written, or this one is slow; "
        "what soaks or bakes waits until then"
    )
    assert site.project(pipeline).plan().warnings == (text,)
    assert status(site, pipeline) == (text,)
    [found] = [one for one in site.project(pipeline).doctor() if one.name == "ledger"]
    assert (found.ok, found.message) == (
        False,
        f"The ledger's time is not this machine's: refs/heads/gitpromote/ledger/shop: {text}",
    )
    site.clock.time += 5 * HOUR
    assert status(site, pipeline) == ()


def test_clocks_that_differ_a_little_are_nothing_to_tell(site):
    site.clock.time += 100
    site.promote()
    site.clock.time -= 100
    assert site.project().plan().warnings == ()


def test_an_environment_that_the_pipeline_has_no_more_is_told_with_the_ways_out(site):
    site.promote(site.pipeline())
    left = site.pipeline(Environment("test"), Environment("uat"))
    [text] = site.project(left).plan().warnings
    assert text == (
        "prod is in the ledger and no longer in the pipeline; what was written stays in env/prod, until:\n"
        "  gitpromote retire shop --gone --reason …"
    )
    assert status(site, left) == (text,)
    site.home.move("env/prod", None)
    assert status(site, left) == ()


def test_one_that_may_have_another_name_now_is_told_how_to_say_so(site):
    site.home.commit(site.sources("live"))
    site.promote(site.pipeline())
    renamed = site.pipeline(Environment("test"), Environment("uat"), Environment("live"))
    [text] = site.project(renamed).plan().warnings
    assert text.endswith(
        "\n  gitpromote retire shop --gone --reason …\n"
        'Under another name its history goes on with:\n  Environment(…, moved="prod")'
    )
    told = site.pipeline(Environment("test"), Environment("uat"), Environment("live", moved="prod"))
    assert site.project(told).plan().warnings == ()


def test_one_whose_place_another_takes_is_told_until_that_one_has_written(site):
    site.home.commit(site.sources("live"))
    site.promote(site.pipeline())
    live = Environment("live", target=Branch("env/prod"))
    renamed = site.pipeline(Environment("test"), Environment("uat"), live)
    assert "".join(status(site, renamed)) == (
        "prod is in the ledger and no longer in the pipeline, and live writes where it wrote; "
        'if that is its new name, its history goes on with: Environment("live", moved="prod")'
    )
    site.promote(renamed)
    assert status(site, renamed) == ()


def test_a_folder_of_a_branch_is_named_with_it(site):
    target = Directory("builds/$env", branch="rendered")
    site.promote(site.pipeline(target=target))
    left = site.pipeline(Environment("test"), target=target)
    assert "".join(status(site, left)) == (
        "prod, uat are in the ledger and no longer in the pipeline; "
        "what was written stays in rendered:builds/prod, rendered:builds/uat, until:\n"
        "  gitpromote retire shop --gone --reason …"
    )
    gone = {path: None for path in site.home.files("rendered") if "test" not in path}
    site.home.commit(gone, branch="rendered")
    assert status(site, left) == ()


def test_an_old_name_that_comes_too_late_is_told(site):
    """What was recorded under the new name first began it anew."""
    site.home.commit(site.sources("dev"))
    site.promote(site.pipeline(Environment("test"), Environment("uat", production=False)))
    site.clock.time += HOUR
    before = site.pipeline(Environment("dev"), Environment("uat", production=False))
    site.promote(before)
    site.clock.time += HOUR
    late = site.pipeline(Environment("dev", moved="test"), Environment("uat", production=False))
    text = (
        'dev has a history of its own since 01:54Z, so that moved="test" has no effect: what was recorded of test does '
        "not count for it. It had to be there before the first Record of dev"
    )
    assert site.project(late).plan().warnings == (text,)
    assert status(site, late) == (text,)


def test_an_old_name_that_came_in_time_is_nothing_to_tell(site):
    site.home.commit(site.sources("dev") | site.sources("stage"))
    site.promote(site.pipeline(Environment("test")))
    renamed = site.pipeline(Environment("dev", moved="test"))
    assert status(site, renamed) == ()
    site.promote(renamed)
    assert status(site, renamed) == ()
    again = site.pipeline(Environment("stage", moved=["dev", "test"]))
    assert status(site, again) == ()
    site.promote(again)
    assert status(site, again) == ()


def test_an_old_name_that_never_was_is_told(site):
    wrong = site.pipeline(Environment("test", moved="nothing"), Environment("uat", moved=["a", "b"]))
    assert status(site, wrong) == ()  # nothing is recorded at all
    site.promote(wrong)
    assert status(site, wrong) == (
        'test: moved="nothing" has no effect: nothing was ever recorded of an environment called nothing',
        'uat: moved=["a", "b"] has no effect: nothing was ever recorded of environments called a, b',
    )
