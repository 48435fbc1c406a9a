package flight

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/flight"
	"github.com/apache/arrow/go/v17/arrow/flight/flightsql"
	"github.com/apache/arrow/go/v17/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/lex"
)

// maxListed is how many relations a listing has.
const maxListed = 10_000

// What clients list, as queries. A parameter that is null asks for all; patterns are those of LIKE.
const (
	schemasQuery = `SELECT current_database()::text, n.nspname::text FROM pg_namespace n
WHERE ($1::text IS NULL OR current_database() = $1) AND ($2::text IS NULL OR n.nspname LIKE $2) ORDER BY 2`

	tablesQuery = `SELECT current_database()::text, n.nspname::text, c.relname::text, k.kind
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN (VALUES ('r', 'TABLE'), ('p', 'TABLE'), ('v', 'VIEW'), ('m', 'MATERIALIZED VIEW')) k(code, kind) ON k.code = c.relkind::text
WHERE ($1::text IS NULL OR current_database() = $1) AND ($2::text IS NULL OR n.nspname LIKE $2)
  AND ($3::text IS NULL OR c.relname LIKE $3) AND ($4::text IS NULL OR k.kind = ANY ($4::text[]))
ORDER BY 4, 1, 2, 3`

	keysQuery = `SELECT current_database()::text, n.nspname::text, c.relname::text, a.attname::text, u.place::int, k.conname::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS u(num, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num
WHERE k.contype::text = 'p' AND ($1::text IS NULL OR current_database() = $1) AND n.nspname = coalesce($2::text, current_schema()) AND c.relname = $3::text
ORDER BY u.place`
)

// describe says what the server is and can do.
func (t *statements) describe() {
	for id, is := range map[flightsql.SqlInfo]any{
		flightsql.SqlInfoFlightSqlServerName:         "vexstream",
		flightsql.SqlInfoFlightSqlServerVersion:      t.s.cfg.Version,
		flightsql.SqlInfoFlightSqlServerArrowVersion: "1.5",
		flightsql.SqlInfoFlightSqlServerReadOnly:     false,
		flightsql.SqlInfoFlightSqlServerSql:          true,
		flightsql.SqlInfoFlightSqlServerSubstrait:    false,
		flightsql.SqlInfoFlightSqlServerTransaction:  int32(flightsql.SqlTransactionNone),
		flightsql.SqlInfoDDLCatalog:                  false,
		flightsql.SqlInfoDDLSchema:                   true,
		flightsql.SqlInfoDDLTable:                    true,
		flightsql.SqlInfoIdentifierQuoteChar:         `"`,
	} {
		if err := t.RegisterSqlInfo(id, is); err != nil {
			t.s.cfg.Journal.Error("Flight does not say what the server is", "info", id, "err", err)
		}
	}
}

// GetFlightInfoCatalogs is for the one database.
func (t *statements) GetFlightInfoCatalogs(_ context.Context, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(desc, desc.Cmd, schema_ref.Catalogs), nil
}

// DoGetCatalogs names the one database.
func (t *statements) DoGetCatalogs(ctx context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return t.listed(ctx, "SELECT current_database()::text", schema_ref.Catalogs)
}

// GetFlightInfoSchemas is for the schemas.
func (t *statements) GetFlightInfoSchemas(_ context.Context, _ flightsql.GetDBSchemas, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(desc, desc.Cmd, schema_ref.DBSchemas), nil
}

// DoGetDBSchemas names the schemas.
func (t *statements) DoGetDBSchemas(ctx context.Context, q flightsql.GetDBSchemas) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return t.listed(ctx, schemasQuery, schema_ref.DBSchemas, q.GetCatalog(), q.GetDBSchemaFilterPattern())
}

// GetFlightInfoTableTypes is for the kinds of relations.
func (t *statements) GetFlightInfoTableTypes(_ context.Context, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(desc, desc.Cmd, schema_ref.TableTypes), nil
}

// DoGetTableTypes names the kinds of relations. Streams are tables, as in the catalogs.
func (t *statements) DoGetTableTypes(ctx context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return t.listed(ctx, "VALUES ('TABLE'), ('VIEW'), ('MATERIALIZED VIEW')", schema_ref.TableTypes)
}

