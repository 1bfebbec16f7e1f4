package redis

import (
	"context"
	"sync/atomic"
	"time"
)

// Patient asks Redis for somebody who can do without: for so long and no longer,
// and not at all for a while after it took longer or failed. A nil Client is
// always away.
type Patient struct {
	Client *Client
	Within time.Duration // how long an answer may take
	Rest   time.Duration // how long Redis is let alone after that
	Now    func() time.Time
	Away   func(ctx context.Context, err error) // is told each time that it is away, once a Rest

	until atomic.Int64 // of its rest, in Unix nanoseconds
}

// Run runs a script. It is not ok when Redis did not answer in time, or has not a
// moment ago.
func (p *Patient) Run(ctx context.Context, s *Script, keys []string, args ...any) (answer any, ok bool) {
	ok = p.ask(ctx, func(ctx context.Context) (err error) {
		answer, err = p.Client.Run(ctx, s, keys, args...)
		return err
	})
	return answer, ok
}

// Values reads keys, as Client does. It is not ok when Redis did not answer.
func (p *Patient) Values(ctx context.Context, keys []string) (values [][]byte, ok bool) {
	ok = p.ask(ctx, func(ctx context.Context) (err error) {
		values, err = p.Client.Values(ctx, keys)
		return err
	})
	return values, ok
}

// Remove forgets a key, if Redis is there.
func (p *Patient) Remove(ctx context.Context, key string) {
	p.ask(ctx, func(ctx context.Context) error { return p.Client.Remove(ctx, key) })
}

func (p *Patient) ask(ctx context.Context, what func(context.Context) error) bool {
	now := p.Now()
	if p.Client == nil || now.UnixNano() < p.until.Load() {
		return false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.Within) // a caller that hangs up is no failure of Redis
	defer cancel()
	err := what(ctx)
	if err != nil {
		p.until.Store(now.Add(p.Rest).UnixNano())
		p.Away(ctx, err)
	}
	return err == nil
}
