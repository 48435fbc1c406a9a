package pgwire

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// floodMessages is how many messages TestFlood sends, unless VEXSTREAM_TEST_MESSAGES says another number. Then it has 1,000
// hostile connections stand open beside them.
const floodMessages = 3_000

// hostile makes messages at random: whole ones in any order, with any names, counts and formats, and damaged ones.
type hostile struct{ *rand.Rand }

func (h hostile) name() string { return [...]string{"", "a", "b", strings.Repeat("n", 300)}[h.IntN(4)] }

func (h hostile) text() string {
	return [...]string{"one", "endless", "", "\xff\xfe", strings.Repeat("x", h.IntN(70_000)), "one; one"}[h.IntN(6)]
}

func (h hostile) codes() []int16 {
	out := make([]int16, h.IntN(4))
	for i := range out {
		out[i] = int16(h.IntN(4) - 1)
	}
	return out
}

func (h hostile) values() [][]byte {
	out := make([][]byte, h.IntN(4))
	for i := range out {
		if h.IntN(3) > 0 {
			out[i] = make([]byte, h.IntN(20))
		}
	}
	return out
}

func (h hostile) message() pgproto3.FrontendMessage {
	switch h.IntN(14) {
	case 0:
		return &pgproto3.Query{String: h.text()}
	case 1, 2:
		return &pgproto3.Parse{Name: h.name(), Query: h.text(), ParameterOIDs: make([]uint32, h.IntN(4))}
	case 3, 4:
		return &pgproto3.Bind{
			DestinationPortal: h.name(), PreparedStatement: h.name(), ParameterFormatCodes: h.codes(), Parameters: h.values(), ResultFormatCodes: h.codes(),
		}
	case 5, 6:
		return &pgproto3.Execute{Portal: h.name(), MaxRows: uint32(h.IntN(3))}
	case 7:
		return &pgproto3.Describe{ObjectType: "SPx"[h.IntN(3)], Name: h.name()}
	case 8:
		return &pgproto3.Close{ObjectType: "SPx"[h.IntN(3)], Name: h.name()}
	case 9:
		return &pgproto3.CopyData{Data: make([]byte, h.IntN(100))}
	case 10:
		return &pgproto3.Flush{}
	case 11:
		return &pgproto3.FunctionCall{Function: 1, Arguments: h.values()}
	case 12:
		return &pgproto3.CopyFail{Message: h.text()}
	}
	return &pgproto3.Sync{}
}

// stream gives some messages as bytes, and how many. The last of them may be damaged, as nothing after it can be told apart.
func (h hostile) stream(t *testing.T) (raw []byte, n int) {
	n = 1 + h.IntN(200)
	for range n - 1 {
		raw = append(raw, startup(t, h.message())...)
	}
	one := startup(t, h.message())
	switch h.IntN(5) {
	case 0:
		one = one[:h.IntN(len(one))] // cut off
	case 1:
		binary.BigEndian.PutUint32(one[1:], h.Uint32()) // of any length
	case 2:
		one[h.IntN(len(one))] ^= byte(1 + h.IntN(255))
	case 3:
		one[0] = byte(h.IntN(256))
	}
	return append(raw, one...), n
}