// GetFlightInfoPrimaryKeys is for the columns of a table's primary key.
func (t *statements) GetFlightInfoPrimaryKeys(_ context.Context, _ flightsql.TableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return info(desc, desc.Cmd, schema_ref.PrimaryKeys), nil
}

// DoGetPrimaryKeys names the columns of a table's primary key.
func (t *statements) DoGetPrimaryKeys(ctx context.Context, q flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return t.listed(ctx, keysQuery, schema_ref.PrimaryKeys, q.Catalog, q.DBSchema, &q.Table)
}

// GetFlightInfoTables is for the relations.
func (t *statements) GetFlightInfoTables(_ context.Context, q flightsql.GetTables, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	if q.GetIncludeSchema() {
		return info(desc, desc.Cmd, schema_ref.TablesWithIncludedSchema), nil
	}
	return info(desc, desc.Cmd, schema_ref.Tables), nil
}

// DoGetTables names the relations, with their columns if the client wants them.
func (t *statements) DoGetTables(ctx context.Context, q flightsql.GetTables) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	params := []*string{q.GetCatalog(), q.GetDBSchemaFilterPattern(), q.GetTableNameFilterPattern(), anyOf(q.GetTableTypes())}
	if !q.GetIncludeSchema() {
		return t.listed(ctx, tablesQuery, schema_ref.Tables, params...)
	}
	_, names, err := t.listed(ctx, tablesQuery, schema_ref.Tables, params...)
	if err != nil {
		return nil, nil, err
	}
	rows := array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.TablesWithIncludedSchema)
	for c := range names {
		if c.Err == nil && rows.Field(0).Len() < maxListed {
			c.Err = t.addTables(ctx, rows, c.Data)
		}
		if c.Err != nil {
			err = c.Err // the rest is read, so that who sends it ends
		}
	}
	if err != nil {
		return nil, nil, statusOf(err)
	}
	to := make(chan flight.StreamChunk, 1)
	to <- flight.StreamChunk{Data: rows.NewRecord()}
	close(to)
	return schema_ref.TablesWithIncludedSchema, to, nil
}

// addTables adds relations with their columns. One that is gone by now is left out.
func (t *statements) addTables(ctx context.Context, to *array.RecordBuilder, names arrow.Record) error {
	text := func(col, row int) string { return names.Column(col).(*array.String).Value(row) }
	for i := range int(names.NumRows()) {
		s, err := t.schemaOf(ctx, "TABLE "+lex.QuoteName(text(1, i))+"."+lex.QuoteName(text(2, i)))
		switch sqlerr.CodeOf(err) {
		case sqlerr.UndefinedTable, sqlerr.InsufficientPrivilege, sqlerr.FeatureNotSupported:
			continue
		}
		if err != nil {
			return err
		}
		for c := range 4 {
			to.Field(c).(*array.StringBuilder).Append(text(c, i))
		}
		to.Field(4).(*array.BinaryBuilder).Append(serialized(s))
	}
	return nil
}

// listed runs a query over texts, of which nil is null, and gives its rows in a schema that Flight SQL wants.
func (t *statements) listed(ctx context.Context, text string, as *arrow.Schema, params ...*string) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	if len(params) == 0 {
		return t.query(ctx, text, nil, as)
	}
	schema, row := make(batch.Schema, len(params)), batch.Batch{N: 1}
	for i, p := range params {
		schema[i].Type = types.Text
		b := batch.NewBuilder(types.Text, 1)
		if p == nil {
			b.Null()
		} else {
			b.String(*p)
		}
		row.Cols = append(row.Cols, b.Finish())
	}
	sent, err := inStream(schema, &row)
	if err != nil {
		return nil, nil, statusOf(err)
	}
	return t.query(ctx, text, sent, as)
}

// kinds are those of relations.
var kinds = []string{"TABLE", "VIEW", "MATERIALIZED VIEW"}

// anyOf writes those of the kinds that a client asks for as an array; nil if it does not say.
func anyOf(asked []string) *string {
	if len(asked) == 0 {
		return nil
	}
	var known []string
	for _, k := range kinds {
		if slices.Contains(asked, k) {
			known = append(known, k)
		}
	}
	text := "{" + strings.Join(known, ",") + "}"
	return &text
}
