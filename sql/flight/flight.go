package flight

import (
	"context"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/flight"
)

// GetFlightInfo answers Flight SQL's commands, and the path of a relation: its rows.
func (s *service) GetFlightInfo(ctx context.Context, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	if desc.GetType() == flight.DescriptorPATH {
		return s.infoOfText(ctx, "TABLE "+strings.Join(quoted(desc.GetPath()), "."), desc)
	}
	return s.FlightServer.GetFlightInfo(ctx, desc)
}

// GetSchema answers Flight SQL's commands, and the path of a relation.
func (s *service) GetSchema(ctx context.Context, desc *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	if desc.GetType() == flight.DescriptorPATH {
		return s.schemaResult(ctx, "TABLE "+strings.Join(quoted(desc.GetPath()), "."))
	}
	return s.FlightServer.GetSchema(ctx, desc)
}
