"""psycopg2 against a node that PGHOST and PGPORT name."""
import datetime as dt
import decimal
import io
import threading

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras

UTC = dt.timezone.utc
conn = psycopg2.connect("")
cur = conn.cursor()
cur.execute("CREATE TABLE p2 (id bigint PRIMARY KEY, name text, tags text[])")
conn.commit()
psycopg2.extras.execute_values(cur, "INSERT INTO p2 VALUES %s", [(i, "n", ["a", None]) for i in range(1000)])
psycopg2.extras.execute_batch(cur, "UPDATE p2 SET name = %s WHERE id = %s", [("m", i) for i in range(10)])
conn.commit()

cur.execute("SET timezone = 'UTC'")
values = [
    True, -7, 1 << 60, decimal.Decimal("12.50"), "it's", dt.date(2026, 2, 28), dt.time(1, 2, 3, 4),
    dt.datetime(1999, 12, 31, 23, 59), dt.datetime(2026, 1, 1, tzinfo=UTC), dt.timedelta(days=3, seconds=7), [1, 2], ["a", None], None,
]
cur.execute("SELECT " + ", ".join(["%s"] * len(values)), values)
got = list(cur.fetchone())
assert got == values, got
cur.execute("SELECT %s::bytea, %s::jsonb, '{1,NULL}'::int[]", (b"\x00\xff", psycopg2.extras.Json({"a": 1})))
row = cur.fetchone()
assert bytes(row[0]) == b"\x00\xff" and row[1] == {"a": 1} and row[2] == [1, None], row
conn.commit()

cur.copy_expert("COPY p2 (id, name) FROM STDIN WITH (FORMAT csv)", io.StringIO("2000,x\n2001,\"y,z\"\n"))
cur.copy_from(io.StringIO("2002\tw\n"), "p2", columns=("id", "name"))
out = io.StringIO()
cur.copy_expert("COPY (SELECT id, name FROM p2 WHERE id > 1999 ORDER BY id) TO STDOUT WITH (FORMAT csv)", out)
assert out.getvalue() == '2000,x\n2001,"y,z"\n2002,w\n', out.getvalue()
conn.commit()

with conn, conn.cursor("named") as named:
    named.itersize = 100
    named.execute("SELECT id FROM p2")
    assert sum(1 for _ in named) == 1003

try:
    cur.execute("INSERT INTO p2 VALUES (1)")
    raise AssertionError("a key twice")
except psycopg2.errors.UniqueViolation as e:
    assert e.pgcode == "23505" and e.diag.constraint_name == "p2_pkey"
assert conn.get_transaction_status() == psycopg2.extensions.TRANSACTION_STATUS_INERROR
conn.rollback()

with conn.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as d:
    d.execute("SELECT id, name FROM p2 WHERE id = 1")
    assert d.fetchone() == {"id": 1, "name": "m"}
conn.commit()

follower = psycopg2.connect("")
f = follower.cursor()


class Lines(io.TextIOBase):
    """Takes what COPY gives, and cancels once there is something."""

    def __init__(self):
        self.text = ""

    def write(self, s):
        if not self.text:
            threading.Thread(target=follower.cancel).start()
        self.text += s
        return len(s)


lines = Lines()
try:
    f.copy_expert("COPY (SUBSCRIBE (SELECT count(*) FROM p2)) TO STDOUT", lines)
    raise AssertionError("the subscription ended")
except psycopg2.errors.QueryCanceled:
    assert lines.text.split("\n")[0].endswith("\t1\t1003"), lines.text
follower.rollback()

follower.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
f.execute("LISTEN ch")
cur.execute("NOTIFY ch, 'hello'")
conn.commit()
while not follower.notifies:
    f.execute("SELECT 1")
    follower.poll()
assert follower.notifies[0].payload == "hello"
follower.close()
conn.close()
