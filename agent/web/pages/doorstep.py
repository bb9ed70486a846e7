"""The pages before a wallet is open: making one, opening it, or making it again from a back-up."""

from base64 import b64decode
from binascii import Error
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from agent.errors import AgentError
from agent.web.pages.keeper import Keeper
from agent.web.pages.page import Failed, Fault, Go, without_advice
from agent.web.pages.render import environment
from wallet.errors import Locked, WalletError
from wallet.slots import LEAST_PASSPHRASE
from wallet.strict_json import Json, parse_object

Form = Mapping[str, Json]


async def answer(keeper: Keeper, method: str, path: str, body: bytes) -> tuple[int, str | Go | Fault]:
    """Show the page that fits, or do what its form asks. Returns an HTTP status and what came of it."""
    if method == "GET":
        name = "unlock" if keeper.exists() else "restore" if path == "/restore" else "begin"
        return 200, environment().get_template(f"{name}.html").render(least=LEAST_PASSPHRASE, sign=keeper.sign())
    try:
        form = parse_object(body or b"{}")
        return 200, await ACTS[path](keeper, form)
    except KeyError:
        return 400, Fault("The wallet is locked. Nothing was done.")
    except Locked:
        return 403, Fault("That is not it. Look for capital letters, and try again.")
    except Failed as fault:
        return fault.status, Fault(str(fault))
    except (AgentError, WalletError) as fault:
        return 409, Fault(without_advice(str(fault)))
    except OSError as fault:
        return 507, Fault(f"The disk refuses ({fault.strerror}). Nothing was made.")


async def unlock(keeper: Keeper, form: Form) -> Go:
    """Open the wallet: by its passphrase, or a key file."""
    await keeper.unlock(content(form.get("file")) or typed(form, "passphrase"))
    return Go("/", "The wallet is open.")


async def begin(keeper: Keeper, form: Form) -> Go:
    """Make a wallet."""
    secret = chosen(form)
    await keeper.make(typed(form, "name").strip()[:64] or "me", secret, trying=form.get("for") == "trying")
    return Go("/welcome", "Your wallet is made.")


async def restore(keeper: Keeper, form: Form) -> Go:
    """Make a wallet of a back-up."""
    file = content(form.get("file"))
    if file is None:
        raise Failed(409, "Choose the file of your back-up. Nothing was made.")
    await keeper.restore(file, typed(form, "words"), chosen(form))
    return Go("/", "Your wallet is here again, with all its relationships.")


ACTS: Final[dict[str, Callable[[Keeper, Form], Awaitable[Go]]]] = {
    "/unlock": unlock,
    "/begin": begin,
    "/restore": restore,
}


def typed(form: Form, name: str) -> str:
    """What was typed, as it is: blanks belong to a passphrase."""
    found = form.get(name)
    return found if isinstance(found, str) else ""


def chosen(form: Form) -> str:
    """A new passphrase. Raises Failed."""
    first, again = typed(form, "passphrase"), typed(form, "again")
    if len(first) < LEAST_PASSPHRASE:
        raise Failed(
            409, f"A passphrase has {LEAST_PASSPHRASE} characters or more; this has {len(first)}. Nothing was made."
        )
    if first != again:
        raise Failed(409, "The two passphrases differ. Nothing was made.")
    return first


def content(file: Json) -> bytes | None:
    """The bytes of a file that was chosen."""
    if not isinstance(file, dict) or not isinstance(found := file.get("content"), str):
        return None
    try:
        return b64decode(found, validate=True)
    except Error:
        return None
