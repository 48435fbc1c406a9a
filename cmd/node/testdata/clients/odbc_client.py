"""psqlODBC by way of pyodbc."""
import datetime as dt
import decimal
import glob
import os

import pyodbc

[driver] = glob.glob("/usr/lib/*/odbc/psqlodbcw.so")
where = f"Driver={driver};Server={os.environ['PGHOST']};Port={os.environ['PGPORT']};UID={os.environ['PGUSER']};Database={os.environ['PGDATABASE']};SSLmode=disable"
conn = pyodbc.connect(where, autocommit=True)
cur = conn.cursor()
cur.execute("CREATE TABLE od (id bigint PRIMARY KEY, name varchar(20) NOT NULL, price numeric(10,2), at timestamp)")
cur.execute("CREATE TABLE odc (id int PRIMARY KEY, od bigint REFERENCES od (id) ON DELETE CASCADE)")
cur.execute("CREATE VIEW odv AS SELECT id FROM od")

cur.executemany("INSERT INTO od VALUES (?, ?, ?, ?)", [(i, f"n{i}", decimal.Decimal("1.50"), dt.datetime(2026, 1, 1, 2, 3, 4)) for i in range(50)])
row = cur.execute("SELECT id, name, price, at, NULL::int, 1.5::float8, true, '\\x00ff'::bytea, '2026-01-01'::date FROM od WHERE id = ?", 7).fetchone()
assert tuple(row) == (7, "n7", decimal.Decimal("1.50"), dt.datetime(2026, 1, 1, 2, 3, 4), None, 1.5, "1", b"\x00\xff", dt.date(2026, 1, 1)), row

# The catalog, as the driver asks for it.
assert sorted((r.table_name, r.table_type) for r in cur.tables(schema="public", table="od%")) == [("od", "TABLE"), ("odc", "TABLE"), ("odv", "VIEW")]
assert [(r.column_name, r.type_name, r.nullable) for r in cur.columns(table="od", schema="public")] == [
    ("id", "int8", 0), ("name", "varchar", 0), ("price", "numeric", 1), ("at", "timestamp", 1)]
assert [r.column_name for r in cur.primaryKeys(table="od", schema="public")] == ["id"]
assert [(r.pktable_name, r.fkcolumn_name) for r in cur.foreignKeys(table="od", schema="public")] == [("od", "od")]
assert {r.index_name for r in cur.statistics(table="od", schema="public") if r.index_name} == {"od_pkey"}
assert "int8" in {r.type_name for r in cur.getTypeInfo()}
cur.procedures().fetchall()
assert conn.getinfo(pyodbc.SQL_DBMS_NAME) == "PostgreSQL" and conn.getinfo(pyodbc.SQL_DBMS_VER).startswith("15.")

# Errors, and a transaction that the driver rolls back.
for sql, state in (("SELECT 1/0", "22012"), ("SELECT * FROM nothing", "42P01"), ("INSERT INTO od (id, name) VALUES (1, 'x')", "23505")):
    try:
        cur.execute(sql)
        raise AssertionError(sql)
    except pyodbc.Error as e:
        assert e.args[0] == state, e
tx = pyodbc.connect(where)
tx.execute("DELETE FROM od")
tx.rollback()
assert tx.execute("SELECT count(*) FROM od").fetchone()[0] == 50

# A subscription, read with a cursor.
tx.execute("DECLARE c CURSOR FOR SUBSCRIBE (SELECT count(*) AS n FROM od)")
assert [r.n for r in tx.execute("FETCH 10 c WITH (timeout = '1s')")] == [50]
tx.rollback()