// TestFlood lets clients send messages at random to one server, while one of good will is served, and none takes it down.
func TestFlood(t *testing.T) {
	total := int64(floodMessages)
	if s := os.Getenv("VEXSTREAM_TEST_MESSAGES"); s != "" {
		var err error
		if total, err = strconv.ParseInt(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	addr := serve(t, nil)
	honest := dial(t, addr)
	before, most := used(), int64(0)
	if total != floodMessages {
		besiege(t, addr, 1_000)
	}
	var sent, clients atomic.Int64
	var flooding sync.WaitGroup
	for seed := range uint64(8) {
		flooding.Go(func() {
			h := hostile{rand.New(rand.NewPCG(seed, 1))}
			for sent.Load() < total {
				sent.Add(flood(t, addr, h))
				clients.Add(1)
			}
		})
	}
	over := make(chan struct{})
	go func() { flooding.Wait(); close(over) }()
	for served := 0; ; served++ {
		send(t, honest, &pgproto3.Query{String: "one"})
		await[*pgproto3.DataRow](t, honest)
		await[*pgproto3.ReadyForQuery](t, honest)
		if most = max(most, used()-before); most > 256<<20 {
			t.Fatalf("they take %d MiB", most>>20)
		}
		select {
		case <-over:
			t.Logf("%d messages of %d clients, %d statements of the honest client, at most %d MiB above rest", sent.Load(), clients.Load(), served, most>>20)
			return
		default:
		}
	}
}

// flood is one client: it logs in, sends messages, does not wait for answers, and is gone. It gives how many it sent.
func flood(t *testing.T, addr string, h hostile) int64 {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer nc.Close()
	hello := startup(t, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "u"}})
	raw, n := h.stream(t)
	reads, waits := h.IntN(4) > 0, h.IntN(2) > 0
	read := make(chan struct{})
	go func() {
		defer close(read)
		if !reads {
			return
		}
		buf := make([]byte, 32<<10)
		for got := 0; got < 1<<20; {
			k, err := nc.Read(buf)
			if got += k; err != nil {
				return
			}
		}
	}()
	_, _ = nc.Write(append(hello, raw...)) // the server may hang up at any time
	if tc, ok := nc.(*net.TCPConn); ok && waits {
		_ = tc.CloseWrite()
		<-read
	}
	nc.Close()
	<-read
	return int64(n)
}

// TestLimitsByName meets each limit of what a connection may keep, and is told its name, its number or what to do; the
// connection goes on unless the limit is one of messages.
func TestLimitsByName(t *testing.T) {
	addr := serve(t, nil)
	f := dial(t, addr)
	refused := func(code string, words ...string) {
		t.Helper()
		e := await[*pgproto3.ErrorResponse](t, f)
		missing := func(w string) bool { return !strings.Contains(e.Message+" "+e.Hint, w) }
		if e.Code != code || slices.ContainsFunc(words, missing) {
			t.Errorf("%s %s (%s), want %s with %q", e.Code, e.Message, e.Hint, code, words)
		}
	}
	for i := range maxStatements + 1 {
		f.Send(&pgproto3.Parse{Name: strconv.Itoa(i), Query: "one"})
		if i%1_000 == 0 { // so that neither end waits for the other
			send(t, f, &pgproto3.Sync{})
			if i < maxStatements {
				await[*pgproto3.ReadyForQuery](t, f)
			}
		}
	}
	refused("53400", strconv.Itoa(maxStatements), "DEALLOCATE")
	await[*pgproto3.ReadyForQuery](t, f)
	for i := range maxPortals + 1 {
		f.Send(&pgproto3.Bind{DestinationPortal: strconv.Itoa(i), PreparedStatement: "1"})
	}
	send(t, f, &pgproto3.Sync{})
	refused("53400", strconv.Itoa(maxPortals))
	await[*pgproto3.ReadyForQuery](t, f)
	send(t, f, &pgproto3.Query{String: "one"})
	await[*pgproto3.DataRow](t, f)
	await[*pgproto3.ReadyForQuery](t, f)

	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	f = login(t, nc)
	if _, err := nc.Write(giant('Q', MaxMessage+5)); err != nil {
		t.Fatal(err)
	}
	refused("54000", strconv.Itoa(MaxMessage), "COPY")
	if _, err := f.Receive(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection goes on: ", err)
	}

	addr = serve(t, nil)
	for range DefaultConnections {
		dial(t, addr)
	}
	if nc, err = net.Dial("tcp", addr); err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	f = pgproto3.NewFrontend(nc, nc)
	send(t, f, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "u"}})
	refused("53300", strconv.Itoa(DefaultConnections), strconv.Itoa(ReservedConnections))
}
