"""pgcli against a node that PGHOST and PGPORT name: what it runs, prints and completes, without its screen."""
import os
import threading

from pgcli.completion_refresher import CompletionRefresher
from pgcli.pgexecute import PGExecute
from pgspecial.main import PGSpecial
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

special = PGSpecial()
ex = PGExecute(database=os.environ["PGDATABASE"], user=os.environ["PGUSER"], host=os.environ["PGHOST"], port=os.environ["PGPORT"])


def run(text, fails=None):
    """Every statement's rows, and the status of the last."""
    rows, last = [], None
    for title, cur, headers, status, sql, success, is_special, *_ in ex.run(text, pgspecial=special, exception_formatter=str, on_error_resume=True):
        if fails:
            assert not success and fails in status, status
            return
        assert success, status
        rows += [tuple(map(str, r)) for r in cur] if cur is not None else []
        last = status
    return rows, last


# Definitions, writes, reads, a transaction, an error.
run("CREATE SCHEMA pc; CREATE TABLE pc.fruit (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', \"Odd one\" numeric(6,2))")
run("CREATE STREAM pc.sales (ts timestamptz, fruit text, n bigint); CREATE VIEW pc.dear AS SELECT id FROM pc.fruit WHERE \"Odd one\" > 2")
run("CREATE MATERIALIZED VIEW pc.sold AS SELECT fruit, sum(n) AS n FROM pc.sales GROUP BY fruit")
assert run("INSERT INTO pc.fruit VALUES (1, 'apple', 1.5), (2, 'pear', 2.5)")[1] == "INSERT 0 2"
assert run("SELECT id, name FROM pc.fruit ORDER BY id")[0] == [("1", "apple"), ("2", "pear")]
run("BEGIN; DELETE FROM pc.fruit; ROLLBACK")
assert run("SELECT count(*) FROM pc.fruit")[0] == [("2",)]
run("SELECT nothing FROM pc.fruit", fails='column "nothing" does not exist')

# Its own commands.
assert [r[1] for r in run("\\dt pc.*")[0]] == ["fruit", "sales"], run("\\dt pc.*")
assert [r[1] for r in run("\\dv pc.*")[0]] == ["dear"]
assert [r[1] for r in run("\\dm pc.*")[0]] == ["sold"]
assert [r[:2] for r in run("\\d pc.fruit")[0]] == [("id", "integer"), ("name", "text"), ("Odd one", "numeric(6,2)")], run("\\d pc.fruit")
assert ("pc", "vexstream") in [r[:2] for r in run("\\dn")[0]] or any(r[0] == "pc" for r in run("\\dn")[0])
for command in ("\\l", "\\du", "\\dx", "\\df", "\\dT", "\\di", "\\ds", "\\dp", "\\ddp", "\\db", "\\d", "\\d+ pc.fruit", "\\dt+", "\\sf pg_catalog.abs(bigint)"):
    for *_, success, is_special in (r[:7] for r in ex.run(command, pgspecial=special, exception_formatter=str, on_error_resume=True)):
        assert success, command

# What it completes, once it knows the catalog.
done, got = threading.Event(), []
CompletionRefresher().refresh(ex, special, lambda c: (got.append(c), done.set()))
assert done.wait(120), "the catalog was not read"


def complete(text):
    return {c.text for c in got[0].get_completions(Document(text, len(text)), CompleteEvent(), smart_completion=True)}


assert {"fruit", "sales"} <= complete("SELECT * FROM pc."), complete("SELECT * FROM pc.")
assert {"dear", "sold"} <= complete("SELECT * FROM pc."), complete("SELECT * FROM pc.")
assert {"id", "name", '"Odd one"'} <= complete("SELECT * FROM pc.fruit WHERE "), complete("SELECT * FROM pc.fruit WHERE ")
assert {"ts", "fruit", "n"} <= complete("SELECT * FROM pc.sales f WHERE f."), complete("SELECT * FROM pc.sales f WHERE f.")
assert "name" in complete("UPDATE pc.fruit SET na"), complete("UPDATE pc.fruit SET na")
assert any(c.startswith("jsonb_path_query(") for c in complete("SELECT pg_catalog.jsonb_path_q")), complete("SELECT pg_catalog.jsonb_path_q")
assert "generate_series()" in complete("SELECT * FROM generate_ser"), complete("SELECT * FROM generate_ser")
assert "TIMESTAMP" in complete("SELECT 1::timest"), complete("SELECT 1::timest")
assert "pc" in complete("DROP SCHEMA "), complete("DROP SCHEMA ")
assert os.environ["PGDATABASE"] in complete("\\c "), complete("\\c ")
