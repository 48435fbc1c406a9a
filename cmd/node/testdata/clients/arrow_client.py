"""pyarrow through COPY (FORMAT arrow) of psycopg 3, against a node that PGHOST and PGPORT name."""
import datetime as dt
import decimal
import io

import psycopg
import pyarrow as pa

conn = psycopg.connect(autocommit=True)
UTC = dt.timezone.utc


def send(table, target):
    """Stores a table, and gives how many rows the server says there were."""
    buf = io.BytesIO()
    with pa.ipc.new_stream(buf, table.schema) as w:
        w.write_table(table, max_chunksize=1000)
    with conn.cursor() as cur:
        with cur.copy(f"COPY {target} FROM STDIN (FORMAT arrow)") as copy:
            copy.write(buf.getvalue())
        return cur.rowcount


def fetch(query):
    """Gives the rows of a query as a table."""
    with conn.cursor() as cur, cur.copy(f"COPY ({query}) TO STDOUT (FORMAT arrow)") as copy:
        return pa.ipc.open_stream(b"".join(copy)).read_all()


# Values of every type both ways.
conn.execute("""CREATE TABLE a (id int PRIMARY KEY, b boolean, i2 smallint, i8 bigint, f4 real, f8 double precision, n numeric(9,2), t text,
    d date, c time, ts timestamp, tz timestamptz, raw bytea, j jsonb, span interval, tags text[])""")
at = dt.datetime(2026, 1, 2, 3, 4, 5, 678901)
table = pa.table({
    "id": pa.array([1, 2], pa.int8()),
    "b": [True, None],
    "i2": pa.array([-7, None], pa.int64()),
    "i8": pa.array([1 << 60, None], pa.uint64()),
    "f4": pa.array([1.5, None], pa.float64()),
    "f8": [0.1, None],
    "n": pa.array([decimal.Decimal("12.345"), None], pa.decimal128(20, 3)),
    "t": pa.array(["grün", None]).dictionary_encode(),
    "d": [dt.date(2026, 2, 28), None],
    "c": [dt.time(1, 2, 3, 4), None],
    "ts": pa.array([at, None], pa.timestamp("us")),
    "tz": pa.array([at.replace(tzinfo=UTC), None], pa.timestamp("ns", "Asia/Tokyo")),
    "raw": pa.array([b"\x00\xff", None], pa.large_binary()),
    "j": pa.array(['{"k": [1, null]}', None], pa.large_string()),
    "span": pa.array([pa.MonthDayNano([1, 2, 3000]), None], pa.month_day_nano_interval()),
    "tags": ["{a,b}", None],
    "nobody's": [1, 2],
})
assert send(table, "a") == 2
back = fetch("SELECT * FROM a ORDER BY id")
assert back.schema.field("tz").type == pa.timestamp("us", "UTC"), back.schema
assert back.schema.field("f4").type == pa.float32(), back.schema
first, second = back.to_pylist()
assert first == {
    "id": 1, "b": True, "i2": -7, "i8": 1 << 60, "f4": 1.5, "f8": 0.1, "n": "12.35", "t": "grün", "d": dt.date(2026, 2, 28),
    "c": dt.time(1, 2, 3, 4), "ts": at, "tz": at.replace(tzinfo=UTC), "raw": b"\x00\xff", "j": '{"k": [1, null]}',
    "span": "1 mon 2 days 00:00:00.000003", "tags": "{a,b}",
}, first
assert set(second.values()) == {2, None}, second

# What came can be sent again.
conn.execute("CREATE TABLE again (LIKE a)")
assert send(back, "again") == 2
assert fetch("TABLE again ORDER BY id").equals(back)

# Many rows in several records, into a stream that a view follows.
conn.execute("CREATE STREAM s (ts timestamptz, k text, n bigint)")
conn.execute("CREATE MATERIALIZED VIEW v AS SELECT k, count(*) AS rows, sum(n)::bigint AS n FROM s GROUP BY k")
rows = 100_000
many = pa.table({
    "k": pa.array([f"key {i % 10}" for i in range(rows)]).dictionary_encode(),
    "n": pa.array(range(rows), pa.int32()),
    "ts": pa.array([at] * rows, pa.timestamp("ms", "UTC"), safe=False),
})
assert send(many, "s") == rows
got = fetch("SELECT k, rows, n FROM v ORDER BY k").to_pylist()
assert got == [{"k": f"key {i}", "rows": rows // 10, "n": sum(range(i, rows, 10))} for i in range(10)], got

# A row that cannot be stored stops all of them.
try:
    send(pa.table({"k": ["x", "y"], "n": ["1", "two"]}), "s")
except psycopg.errors.InvalidTextRepresentation as e:
    assert e.diag.context == "COPY s, row 2, column n", e.diag.context
else:
    raise AssertionError("a word became a number")
assert fetch("SELECT count(*) AS n FROM s").to_pylist() == [{"n": rows}]
print("good")
