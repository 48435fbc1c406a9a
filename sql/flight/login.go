package flight

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/apache/arrow/go/v17/arrow/flight"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/auth"
)

// caller is who makes a call.
type caller struct{ role, remote string }

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// single lets a call in whose client has proved who it is.
func (s *Server) single(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	who, err := s.login(ctx)
	if err != nil {
		return nil, statusOf(err)
	}
	return next(context.WithValue(ctx, callerKey{}, who), req)
}

// stream is single for calls with streams. A handshake proves it by itself.
func (s *Server) stream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	who, err := s.login(ss.Context())
	if err != nil {
		return statusOf(err)
	}
	return next(srv, &known{ss, context.WithValue(ss.Context(), callerKey{}, who)})
}

// known is a stream of a client that is known.
type known struct {
	grpc.ServerStream
	ctx context.Context
}

// Context has the caller.
func (k *known) Context() context.Context { return k.ctx }

var errNoLogin = sqlerr.New(sqlerr.InvalidAuthorization, "the call has no authorization").
	WithHint("Send a name and a password, or Authorization: Bearer with the contents of http.token in the data folder.")

// login reads who calls: a bearer of the node's token or of one that a handshake gave, or a name and a password.
func (s *Server) login(ctx context.Context) (caller, error) {
	var c caller
	if p, ok := peer.FromContext(ctx); ok {
		c.remote = p.Addr.String()
	}
	said := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(said) != 1 {
		return c, errNoLogin
	}
	kind, proof, _ := strings.Cut(said[0], " ")
	switch strings.ToLower(kind) {
	case "bearer":
		if s.cfg.Token != "" && subtle.ConstantTimeCompare([]byte(proof), []byte(s.cfg.Token)) == 1 {
			c.role = s.cfg.Admin
			return c, nil
		}
		role, ok := s.sealed(proof)
		if !ok {
			return c, s.refuse(c, sqlerr.New(sqlerr.InvalidAuthorization, "the token is wrong, or the server was started anew").
				WithHint("Log in again."))
		}
		c.role = role
		return c, nil
	case "basic":
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(proof, "=")) // some clients pad it
		role, password, ok := strings.Cut(string(raw), ":")
		if err != nil || !ok {
			return c, errNoLogin
		}
		c.role = role
		verifier, err := s.cfg.Verifier(role)
		if err == nil && !auth.Matches(verifier, password) {
			err = sqlerr.New(sqlerr.InvalidPassword, "password authentication failed for user %q", role)
		}
		if err != nil {
			return c, s.refuse(c, err)
		}
		return c, nil
	}
	return c, errNoLogin
}

func (s *Server) refuse(c caller, err error) error {
	s.cfg.Refused(c.role, c.remote, err)
	return err
}

// seal makes a role's token: it holds for this process, and as long as the role has the password that it has.
func (s *Server) seal(role, verifier string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(role)) + "." + b64(s.mac(role, verifier))
}

func (s *Server) mac(role, verifier string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(role + "\x00" + verifier))
	return h.Sum(nil)
}

// sealed reads a token.
func (s *Server) sealed(token string) (role string, ok bool) {
	name, seal, _ := strings.Cut(token, ".")
	rawName, err := base64.RawURLEncoding.DecodeString(name)
	if err != nil {
		return "", false
	}
	rawSeal, err := base64.RawURLEncoding.DecodeString(seal)
	if err != nil {
		return "", false
	}
	role = string(rawName)
	verifier, err := s.cfg.Verifier(role)
	return role, err == nil && hmac.Equal(rawSeal, s.mac(role, verifier))
}

// Handshake gives who logged in with a password a token for further calls.
func (s *service) Handshake(stream flight.FlightService_HandshakeServer) error {
	who := callerOf(stream.Context())
	verifier, err := s.s.cfg.Verifier(who.role)
	if err != nil {
		return statusOf(err)
	}
	token := metadata.Pairs("authorization", "Bearer "+s.s.seal(who.role, verifier))
	if err := stream.SendHeader(token); err != nil {
		return err
	}
	stream.SetTrailer(token)
	return nil
}
