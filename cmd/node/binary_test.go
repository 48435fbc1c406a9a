package node_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// said gives an error as the scripts here have it.
func said(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return fmt.Sprintf("error %s %s", e.Code, e.Message)
	}
	return "error " + err.Error()
}

// both sends one value as a parameter of a type, in one format, and gives it as the server sends it in binary and as text.
func both(t *testing.T, c *pgx.Conn, typ string, value []byte, format int16) (inBinary []byte, out string) {
	t.Helper()
	r := c.PgConn().ExecParams(t.Context(), "SELECT $1::"+typ+", $1::"+typ, [][]byte{value}, nil, []int16{format}, []int16{1, 0}).Read()
	switch {
	case r.Err != nil:
		return nil, said(r.Err)
	case len(r.Rows) != 1:
		return nil, fmt.Sprintf("%d rows", len(r.Rows))
	}
	return r.Rows[0][0], fmt.Sprintf("%x %s", r.Rows[0][0], r.Rows[0][1])
}

// copyBinary writes values by COPY in binary, reads them back likewise, and says whether the same bytes came.
func copyBinary(t *testing.T, c *pgx.Conn, typ string, values [][]byte) string {
	t.Helper()
	if _, err := c.Exec(t.Context(), "DROP TABLE IF EXISTS copied"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), "CREATE TABLE copied (a "+typ+")"); err != nil {
		return said(err)
	}
	data := append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
	for _, v := range append(values, nil) {
		data = binary.BigEndian.AppendUint16(data, 1)
		if v == nil {
			data = binary.BigEndian.AppendUint32(data, 1<<32-1)
			continue
		}
		data = append(binary.BigEndian.AppendUint32(data, uint32(len(v))), v...)
	}
	data = append(data, 0xff, 0xff)
	if _, err := c.PgConn().CopyFrom(t.Context(), bytes.NewReader(data), "COPY copied FROM STDIN (FORMAT binary)"); err != nil {
		return said(err)
	}
	var back bytes.Buffer
	if _, err := c.PgConn().CopyTo(t.Context(), &back, "COPY copied TO STDOUT BINARY"); err != nil {
		return said(err)
	}
	if !bytes.Equal(back.Bytes(), data) {
		return fmt.Sprintf("%x, and back came %x", data, back.Bytes())
	}
	return fmt.Sprintf("the same %d bytes", len(data))
}

// binaryForms sends each line's value as text, then what came for it in binary, as a parameter and by COPY. A line that
// begins with 0x is sent in binary as it stands, and not by COPY.
func binaryForms(t *testing.T, c *pgx.Conn, typ, input string, copied bool) string {
	var out strings.Builder
	var values [][]byte
	for _, line := range strings.Split(input, "\n") {
		if digits, ok := strings.CutPrefix(line, "0x"); ok {
			raw, err := hex.DecodeString(digits)
			if err != nil {
				t.Fatal(err)
			}
			_, answer := both(t, c, typ, raw, 1)
			fmt.Fprintf(&out, "%s\n", answer)
			continue
		}
		raw, answer := both(t, c, typ, []byte(line), 0)
		fmt.Fprintf(&out, "%s\n", answer)
		if raw == nil {
			continue
		}
		if _, again := both(t, c, typ, raw, 1); again != answer {
			fmt.Fprintf(&out, "  and from binary: %s\n", again)
		}
		values = append(values, raw)
	}
	if copied {
		fmt.Fprintf(&out, "copy: %s\n", copyBinary(t, c, typ, values))
	}
	return out.String()
}

// TestBinaryForms has every type's values go both ways in binary, and compares with PostgreSQL 15 if
// VEXSTREAM_TEST_POSTGRES names its socket folder.
func TestBinaryForms(t *testing.T) {
	_, here := server(t)
	var there *pgx.Conn
	if dir := os.Getenv("VEXSTREAM_TEST_POSTGRES"); dir != "" {
		var err error
		if there, err = pgx.Connect(t.Context(), "host="+dir+" user=postgres dbname=postgres"); err != nil {
			t.Fatal(err)
		}
		defer there.Close(t.Context())
		if _, err := there.Exec(t.Context(), "SET search_path = pg_temp"); err != nil {
			t.Fatal(err)
		}
	} else if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal("VEXSTREAM_TEST_POSTGRES is not set")
	}
	var bad []string // a failure would end the file
	datadriven.RunTest(t, "testdata/binary", func(t *testing.T, d *datadriven.TestData) string {
		typ := strings.Join(d.CmdArgs[0].Vals, ",")
		copied := !d.HasArg("nocopy")
		got := binaryForms(t, here, typ, d.Input, copied)
		if there != nil {
			if want := binaryForms(t, there, typ, d.Input, copied); got != want {
				bad = append(bad, fmt.Sprintf("%s: %s\ngives\n%sand PostgreSQL\n%s", d.Pos, typ, got, want))
			}
		}
		return got
	})
	for _, b := range bad {
		t.Error(b)
	}
}
