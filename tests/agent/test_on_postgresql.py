"""The main flows once more, with every wallet in a PostgreSQL database: those of other files, under this file's world;
and what follows when the database is away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.errors import Unavailable
from agent.web import api
from agent.web.readiness import conditions
from tests.agent import test_campaigns, test_mediation, test_outbox, test_rotation
from tests.agent.bridges import test_feed
from tests.agent.puppet import Puppet
from tests.agent.world import World
from tests.postgresql import Server
from tests.scenarios import (
    test_features_campaigns,
    test_features_crm,
    test_features_terms,
    test_features_wallet,
    test_main_job,
)
from wallet.store import waiting


@pytest.fixture
async def world(tmp_path: Path, database: str) -> AsyncIterator[World]:
    """An empty world whose wallets are all in one database."""
    waiting.install(asyncio.get_running_loop())
    made = World(tmp_path, database=database)
    yield made
    await made.close()


# What is named here is collected here, and takes the world from here.
test_events_arrive_in_the_order_in_which_they_came_about = (
    test_feed.test_events_arrive_in_the_order_in_which_they_came_about
)
test_after_a_restart_it_goes_on_where_it_was = test_feed.test_after_a_restart_it_goes_on_where_it_was
test_old_events_are_let_go_once_every_bridge_has_had_them = (
    test_feed.test_old_events_are_let_go_once_every_bridge_has_had_them
)
test_everybody_is_told_and_each_answer_is_counted = test_campaigns.test_everybody_is_told_and_each_answer_is_counted
test_paused_it_says_nothing_more_and_resumed_it_goes_on = (
    test_campaigns.test_paused_it_says_nothing_more_and_resumed_it_goes_on
)
test_a_restart_in_the_middle_tells_nobody_twice_and_leaves_nobody_out = (
    test_campaigns.test_a_restart_in_the_middle_tells_nobody_twice_and_leaves_nobody_out
)
test_a_person_without_an_address_takes_on_a_mediator = (
    test_mediation.test_a_person_without_an_address_takes_on_a_mediator
)
test_each_vendor_is_shown_another_did_behind_another_routing_key = (
    test_mediation.test_each_vendor_is_shown_another_did_behind_another_routing_key
)
test_a_reliable_message_goes_out_again_until_it_is_acknowledged = (
    test_outbox.test_a_reliable_message_goes_out_again_until_it_is_acknowledged
)
test_messages_of_one_thread_leave_in_the_order_they_were_said = (
    test_outbox.test_messages_of_one_thread_leave_in_the_order_they_were_said
)
test_what_was_said_before_a_crash_goes_out_after_it = test_outbox.test_what_was_said_before_a_crash_goes_out_after_it
test_a_person_changes_her_did_and_everything_else_stays = (
    test_rotation.test_a_person_changes_her_did_and_everything_else_stays
)
test_both_may_move_at_once = test_rotation.test_both_may_move_at_once
test_f17_one_act_reaches_many_each_by_its_own_message_from_its_own_did = (
    test_features_campaigns.test_f17_one_act_reaches_many_each_by_its_own_message_from_its_own_did
)
test_f19_one_change_of_address_shows_for_each_vendor_what_became_of_it_signed = (
    test_features_campaigns.test_f19_one_change_of_address_shows_for_each_vendor_what_became_of_it_signed
)
test_f23_what_a_customer_says_is_in_the_crm_within_seconds_and_an_act_there_comes_back = (
    test_features_crm.test_f23_what_a_customer_says_is_in_the_crm_within_seconds_and_an_act_there_comes_back
)
test_a_deletion_is_signed_only_after_the_crm_has_carried_it_out = (
    test_features_crm.test_a_deletion_is_signed_only_after_the_crm_has_carried_it_out
)
test_f10_she_proffers_first_and_each_outcome_is_recorded = (
    test_features_terms.test_f10_she_proffers_first_and_each_outcome_is_recorded
)
test_f45_she_loads_a_roster_pinned_by_its_digest_and_swaps_it = (
    test_features_terms.test_f45_she_loads_a_roster_pinned_by_its_digest_and_swaps_it
)
test_f08_she_shows_only_the_fields_that_were_asked_for_and_that_she_approved = (
    test_features_wallet.test_f08_she_shows_only_the_fields_that_were_asked_for_and_that_she_approved
)
test_f29_she_leaves_one_and_then_all_and_says_what_must_happen_to_her_data = (
    test_features_wallet.test_f29_she_leaves_one_and_then_all_and_says_what_must_happen_to_her_data
)
test_a_person_meets_an_org_on_her_terms_and_proves_one_thing = (
    test_main_job.test_a_person_meets_an_org_on_her_terms_and_proves_one_thing
)


async def test_while_the_database_is_away_nothing_is_lost_and_the_agent_says_what_is_wrong(
    world: World, postgresql: Server
) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    met = await friend.befriend(her)
    ping = friend.message(test_outbox.PING, {"response_requested": False}, to=met.our_did)
    well = await conditions(her)

    postgresql.stop()
    with pytest.raises(Unavailable):
        await friend.repeat(her, ping)
    status, said = await api.answer(her, "GET", "/v1/peers", b"")
    found = {each.check: each for each in await conditions(her)}
    postgresql.start()
    await friend.repeat(her, ping)

    assert all(each.ok for each in well)
    assert status == 503
    assert "the database" in str(said)
    assert not found["store"].ok
    assert "the database cannot be written to" in found["store"].detail
    assert all(each.ok for each in await conditions(her))
    assert her.store.seen(met.peer, ping.id)
