package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/session"
)

// dumpRows is how many rows stand behind one COPY of a dump: less than a COPY into a table takes as a whole.
const dumpRows = 500_000

// dumpOptions say what is written.
type dumpOptions struct {
	*asked
	rows       bool
	noPassword bool
}

func dumpCommand() *cobra.Command {
	o, file := dumpOptions{}, ""
	cmd := &cobra.Command{
		Use:   "dump",
		Short: "Write the SQL that makes a node's catalog again",
		Long: "dump writes a script for psql that makes roles, targets, schemas, sequences, tables, streams, views, sinks and triggers\n" +
			"again in an empty node, with their comments, owners and rights; with --rows also the rows of tables and streams, by COPY. Views come\n" +
			"behind the rows and are made from them. Not in it: the rows of the stream events, which only sources write (export\n" +
			"saves them), what a stream has forgotten, and the texts of secrets, which ALTER SECRET gives. Each relation is as of\n" +
			"the moment in which it is read; a copy of one moment, with everything, is what backup makes. It reads a running node through its socket, as backup does.",
		Example: "  vexstream dump --data ./data > catalog.sql\n  vexstream dump --data ./data --rows --file all.sql\n" +
			"  psql -h 127.0.0.1 -p 5433 -U admin -v ON_ERROR_STOP=1 -f all.sql",
		Args: cobra.NoArgs,
	}
	o.asked = askedFlags(cmd)
	cmd.Flags().BoolVar(&o.rows, "rows", false, "also the rows of tables and streams")
	cmd.Flags().BoolVar(&o.noPassword, "no-role-passwords", false, "leave the roles without passwords, which only superusers can read")
	cmd.Flags().StringVarP(&file, "file", "f", "", "the file to write; else it goes to the standard output")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if file == "" {
			return dump(cmd.Context(), o, cmd.OutOrStdout())
		}
		return newFile(file, func(to io.Writer) error { return dump(cmd.Context(), o, to) })
	}
	return cmd
}

// dumpSettings make values read as they were written.
const dumpSettings = "SET search_path = public;\nSET timezone = 'UTC';\nSET datestyle = 'ISO, MDY';\nSET intervalstyle = 'postgres';\nSET extra_float_digits = 1;\n" +
	"SET bytea_output = 'hex';\nSET standard_conforming_strings = on;\n"

func dump(ctx context.Context, o dumpOptions, to io.Writer) error {
	return withNode(ctx, *o.asked, func(l *link) error {
		out := bufio.NewWriter(to)
		d := &dumper{l: l, out: out}
		for line := range strings.Lines(dumpSettings) {
			if err := l.run(line, answers{}); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "-- The catalog of a node, by vexstream %s. Into an empty node: psql -v ON_ERROR_STOP=1 -f FILE\n\n%s\n", buildVersion(), dumpSettings)
		if err := errors.Join(d.definitions(o), out.Flush()); err != nil {
			return err
		}
		return nil
	})
}

type dumper struct {
	l   *link
	out *bufio.Writer
}

// definitions writes the statements, section by section.
func (d *dumper) definitions(o dumpOptions) error {
	list, err := d.l.texts("SELECT section, kind, name, statement FROM vex.definitions ORDER BY number")
	if err != nil {
		return err
	}
	for _, section := range []string{session.SectionBefore, session.SectionData, session.SectionAfter} {
		for _, r := range list {
			switch {
			case r[0] != section || section == session.SectionData && !o.rows:
			case section == session.SectionData:
				err = d.rows(r[2], r[3])
			default:
				_, err = fmt.Fprintf(d.out, "%s;\n", r[3])
			}
			if err != nil {
				return err
			}
		}
		switch {
		case section == session.SectionBefore && !o.noPassword:
			err = d.passwords()
		case section == session.SectionData && o.rows:
			err = d.sequences()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// passwords gives the roles theirs, as the node keeps them: nobody can read a password from that.
func (d *dumper) passwords() error {
	list, err := d.l.texts("SELECT format('ALTER ROLE %I PASSWORD %L', rolname, rolpassword) FROM pg_authid WHERE rolpassword IS NOT NULL ORDER BY rolname")
	if err != nil {
		if e, ok := sqlerr.As(err); ok && e.Code == sqlerr.InsufficientPrivilege {
			return e.WithHint("Ask as a superuser (--user), or leave passwords out: --no-role-passwords.")
		}
		return err
	}
	for _, r := range list {
		fmt.Fprintf(d.out, "%s;\n", r[0])
	}
	return nil
}

// sequences has them go on where they stand.
func (d *dumper) sequences() error {
	list, err := d.l.texts("SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences ORDER BY 1")
	if err != nil {
		return err
	}
	for _, r := range list {
		at, err := d.l.texts("SELECT format('SELECT setval(%L, %s, %L::boolean)', '" + strings.ReplaceAll(r[0], "'", "''") + "', last_value, is_called) FROM " + r[0])
		if err != nil {
			return err
		}
		for _, text := range at {
			fmt.Fprintf(d.out, "%s;\n", text[0])
		}
	}
	return nil
}

// rows writes the rows of a relation behind the statement that takes them in, which is said again after some.
func (d *dumper) rows(name, load string) error {
	w := &copyLines{out: d.out, load: load}
	if err := d.l.run(strings.TrimSuffix(load, "FROM stdin")+"TO STDOUT", answers{out: w}); err != nil {
		if e, ok := sqlerr.As(err); ok {
			return e.In("dump of %s", name)
		}
		return err
	}
	return w.end()
}

// copyLines writes lines of COPY data, each message a line.
type copyLines struct {
	out  *bufio.Writer
	load string
	n    int // behind the last statement
}

func (w *copyLines) Write(p []byte) (int, error) {
	if w.n == dumpRows {
		if err := w.end(); err != nil {
			return 0, err
		}
	}
	if w.n == 0 {
		fmt.Fprintf(w.out, "\n%s;\n", w.load)
	}
	w.n += bytes.Count(p, []byte("\n"))
	return w.out.Write(p)
}

func (w *copyLines) end() error {
	if w.n == 0 {
		return nil
	}
	w.n = 0
	_, err := w.out.WriteString("\\.\n\n")
	return err
}
