"""Commands while no agent is running: they open the wallet themselves, and listen for as long as they wait."""

from tests.agent.cli.conftest import Owner, invitation


def test_two_meet_though_only_one_agent_is_running(her: Owner, library: Owner) -> None:
    met = her.unlocks("accept", invitation(library))

    assert met.status == 0, met.err
    assert met.out.startswith("Met Town Library (")
    assert her.unlocks("ping", "Town Library").status == 0
    assert her.unlocks("terms", "proffer", "Town Library").status == 0


def test_what_is_said_is_sent_before_the_wallet_closes(her: Owner, library: Owner) -> None:
    her.unlocks("accept", invitation(library))

    said = her.unlocks("say", "Town Library", "Good morning", "--json").said

    assert "Good morning" in library.types("log", str(said["thread"])).out


def test_an_answer_that_does_not_come_is_told_and_nothing_is_lost(her: Owner, library: Owner) -> None:
    link = invitation(library)
    her.unlocks("accept", link)
    library.stop()

    silence = her.unlocks("ping", "Town Library", "--timeout", "0.2")

    assert silence.status == 3
    assert "will be sent again" in silence.err
    assert her.unlocks("threads").out.count("trust-ping") == 1


def test_an_invitation_that_cannot_be_taken_up_says_why(her: Owner, library: Owner) -> None:
    assert her.unlocks("accept", "https://shop.example/").status == 2
    assert her.unlocks("accept", "x" * 20_000).status == 2

    link = invitation(library)
    her.unlocks("accept", link)
    again = her.unlocks("accept", link)

    assert again.status == 2
    assert "Town Library" in again.err


def test_a_persons_invitation_is_shown_as_a_link_and_told_when_it_ends(her: Owner) -> None:
    shown = her.unlocks("invite", "--once", "--lasts", "2d", "--goal", "Swap books")

    assert "?_oob=" in shown.out
    assert '"Swap books". The first who answers uses it up. It is good until 20' in shown.out
    assert her.unlocks("invite", "--lasts", "soon").status == 2


def test_an_invitation_can_be_saved_as_a_picture(her: Owner) -> None:
    picture = her.home / "invitation.svg"

    assert her.unlocks("invite", "--qr", str(picture)).status == 0
    assert picture.read_text().startswith("<?xml")
    assert her.unlocks("invite", "--qr", "invitation.gif").status == 2


def test_an_empty_wallet_says_so_in_words(her: Owner) -> None:
    assert "You know nobody yet." in her.unlocks("peers").out
    assert "Nothing has been said yet." in her.unlocks("threads").out
    assert "Nothing waits for you." in her.unlocks("questions").out
    assert "There are no cards" in her.unlocks("credentials").out
    assert "No terms are in force." in her.unlocks("terms").out


def test_every_reading_command_prints_json(her: Owner) -> None:
    for command in ("peers", "threads", "questions", "credentials"):
        assert her.unlocks(command, "--json").rows == []
    assert her.unlocks("terms", "--json").said
    assert her.unlocks("doctor", "--json").rows
    assert her.types("config", "--json").said
