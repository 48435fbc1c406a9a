"""ADBC's Flight SQL driver and pyarrow's Flight against a node whose address and token stand in FLIGHT and TOKEN."""
import os

import adbc_driver_flightsql.dbapi as dbapi
import pyarrow as pa
from adbc_driver_flightsql import DatabaseOptions
from adbc_driver_manager import OperationalError, ProgrammingError
from pyarrow import flight

uri, token = "grpc://" + os.environ["FLIGHT"], os.environ["TOKEN"]


def connect(**options):
    return dbapi.connect(uri, db_kwargs=options, autocommit=True)


with connect(**{DatabaseOptions.AUTHORIZATION_HEADER.value: "Bearer " + token}) as conn, conn.cursor() as cur:
    cur.execute("CREATE TABLE t (id bigint PRIMARY KEY, name text, at timestamptz, tags text[])")
    cur.execute("CREATE STREAM s (ts timestamptz, k text, n bigint)")
    cur.execute("CREATE MATERIALIZED VIEW v AS SELECT k, sum(n)::bigint AS n FROM s GROUP BY k")
    cur.execute("CREATE ROLE anna LOGIN PASSWORD 'secret'")
    cur.execute("GRANT SELECT ON t TO anna")

    # Parameters, one row of them and several.
    cur.execute("INSERT INTO t VALUES ($1, $2, '2026-01-02 03:04:05Z', $3)", (1, "grün", "{a,b}"))
    cur.executemany("INSERT INTO t (id, name) VALUES ($1, $2)", [(2, "two"), (3, None)])
    assert cur.rowcount == 2, cur.rowcount
    cur.execute("SELECT id, name, tags FROM t WHERE id >= $1 ORDER BY id", (2,))
    assert cur.fetchall() == [(2, "two", None), (3, None, None)]
    try:
        cur.executemany("INSERT INTO t (id) VALUES ($1)", [(4,), (1,)])
    except Exception as e:
        assert "23505" in str(e), e
    else:
        raise AssertionError("a key twice")
    cur.execute("SELECT count(*) FROM t")
    assert cur.fetchone() == (3,)
    cur.execute("SELECT at FROM t WHERE id = 1")
    assert cur.fetch_arrow_table().schema.field("at").type == pa.timestamp("us", "UTC")

    # Errors have the SQLSTATE.
    for text, code in [("SELEC 1", "42601"), ("SELECT 1/0", "22012"), ("TABLE nothing", "42P01"), ("SELECT 1; SELECT 2", "42601")]:
        try:
            cur.execute(text)
            cur.fetchall()
        except Exception as e:
            assert code in str(e), (text, e)
        else:
            raise AssertionError(text)

    # What there is.
    there = conn.adbc_get_objects(depth="columns", db_schema_filter="public").read_all().to_pylist()
    tables = {
        table["table_name"]: (table["table_type"], [c["column_name"] for c in table["table_columns"]])
        for schema in there[0]["catalog_db_schemas"] for table in schema["db_schema_tables"]
    }
    assert tables["t"] == ("TABLE", ["id", "name", "at", "tags"]), tables
    assert tables["s"][0] == "TABLE" and tables["v"] == ("MATERIALIZED VIEW", ["k", "n"]), tables
    assert set(conn.adbc_get_table_types()) == {"TABLE", "VIEW", "MATERIALIZED VIEW"}
    assert conn.adbc_get_table_schema("t").names == ["id", "name", "at", "tags"]
    assert conn.adbc_get_info()["vendor_name"] == "vexstream", conn.adbc_get_info()

# A role and its password; its rights are its own.
with connect(username="anna", password="secret") as conn, conn.cursor() as cur:
    cur.execute("SELECT current_user::text")
    assert cur.fetchone() == ("anna",)
    try:
        cur.execute("DELETE FROM t")
    except ProgrammingError as e:
        assert "42501" in str(e), e
    else:
        raise AssertionError("anna deletes")
for wrong in ({"username": "anna", "password": "wrong"}, {"username": "zoe", "password": "secret"}, {}):
    try:
        with connect(**wrong) as conn, conn.cursor() as cur:
            cur.execute("SELECT 1")
    except Exception as e:
        assert "28P01" in str(e) or "28000" in str(e), e
    else:
        raise AssertionError(wrong)

# Plain Flight: rows in and out by a relation's name.
client = flight.connect(uri)
options = flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token.encode()), (b"producer-id", b"p"), (b"producer-sequence", b"1")])
rows = 50_000
table = pa.table({"k": pa.array([f"key {i % 7}" for i in range(rows)]).dictionary_encode(), "n": range(rows)})
for repeated in (b'"repeated":false', b'"repeated":true'):
    writer, answers = client.do_put(flight.FlightDescriptor.for_path("s"), table.schema, options)
    writer.write_table(table, max_chunksize=10_000)
    writer.done_writing()
    answer = answers.read()
    assert repeated in answer.to_pybytes(), answer.to_pybytes()
    writer.close()
options = flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token.encode())])
info = client.get_flight_info(flight.FlightDescriptor.for_path("public", "v"), options)
got = client.do_get(info.endpoints[0].ticket, options).read_all().sort_by("k").to_pylist()
assert got == [{"k": f"key {i}", "n": sum(range(i, rows, 7))} for i in range(7)], got

# What is wrong with a row is said, and nothing of it is stored.
writer, answers = client.do_put(flight.FlightDescriptor.for_path("s"), pa.schema([("n", pa.string())]), options)
try:
    writer.write_table(pa.table({"n": ["1", "two"]}))
    writer.done_writing()
    answers.read()
    writer.close()
except Exception as e:
    assert "22P02" in str(e) and "row 2, column n" in str(e), e
else:
    raise AssertionError("a word became a number")
print("good")
