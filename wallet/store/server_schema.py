"""The tables on a server, as numbered migrations: those of schema.py, for many tenants in one database.

Every row says whose it is, and the database itself shows and gives it to nobody else: a connection is made for one
tenant, and a policy on every table compares. Names are blind under a key of each wallet, so two tenants never have the
same; where a name is one that everybody has, the tenant is part of the key.

Whatever belongs to one peer has that peer first in its key, so that the same tables can be spread by it. `place` is the
order in which rows were added. Where somebody goes on from the last place he has seen (events, messages held), places
are given out in the order of the commits: who adds such rows waits for whoever of this tenant does so already. Else he
might go past a row that is committed later with a smaller place, and never see it.
"""

from typing import Final

TENANT: Final = "current_setting('freerange.tenant')::integer"
_COLUMN: Final = f"tenant INTEGER NOT NULL DEFAULT {TENANT}"
_PLACE: Final = "place BIGINT GENERATED ALWAYS AS IDENTITY"
_ROOM: Final = "WITH (fillfactor = 70, toast_tuple_target = 8160)"  # rows that are altered stay on their page
_DENSE: Final = "WITH (toast_tuple_target = 8160)"  # sealed rows cannot be compressed, and are in one piece up to 8 KB

TABLES: Final = {
    "meta": f"(name TEXT NOT NULL, value BYTEA NOT NULL, {_COLUMN}, PRIMARY KEY (tenant, name))",
    "peer": f"(peer BYTEA PRIMARY KEY, version BIGINT NOT NULL, sealed BYTEA NOT NULL, {_COLUMN}) {_ROOM}",
    "did": f"(did BYTEA PRIMARY KEY, peer BYTEA NOT NULL, sealed BYTEA NOT NULL, {_COLUMN})",
    "heard": "(peer BYTEA, id BYTEA, digest BYTEA NOT NULL, forget_at BIGINT NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (peer, id))",
    "thread": "(peer BYTEA, thid BYTEA, version BIGINT NOT NULL, open BIGINT NOT NULL, sealed BYTEA NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (peer, thid)) {_ROOM}",
    "log": f"({_PLACE}, peer BYTEA, thid BYTEA, ours BIGINT, id BYTEA, at BIGINT NOT NULL, sealed BYTEA NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (peer, thid, ours, id)) {_DENSE}",
    "item": f"({_PLACE}, kind BYTEA, id BYTEA, peer BYTEA NOT NULL, tag BYTEA NOT NULL, revision BIGINT NOT NULL,"
    f" sealed BYTEA NOT NULL, {_COLUMN}, PRIMARY KEY (kind, id)) {_ROOM}",
    "question": "(peer BYTEA, id BYTEA, at BIGINT NOT NULL, sealed BYTEA NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (peer, id)) {_DENSE}",
    "timer": "(peer BYTEA, thid BYTEA, name BYTEA, at BIGINT NOT NULL, sealed BYTEA NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (peer, thid, name))",
    "outgoing": f"({_PLACE}, peer BYTEA, id BYTEA, due BIGINT NOT NULL, until BIGINT NOT NULL,"
    f" held BIGINT NOT NULL DEFAULT 0, sealed BYTEA NOT NULL, {_COLUMN}, PRIMARY KEY (peer, id)) {_DENSE}",
    "dead": f"({_PLACE}, peer BYTEA, id BYTEA, at BIGINT NOT NULL, sealed BYTEA NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (peer, id)) {_DENSE}",
    "signed": f"({_PLACE}, peer BYTEA, digest BYTEA, object BYTEA NOT NULL, ours BIGINT NOT NULL, seq BIGINT NOT NULL,"
    f" at BIGINT NOT NULL, sealed BYTEA NOT NULL, {_COLUMN}, PRIMARY KEY (peer, digest)) {_DENSE}",
    "account": f"(peer BYTEA PRIMARY KEY, closed BIGINT NOT NULL, sealed BYTEA NOT NULL, {_COLUMN})",
    "route": f"(did BYTEA PRIMARY KEY, account BYTEA NOT NULL, sealed BYTEA NOT NULL, {_COLUMN})",
    "held": f"({_PLACE}, account BYTEA, recipient BYTEA NOT NULL, id BYTEA, sender BYTEA, size BIGINT NOT NULL,"
    " arrived BIGINT NOT NULL, due BIGINT NOT NULL, expires BIGINT NOT NULL, sealed BYTEA NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (account, id)) {_DENSE}",
    "queue": "(account BYTEA, recipient BYTEA, messages BIGINT NOT NULL, bytes BIGINT NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (tenant, account, recipient)) WITH (fillfactor = 50)",
    "quarantine": f"({_PLACE}, mark BYTEA PRIMARY KEY, size BIGINT NOT NULL, at BIGINT NOT NULL,"
    f" sealed BYTEA NOT NULL, {_COLUMN})",
    "event": f"({_PLACE}, id BYTEA PRIMARY KEY, subject BYTEA NOT NULL, at BIGINT NOT NULL, sealed BYTEA NOT NULL,"
    f" {_COLUMN}) {_DENSE}",
    "campaign": "(campaign BYTEA PRIMARY KEY, version BIGINT NOT NULL, running BIGINT NOT NULL, at BIGINT NOT NULL,"
    f" sealed BYTEA NOT NULL, {_COLUMN})",
    "recipient": "(campaign BYTEA, thread BYTEA, state BYTEA NOT NULL, at BIGINT, chosen BIGINT NOT NULL,"
    f" revision BIGINT NOT NULL, sealed BYTEA NOT NULL, {_COLUMN}, PRIMARY KEY (campaign, thread)) {_ROOM}",
    "commits": "(writer BIGINT, number BIGINT NOT NULL,"
    f" {_COLUMN}, PRIMARY KEY (tenant, writer)) WITH (fillfactor = 25)",
}
"""The tables, each with what makes it. `commits`: how often each writer has committed, so that who looks can tell."""

