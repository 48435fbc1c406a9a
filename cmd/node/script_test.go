package node_test

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5/pgproto3"
)

// talk is a connection that scripts speak through, message by message.
type talk struct {
	net net.Conn
	f   *pgproto3.Frontend
}

func dialScript(t *testing.T, network, addr, user string) *talk {
	t.Helper()
	nc, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	c := &talk{nc, pgproto3.NewFrontend(nc, nc)}
	c.f.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": user, "database": "postgres"}})
	if err := c.f.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := c.receive("Z"); strings.Contains(got, "Error") {
		t.Fatal(got)
	}
	return c
}

// message reads a line of a script: the message's letter as the protocol has it, and its fields. A field "-" is empty.
func message(t *testing.T, line string) pgproto3.FrontendMessage {
	kind, rest, _ := strings.Cut(line, " ")
	word := func() string {
		var w string
		w, rest, _ = strings.Cut(rest, " ")
		if w == "-" {
			w = ""
		}
		return w
	}
	number := func() int {
		n, err := strconv.Atoi(word())
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return n
	}
	switch kind {
	case "Q":
		return &pgproto3.Query{String: rest}
	case "q": // the text in quotes, with its bytes that are not UTF-8
		return &pgproto3.Query{String: string(unquoted(t, rest))}
	case "P": // name, types of parameters, text
		m := &pgproto3.Parse{Name: word()}
		for _, oid := range strings.Split(word(), ",") {
			if n, err := strconv.ParseUint(oid, 10, 32); err == nil {
				m.ParameterOIDs = append(m.ParameterOIDs, uint32(n))
			}
		}
		m.Query = rest
		return m
	case "B": // portal, statement, format of results, parameters: as text, in binary after 0x, in no form that there is after 7x; \N is null
		m := &pgproto3.Bind{DestinationPortal: word(), PreparedStatement: word()}
		if f := word(); f != "" {
			for _, one := range strings.Split(f, ",") {
				n, _ := strconv.Atoi(one)
				m.ResultFormatCodes = append(m.ResultFormatCodes, int16(n))
			}
		}
		for rest != "" {
			w := word()
			if w == `\N` {
				m.Parameters, m.ParameterFormatCodes = append(m.Parameters, nil), append(m.ParameterFormatCodes, 0)
				continue
			}
			if digits, ok := strings.CutPrefix(w, "0x"); ok {
				raw, err := hex.DecodeString(digits)
				if err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				m.Parameters, m.ParameterFormatCodes = append(m.Parameters, raw), append(m.ParameterFormatCodes, 1)
				continue
			}
			if text, ok := strings.CutPrefix(w, "7x"); ok {
				m.Parameters, m.ParameterFormatCodes = append(m.Parameters, []byte(text)), append(m.ParameterFormatCodes, 7)
				continue
			}
			m.ParameterFormatCodes = append(m.ParameterFormatCodes, 0)
			m.Parameters = append(m.Parameters, unquoted(t, w))
		}
		return m
	case "D":
		return &pgproto3.Describe{ObjectType: word()[0], Name: word()}
	case "E":
		return &pgproto3.Execute{Portal: word(), MaxRows: uint32(number())}
	case "C":
		return &pgproto3.Close{ObjectType: word()[0], Name: word()}
	case "S":
		return &pgproto3.Sync{}
	case "H":
		return &pgproto3.Flush{}
	case "d":
		return &pgproto3.CopyData{Data: unquoted(t, rest)}
	case "c":
		return &pgproto3.CopyDone{}
	case "f":
		return &pgproto3.CopyFail{Message: rest}
	case "F": // function, format of the result, parameters as text
		m := &pgproto3.FunctionCall{Function: uint32(number()), ResultFormatCode: uint16(number())}
		for rest != "" {
			m.Arguments = append(m.Arguments, []byte(word()))
		}
		return m
	case "X":
		return &pgproto3.Terminate{}
	}
	t.Fatalf("no message %q", line)
	return nil
}

// unquoted gives the bytes of a text with Go's escapes.
func unquoted(t *testing.T, text string) []byte {
	t.Helper()
	out, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return []byte(out)
}

// shown is a text that may not be UTF-8.
func shown[T string | []byte](text T) string {
	if utf8.ValidString(string(text)) {
		return string(text)
	}
	return fmt.Sprintf("%q", text)
}

