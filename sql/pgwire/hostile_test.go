package pgwire

import (
	"encoding/binary"
	"net"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

func startup(t testing.TB, m pgproto3.FrontendMessage) []byte {
	t.Helper()
	raw, err := m.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func giant(kind byte, size uint32) []byte {
	var out []byte
	if kind != 0 {
		out = append(out, kind)
	}
	return binary.BigEndian.AppendUint32(out, size)
}

// besiege opens n connections or a few more that mean no good, and keeps them until the test ends.
func besiege(t *testing.T, addr string, n int) {
	t.Helper()
	hello := startup(t, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "u"}})
	ssl := startup(t, &pgproto3.SSLRequest{})
	kinds := map[string][]byte{
		"silent":        nil,
		"slow":          hello[:9],
		"garbage":       []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"giant":         append(giant(0, 1<<31-1), 0, 3, 0, 0),
		"tiny":          giant(0, 3),
		"zeros":         make([]byte, 64),
		"asks twice":    append(append([]byte{}, ssl...), ssl...),
		"half a TLS":    append(append([]byte{}, ssl...), 0x16, 3, 1, 2),
		"giant message": append(append([]byte{}, hello...), giant('Q', 1<<31-1)...),
		"huge and slow": append(append([]byte{}, hello...), giant('d', MaxMessage-1)...),
		"no message":    append(append([]byte{}, hello...), 0xff, 0, 0, 0, 4),
		"short message": append(append([]byte{}, hello...), giant('Q', 2)...),
		"cancels":       startup(t, &pgproto3.CancelRequest{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}}),
	}
	for range n/len(kinds) + 1 {
		for _, said := range kinds {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { nc.Close() })
			_, _ = nc.Write(said) // the server may have hung up already
		}
	}
}

// 1,200 clients that mean no good, more than may be about to log in, keep nobody else out and take little memory.
func TestHostileClients(t *testing.T) {
	addr := serve(t, nil)
	before := used()
	besiege(t, addr, 1_200)
	f := dial(t, addr)
	for range 10 {
		send(t, f, &pgproto3.Query{String: "one"})
		await[*pgproto3.DataRow](t, f)
		await[*pgproto3.ReadyForQuery](t, f)
	}
	if more := used() - before; more > 256<<20 {
		t.Errorf("they take %d MiB", more>>20)
	}
}

// used is the memory of this process that is in use.
func used() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// FuzzServer gives a server bytes instead of messages: after a login, and instead of one. It answers or hangs up; it
// neither panics nor stops serving others.
func FuzzServer(f *testing.F) {
	hello := startup(f, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "u"}})
	f.Add(true, startup(f, &pgproto3.Query{String: "one"}))
	f.Add(true, startup(f, &pgproto3.Parse{Name: "s", Query: "one", ParameterOIDs: []uint32{23}}))
	f.Add(true, startup(f, &pgproto3.Bind{Parameters: [][]byte{nil, {1}}, ResultFormatCodes: []int16{1, 0}}))
	f.Add(true, append(startup(f, &pgproto3.Execute{MaxRows: 1}), startup(f, &pgproto3.Sync{})...))
	f.Add(true, startup(f, &pgproto3.Describe{ObjectType: 'P'}))
	f.Add(true, startup(f, &pgproto3.Close{ObjectType: 'S', Name: "s"}))
	f.Add(true, giant('Q', 5))
	f.Add(false, hello[:12])
	f.Add(false, startup(f, &pgproto3.SSLRequest{}))
	f.Add(false, startup(f, &pgproto3.CancelRequest{ProcessID: 7, SecretKey: make([]byte, 32)}))
	s := NewServer(config)
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, login bool, said []byte) {
		client, server := net.Pipe()
		s.accept(server)
		gone := make(chan struct{})
		go func() { // takes whatever the server says
			defer close(gone)
			buf := make([]byte, 4096)
			for {
				if _, err := client.Read(buf); err != nil {
					return
				}
			}
		}()
		if login {
			_, _ = client.Write(hello) // the server may hang up at any time
		}
		_, _ = client.Write(said)
		client.Close()
		<-gone
	})
}