_INDEXES: Final = (
    "did_by_peer ON did (peer)",
    "thread_by_thid ON thread (thid)",
    "log_by_place ON log (tenant, place)",
    "log_by_side ON log (tenant, ours, at, place)",
    "log_by_peer ON log (peer, ours, at, place)",
    "item_by_peer ON item (peer, kind, place)",
    "item_by_tag ON item (kind, tag, place)",
    "item_by_kind ON item (kind, place)",
    "question_by_id ON question (id)",
    "timer_by_time ON timer (tenant, at)",
    "timer_by_name ON timer (name, at, thid)",
    "outgoing_by_time ON outgoing (tenant, due, place)",
    "outgoing_by_place ON outgoing (tenant, place)",
    "outgoing_held ON outgoing (peer) WHERE held = 1",
    "dead_by_place ON dead (tenant, place)",
    "signed_by_number ON signed (peer, ours, seq)",
    "signed_by_object ON signed (peer, object)",
    "signed_by_peer ON signed (peer, place)",
    "signed_by_side ON signed (tenant, ours, place)",
    "signed_by_place ON signed (tenant, place)",
    "route_by_account ON route (account, did)",
    "held_by_account ON held (account, place)",
    "held_by_recipient ON held (account, recipient, place)",
    "held_by_sender ON held (account, recipient, sender) WHERE sender IS NOT NULL",
    "held_by_expiry ON held (tenant, expires)",
    "held_by_place ON held (tenant, place)",
    "held_for_later ON held (account, recipient, due) WHERE due > arrived",
    "quarantine_by_place ON quarantine (tenant, place)",
    "event_by_place ON event (tenant, place)",
    "event_by_subject ON event (subject, place)",
    "event_by_time ON event (tenant, at)",
    "recipient_by_state ON recipient (campaign, state, thread)",
    "recipient_by_time ON recipient (campaign, at, thread) WHERE at IS NOT NULL",
)

_ORDER: Final = (
    "CREATE FUNCTION in_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" PERFORM pg_advisory_xact_lock(TG_RELID::integer, {TENANT}); RETURN NULL; END $$",
    "CREATE TRIGGER event_in_order BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION in_order()",
    "CREATE TRIGGER held_in_order BEFORE INSERT ON held FOR EACH STATEMENT EXECUTE FUNCTION in_order()",
)

_COUNTS: Final = (
    "CREATE FUNCTION held_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO queue (account, recipient, messages, bytes) VALUES (NEW.account, NEW.recipient, 1, NEW.size),"
    " (NEW.account, ''::bytea, 1, NEW.size), (''::bytea, ''::bytea, 1, NEW.size)"
    " ON CONFLICT (tenant, account, recipient)"
    " DO UPDATE SET messages = queue.messages + 1, bytes = queue.bytes + excluded.bytes; RETURN NULL; END $$",
    "CREATE FUNCTION held_less() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " UPDATE queue SET messages = messages - 1, bytes = bytes - OLD.size"
    " WHERE account = OLD.account AND recipient IN (OLD.recipient, ''::bytea);"
    " UPDATE queue SET messages = messages - 1, bytes = bytes - OLD.size"
    " WHERE account = ''::bytea AND recipient = ''::bytea;"
    " DELETE FROM queue WHERE account = OLD.account AND recipient IN (OLD.recipient, ''::bytea) AND messages = 0;"
    " RETURN NULL; END $$",
    "CREATE TRIGGER held_more AFTER INSERT ON held FOR EACH ROW EXECUTE FUNCTION held_more()",
    "CREATE TRIGGER held_less AFTER DELETE ON held FOR EACH ROW EXECUTE FUNCTION held_less()",
)


def _walls(table: str, own: str) -> tuple[str, ...]:
    """What shows and gives the rows of a table to their tenant alone, the owner of the table not excepted."""
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own ON {table} USING ({own})",
    )


_FIRST: Final = (
    "CREATE TABLE tenant (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    *_walls("tenant", "name = current_setting('freerange.name')"),
    *(f"CREATE TABLE {table} {columns}" for table, columns in TABLES.items()),
    *(
        f"ALTER TABLE {table} ALTER COLUMN sealed SET STORAGE EXTERNAL"
        for table, columns in TABLES.items()
        if " sealed " in columns
    ),
    *(f"CREATE INDEX {index}" for index in _INDEXES),
    "CREATE UNIQUE INDEX recipient_chosen ON recipient (campaign) WHERE chosen = 1",
    *_ORDER,
    *_COUNTS,
    *(each for table in TABLES for each in _walls(table, f"tenant = {TENANT}")),
)

LATER: Final = {
    "line": f"(peer BYTEA, worker BIGINT, since BIGINT NOT NULL, {_COLUMN}, PRIMARY KEY (peer, worker))",
}
"""Tables that came with a later migration. `line`: which of several processes has a live line to a peer."""

_SECOND: Final = (
    f"CREATE TABLE line {LATER['line']}",
    *_walls("line", f"tenant = {TENANT}"),
)

_THIRD: Final = ("CREATE INDEX heard_by_time ON heard (tenant, forget_at)",)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST, _SECOND, _THIRD)
"""Migration n brings a database from schema n - 1 to n. Never edited once released; each is one transaction.

Agents of the program before may be at work meanwhile, other tenants' too, and go on afterwards: what a migration alters
may only be more than they know of.
"""
