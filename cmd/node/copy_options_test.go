package node_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// copied is a COPY, and what it is sent, if it is one FROM STDIN.
type copied struct{ sql, data string }

// copies are of each option in each direction, right and wrong.
var copies = []copied{
	{"COPY copy_options FROM STDIN (FORMAT csv, HEADER match, NULL 'NUL', QUOTE '''', ESCAPE '\\', FORCE_NOT_NULL (b), FORCE_NULL (c), DELIMITER ';')", "a;b;c\n1;'x';NUL\n2;NUL;'NUL'\n3;'it\\'s';''\n"},
	{"COPY copy_options FROM STDIN (HEADER match)", "a\tb\tx\n"},
	{"COPY copy_options FROM STDIN (FORMAT csv, HEADER) WHERE a > 5", "x,y,z\n5,y,z\n6,y,z\n"},
	{"COPY copy_options FROM STDIN DELIMITER ',' NULL AS 'x' CSV QUOTE AS '\"' FORCE NOT NULL b", "7,x,\"x\"\n"},
	{"COPY copy_options FROM STDIN", "11\t\\x41\\101\\t\\\\N\t\\N\n"},
	{"COPY copy_options FROM STDIN", "1\n"},
	{"COPY copy_options FROM STDIN", "1\t2\t3\t4\n"},
	{"COPY copy_options FROM STDIN", "x\t2\t3\n"},
	{"COPY copy_options FROM STDIN CSV", "1,\"unterminated\n"},
	{"COPY copy_options FROM STDIN (ENCODING 'latin1')", "20\t\xe9t\xe9\t\xff\n"},
	{"COPY copy_options FROM STDIN (FORMAT csv, ENCODING 'WIN1251')", "21,\xc6\xc7,\"\xb8\"\n"},
	{"COPY copy_options FROM STDIN CSV ENCODING 'latin9'", "22,\xa4,\n"},
	{"COPY copy_options FROM STDIN (ENCODING 'sql_ascii')", "23\té\tx\n"},
	{"COPY copy_options FROM STDIN (ENCODING 'latin7')", "24\t\x00\tx\n"},
	{"COPY copy_options FROM STDIN (ENCODING 'nope')", ""},
	{"COPY copy_options FROM STDIN (FORCE_QUOTE (b))", ""},
	{"COPY copy_options FROM STDIN (FORMAT csv, FORCE_QUOTE (b))", ""},
	{"COPY copy_options FROM STDIN (FORMAT csv, HEADER 2)", ""},
	{"COPY copy_options FROM STDIN (FORMAT csv, HEADER maybe)", ""},
	{"COPY copy_options FROM STDIN (FORMAT csv, HEADER 0)", "30,a,b\n"},
	{"COPY copy_options (a, a) FROM STDIN", ""},
	{"COPY copy_options TO STDOUT (ENCODING 'WIN1252')", ""}, // which has no Cyrillic
	{"COPY (SELECT * FROM copy_options WHERE a < 21 ORDER BY a) TO STDOUT (ENCODING 'LATIN1')", ""},
	{"COPY (SELECT * FROM copy_options WHERE a = 21) TO STDOUT (FORMAT csv, HEADER, ENCODING 'koi8r')", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (b), NULL 'N')", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, HEADER true, FORCE_QUOTE *, DELIMITER '|', QUOTE '\"', ESCAPE '\\')", ""},
	{"COPY copy_options (b, a) TO STDOUT (DELIMITER ',', NULL '')", ""},
	{"COPY copy_options TO STDOUT (HEADER)", ""},
	{"COPY copy_options TO STDOUT BINARY", ""},
	{"COPY copy_options TO STDOUT (FORMAT binary, HEADER)", ""},
	{"COPY copy_options TO STDOUT (FORMAT binary, DELIMITER ',')", ""},
	{"COPY copy_options TO STDOUT (FORMAT binary, NULL '')", ""},
	{"COPY copy_options TO STDOUT (FORMAT xml)", ""},
	{"COPY copy_options TO STDOUT (DELIMITER 'ab')", ""},
	{"COPY copy_options TO STDOUT (DELIMITER 'a')", ""},
	{"COPY copy_options TO STDOUT (QUOTE '\"')", ""},
	{"COPY copy_options TO STDOUT (ESCAPE '\"')", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, QUOTE 'ab')", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, DELIMITER '\"')", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, NULL '\"')", ""},
	{"COPY copy_options TO STDOUT (DELIMITER ',', NULL 'a,b')", ""},
	{"COPY copy_options TO STDOUT (NULL E'a\nb')", ""},
	{"COPY copy_options TO STDOUT (FORCE_NULL (b))", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, FORCE_NULL (b))", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, FORCE_NOT_NULL (b))", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, FORMAT text)", ""},
	{"COPY copy_options (nope) TO STDOUT", ""},
	{"COPY copy_options (a, a) TO STDOUT", ""},
	{"COPY copy_options TO STDOUT (FORMAT csv, FORCE_QUOTE (a, nope))", ""},
	{"COPY (INSERT INTO copy_options VALUES (10, 'r', 's') RETURNING a, b) TO STDOUT", ""},
	{"COPY (SELECT 1 AS x, 2 AS x) TO STDOUT (FORMAT csv, HEADER)", ""},
	{"COPY nope TO STDOUT", ""},
	{"COPY copy_options TO STDOUT (NOPE)", ""},
}

// TestCopyOptions runs COPY in both directions with each of its options, here and on PostgreSQL: the bytes and the errors are the same.
func TestCopyOptions(t *testing.T) {
	n, _ := server(t)
	ours, theirs := connect(t, n), postgresDatabase(t, "copy_options")
	for _, c := range []*pgx.Conn{ours, theirs} {
		exec(t, c, "CREATE TABLE copy_options (a int PRIMARY KEY, b text, c text DEFAULT 'dd')")
	}
	for _, c := range append(copies, copied{"COPY (SELECT * FROM copy_options ORDER BY a) TO STDOUT", ""}) {
		if have, want := runCopy(t.Context(), ours, c), runCopy(t.Context(), theirs, c); have != want {
			t.Errorf("%s\n%q\nand PostgreSQL\n%q", c.sql, have, want)
		}
	}
}

// runCopy gives the tag and the bytes of a COPY, those of TO STDOUT without the order of the rows, or its error.
func runCopy(ctx context.Context, c *pgx.Conn, x copied) string {
	var out bytes.Buffer
	var tag pgconn.CommandTag
	var err error
	if strings.Contains(x.sql, "FROM STDIN") {
		tag, err = c.PgConn().CopyFrom(ctx, strings.NewReader(x.data), x.sql)
	} else {
		tag, err = c.PgConn().CopyTo(ctx, &out, x.sql)
	}
	if e, ok := err.(*pgconn.PgError); ok { //nolint:errorlint // it is not wrapped
		where, _, _ := strings.Cut(e.Where, "\nrecord that begins at byte") // which PostgreSQL does not say
		return e.Code + " " + e.Message + " " + where
	}
	return fmt.Sprint(tag, err, " ", out.String())
}
