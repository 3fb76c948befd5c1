"""The ledger's schema, one function per version, append-only: a released function never changes.

Money rules stand in the schema itself, so that no code path can forget them: a person may have one
open job per field, credits are whole and not negative, states are from the fixed lists.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

ledger_migrations = Migrations("syncd")

_FIRST = (
    # One per vendor account. `balance` is what the vendor last told, `halted` why buying stopped.
    """CREATE TABLE accounts (
        name TEXT PRIMARY KEY, balance INTEGER, balance_at TEXT, halted TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    # Worksheets met so far, so that a restart needs no look at the spreadsheet's outline.
    """CREATE TABLE worksheets (
        id INTEGER PRIMARY KEY, spreadsheet TEXT NOT NULL, sheet_id INTEGER NOT NULL,
        title TEXT NOT NULL, UNIQUE (spreadsheet, sheet_id)
    ) STRICT""",
    # Keys given to rows, with the fingerprint they were given for.
    """CREATE TABLE keys (
        worksheet INTEGER NOT NULL REFERENCES worksheets, key TEXT NOT NULL,
        fingerprint TEXT NOT NULL, given_at TEXT NOT NULL, PRIMARY KEY (worksheet, key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE batches (
        id TEXT PRIMARY KEY, account TEXT NOT NULL,
        worksheet INTEGER NOT NULL REFERENCES worksheets,
        request TEXT NOT NULL, kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('planned', 'list_ready', 'submitting', 'accepted',
            'in_doubt', 'parked', 'settled', 'refused', 'cancelled')),
        purchasing TEXT NOT NULL CHECK (purchasing IN ('dedicated', 'in-place')),
        list_id INTEGER, booked_day TEXT NOT NULL,
        reserved INTEGER NOT NULL CHECK (reserved >= 0),
        settled INTEGER NOT NULL CHECK (settled >= 0),
        created_at TEXT NOT NULL, submitted_at TEXT, not_before TEXT, attempts INTEGER NOT NULL,
        balance_before INTEGER, note TEXT NOT NULL
    ) STRICT""",
    # The open ones are few, however long the history.
    """CREATE INDEX batches_open ON batches (account, state)
        WHERE state IN ('planned', 'list_ready', 'submitting', 'accepted', 'in_doubt', 'parked')""",
    "CREATE INDEX batches_worksheet ON batches (worksheet, state)",
    "CREATE INDEX batches_request ON batches (request) WHERE request <> ''",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY, batch TEXT NOT NULL REFERENCES batches, account TEXT NOT NULL,
        prospect INTEGER NOT NULL, kind TEXT NOT NULL, field TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'found', 'missed', 'expired',
            'unrecognised', 'unknown', 'cancelled')),
        asked_by TEXT NOT NULL, value TEXT NOT NULL,
        credits INTEGER NOT NULL CHECK (credits >= 0),
        before_reading TEXT, before_value TEXT, last_reading TEXT, last_value TEXT, decided_at TEXT
    ) STRICT""",
    # Never pay twice: a second open wish for the same person and field cannot be recorded.
    """CREATE UNIQUE INDEX jobs_one_open ON jobs (account, prospect, field)
        WHERE state = 'waiting'""",
    "CREATE INDEX jobs_person ON jobs (account, prospect)",
    "CREATE INDEX jobs_batch ON jobs (batch)",
    # Every movement of credits, never changed afterwards. `day` is the day whose caps carry it.
    """CREATE TABLE entries (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, day TEXT NOT NULL, account TEXT NOT NULL,
        worksheet INTEGER NOT NULL, request TEXT NOT NULL, enrichment TEXT NOT NULL,
        batch TEXT NOT NULL REFERENCES batches,
        kind TEXT NOT NULL CHECK (kind IN ('reserve', 'settle', 'release')),
        credits INTEGER NOT NULL CHECK (credits > 0)
    ) STRICT""",
    "CREATE INDEX entries_day ON entries (account, day)",
    "CREATE INDEX entries_request ON entries (request) WHERE request <> ''",
    # What happened, in order, for people who ask.
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, spreadsheet TEXT NOT NULL, batch TEXT NOT NULL,
        event TEXT NOT NULL
    ) STRICT""",
    # People seen on the vendor's lists, with values it already held and shows for nothing.
    """CREATE TABLE prospects (
        account TEXT NOT NULL, id INTEGER NOT NULL, first_name TEXT NOT NULL,
        last_name TEXT NOT NULL, company TEXT NOT NULL, job_title TEXT NOT NULL,
        linkedin_url TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
        seen_at TEXT NOT NULL, PRIMARY KEY (account, id)
    ) STRICT, WITHOUT ROWID""",
    # List requests: what was imported for which row, and whom it chose.
    """CREATE TABLE imports (
        worksheet INTEGER NOT NULL REFERENCES worksheets, key TEXT NOT NULL,
        fingerprint TEXT NOT NULL, list_id INTEGER, problem TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (worksheet, key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE members (
        worksheet INTEGER NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL,
        prospect INTEGER NOT NULL, chosen INTEGER NOT NULL CHECK (chosen IN (0, 1)),
        appended INTEGER NOT NULL CHECK (appended IN (0, 1)),
        PRIMARY KEY (worksheet, key, position)
    ) STRICT, WITHOUT ROWID""",
    # The newest text of each owned cell: pending before the write leaves, sent once it was seen.
    # `previous` is the last one seen, so that either counts as ours while a write is in flight.
    """CREATE TABLE outbox (
        worksheet INTEGER NOT NULL REFERENCES worksheets, key TEXT NOT NULL, column TEXT NOT NULL,
        value TEXT NOT NULL, previous TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'sent')), at TEXT NOT NULL,
        PRIMARY KEY (worksheet, key, column)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX outbox_pending ON outbox (worksheet) WHERE state = 'pending'",
)


@ledger_migrations()
def m001_first(db: Database) -> None:
    """The first version. Times are ISO 8601 in UTC."""
    for statement in _FIRST:
        db.execute(statement)


@ledger_migrations()
def m002_late_looks(db: Database) -> None:
    """Settled batches that are looked at once more are few, however long the history."""
    db.execute(
        "CREATE INDEX batches_late ON batches (account, not_before) "
        "WHERE state = 'settled' AND not_before IS NOT NULL"
    )


_LIFE_OF_A_REQUEST = (
    # `position` is null for people of an earlier list: whom the request searched for "before", or
    # added to Leads, is remembered whatever list it names now.
    """CREATE TABLE people_of_requests (
        worksheet INTEGER NOT NULL, key TEXT NOT NULL, prospect INTEGER NOT NULL,
        position INTEGER, chosen TEXT NOT NULL CHECK (chosen IN ('no', 'now', 'before')),
        appended INTEGER NOT NULL CHECK (appended IN (0, 1)),
        PRIMARY KEY (worksheet, key, prospect)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO people_of_requests
        SELECT worksheet, key, prospect, MIN(position),
            CASE MAX(chosen) WHEN 1 THEN 'now' ELSE 'no' END, MAX(appended)
        FROM members GROUP BY worksheet, key, prospect""",
    "DROP TABLE members",
    "ALTER TABLE people_of_requests RENAME TO members",
    # Why nothing more is bought on the list itself; it was kept as a problem before.
    "ALTER TABLE imports ADD COLUMN stopped TEXT NOT NULL DEFAULT ''",
    "UPDATE imports SET stopped = problem, problem = '' WHERE problem LIKE 'Stopped: %'",
)


@ledger_migrations()
def m003_life_of_a_request(db: Database) -> None:
    """What a request has searched for and added survives its changes of list."""
    for statement in _LIFE_OF_A_REQUEST:
        db.execute(statement)


@ledger_migrations()
def m004_keys_looked_up(db: Database) -> None:
    """A row that lost its key is looked up by its person, a row from elsewhere by its key."""
    db.execute("CREATE INDEX keys_fingerprint ON keys (worksheet, fingerprint)")
    db.execute("CREATE INDEX keys_key ON keys (key)")


@ledger_migrations()
def m005_approvals(db: Database) -> None:
    """What stood beside a tick when it was first seen: that much a person has approved."""
    db.execute(
        """CREATE TABLE approvals (
            worksheet INTEGER NOT NULL REFERENCES worksheets, key TEXT NOT NULL,
            question TEXT NOT NULL, prices TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (worksheet, key)
        ) STRICT, WITHOUT ROWID"""
    )


_BIG_PASTES = (
    # Rows that came in great number at once; `ticked` where Approve came with them.
    """CREATE TABLE pasted (
        worksheet INTEGER NOT NULL REFERENCES worksheets, fingerprint TEXT NOT NULL,
        ticked INTEGER NOT NULL CHECK (ticked IN (0, 1)), at TEXT NOT NULL,
        PRIMARY KEY (worksheet, fingerprint)
    ) STRICT, WITHOUT ROWID""",
    "ALTER TABLE worksheets ADD COLUMN held_rows INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE worksheets ADD COLUMN held_credits INTEGER NOT NULL DEFAULT 0",
)


@ledger_migrations()
def m006_big_pastes(db: Database) -> None:
    """Who came in a big paste waits for somebody's word."""
    for statement in _BIG_PASTES:
        db.execute(statement)


@ledger_migrations()
def m007_matches(db: Database) -> None:
    """Whom a row without a Prospect ID was matched to; a namesake who comes later is not."""
    db.execute(
        """CREATE TABLE matches (
            worksheet INTEGER NOT NULL REFERENCES worksheets, key TEXT NOT NULL,
            fingerprint TEXT NOT NULL, prospect INTEGER NOT NULL, PRIMARY KEY (worksheet, key)
        ) STRICT, WITHOUT ROWID"""
    )


@ledger_migrations()
def m008_quotes(db: Database) -> None:
    """A list request is quoted before Start, and a tick in Start stands for its quote.

    Imports made before were made because Start was ticked.
    """
    for statement in (
        "ALTER TABLE imports ADD COLUMN quote TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE imports ADD COLUMN begun INTEGER NOT NULL DEFAULT 1 CHECK (begun IN (0, 1))",
        "ALTER TABLE approvals ADD COLUMN max_leads INTEGER",
        "ALTER TABLE approvals ADD COLUMN max_credits INTEGER",
        "ALTER TABLE approvals ADD COLUMN credits INTEGER",
    ):
        db.execute(statement)


@ledger_migrations()
def m009_values(db: Database) -> None:
    """Whom a value was found for is asked of each that nobody knows in its row."""
    db.execute("CREATE INDEX jobs_value ON jobs (account, value) WHERE value <> ''")


_BOUNDS = (
    # What bounded a purchase when it was booked, and again when it was about to be sent: the caps
    # then in force (null: none), in credits, and the cool-off in seconds. `entry` is the last entry
    # of that moment. Limits change, so nothing else can tell later whether one was passed.
    """CREATE TABLE bounds (
        id INTEGER PRIMARY KEY, batch TEXT NOT NULL REFERENCES batches, entry INTEGER NOT NULL,
        day TEXT NOT NULL, cap_day INTEGER, cap_month INTEGER, cap_worksheet INTEGER,
        cap_kind INTEGER, cap_request INTEGER, cool_off INTEGER
    ) STRICT""",
    "CREATE INDEX bounds_batch ON bounds (batch)",
    "INSERT INTO bounds (batch, entry, day) SELECT id, 0, booked_day FROM batches",
    # The audit asks for a batch's entries; without this it would go through all there are.
    "CREATE INDEX entries_batch ON entries (batch)",
    # Batches that changed since the audit last looked, whoever changed them, a human with another
    # program included: so a look costs what has changed, and never what has been.
    "CREATE TABLE touched (batch TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    *(
        f"CREATE TRIGGER {table}_{verb.lower()}_touches AFTER {verb} ON {table} "  # noqa: S608  (constants)
        f"BEGIN INSERT OR IGNORE INTO touched VALUES ({row}.{column}); END"
        for table, column in (("batches", "id"), ("jobs", "batch"), ("entries", "batch"))
        for verb, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old"))
    ),
    # What the audit found and a human has let pass, so that it stops nothing a second time.
    """CREATE TABLE waived (
        "check" TEXT NOT NULL, subject TEXT NOT NULL, says TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY ("check", subject, says)
    ) STRICT, WITHOUT ROWID""",
)


