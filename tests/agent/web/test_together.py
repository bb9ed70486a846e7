"""What several workers count, as one."""

from prometheus_client.parser import text_string_to_metric_families

from agent.agent import Agent
from agent.web import together
from agent.web.metrics import text
from agent.web.readiness import Finding
from tests.agent.world import World


def series(shown: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every series by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(shown.decode())
        for sample in family.samples
    }


def counted(agent: Agent, times: int, ready: bool) -> bytes:
    """What an agent shows after so many messages of a tenth of a second."""
    for _ in range(times):
        agent.metrics.count("messages_received", result="kept")
        agent.metrics.stages["decide"].add(0.1)
    return text(agent, [Finding("store", ready, "")])


async def test_counts_add_up_and_what_a_process_uses_is_its_own(world: World) -> None:
    agents = [await world.add(name, "org") for name in ("One", "Two")]
    alone = [
        series(counted(agent, times, ready)) for agent, times, ready in zip(agents, (3, 4), (True, False), strict=True)
    ]

    both = series(together.text({0: counted(agents[0], 0, True), 1: counted(agents[1], 0, False), 2: None}))

    kept = ("freerange_messages_received_total", (("result", "kept"),))
    decided = ("freerange_stage_seconds_bucket", (("le", "0.1"), ("stage", "decide")))
    assert (alone[0][kept], alone[1][kept], both[kept]) == (3, 4, 7)
    assert both[decided] == alone[0][decided] + alone[1][decided] >= 7
    assert both["freerange_ready", (("check", "store"),)] == 0
    assert both["freerange_waiting", (("queue", "outgoing"),)] == 0
    assert [both["freerange_worker_up", (("worker", each),)] for each in "012"] == [1, 1, 0]
    assert both["freerange_process_resident_memory_bytes", (("worker", "0"),)] > 0
    assert {name for name, _ in both} == {name for name, _ in alone[0]} | {"freerange_worker_up"}


async def test_what_one_says_alone_stays_as_it_is(world: World) -> None:
    said = counted(await world.add("One", "org"), 2, True)
    before, after = series(said), series(together.text({0: said}))

    own = {key for key in before if key[0].startswith(together.OWN)}
    assert {key: after[key] for key in before.keys() - own} == {key: before[key] for key in before.keys() - own}
    assert len(after) == len(before) + 1


def test_a_clock_that_is_behind_is_not_hidden_by_one_that_is_right() -> None:
    said = [
        b"# TYPE freerange_clock_apart_seconds gauge\nfreerange_clock_apart_seconds %d\n" % each for each in (-90, 2)
    ]

    assert series(together.text(dict(enumerate(said))))["freerange_clock_apart_seconds", ()] == -90


async def test_what_those_have_counted_who_are_gone_stays_counted_and_nothing_else_of_them(world: World) -> None:
    said = counted(await world.add("One", "org"), 3, False)
    kept = ("freerange_messages_received_total", (("result", "kept"),))

    gone = together.text({}, (said, together.text({}, (said,))))
    after = series(together.text({0: said, 1: None}, (gone,)))

    assert series(gone)[kept] == 6
    assert after[kept] == 9
    assert after["freerange_ready", (("check", "store"),)] == 0
    assert (
        after["freerange_waiting", (("queue", "outgoing"),)]
        == series(said)["freerange_waiting", (("queue", "outgoing"),)]
    )
    assert {name for name, _ in series(gone)} & {"freerange_ready", "freerange_process_cpu_seconds_total"} == set()