// receive gives what comes up to a message of one of the kinds in last.
func (c *talk) receive(last string) string {
	var out strings.Builder
	_ = c.net.SetReadDeadline(time.Now().Add(20 * time.Second)) // a script that waits for what never comes
	for {
		m, err := c.f.Receive()
		if err != nil {
			fmt.Fprintf(&out, "the end\n")
			return out.String()
		}
		kind := "?"
		switch m := m.(type) {
		case *pgproto3.ParameterStatus, *pgproto3.AuthenticationOk, *pgproto3.BackendKeyData:
			continue
		case *pgproto3.RowDescription:
			kind = "T"
			out.WriteString("T")
			for _, f := range m.Fields {
				fmt.Fprintf(&out, " %s:%d:%d:%d:%d", shown(f.Name), f.DataTypeOID, f.DataTypeSize, f.TypeModifier, f.Format)
			}
			out.WriteString("\n")
		case *pgproto3.ParameterDescription:
			kind = "t"
			fmt.Fprintf(&out, "t %v\n", m.ParameterOIDs)
		case *pgproto3.DataRow:
			kind = "D"
			out.WriteString("D")
			for _, v := range m.Values {
				if v == nil {
					out.WriteString(" null")
				} else {
					fmt.Fprintf(&out, " %q", v)
				}
			}
			out.WriteString("\n")
		case *pgproto3.CommandComplete:
			kind = "C"
			fmt.Fprintf(&out, "C %s\n", m.CommandTag)
		case *pgproto3.ErrorResponse:
			kind = "E"
			fmt.Fprintf(&out, "E %s %s %s", m.Severity, m.Code, shown(m.Message))
			if m.Position > 0 {
				fmt.Fprintf(&out, " at %d", m.Position)
			}
			out.WriteString("\n")
		case *pgproto3.NoticeResponse:
			kind = "N"
			fmt.Fprintf(&out, "N %s %s %s\n", m.Severity, m.Code, shown(m.Message))
		case *pgproto3.NotificationResponse:
			kind = "A"
			fmt.Fprintf(&out, "A %s %s\n", shown(m.Channel), shown(m.Payload))
		case *pgproto3.ReadyForQuery:
			kind = "Z"
			fmt.Fprintf(&out, "Z %c\n", m.TxStatus)
		case *pgproto3.CopyInResponse:
			kind = "G"
			fmt.Fprintf(&out, "G %d %v\n", m.OverallFormat, m.ColumnFormatCodes)
		case *pgproto3.CopyOutResponse:
			kind = "H"
			fmt.Fprintf(&out, "H %d %v\n", m.OverallFormat, m.ColumnFormatCodes)
		case *pgproto3.CopyData:
			kind = "d"
			fmt.Fprintf(&out, "d %q\n", m.Data)
		case *pgproto3.FunctionCallResponse:
			kind = "V"
			fmt.Fprintf(&out, "V %q\n", m.Result)
		default:
			kind = strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
			fmt.Fprintf(&out, "%s\n", kind)
		}
		if strings.Contains(last, kind) {
			return out.String()
		}
	}
}

// play sends the lines of a script and gives what comes: up to ReadyForQuery, or to a message of the kinds that the
// script's argument until names.
func (c *talk) play(t *testing.T, d *datadriven.TestData) string {
	for _, line := range strings.Split(d.Input, "\n") {
		c.f.Send(message(t, line))
	}
	if err := c.f.Flush(); err != nil {
		return "the end\n"
	}
	until := "Z"
	if d.HasArg("until") {
		d.ScanArgs(t, "until", &until)
	}
	return c.receive(until)
}

var placed = regexp.MustCompile(`(?m)^(E .*) at [0-9]+$`)

// sameTalk says whether two servers said the same. A place in the text where PostgreSQL says none is welcome.
func sameTalk(got, want string) bool {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && placed.ReplaceAllString(a[i], "$1") != b[i] {
			return false
		}
	}
	return true
}

// TestWireScripts sends messages and compares those that come: with the script, and with those of a running PostgreSQL 15
// if VEXSTREAM_TEST_POSTGRES names its socket folder.
func TestWireScripts(t *testing.T) {
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" && os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal("VEXSTREAM_TEST_POSTGRES is not set")
	}
	datadriven.Walk(t, "testdata/wire", func(t *testing.T, path string) {
		n, _ := server(t)
		here := dialScript(t, "tcp", n.PgAddr(), "admin")
		var there *talk
		if dir != "" {
			there = dialScript(t, "unix", filepath.Join(dir, ".s.PGSQL.5432"), "postgres")
			there.f.Send(&pgproto3.Query{String: "SET client_min_messages = warning; DROP SCHEMA IF EXISTS wire_test CASCADE; CREATE SCHEMA wire_test; RESET client_min_messages; SET search_path = wire_test"})
			if err := there.f.Flush(); err != nil {
				t.Fatal(err)
			}
			there.receive("Z")
		}
		var bad []string // a failure would end the file
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			got := here.play(t, d)
			if there != nil {
				if want := there.play(t, d); !d.HasArg("differs") && !sameTalk(got, want) {
					bad = append(bad, fmt.Sprintf("%s: %s\ngives\n%sand PostgreSQL\n%s", d.Pos, d.Input, got, want))
				}
			}
			return got
		})
		for _, b := range bad {
			t.Error(b)
		}
	})
}