@ledger_migrations()
def m010_audit(db: Database) -> None:
    """What the audit needs, in order to be cheap and to know what bounded a purchase."""
    for statement in _BOUNDS:
        db.execute(statement)


_STATEMENT = (
    # Every balance that the vendor told, where it differs from the one before, with the last entry
    # that it knows of: what lies between two of them and is no entry of ours was somebody else's.
    """CREATE TABLE balances (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, account TEXT NOT NULL, balance INTEGER NOT NULL,
        entry INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX balances_account ON balances (account, id)",
    """INSERT INTO balances (at, account, balance, entry)
        SELECT balance_at, name, balance, COALESCE((SELECT MAX(id) FROM entries), 0)
        FROM accounts WHERE balance IS NOT NULL AND balance_at IS NOT NULL""",
    # Since when a person wished that what came to nothing before be searched for once more.
    "ALTER TABLE jobs ADD COLUMN again TEXT",
)


@ledger_migrations()
def m011_statement(db: Database) -> None:
    """What a statement needs in order to say by how much it differs from the vendor's balance."""
    for statement in _STATEMENT:
        db.execute(statement)


_LINEAGE = (
    # Which ledger this is, and how many purchases it has begun; and those of others that a human
    # has reconciled it with. A ledger that is behind what a sheet shows is a backup.
    """CREATE TABLE lineage (
        ledger TEXT PRIMARY KEY, epoch INTEGER NOT NULL, own INTEGER NOT NULL CHECK (own IN (0, 1))
    ) STRICT""",
    "INSERT INTO lineage SELECT lower(hex(randomblob(6))), COUNT(*), 1 FROM batches",
)


@ledger_migrations()
def m012_lineage(db: Database) -> None:
    """What tells a ledger from its backups and copies."""
    for statement in _LINEAGE:
        db.execute(statement)


@ledger_migrations()
def m013_latest_list(db: Database) -> None:
    """The latest list is asked for the balance while rows wait, however long the history."""
    db.execute(
        "CREATE INDEX batches_latest ON batches (account, created_at) WHERE list_id IS NOT NULL"
    )


_BRAKES = (
    # Where a job was bought, without its batch: asked for each of 50,000 people within a cycle.
    "ALTER TABLE jobs ADD COLUMN worksheet INTEGER REFERENCES worksheets",
    "UPDATE jobs SET worksheet = (SELECT b.worksheet FROM batches b WHERE b.id = jobs.batch)",
    # The latest answers of a kind on a worksheet, however long the history.
    """CREATE INDEX jobs_latest ON jobs (worksheet, kind, decided_at)
        WHERE credits > 0 AND state IN ('found', 'missed', 'expired', 'unrecognised')""",
    # What people call each spreadsheet, to say where a value was bought.
    "CREATE TABLE spreadsheets (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT",
    # Wishes to search once more for what was not found: kept as ticks are.
    """CREATE TABLE repeats (
        worksheet INTEGER NOT NULL REFERENCES worksheets, key TEXT NOT NULL,
        question TEXT NOT NULL, prices TEXT NOT NULL, at TEXT NOT NULL,
        max_leads INTEGER, max_credits INTEGER, credits INTEGER,
        PRIMARY KEY (worksheet, key)
    ) STRICT, WITHOUT ROWID""",
    # Kinds that are paused on a worksheet as too few were found; answers before `since` no longer
    # count, because somebody has let the kind go on.
    """CREATE TABLE brakes (
        worksheet INTEGER NOT NULL REFERENCES worksheets, kind TEXT NOT NULL,
        since TEXT NOT NULL, pulled_at TEXT, found INTEGER NOT NULL, size INTEGER NOT NULL,
        PRIMARY KEY (worksheet, kind)
    ) STRICT, WITHOUT ROWID""",
    # Answers that broke the contract, without secrets and personal data.
    """CREATE TABLE evidence (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, account TEXT NOT NULL, batch TEXT NOT NULL,
        why TEXT NOT NULL, answer TEXT NOT NULL
    ) STRICT""",
)


@ledger_migrations()
def m020_brakes(db: Database) -> None:
    """What brakes spending, what may be searched again, and which answers were broken."""
    for statement in _BRAKES:
        db.execute(statement)


@ledger_migrations()
def m021_marks(db: Database) -> None:
    """When the ledger was last backed up and audited, and whether it is a backup put in place."""
    db.execute(
        "CREATE TABLE marks (mark TEXT PRIMARY KEY, at TEXT NOT NULL, says TEXT NOT NULL) STRICT"
    )


_OVERVIEW = (
    # Since when syncd may buy for the account; null: it only plans. Who has bought may go on.
    "ALTER TABLE accounts ADD COLUMN armed_at TEXT",
    """INSERT INTO accounts (name, armed_at)
        SELECT account, MIN(created_at) FROM batches WHERE true GROUP BY account
        ON CONFLICT (name) DO UPDATE SET armed_at = excluded.armed_at""",
    # How each spreadsheet was when a cycle last passed over it: what else only that process knows.
    """CREATE TABLE conditions (
        spreadsheet TEXT PRIMARY KEY, at TEXT NOT NULL, looked_at TEXT, patience INTEGER NOT NULL,
        stands TEXT NOT NULL, hold TEXT NOT NULL, problems TEXT NOT NULL, since TEXT,
        cap_day INTEGER, cap_month INTEGER
    ) STRICT, WITHOUT ROWID""",
    # How many transactions changed something that a plan may hang on. SQLite's own data_version
    # would count conditions, too, and no sheet would ever be quiet.
    "CREATE TABLE changes (count INTEGER NOT NULL) STRICT",
    "INSERT INTO changes VALUES (0)",
)


@ledger_migrations()
def m022_overview(db: Database) -> None:
    """What the overview tells beside the books; and plan mode, which a new ledger begins in."""
    for statement in _OVERVIEW:
        db.execute(statement)


@ledger_migrations()
def m030_hooks(db: Database) -> None:
    """The digest of the token with which Seleqt may hint at a purchase; none other is kept."""
    db.execute(
        """CREATE TABLE hooks (
            batch TEXT PRIMARY KEY REFERENCES batches, digest TEXT NOT NULL UNIQUE,
            at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID"""
    )


_NOTICES = (
    # Troubles that are remembered: `told_at` is null until the operator was told, `gone_at` while
    # they last.
    """CREATE TABLE notices (
        id TEXT PRIMARY KEY, cause TEXT NOT NULL, says TEXT NOT NULL, since TEXT NOT NULL,
        told_at TEXT, gone_at TEXT
    ) STRICT, WITHOUT ROWID""",
    # When the latest message was delivered: one row.
    "CREATE TABLE messages (at TEXT) STRICT",
    "INSERT INTO messages VALUES (NULL)",
)


@ledger_migrations()
def m031_notices(db: Database) -> None:
    """What the operator was told, so that a restart does not repeat it."""
    for statement in _NOTICES:
        db.execute(statement)


@ledger_migrations()
def m032_recalled(db: Database) -> None:
    """Credits that a list request has spent, of which nothing but its row told a new ledger."""
    db.execute(
        """CREATE TABLE recalled (
            request TEXT PRIMARY KEY, credits INTEGER NOT NULL CHECK (credits > 0)
        ) STRICT, WITHOUT ROWID"""
    )


@ledger_migrations()
def m033_adopted(db: Database) -> None:
    """Keys that another ledger gave, and that no cycle has met yet, have no time: they are few."""
    db.execute("CREATE INDEX keys_adopted ON keys (worksheet) WHERE given_at = ''")


KNOWN = frozenset(
    step.__name__
    for step in (
        m001_first,
        m002_late_looks,
        m003_life_of_a_request,
        m004_keys_looked_up,
        m005_approvals,
        m006_big_pastes,
        m007_matches,
        m008_quotes,
        m009_values,
        m010_audit,
        m011_statement,
        m012_lineage,
        m013_latest_list,
        m020_brakes,
        m021_marks,
        m022_overview,
        m030_hooks,
        m031_notices,
        m032_recalled,
        m033_adopted,
    )
)
"""The versions this program knows. A ledger that has others is from a newer syncd."""
