package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/bridge/parquet"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// rowsTo is a file that rows are written to. Close ends it.
type rowsTo interface {
	Write(b *batch.Batch) error
	Close() error
}

func exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export RELATION FILE",
		Short: "Write the rows of a relation into a Parquet file",
		Long: "export writes what SELECT * FROM RELATION gives, as of one moment, into a new Parquet file: a stream, a table, a view, or\n" +
			"one of the vex relations. Numbers, times, texts, booleans and uuids keep their types; numeric without a precision,\n" +
			"intervals and arrays are written as text. It reads a running node through its socket, as backup does.",
		Example: "  vexstream export clicks clicks.parquet --data ./data\n  vexstream export 'archive.\"Odd name\"' odd.parquet",
		Args:    cobra.ExactArgs(2),
	}
	who := askedFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := export(cmd.Context(), *who, args[0], args[1])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d rows of %s are in %s\n", n, args[0], args[1])
		return err
	}
	return cmd
}

func export(ctx context.Context, who asked, relation, path string) (rows int64, err error) {
	err = withNode(ctx, who, func(l *link) error {
		return newFile(path, func(f io.Writer) (err error) {
			rows, err = exportRows(l, relation, func(columns batch.Schema) (rowsTo, error) { return parquet.NewWriter(f, columns) })
			return err
		})
	})
	return rows, err
}

func exportRows(l *link, relation string, begin func(batch.Schema) (rowsTo, error)) (rows int64, err error) {
	var to rowsTo
	var from format.Reader
	err = l.run("SELECT * FROM "+relation+" LIMIT 0", answers{columns: func(columns batch.Schema) (err error) {
		if to, err = begin(columns); err != nil {
			return err
		}
		from, err = format.NewReader(format.Binary, columns, nil, format.Options{Relation: relation}, to.Write)
		return err
	}})
	switch {
	case err != nil:
		return 0, err
	case from == nil:
		return 0, sqlerr.New(sqlerr.WrongObjectType, "%s has no rows", relation)
	}
	if err := l.run("COPY (SELECT * FROM "+relation+") TO STDOUT (FORMAT binary)", answers{out: pieces{from}}); err != nil {
		return 0, err
	}
	if err := errors.Join(from.Close(), to.Close()); err != nil {
		return 0, err
	}
	return from.Rows(), nil
}

// pieces gives a reader of rows what comes.
type pieces struct{ to format.Reader }

func (p pieces) Write(b []byte) (int, error) { return len(b), p.to.Write(b) }

func importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import RELATION FILE",
		Short: "Take the rows of a Parquet file into a stream or a table",
		Long: "import writes the rows of a Parquet file into a stream or a table that is there, by the names of its columns, as COPY does:\n" +
			"columns that the file lacks have their defaults, and values are read as the column's type reads them. A table gets all\n" +
			"rows or none; more than 1,048,576 go into a stream in steps of so many.",
		Example: "  vexstream import clicks clicks.parquet --data ./data",
		Args:    cobra.ExactArgs(2),
	}
	who := askedFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := importFile(cmd.Context(), *who, args[0], args[1])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d rows of %s are in %s\n", n, args[1], args[0])
		return err
	}
	return cmd
}

// rowsFrom is a file that rows are read from; Next gives io.EOF at its end.
type rowsFrom interface {
	Schema() batch.Schema
	Next() (*batch.Batch, error)
}

func importFile(ctx context.Context, who asked, relation, path string) (rows int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, sqlerr.Wrap(sqlerr.IOError, err, "cannot read %s", path)
	}
	defer f.Close()
	from, err := parquet.NewReader(f)
	if err != nil {
		return 0, err
	}
	err = withNode(ctx, who, func(l *link) error { return importRows(l, relation, from) })
	return from.Rows(), err
}

// importRows sends rows as text, which every type reads.
func importRows(l *link, relation string, from rowsFrom) error {
	w, err := format.NewWriter(format.Text, from.Schema(), format.Options{})
	if err != nil {
		return err
	}
	for _, set := range []string{"SET timezone = 'UTC'", "SET datestyle = 'ISO, MDY'", "SET intervalstyle = 'postgres'"} {
		if err := l.run(set, answers{}); err != nil {
			return err
		}
	}
	columns := ""
	for i, c := range from.Schema() {
		if i > 0 {
			columns += ", "
		}
		columns += pgcatalog.QuoteIdent(c.Name)
	}
	return l.run("COPY "+relation+" ("+columns+") FROM STDIN", answers{in: func(to io.Writer) error {
		var buf []byte
		for {
			b, err := from.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			buf = w.AppendBatch(buf[:0], b)
			if _, err := to.Write(buf); err != nil {
				return err
			}
		}
	}})
}
