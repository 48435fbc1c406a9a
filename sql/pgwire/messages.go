package pgwire

import (
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// messages are those that nearly every statement has, in memory of the connection's own: they are encoded when they are
// sent.
type messages struct {
	ready    pgproto3.ReadyForQuery
	complete pgproto3.CommandComplete
	row      pgproto3.RowDescription
}

// describe is the RowDescription of columns. It is valid until the next.
func (m *messages) describe(s batch.Schema, formats []int16) *pgproto3.RowDescription {
	fields := m.row.Fields[:0]
	for i, f := range s {
		var name []byte
		if i < cap(fields) {
			name = fields[:i+1][i].Name[:0]
		}
		fields = append(fields, pgproto3.FieldDescription{
			Name: append(name, f.Name...), DataTypeOID: uint32(f.Type.Told()), DataTypeSize: f.Type.Len(), TypeModifier: types.Typmod(f.Type), Format: formatOf(formats, i),
		})
	}
	m.row.Fields = fields
	return &m.row
}
