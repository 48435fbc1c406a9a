package expr

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
)

// The random tests put expressions of the chapters 9.8 and 9.9 of PostgreSQL's manual to PostgreSQL and to this package.
// VEXSTREAM_TEST_POSTGRES names the folder of the server's socket, VEXSTREAM_TEST_SEED the seed and
// VEXSTREAM_TEST_CASES how many expressions of each kind there are.

const defaultCases = 2000

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// tryFunction evaluates an expression and gives its text, or its error.
const tryFunction = `CREATE OR REPLACE FUNCTION pg_temp.try(e text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v text;
BEGIN
  EXECUTE 'SELECT (' || e || ')::text' INTO v;
  RETURN coalesce(v, '∅');
EXCEPTION WHEN OTHERS THEN
  RETURN 'ERROR ' || sqlstate || ': ' || sqlerrm;
END $$;
`

// tryAll asks PostgreSQL for all of exprs in one query.
func tryAll(t *testing.T, folder string, exprs []string) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString("\\pset format unaligned\n\\pset tuples_only on\n\\pset recordsep_zero on\nSET TimeZone = 'Europe/Berlin';\n" + tryFunction)
	script.WriteString("SELECT pg_temp.try(e) FROM (VALUES ")
	for i, e := range exprs {
		if i > 0 {
			script.WriteString(",\n")
		}
		fmt.Fprintf(&script, "(%d, '%s')", i, strings.ReplaceAll(e, "'", "''"))
	}
	script.WriteString(") v(i, e) ORDER BY i;\n")
	cmd := exec.Command("psql", "-X", "-q", "-h", folder, "-U", "postgres", "postgres")
	cmd.Stdin = strings.NewReader(script.String())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("psql: %v\n%s", err, errs.String())
	}
	answers := strings.Split(strings.TrimSuffix(strings.TrimSuffix(out.String(), "\n"), "\x00"), "\x00")
	if len(answers) != len(exprs) {
		t.Fatalf("%d answers to %d expressions", len(answers), len(exprs))
	}
	return answers
}

