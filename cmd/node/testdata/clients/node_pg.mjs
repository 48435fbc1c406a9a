// node-postgres against a node that PGHOST and PGPORT name.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

const pool = new pg.Pool({ max: 4 })
const q = (text, values) => pool.query(text, values)
await q('CREATE TABLE njs (id bigint PRIMARY KEY, name text, at timestamptz, info jsonb, tags text[])')

// Values of every type as parameters of a named, prepared statement.
const values = [true, 7, '1152921504606846976', 0.5, '12.50', "it's ü", Buffer.from([0, 255]), '2026-02-28', new Date('2026-01-01T00:00:00Z'), { a: [1] }, [1, 2], ['a', null], null]
const types = ['boolean', 'int', 'bigint', 'float8', 'numeric', 'text', 'bytea', 'text', 'timestamptz', 'jsonb', 'int[]', 'text[]', 'uuid']
for (let i = 0; i < 2; i++) {
  const r = await q({ name: 'all', text: 'SELECT ' + types.map((t, i) => `$${i + 1}::${t} AS c${i}`).join(', '), values })
  assert.deepEqual(Object.values(r.rows[0]), values)
  assert.deepEqual(r.fields.slice(0, 3).map((f) => f.dataTypeID), [16, 23, 20])
}

// A batch, in a transaction.
const c = await pool.connect()
await c.query('BEGIN')
await c.query('INSERT INTO njs (id, name) SELECT * FROM unnest($1::bigint[], $2::text[])', [[1, 2, 3], ['a', 'b', 'c']])
await c.query('SAVEPOINT s')
await assert.rejects(c.query('INSERT INTO njs (id) VALUES (1)'), (e) => e.code === '23505' && e.constraint === 'njs_pkey' && e.table === 'njs')
await c.query('ROLLBACK TO s')
await c.query('COMMIT')
await assert.rejects(q('SELECT 1/0'), { code: '22012' })
await assert.rejects(q('SELECT * FROM nothing'), { code: '42P01', position: '15' })
const many = await c.query('SELECT 1 AS a; SELECT 2 AS b')
assert.deepEqual(many.map((r) => r.rows[0]), [{ a: 1 }, { b: 2 }])

// COPY in and out.
await pipeline(Readable.from(['10\tx\n', '11\ty\n']), c.query(copyFrom('COPY njs (id, name) FROM STDIN')))
let text = ''
for await (const chunk of c.query(copyTo('COPY (SELECT id, name FROM njs WHERE id > 9 ORDER BY id) TO STDOUT WITH (FORMAT csv)'))) text += chunk
assert.equal(text, '10,x\n11,y\n')

// A notification.
await c.query('LISTEN ch')
const told = once(c, 'notification')
await q("NOTIFY ch, 'hello'")
assert.equal((await told)[0].payload, 'hello')

// A subscription: rows come as they are made; another connection cancels it.
const follower = new pg.Client()
await follower.connect()
const seen = []
const query = new pg.Query('SUBSCRIBE (SELECT count(*) AS n FROM njs)')
const ended = new Promise((resolve) => query.on('error', resolve))
query.on('row', (row) => {
  seen.push([row._diff, row.n])
  if (seen.length === 1) q("INSERT INTO njs (id) VALUES (20)")
  if (seen.length === 3) new pg.Client().cancel(follower, query)
})
follower.query(query)
assert.equal((await ended).code, '57014')
assert.deepEqual(seen[0], ['1', '5'])
assert.deepEqual(seen.slice(1).sort(), [['-1', '5'], ['1', '6']])
assert.equal((await follower.query('SELECT 1 AS a')).rows[0].a, 1)
await follower.query('BEGIN')
await follower.query('DECLARE f CURSOR FOR SUBSCRIBE (SELECT count(*) AS n FROM njs)')
assert.equal((await follower.query("FETCH 10 f WITH (timeout = '1s')")).rows[0].n, '6')
await follower.end()
c.release()
await pool.end()
