package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// errNoName is for an address that stands for no name, and for what is nothing but such an address.
var errNoName = fault.New(fault.Invalid, "address_unknown", "This address stands for no host that was asked for.")

const (
	mostConnections = 256 // of one program at a time
	mostNames       = 1 << 14
	dialTimeout     = 15 * time.Second
)

// gate is the only way out of a program's network. Each TCP connection ends here,
// and is made anew by the door to where it was meant to go.
type gate struct {
	egress *Egress
	tcp    net.Listener
	udp    net.PacketConn
	ctx    context.Context //nolint:containedctx // its life is the program's
	end    context.CancelFunc
	slots  chan struct{}

	mu    sync.Mutex
	names map[string]netip.Addr // names have addresses that stand for them, so that we resolve them, and at the dial
	hosts map[netip.Addr]string
	next  netip.Addr
}

// openGate serves the sockets that the launcher made in the program's network.
func openGate(e *Egress, tcp, udp *os.File) (*gate, error) {
	defer func() { _, _ = tcp.Close(), udp.Close() }()
	l, err := net.FileListener(tcp)
	if err != nil {
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	c, err := net.FilePacketConn(udp)
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	g := &gate{
		egress: e, tcp: l, udp: c, slots: make(chan struct{}, mostConnections),
		names: map[string]netip.Addr{}, hosts: map[netip.Addr]string{}, next: standIns.Addr().Next(),
	}
	g.ctx, g.end = context.WithCancel(context.Background())
	go g.accept()
	go g.answer()
	return g, nil
}

// close ends every connection.
func (g *gate) close() {
	g.end()
	_ = g.tcp.Close()
	_ = g.udp.Close()
}

func (g *gate) accept() {
	for {
		c, err := g.tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			select {
			case <-g.ctx.Done():
				return
			case <-time.After(50 * time.Millisecond): // descriptors ran out
				continue
			}
		}
		select {
		case g.slots <- struct{}{}:
			go func() {
				defer func() { <-g.slots }()
				g.carry(c.(*net.TCPConn)) //nolint:forcetypeassert // of a TCP listener
			}()
		default:
			refuse(c)
		}
	}
}

func refuse(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // a reset, and no end that looks like an answer
	}
	_ = c.Close()
}

// carry makes one connection anew.
func (g *gate) carry(c *net.TCPConn) {
	to, err := meant(c)
	if err != nil {
		refuse(c)
		return
	}
	host, err := g.host(to.Addr())
	var up net.Conn
	if err == nil {
		ctx, cancel := context.WithTimeout(g.ctx, dialTimeout)
		up, err = g.egress.Door.Dial(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(int(to.Port()))))
		cancel()
	}
	g.tell(host, int(to.Port()), err)
	if err != nil {
		refuse(c)
		return
	}
	end := context.AfterFunc(g.ctx, func() { refuse(c); _ = up.Close() })
	defer end()
	var both sync.WaitGroup
	both.Go(func() { pour(up, c) })
	both.Go(func() { pour(c, up) })
	both.Wait()
	_, _ = c.Close(), up.Close()
}

// pour copies one direction, and says when it is over.
func pour(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		_ = half.CloseWrite()
		return
	}
	_, _ = to.Close(), from.Close()
}

func (g *gate) tell(host string, port int, err error) {
	if g.egress.Told != nil {
		g.egress.Told(Visit{At: time.Now(), Host: host, Port: port, Err: err}) //nolint:forbidigo // when it happened, and nothing goes by it
	}
}

// meant is where a connection was going before the kernel turned it round.
func meant(c *net.TCPConn) (netip.AddrPort, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("look at a connection: %w", err)
	}
	var at *unix.IPv6Mreq // it has room for a sockaddr_in, which is what comes
	var failed error
	err = raw.Control(func(fd uintptr) {
		at, failed = unix.GetsockoptIPv6Mreq(int(fd), syscall.IPPROTO_IP, unix.SO_ORIGINAL_DST)
	})
	if err := errors.Join(err, failed); err != nil {
		return netip.AddrPort{}, fmt.Errorf("look at a connection: %w", err)
	}
	b := at.Multiaddr
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), uint16(b[2])<<8|uint16(b[3])), nil
}