// compareRandom compares as many expressions of gen as are wanted, and reports the first few differences.
func compareRandom(t *testing.T, gen func(*rand.Rand) string, allowed func(expr, want, have string) bool) {
	folder := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if folder == "" {
		skipOrFail(t, "VEXSTREAM_TEST_POSTGRES names no server")
	}
	seed := fromEnv(t, "VEXSTREAM_TEST_SEED", rand.Uint64())
	t.Logf("VEXSTREAM_TEST_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	exprs := make([]string, fromEnv(t, "VEXSTREAM_TEST_CASES", defaultCases))
	for i := range exprs {
		exprs[i] = gen(rnd)
	}
	zone := berlin(t)
	none := &batch.Batch{N: 1}
	differences := 0
	for i, want := range tryAll(t, folder, exprs) {
		have := strings.TrimSuffix(answer(exprs[i], none, zone), "\n")
		if have == "t" && want == "true" || have == "f" && want == "false" {
			continue // a boolean's text is longer than what it is shown as
		}
		if have == want || allowed != nil && allowed(exprs[i], want, have) {
			continue
		}
		if differences++; differences <= 25 {
			t.Errorf("%s\nPostgreSQL: %s\nhere:       %s", exprs[i], want, have)
		}
	}
	if differences > 0 {
		t.Errorf("%d of %d differ", differences, len(exprs))
	}
}

func pick1(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

func sqlString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func randomNumberTemplate(r *rand.Rand) string {
	var sb strings.Builder
	for range 1 + r.IntN(8) {
		switch r.IntN(12) {
		case 0, 1, 2, 3:
			sb.WriteString(strings.Repeat(pick1(r, "9", "0"), 1+r.IntN(4)))
		case 4:
			sb.WriteString(pick1(r, ".", "D", "V", ",", "G"))
		case 5:
			sb.WriteString(pick1(r, "S", "MI", "PL", "SG", "PR", "FM", "TH", "th", "L", "B", "s", "fm"))
		case 6:
			sb.WriteString(pick1(r, "FM", "RN", "rn", "EEEE", "x", " ", `"a\"b"`, "\\", `\"`, "é", "C", "SP"))
		default:
			sb.WriteString(pick1(r, "9", "0", "9.9", "999", "990.00", "FM999"))
		}
	}
	return sb.String()
}

func randomNumber(r *rand.Rand) string {
	switch r.IntN(12) {
	case 0:
		return "0"
	case 1:
		return pick1(r, "NaN", "Infinity", "-Infinity")
	case 2:
		return fmt.Sprintf("%.*f", r.IntN(8), r.NormFloat64())
	case 3:
		return fmt.Sprintf("%g", r.NormFloat64()*1e9)
	case 4:
		return fmt.Sprintf("%g", r.NormFloat64()*1e-3)
	default:
		return fmt.Sprintf("%.*f", r.IntN(4), r.NormFloat64()*float64([]int{1, 10, 100, 1000, 10000}[r.IntN(5)]))
	}
}

// TestRandomNumberFormats compares to_char and to_number.
func TestRandomNumberFormats(t *testing.T) {
	compareRandom(t, func(r *rand.Rand) string {
		tmpl := sqlString(randomNumberTemplate(r))
		switch r.IntN(6) {
		case 0:
			return fmt.Sprintf("to_char('%d'::int4, %s)", r.IntN(20000)-5000, tmpl)
		case 1:
			return fmt.Sprintf("to_char('%d'::int8, %s)", r.Int64N(1<<(1+r.IntN(50)))-500, tmpl)
		case 2:
			return fmt.Sprintf("to_char('%s'::float4, %s)", randomNumber(r), tmpl)
		case 3:
			return fmt.Sprintf("to_char('%s'::float8, %s)", randomNumber(r), tmpl)
		case 4:
			text := randomNumber(r)
			if r.IntN(2) == 0 {
				text = pick1(r, "", " ", "<", "-", "+", "$") + text + pick1(r, "", "-", ">", " ", "th", "x", " -")
			}
			if r.IntN(4) == 0 && len(text) > 2 {
				text = text[:2] + "," + text[2:]
			}
			return fmt.Sprintf("to_number(%s, %s)", sqlString(text), tmpl)
		}
		return fmt.Sprintf("to_char('%s'::numeric, %s)", randomNumber(r), tmpl)
	}, nil)
}

var datePatternNames = strings.Fields(`A.D. A.M. AD AM B.C. BC CC DAY DDD DD DY Day Dy D FF1 FF2 FF3 FF4 FF5 FF6 FX HH24
 HH12 HH IDDD ID IW IYYY IYY IY I J MI MM MONTH MON MS Month Mon OF P.M. PM Q RM SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY YYYY
 YYY YY Y a.d. a.m. ad am b.c. bc cc day ddd dd dy d ff3 fx hh24 hh iddd iyyy j mi mm month mon ms of q rm ssss ss tz us ww y,yyy yyyy`)

func randomDateTemplate(r *rand.Rand) string {
	var sb strings.Builder
	for range 1 + r.IntN(6) {
		switch r.IntN(10) {
		case 0:
			sb.WriteString(pick1(r, "FM", "TM", "fm", "tm", "x", `"quoted\"YYYY\\"`, "\\", `\"`, "é", "7"))
		case 1, 2, 3:
			sb.WriteString(pick1(r, " ", "-", "/", ":", ", ", ".", "T"))
		}
		sb.WriteString(datePatternNames[r.IntN(len(datePatternNames))])
		if r.IntN(6) == 0 {
			sb.WriteString(pick1(r, "TH", "th", "SP"))
		}
	}
	return sb.String()
}

func randomInstant(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return pick1(r, "infinity", "-infinity", "epoch", "0044-03-15 BC", "4713-01-01 BC", "290000-12-31", "0001-01-01", "1582-10-15 12:00:00.5")
	case 1:
		return fmt.Sprintf("%04d-%02d-%02d BC", 1+r.IntN(4700), 1+r.IntN(12), 1+r.IntN(28))
	case 2:
		return fmt.Sprintf("%04d-%02d-%02d %02d:%02d", 1+r.IntN(20000), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60))
	}
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d.%06d", 1900+r.IntN(200), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000000))
}

