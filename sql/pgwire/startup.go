package pgwire

import (
	"crypto/subtle"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/auth"
)

// Codes of the first message of a connection, and the protocol's version as it stands there.
const (
	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104

	major       = 3
	newestMinor = 2 // 3.2: cancel keys may be longer than four bytes
	longKey     = 32
)

// first is the first message of a connection.
type first struct {
	code uint32
	body []byte
}

// receiveFirst reads no further than the message: what a client sends before it knows that it talks to the server under
// TLS must not be taken for what it sends after.
func (c *conn) receiveFirst() (first, error) {
	var head [8]byte
	if _, err := io.ReadFull(c.net, head[:]); err != nil {
		return first{}, err
	}
	size := binary.BigEndian.Uint32(head[:4])
	if size < 8 || size > maxLoginMessage {
		return first{}, sqlerr.New(sqlerr.ProtocolViolation, "invalid length of startup packet")
	}
	f := first{code: binary.BigEndian.Uint32(head[4:]), body: make([]byte, size-8)}
	_, err := io.ReadFull(c.net, f.body)
	return f, err
}

// startup answers what comes before the first statement. It gives false for a connection that is over: a cancel
// request, a port scan, a health check.
func (c *conn) startup() (bool, error) {
	sslDone, gssDone := false, false
	for {
		f, err := c.receiveFirst()
		var e *sqlerr.Error
		switch {
		case errors.As(err, &e):
			return false, e
		case err != nil:
			return false, nil
		}
		switch {
		case f.code == codeCancel && len(f.body) >= 4:
			c.server.cancelRequest(binary.BigEndian.Uint32(f.body), f.body[4:])
			return false, nil
		case f.code == codeSSL && !sslDone:
			if sslDone = true; !c.encrypt() {
				return false, nil
			}
		case f.code == codeGSS && !gssDone:
			gssDone = true
			if _, err := c.net.Write([]byte{'N'}); err != nil {
				return false, nil
			}
		case f.code>>16 == major:
			return true, c.login(f)
		default:
			return false, sqlerr.New(sqlerr.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports %d.0 to %d.%d",
				f.code>>16, f.code&0xffff, major, major, newestMinor)
		}
	}
}

// encrypt answers an SSLRequest. It gives false where no TLS came of it.
func (c *conn) encrypt() bool {
	if c.server.cfg.TLS == nil || c.secure || c.peer.Unix {
		_, err := c.net.Write([]byte{'N'})
		return err == nil
	}
	if _, err := c.net.Write([]byte{'S'}); err != nil {
		return false
	}
	t := tls.Server(c.net, c.server.cfg.TLS)
	if err := t.HandshakeContext(c.ctx); err != nil {
		return false
	}
	c.net, c.secure = t, true
	if is := t.ConnectionState(); len(is.VerifiedChains) > 0 {
		c.holder = is.PeerCertificates[0].Subject.CommonName
	}
	c.frames = newFramer(t, c.server)
	c.wire = &sender{Backend: pgproto3.NewBackend(c.frames, t), c: c}
	c.wire.SetMaxBodyLen(maxLoginMessage)
	return true
}

// parameters reads the names and values of a startup message.
func parameters(body []byte) (map[string]string, error) {
	out := map[string]string{}
	bad := sqlerr.New(sqlerr.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
	for {
		name, rest, ok := strings.Cut(string(body), "\x00")
		switch {
		case !ok || name == "" && rest != "":
			return nil, bad
		case name == "":
			return out, nil
		}
		value, tail, ok := strings.Cut(rest, "\x00")
		if !ok {
			return nil, bad
		}
		out[name], body = value, []byte(tail)
	}
}

func (c *conn) login(f first) error {
	given, err := parameters(f.body)
	if err != nil {
		return err
	}
	s := Startup{
		User: given["user"], Database: given["database"], Settings: map[string]string{}, Remote: c.net.RemoteAddr().String(),
		PID: int32(c.id), Forget: c.forget, Named: c.named, Wake: c.tell, Peer: c.peer, TLS: c.secure, Certificate: c.holder,
	}
	if s.User == "" {
		return sqlerr.New(sqlerr.InvalidAuthorization, "no PostgreSQL user name specified in startup packet")
	}
	var unknown []string
	for _, k := range slices.Sorted(maps.Keys(given)) {
		switch v := given[k]; {
		case k == "user" || k == "database" || k == "replication" && isOff(v):
		case k == "replication" && !isOn(v) && v != "database":
			return sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter \"replication\": %q", v)
		case k == "replication":
			return sqlerr.New(sqlerr.FeatureNotSupported, "replication connections are not supported").WithHint("SUBSCRIBE gives the changes of a relation.")
		case k == "options":
			if err := parseOptions(v, s.Settings); err != nil {
				return err
			}
		case strings.HasPrefix(k, "_pq_."):
			unknown = append(unknown, k)
		default:
			s.Settings[strings.ToLower(k)] = v
		}
	}
	minor := f.code & 0xffff
	if minor > newestMinor || minor == 1 || len(unknown) > 0 {
		if minor = min(minor, newestMinor); minor == 1 { // there is no 3.1
			minor = 0
		}
		c.wire.Send(&pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: major<<16 | minor, UnrecognizedOptions: unknown})
	}
	key := newSecret(4)
	if minor >= newestMinor {
		key = newSecret(longKey)
	}
	if s.Database == "" {
		s.Database = s.User
	}
	if err := c.authenticate(s); err != nil {
		if c.server.cfg.Refused != nil {
			c.server.cfg.Refused(s, err)
		}
		return err
	}
	if c.session, err = c.server.cfg.Open(c.ctx, s); err != nil {
		return err
	}
	c.mu.Lock()
	c.secret = key
	c.mu.Unlock()
	c.wire.Send(&pgproto3.AuthenticationOk{})
	for name, value := range c.session.Parameters() {
		c.wire.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	c.wire.Send(&pgproto3.BackendKeyData{ProcessID: c.id, SecretKey: key})
	c.ready()
	return nil
}

