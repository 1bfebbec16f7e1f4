package sandbox

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// standIns are addresses that stand for names: reserved for tests of networks
// (RFC 2544), so that nobody is behind them.
var standIns = netip.MustParsePrefix("198.18.0.0/15")

const (
	lookupTimeout = 8 * time.Second
	nameTTL       = 300 // seconds: an address stands for its name as long as the program lives
)

// host is what the program meant by an address: the name that it stands for, or itself.
func (g *gate) host(at netip.Addr) (string, error) {
	if !standIns.Contains(at) {
		return at.String(), nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	name, ok := g.hosts[at]
	if !ok {
		return at.String(), errNoName
	}
	return name, nil
}

// standIn returns the address that stands for a name, or none if there are too many names.
func (g *gate) standIn(name string) (netip.Addr, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at, ok := g.names[name]
	if !ok && len(g.names) < mostNames {
		at, ok = g.next, true
		g.names[name], g.hosts[at], g.next = at, name, at.Next()
	}
	return at, ok
}

// answer answers questions for names, each in its own time.
func (g *gate) answer() {
	asking := make(chan struct{}, 32)
	for buf := make([]byte, 1500); ; {
		n, from, err := g.udp.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		asked := append([]byte{}, buf[:n]...)
		asking <- struct{}{}
		go func() {
			defer func() { <-asking }()
			if text := g.reply(asked); text != nil {
				_, _ = g.udp.WriteTo(text, from)
			}
		}()
	}
}

// reply is the answer to a question, or nil for what is none. A name that has an
// address gets one that stands for it; IPv6 has none.
func (g *gate) reply(asked []byte) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(asked)
	if err != nil || head.Response {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	out := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: head.ID, Response: true, OpCode: head.OpCode, RecursionDesired: head.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	out.RCode = dnsmessage.RCodeSuccess
	if q.Class != dnsmessage.ClassINET || head.OpCode != 0 {
		out.RCode = dnsmessage.RCodeNotImplemented
	} else if q.Type == dnsmessage.TypeA || q.Type == dnsmessage.TypeAAAA {
		g.resolve(&out, q)
	}
	text, err := out.Pack()
	if err != nil {
		return nil
	}
	return text
}

func (g *gate) resolve(out *dnsmessage.Message, q dnsmessage.Question) {
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	ctx, cancel := context.WithTimeout(g.ctx, lookupTimeout)
	defer cancel()
	if err := g.egress.Door.Lookup(ctx, name); err != nil {
		out.RCode = dnsmessage.RCodeServerFailure
		var none *net.DNSError
		if errors.As(err, &none) && none.IsNotFound {
			out.RCode = dnsmessage.RCodeNameError
		}
		if q.Type == dnsmessage.TypeA { // both are asked for at once
			g.tell(name, 0, err)
		}
		return
	}
	if q.Type == dnsmessage.TypeAAAA {
		return
	}
	at, ok := g.standIn(name)
	if !ok {
		out.RCode = dnsmessage.RCodeRefused
		return
	}
	out.Answers = []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: nameTTL},
		Body:   &dnsmessage.AResource{A: at.As4()},
	}}
}
