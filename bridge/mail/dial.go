package mail

import (
	"context"
	"crypto/tls"
	"net"

	gomail "github.com/wneessen/go-mail"
)

func (c *Client) tls(host string) *tls.Config {
	return &tls.Config{ServerName: host, RootCAs: c.roots, MinVersion: tls.VersionTLS12}
}

// dial connects, and speaks TLS from the first byte if that is asked for. A connection ends with the attempt's context: the library
// itself waits for a greeting without a limit.
func (c *Client) dial(attempt context.Context, secured bool, config *tls.Config) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := c.guard.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(attempt, func() { conn.Close() })
		if !secured {
			return conn, nil
		}
		wrapped := tls.Client(conn, config)
		if err := wrapped.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		return wrapped, nil
	}
}
