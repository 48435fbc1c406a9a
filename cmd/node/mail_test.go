package node_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// relay is a mail server that takes everything, and gives the text of each mail.
func relay(t *testing.T, mails chan<- string) (port int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			converse(c, mails)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().(*net.TCPAddr).Port
}

// converse is one connection to the relay, to its end.
func converse(c net.Conn, mails chan<- string) {
	defer c.Close()
	fmt.Fprint(c, "220 relay ESMTP\r\n")
	var text []string
	inText := false
	for lines := bufio.NewScanner(c); lines.Scan(); {
		line := lines.Text()
		switch verb := strings.ToUpper(line); {
		case inText && line == ".":
			mails <- strings.Join(text, "\n")
			text, inText = nil, false
			fmt.Fprint(c, "250 taken\r\n")
		case inText:
			text = append(text, line)
		case verb == "DATA":
			inText = true
			fmt.Fprint(c, "354 go on\r\n")
		case verb == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

// TestMailsOfTriggers has a row become a mail, though it has in it what would end a header.
func TestMailsOfTriggers(t *testing.T) {
	mails := make(chan string, 10)
	port := relay(t, mails)
	n := open(t, node.Settings{Data: t.TempDir(), SendTo: []string{"127.0.0.1/32"}})
	run(t, n, fmt.Sprintf(`CREATE TARGET ops TYPE email WITH (host = '127.0.0.1', port = '%d', security = 'none', from = 'vex@example.org', to = 'ops@example.org');
		CREATE STREAM s (id int, k text);
		CREATE TRIGGER tell AFTER INSERT ON s FOR EACH ROW WHEN (id > 1) EXECUTE FUNCTION email('ops', 'row ' || id || k, 'it says ' || k);
		INSERT INTO s VALUES (1, 'no'), (2, E'\r\nBcc: eve@example.org')`, port))
	var mail string
	select {
	case mail = <-mails:
	case <-t.Context().Done():
		t.Fatal("no mail")
	}
	head, _, _ := strings.Cut(mail, "\n\n")
	for _, line := range strings.Split(head, "\n") {
		if strings.HasPrefix(strings.ToLower(line), "bcc:") {
			t.Errorf("a row has put a header into a mail:\n%s", mail)
		}
	}
	if !strings.Contains(head, "ops@example.org") || !strings.Contains(mail, "it says") {
		t.Error(mail)
	}
}
