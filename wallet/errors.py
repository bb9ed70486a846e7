"""What can go wrong in a wallet, in seven words."""


class WalletError(Exception):
    """Any failure of the wallet. The text says what happened, what was done about it, and what to do next."""


class Malformed(WalletError):
    """Bytes that are not what they claim to be."""


class Untrusted(WalletError):
    """Well-formed, but a signature, a binding or a rule does not hold."""


class Unsupported(WalletError):
    """A method, suite or format that this program does not know."""


class Unresolved(WalletError):
    """The world did not give what a look-up asked for. The same words whether refused, absent or late."""


class Locked(WalletError):
    """The wallet is sealed, or the secret offered does not open it."""


class NotFound(WalletError):
    """There is no such record here."""


class Corrupt(WalletError):
    """A record of ours was altered or lost."""
