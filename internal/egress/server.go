package egress

import (
	"context"
	"net"
	"time"
)

// Server returns a way to the one server (host:port) that the operator of the
// installation configured, which may be on a private network. To any other
// address it is ErrBlocked.
func (g *Guard) Server(address string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: g.resolver}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != address {
			return nil, ErrBlocked
		}
		return dialer.DialContext(ctx, network, addr)
	}
}