func randomInterval(r *rand.Rand) string {
	var sb strings.Builder
	part := func(n int, unit string) {
		if r.IntN(2) == 0 {
			fmt.Fprintf(&sb, "%d %s ", r.IntN(2*n)-n, unit)
		}
	}
	part(30, "years")
	part(20, "mons")
	part(100, "days")
	part(60, "hours")
	part(100, "mins")
	if sb.Len() == 0 || r.IntN(2) == 0 {
		fmt.Fprintf(&sb, "%.*f secs", r.IntN(7), r.NormFloat64()*100)
	}
	return strings.TrimSpace(sb.String())
}

// TestRandomTimeFormats compares to_char of times and intervals.
func TestRandomTimeFormats(t *testing.T) {
	compareRandom(t, func(r *rand.Rand) string {
		tmpl := sqlString(randomDateTemplate(r))
		switch r.IntN(3) {
		case 0:
			return fmt.Sprintf("to_char('%s'::timestamp, %s)", randomInstant(r), tmpl)
		case 1:
			return fmt.Sprintf("to_char('%s'::timestamptz, %s)", randomInstant(r), tmpl)
		}
		return fmt.Sprintf("to_char('%s'::interval, %s)", randomInterval(r), tmpl)
	}, nil)
}

// TestRandomTimeReading compares to_date and to_timestamp.
func TestRandomTimeReading(t *testing.T) {
	compareRandom(t, func(r *rand.Rand) string {
		f := pick1(r, "to_date", "to_timestamp")
		tmpl := pick1(r, "YYYY-MM-DD", "YYYYMMDD", "DD Mon YYYY", "DD.MM.YY", "YYYY-MM-DD HH24:MI:SS.US", "MM/DD/Y,YYY", "IYYY-IW-ID", "IYYY-IDDD", "J",
			"YYYY DDD", "CC YY", "HH:MI AM", "HH12:MI:SS P.M.", "YYYY-MM-DD HH24:MI:SSTZH:TZM", "Day, DD Month YYYY", "RM YYYY", "YYYY WW", "YYYYMM W", "FMYYYY-FMMM-FMDD",
			"FXYYYY-MM-DD", "YYYY MS", "SS.FF3", "BC YYYY", "YYYYth MMth", "YY Q", "SSSS", "YYY MON", "Y", "YYYY-MM-DD BC")
		if r.IntN(3) == 0 {
			tmpl = randomDateTemplate(r)
		}
		text := pick1(r, "2024-02-29", "20240229", "29 Feb 2024", "29.2.24", "2024-02-29 23:59:58.123456", "2/29/2,024", "2024-09-4", "2451545", "2024 60", "20 99",
			"11:59 pm", "12:00:00 a.m.", "2024-02-29 12:00:00+05:30", "Thursday, 29 February 2024", "XII 1999", "0", "44 BC", "2024  -  1-1", "-44-03-15", "2024-13-45", "1", "")
		if r.IntN(2) == 0 {
			// Text that the template writes, somewhat spoilt.
			text = randomInstant(r)
			b := []byte(text)
			if r.IntN(3) == 0 && len(b) > 0 {
				b[r.IntN(len(b))] = pick1(r, " ", "-", "/", "9", "x", ":")[0]
			}
			text = string(b)
		}
		if r.IntN(8) == 0 {
			text = pick1(r, " ", "  ", "-", "/") + text
		}
		return fmt.Sprintf("%s(%s, %s)", f, sqlString(text), sqlString(tmpl))
	}, nil)
}
