package build_test

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// noCatalog is a session that knows nothing by name and has random numbers.
type noCatalog struct{ random expr.Random }

func (c *noCatalog) Random() *expr.Random { return &c.random }

// Function has none.
func (c *noCatalog) Function(string) func(expr.Asked, uint32, *batch.Builder) error { return nil }

// Rows has none.
func (c *noCatalog) Rows(name string, _ expr.Asked, _ uint32) ([]batch.Column, error) {
	return nil, sqlerr.NotSupported("function %s", name)
}
