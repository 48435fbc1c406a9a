"""psycopg 3 against a node that PGHOST and PGPORT name."""
import datetime as dt
import decimal
import threading
import uuid

import psycopg
from psycopg import sql
from psycopg.types.composite import CompositeInfo
from psycopg.types.json import Jsonb
from psycopg.types import TypeInfo

UTC = dt.timezone.utc
conn = psycopg.connect(autocommit=True)

# Definitions.
conn.execute("CREATE TABLE p3 (id bigint PRIMARY KEY, name text NOT NULL, tags text[], at timestamptz)")
conn.execute("CREATE STREAM p3s (ts timestamptz, k text, n bigint)")
conn.execute("CREATE MATERIALIZED VIEW p3v AS SELECT k, sum(n) AS n FROM p3s GROUP BY k")

# Values of every type, both ways, as text and as binary, in prepared statements.
values = [
    ("boolean", True), ("smallint", -7), ("integer", 1 << 30), ("bigint", -(1 << 60)), ("real", 1.5), ("double precision", 0.1),
    ("numeric", decimal.Decimal("-12345678901234567890.0123")), ("text", "grün 'x'"), ("varchar", "v"), ("bytea", b"\x00\xff"),
    ("date", dt.date(2026, 2, 28)), ("time", dt.time(1, 2, 3, 4)), ("timestamp", dt.datetime(1999, 12, 31, 23, 59, 59, 999999)),
    ("timestamptz", dt.datetime(2026, 1, 1, tzinfo=UTC)), ("interval", dt.timedelta(days=3, seconds=7, microseconds=1)),
    ("uuid", uuid.UUID(int=7)), ("integer[]", [1, None, 3]), ("text[]", ["a", 'b"c', None]), ("timestamptz[]", [dt.datetime(2026, 1, 1, tzinfo=UTC)]),
]
conn.execute("SET timezone = 'UTC'")
for binary in (False, True):
    cur = conn.cursor(binary=binary)
    for typ, v in values:
        for _ in range(2):
            q = sql.SQL("SELECT %b::{t}, %t::{t}" if typ not in ("json", "jsonb") else "SELECT %s::{t}, %s::{t}").format(t=sql.SQL(typ))
            got = cur.execute(q, (v, v), prepare=True).fetchone()
            assert got == (v, v), (typ, binary, got, v)
        assert cur.execute(sql.SQL("SELECT %s::{}").format(sql.SQL(typ)), (None,), prepare=True).fetchone() == (None,)
    assert cur.execute("SELECT %s::jsonb", (Jsonb({"a": [1, None]}),)).fetchone()[0] == {"a": [1, None]}

# A batch, a pipeline, COPY in both directions.
with conn.cursor() as cur:
    cur.executemany("INSERT INTO p3 VALUES (%s, %s, %s, %s)", [(i, f"n{i}", [str(i)], dt.datetime(2026, 1, 1, tzinfo=UTC)) for i in range(100)])
    assert cur.rowcount == 100, cur.rowcount
    cur.executemany("INSERT INTO p3 (id, name) VALUES (%s, %s) RETURNING id", [(1000, "a"), (1001, "b")], returning=True)
    assert cur.fetchone() == (1000,) and cur.nextset() and cur.fetchone() == (1001,)
with conn.pipeline():
    a = conn.execute("SELECT count(*) FROM p3")
    b = conn.execute("SELECT max(id) FROM p3 WHERE name = %s", ("b",))
assert a.fetchone() == (102,) and b.fetchone() == (1001,)
with conn.cursor() as cur:
    with cur.copy("COPY p3 (id, name, tags) FROM STDIN") as copy:
        for i in range(200, 300):
            copy.write_row((i, "tab\tand\nline", ["x", None]))
    with cur.copy("COPY p3 (id, name, tags) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int8", "text", "text[]"])
        for i in range(300, 400):
            copy.write_row((i, "b", ["y"]))
    with cur.copy("COPY (SELECT id, tags FROM p3 WHERE id IN (200, 300) ORDER BY id) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["int8", "text[]"])
        assert list(copy.rows()) == [(200, ["x", None]), (300, ["y"])]

# Transactions and savepoints.
with conn.transaction():
    conn.execute("UPDATE p3 SET name = 'in' WHERE id = 1")
    try:
        with conn.transaction():
            conn.execute("UPDATE p3 SET name = 'lost' WHERE id = 1")
            raise psycopg.Rollback()
    except psycopg.Rollback:
        pass
assert conn.execute("SELECT name FROM p3 WHERE id = 1").fetchone() == ("in",)

# A cursor of the server's.
with conn.transaction(), conn.cursor(name="c") as cur:
    cur.itersize = 50
    assert sum(1 for _ in cur.execute("SELECT * FROM p3")) == 302

# Errors by their class, with what they name.
for q, kind in [
    ("SELECT 1/0", psycopg.errors.DivisionByZero), ("SELECT * FROM nothing", psycopg.errors.UndefinedTable),
    ("SELEC 1", psycopg.errors.SyntaxError), ("INSERT INTO p3 (id, name) VALUES (1, 'x')", psycopg.errors.UniqueViolation),
    ("INSERT INTO p3 (id) VALUES (-1)", psycopg.errors.NotNullViolation), ("SELECT 'x'::int", psycopg.errors.InvalidTextRepresentation),
]:
    try:
        conn.execute(q)
        raise AssertionError(q)
    except kind as e:
        assert e.diag.message_primary and e.diag.sqlstate == kind.sqlstate
    except psycopg.Error as e:
        raise AssertionError((q, e.sqlstate, e)) from e
try:
    conn.execute("INSERT INTO p3 (id, name) VALUES (1, 'x')")
except psycopg.errors.UniqueViolation as e:
    assert e.diag.constraint_name == "p3_pkey" and e.diag.table_name == "p3", e.diag.constraint_name

# A subscription, ended by a cancel from another thread.
conn.execute("INSERT INTO p3s VALUES (now(), 'a', 1)")
follower = psycopg.connect(autocommit=True)
seen = []
try:
    with follower.cursor().copy("COPY (SUBSCRIBE p3v) TO STDOUT") as copy:
        copy.set_types(["text", "timestamptz", "int8", "text", "numeric"])
        for row in copy.rows():
            seen.append(row[2:])
            if len(seen) == 1:
                conn.execute("INSERT INTO p3s VALUES (now(), 'a', 2)")
            if len(seen) == 3:
                threading.Thread(target=follower.cancel).start()
    raise AssertionError("the subscription ended")
except psycopg.errors.QueryCanceled:
    pass
assert seen[0] == (1, "a", 1) and sorted(seen[1:3]) == [(-1, "a", 1), (1, "a", 3)], seen
assert follower.execute("SELECT 1").fetchone() == (1,)
with follower.transaction():
    follower.execute("DECLARE f CURSOR FOR SUBSCRIBE p3v")
    assert [r[2:] for r in follower.execute("FETCH 100 f WITH (timeout = '1s')")] == [(1, "a", 3)]

# A notification.
follower.execute("LISTEN ch")
conn.execute("SELECT pg_notify('ch', 'hello')")
note = next(follower.notifies(timeout=30))
assert (note.channel, note.payload) == ("ch", "hello")

# What it asks the catalog.
assert TypeInfo.fetch(conn, "timestamptz").oid == 1184
info = CompositeInfo.fetch(conn, "p3")
assert info.field_names == ["id", "name", "tags", "at"], info.field_names
assert conn.info.server_version // 10000 == 15
follower.close()
conn.close()