// isOn and isOff read a boolean as the startup message has it.
func isOn(v string) bool {
	switch strings.ToLower(v) {
	case "1", "on", "true", "yes", "t", "y":
		return true
	}
	return false
}

func isOff(v string) bool {
	switch strings.ToLower(v) {
	case "0", "off", "false", "no", "f", "n":
		return true
	}
	return false
}

// authenticate lets the client in or says why not.
func (c *conn) authenticate(s Startup) error {
	l := c.server.cfg.Login(s)
	if !l.Trusted {
		if err := c.guarded(s, l); err != nil {
			return err
		}
	}
	if l.Refuse != nil {
		return l.Refuse
	}
	return c.server.entered(c, s.User, l)
}

// prove has the client prove that it knows the password, by SCRAM.
func (c *conn) prove(user string, l Login) error {
	var b auth.Binding
	if c.secure {
		b = c.server.bound
	}
	verifier := l.Verifier
	if verifier == "" {
		verifier = auth.Nobody(c.server.nobody, user)
	}
	c.wire.Send(&pgproto3.AuthenticationSASL{AuthMechanisms: b.Mechanisms()})
	if err := c.wire.SetAuthType(pgproto3.AuthTypeSASL); err != nil {
		return err
	}
	var x *auth.Exchange
	for {
		if err := c.wire.Flush(); err != nil {
			return err
		}
		m, err := c.wire.Receive()
		if err != nil {
			return sqlerr.New(sqlerr.ProtocolViolation, "expected SASL response").WithDetail("%v", err)
		}
		var said []byte
		switch m := m.(type) {
		case *pgproto3.SASLInitialResponse:
			if x, err = auth.NewExchange(verifier, m.AuthMechanism, b); err != nil {
				return err
			}
			said = m.Data
		case *pgproto3.SASLResponse:
			said = m.Data
		default:
			return sqlerr.New(sqlerr.ProtocolViolation, "expected SASL response, got message type %T", m)
		}
		answer, done, err := x.Step(said)
		switch {
		case errors.Is(err, auth.ErrProof), done && l.Verifier == "":
			return sqlerr.New(sqlerr.InvalidPassword, "password authentication failed for user %q", user)
		case err != nil:
			return err
		case done:
			c.wire.Send(&pgproto3.AuthenticationSASLFinal{Data: answer})
			return nil
		}
		c.wire.Send(&pgproto3.AuthenticationSASLContinue{Data: answer})
		if err := c.wire.SetAuthType(pgproto3.AuthTypeSASLContinue); err != nil {
			return err
		}
	}
}

// holds says whether a cancel request has the key of this connection.
func (c *conn) holds(secret []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.secret) > 0 && subtle.ConstantTimeCompare(secret, c.secret) == 1
}

// parseOptions reads libpq's options: -c name=value and --name=value, a backslash before a space.
func parseOptions(text string, into map[string]string) error {
	text = strings.ReplaceAll(text, `\ `, "\x00")
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		w := words[i]
		said := w
		switch {
		case w == "-c" && i+1 < len(words):
			i++
			w = words[i]
			said += " " + w
		case strings.HasPrefix(w, "-c"):
			w = w[2:]
		case strings.HasPrefix(w, "--"):
			w = strings.ReplaceAll(w[2:], "-", "_")
		default:
			return sqlerr.New(sqlerr.SyntaxError, "invalid command-line argument for server process: %s", w).
				WithHint("Settings are given as -c name=value or --name=value.")
		}
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return sqlerr.New(sqlerr.SyntaxError, "%s requires a value", said)
		}
		into[strings.ToLower(name)] = strings.ReplaceAll(value, "\x00", " ")
	}
	return nil
}
