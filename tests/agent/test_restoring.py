"""What is proved of a back-up before anything is made of it. Source: security 5.8, SR-12, SR-21."""

from pathlib import Path

import pytest

from agent import examining, restoring
from agent.errors import Misconfigured
from tests.agent.test_backup import IDENTITY, NEW, back_up, met
from tests.agent.world import World, the_only
from wallet import age, keys
from wallet.errors import Corrupt, Locked, Malformed, Unsupported
from wallet.keys import Curve
from wallet.records import Key
from wallet.store.change import Change, Item
from wallet.store.keys import key_item


async def refused(world: World, file: Path, identity: str | None = IDENTITY) -> list[str]:
    """What a folder holds after a restore that failed."""
    folder = world.folder / "fresh"
    await restoring.restore(folder, file, identity, secret=NEW, slot=b"", now=1)
    return [each.name for each in folder.iterdir()]


async def test_nothing_is_made_of_a_file_that_is_not_whole(world: World, tmp_path: Path) -> None:
    her, _ = await met(world)
    notes = tuple(Item("note", str(number), bytes(9000)) for number in range(20))
    await her.store.apply(Change("", keep=notes))
    whole = back_up(her, tmp_path / "her.age").read_bytes()
    plain = back_up(her, tmp_path / "her.jsonl", recipient=None).read_bytes().splitlines(keepends=True)
    chunk = 64 * 1024 + 16
    body = len(whole) - (len(b"".join(plain)) + 16 * -(-len(b"".join(plain)) // (64 * 1024)))
    assert len(whole) - body > chunk
    altered = {
        "cut": whole[:-1],
        "without its last chunk": whole[: body + chunk],
        "chunks changed places": whole[:body] + whole[body + chunk :] + whole[body : body + chunk],
        "something behind it": whole + b"x",
        "a line left out": b"".join(plain[:5] + plain[6:]),
        "a line twice": b"".join(plain[:5] + plain[4:]),
        "two lines that changed places": b"".join([*plain[:4], plain[5], plain[4], *plain[6:]]),
        "a word altered": b"".join(plain).replace(b"Town Library", b"Town Librery", 1),
        "without its end": b"".join(plain[:-1]),
        "without its beginning": b"".join(plain[1:]),
        "something behind its end": b"".join(plain) + b"{}\n",
        "its last line cut": b"".join(plain)[:-1],
        "nothing": b"",
    }

    for what, content in altered.items():
        file = tmp_path / "altered"
        file.write_bytes(content)
        with pytest.raises((Malformed, Locked)):
            pytest.fail(f"{what}: {await refused(world, file)}")
        assert [*(world.folder / "fresh").iterdir()] == []


async def test_other_words_open_nothing(world: World, tmp_path: Path) -> None:
    file = back_up(await world.add("her"), tmp_path / "her.age")

    with pytest.raises(Locked, match="these words"):
        await refused(world, file, age.identity(bytes(32)))


async def test_a_file_of_a_newer_format_is_refused_by_its_name(world: World, tmp_path: Path) -> None:
    file = back_up(await world.add("her"), tmp_path / "her.jsonl", recipient=None)
    file.write_bytes(
        file.read_bytes().replace(b'"format":1,"program":"freerange 0.2.0"', b'"format":2,"program":"next"')
    )

    with pytest.raises(Unsupported, match="made by next"):
        await refused(world, file, None)


async def test_a_wallet_is_never_restored_over_another(world: World, tmp_path: Path) -> None:
    her = await world.add("her")
    file = back_up(her, tmp_path / "her.age")
    with pytest.raises(Misconfigured, match="already"):
        await restoring.restore(her.store.path.parent, file, IDENTITY, secret=NEW, slot=b"", now=1)

    with pytest.raises(Misconfigured, match="already"):
        back_up(her, file)
    assert examining.prove(file, IDENTITY).unfit == []


async def test_a_file_that_changes_while_it_is_read_is_not_used(world: World, tmp_path: Path) -> None:
    her = await world.add("her")
    file, other = (back_up(her, tmp_path / name, recipient=None) for name in ("one", "two"))
    proof = examining.prove(file, None)
    await her.store.apply(Change("", keep=(Item("note", "1", b"{}"),)))
    other.unlink()
    back_up(her, other, recipient=None)

    with pytest.raises(Malformed, match="while it was read"):
        await her.store.write(lambda tx: restoring.write(tx, other, None, proof, change=lambda line: line))


async def test_keys_that_do_not_do_their_work_or_are_missing_are_found(world: World, tmp_path: Path) -> None:
    her, _ = await met(world)
    assert examining.prove(back_up(her, tmp_path / "good.age"), IDENTITY).missing == 0
    [kid, *_] = [item.id for item in her.store.items("key") if item.id.startswith(the_only(her).our_did[:20])]
    await her.store.apply(Change("", claim=(("key", kid),)))

    proof = examining.prove(back_up(her, tmp_path / "her.age"), IDENTITY)

    assert (proof.missing, proof.unfit) == (1, [])


@pytest.mark.parametrize("curve", Curve)
def test_every_kind_of_key_is_tried(curve: Curve) -> None:
    one, other = keys.to_private_jwk(keys.create(curve)), keys.to_private_jwk(keys.create(curve))

    assert examining.works(Key(id="k", jwk=one))
    assert not examining.works(Key(id="k", jwk={**one, "d": other["d"]}))
    assert not examining.works(Key(id="k", jwk={**one, "d": "AA"}))


async def test_a_damaged_wallet_is_not_backed_up_as_if_it_were_whole(world: World, tmp_path: Path) -> None:
    her = await world.add("her")
    await her.store.apply(Change("", keep=(key_item("did:example:1#key-1", keys.create(Curve.ED25519)),)))
    await her.store.write(lambda tx: tx.run("DELETE FROM item"))

    with pytest.raises(Corrupt):
        back_up(her, tmp_path / "her.age")

    assert not (tmp_path / "her.age").exists()
    assert not (tmp_path / "her.age.new").exists()
