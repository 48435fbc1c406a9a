"""asyncpg, which speaks the protocol itself, in binary, and asks the catalog for each type that it does not know."""
import asyncio
import datetime as dt
import decimal
import os
import uuid

import asyncpg

UTC = dt.timezone.utc


async def types(c):
    values = [
        ("boolean", True), ("smallint", -7), ("integer", 1 << 30), ("bigint", -(1 << 60)), ("real", 1.5), ("double precision", 0.1),
        ("numeric", decimal.Decimal("-12345678901234567890.0123")), ("text", "grün 'x'"), ("bytea", b"\x00\xff"),
        ("date", dt.date(2026, 2, 28)), ("time", dt.time(1, 2, 3, 4)), ("timestamp", dt.datetime(1999, 12, 31, 23, 59, 59, 999999)),
        ("timestamptz", dt.datetime(2026, 1, 1, tzinfo=UTC)), ("interval", dt.timedelta(days=3, seconds=7, microseconds=1)),
        ("uuid", uuid.UUID(int=7)), ("jsonb", '{"a": 1}'), ("integer[]", [1, None, 3]), ("text[]", ["a", 'b"c', None]),
        ("timestamptz[]", [dt.datetime(2026, 1, 1, tzinfo=UTC)]),
    ]
    for typ, v in values:
        for arg in (v, None):
            assert await c.fetchval(f"SELECT $1::{typ}", arg) == arg, (typ, arg)
    # Rows have a type of their own, which is looked for in the catalog.
    row = await c.fetchrow("SELECT ROW(1, 'a'::text, NULL::int) AS r")
    assert tuple(row["r"]) == (1, "a", None), row
    row = await c.fetchval("SELECT a FROM ap a WHERE id = 1")
    assert row[0] == 1 and row[2] == ["x"], row
    rows = await c.fetchval("SELECT array_agg(a ORDER BY id) FROM ap a WHERE id < 3")
    assert [r[0] for r in rows] == [0, 1, 2], rows


async def work(c):
    await c.executemany("INSERT INTO ap VALUES ($1, $2, $3)", [(i, f"n{i}", ["x"]) for i in range(100)])
    assert await c.copy_records_to_table("ap", records=[(i, "c", None) for i in range(100, 200)], columns=["id", "name", "tags"]) == "COPY 100"
    await types(c)
    try:
        async with c.transaction():
            await c.execute("INSERT INTO ap VALUES (7, 'seven', NULL)")
        raise AssertionError("7 is there twice")
    except asyncpg.UniqueViolationError as e:
        assert e.constraint_name == "ap_pkey" and e.table_name == "ap", e.as_dict()
    async with c.transaction():
        assert sum([r["id"] async for r in c.cursor("SELECT id FROM ap WHERE id < $1 ORDER BY id", 150, prefetch=7)]) == 150 * 149 // 2
        try:
            async with c.transaction():  # a savepoint
                await c.execute("DELETE FROM ap")
                raise KeyError
        except KeyError:
            pass
        assert await c.fetchval("SELECT count(*) FROM ap") == 200
    s = await c.prepare("SELECT name, tags FROM ap WHERE id = $1 OR $1 IS NULL")
    assert [a.name for a in s.get_attributes()] == ["name", "tags"] and s.get_parameters()[0].name == "int8"
    assert (await s.fetchrow(5))["name"] == "n5"
    out = bytearray()

    async def take(data):
        out.extend(data)

    await c.copy_from_query("SELECT id FROM ap WHERE id < $1 ORDER BY id", 3, output=take, format="csv")
    assert out == b"0\n1\n2\n", out


async def follow(c, other):
    async with c.transaction():
        await c.execute("DECLARE f CURSOR FOR SUBSCRIBE (SELECT count(*) AS n FROM ap)")
        assert [r["n"] for r in await c.fetch("FETCH 10 f WITH (timeout = '1s')")] == [200]
    got = asyncio.Queue()
    await c.add_listener("ch", lambda conn, pid, channel, payload: got.put_nowait(payload))
    await other.execute("SELECT pg_notify('ch', $1)", "hello")
    assert await asyncio.wait_for(got.get(), 30) == "hello"
    await c.remove_listener("ch", lambda *a: None)
    try:  # the driver sends a cancel request of its own
        await c.execute("COPY (SUBSCRIBE ap) TO STDOUT", timeout=0.3)
    except (asyncio.TimeoutError, asyncpg.PostgresError):
        pass
    try:
        await c.fetch("SELECT count(*) FROM generate_series(1, 1000000000000)", timeout=0.3)
        raise AssertionError("the query is over")
    except asyncio.TimeoutError:
        pass
    assert await c.fetchval("SELECT 1") == 1


async def main():
    dsn = f"postgres://{os.environ['PGUSER']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}?sslmode=disable"
    c = await asyncpg.connect(dsn)
    await c.execute("CREATE TABLE ap (id bigint PRIMARY KEY, name varchar(20) NOT NULL, tags text[])")
    await work(c)
    other = await asyncpg.connect(dsn)
    await follow(c, other)
    await c.reload_schema_state()
    await c.reset()
    await other.close()
    await c.close()
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        assert await asyncio.gather(*(pool.fetchval("SELECT $1::int", i) for i in range(20))) == list(range(20))


asyncio.run(main())
