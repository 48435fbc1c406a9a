// postgres.js against a node that PGHOST and PGPORT name.
import assert from 'node:assert/strict'
import postgres from 'postgres'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const sql = postgres({ max: 4, onnotice: () => {} })
await sql`CREATE TABLE pjs (id bigint PRIMARY KEY, name text, tags text[], info jsonb, at timestamptz)`

const at = new Date('2026-01-01T00:00:00Z')
const [row] = await sql`SELECT ${true}::boolean AS b, ${7}::int AS i, ${'1152921504606846976'}::bigint AS l, ${0.5}::float8 AS f, ${'12.50'}::numeric AS n,
  ${"it's ü"}::text AS t, ${Buffer.from([0, 255])}::bytea AS y, ${at}::timestamptz AS ts, ${sql.json({ a: [1] })}::jsonb AS j, ${[1, 2]}::int[] AS ia,
  ${sql.array(['a', 'b'])}::text[] AS ta, ${null}::uuid AS u`
assert.deepEqual(row, { b: true, i: 7, l: '1152921504606846976', f: 0.5, n: '12.50', t: "it's ü", y: Buffer.from([0, 255]), ts: at, j: { a: [1] }, ia: [1, 2], ta: ['a', 'b'], u: null })

const rows = Array.from({ length: 200 }, (_, i) => ({ id: i, name: 'n' + i, tags: ['a', 'b'], info: { i }, at }))
assert.equal((await sql`INSERT INTO pjs ${sql(rows)}`).count, 200)
assert.equal((await sql`SELECT * FROM pjs WHERE id IN ${sql([1, 2, 3])} AND name = ANY(${['n1', 'n2']})`).length, 2)

await assert.rejects(sql`INSERT INTO pjs (id) VALUES (1)`, (e) => e.code === '23505' && e.constraint_name === 'pjs_pkey')
await assert.rejects(sql`SELECT * FROM nothing`, { code: '42P01' })
await sql.begin(async (tx) => {
  await tx`UPDATE pjs SET name = 'x' WHERE id = 1`
  await tx.savepoint((s) => s`SELECT 1/0`).catch(() => {})
  assert.equal((await tx`SELECT name FROM pjs WHERE id = 1`)[0].name, 'x')
})

await pipeline(Readable.from(['1000\tx\n', '1001\ty\n']), await sql`COPY pjs (id, name) FROM STDIN`.writable())
let text = ''
for await (const chunk of await sql`COPY (SELECT id, name FROM pjs WHERE id > 999 ORDER BY id) TO STDOUT`.readable()) text += chunk
assert.equal(text, '1000\tx\n1001\ty\n')

const ids = []
await sql`SELECT id FROM pjs`.cursor(50, (part) => ids.push(part.length))
assert.deepEqual(ids, [50, 50, 50, 50, 2])

const told = new Promise((resolve) => sql.listen('ch', resolve, () => sql.notify('ch', 'hello')))
assert.equal(await told, 'hello')

// A subscription through a cursor, a row at a time; breaking off closes its portal.
const seen = []
for await (const [change] of sql`SUBSCRIBE (SELECT count(*) AS n FROM pjs)`.cursor(1)) {
  seen.push([change._diff, change.n])
  if (seen.length === 1) await sql`INSERT INTO pjs (id) VALUES (2000)`
  if (seen.length === 3) break
}
assert.deepEqual(seen[0], ['1', '202'])
assert.deepEqual(seen.slice(1).sort(), [['-1', '202'], ['1', '203']])

const endless = sql`SUBSCRIBE (SELECT count(*) AS n FROM pjs)`
await assert.rejects(endless.forEach(() => endless.cancel()), { code: '57014' })
await sql.end({ timeout: 5 })
