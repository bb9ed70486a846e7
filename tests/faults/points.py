"""Where each failpoint is passed, so that every one can be reached on purpose."""

from typing import Final

LOAD: Final = {
    "inbox.opened": 12,
    "inbox.decided": 12,
    "inbox.kept": 12,
    "inbox.repeated": 2,
    "change.before-persist": 12,
    "change.after-persist": 12,
    "change.posted": 8,
    "apply.heard": 12,
    "apply.guarded": 12,
    "apply.before-outbox": 12,
    "apply.after-outbox": 12,
    "apply.published": 12,
    "writer.before-answers": 12,
    "http.before-202": 12,
    "outbox.claimed": 3,
    "outbox.before-send": 8,
    "outbox.after-send": 8,
    "outbox.before-finish": 2,
    "outbox.after-finish": 2,
    "outbox.before-put-back": 2,
    "outbox.after-put-back": 2,
    "outbox.before-hold": 2,
    "outbox.after-hold": 2,
    "outbox.before-bury": 1,
    "outbox.after-bury": 1,
}
"""Passed while messages come and go: the process dies at one of so many passes, drawn by lot."""

FILE: Final = {"writer.begun": 12, "writer.before-commit": 12, "writer.after-commit": 12}
"""Passed besides if the wallet is a file, and likewise drawn by lot."""

SERVER: Final = {"server.begun": 12, "server.before-commit": 12, "server.after-commit": 12}
"""Passed besides if the wallet is in a database on a server, and likewise drawn by lot."""

POISON: Final = {"quarantine.before-keep": 2, "quarantine.after-keep": 2}
"""Passed, likewise, if among them are messages that make the agent fail."""

START: Final = ("serving.listening", "serving.hastened", "serving.forgotten", "clock.before-ring", "clock.after-ring")
"""Passed when an agent starts, and finds a timer that is due."""

STOP: Final = ("serving.stopping",)
"""Passed when an agent is asked to stop."""

FILE_STOP: Final = ("writer.before-close", "writer.after-close")
"""Likewise, if its wallet is a file."""

SERVER_STOP: Final = ("server.before-close", "server.after-close")
"""Likewise, if its wallet is in a database on a server."""

MAKE: Final = ("schema.statement", "schema.queues", "schema.shallow", "schema.said", "file.before-migration",
               "file.before-migrated", "file.after-migrated", "file.before-link", "file.after-link",
               "home.after-config", "config.before-replace")  # fmt: skip
"""Passed when a wallet is made."""

SECRET: Final = ("header.before-save", "header.after-save")
"""Passed when a passphrase is changed."""

COPY: Final = ("backup.before-rename", "restoring.before-commit")
"""Passed when a back-up is made, and when a wallet is made of one."""

MEDIATE: Final = ("mediator.granted", "mediator.updated", "mediator.held", "mediator.received")
"""Passed when a mediator takes messages for somebody who is not there, and hands them over."""

BEHIND: Final = ("mediation.taken-on", "mediation.before-register", "mediation.registered",
                 "link.before-acknowledging", "gathering.fresh", "gathering.rotated", "mediation.removed")  # fmt: skip
"""Passed by somebody who is reached through a mediator, and who moves to another."""

FANOUT: Final = ("campaigns.begun", "campaigns.filled", "campaigns.before-say", "campaigns.after-say")
"""Passed while one act is carried to many."""

BRIDGE: Final = ("bridges.before-deliver", "bridges.delivered", "bridges.moved-on", "bridges.carried-out")
"""Passed while an org's own systems are told, and what they do is carried out."""

MOVE: Final = ("transfer.before-mark", "transfer.marked", "transfer.before-page", "transfer.before-file-commit",
               "transfer.before-server-commit", "transfer.after-page", "transfer.compared", "transfer.left",
               "transfer.arrived")  # fmt: skip
"""Passed while a wallet is moved to another kind of store."""
