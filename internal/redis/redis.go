// Package redis is the door to Redis for all but the queue. What is kept there
// only makes things faster or fairer: Redis may be emptied or be away at any
// moment, and every caller goes on without it.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	driver "github.com/redis/go-redis/v9"

	"github.com/patchbay-dev/patchbay/internal/queue"
)

// prefix stands before each key and channel, for a Redis may be shared.
const prefix = "patchbay:"

// ErrMissing is returned for a key that is not there.
var ErrMissing = errors.New("redis: no such key")

func init() { driver.SetLogger(quiet{}) }

// quiet keeps the driver's own lines out: a Redis that is away is an error of
// each call, and said there.
type quiet struct{}

func (quiet) Printf(ctx context.Context, format string, v ...any) {
	slog.DebugContext(ctx, "redis", "text", fmt.Sprintf(format, v...))
}

// Client talks to a Redis: one server, or a cluster. It is safe for concurrent use.
type Client struct{ driver driver.UniversalClient }

// New returns a client of the Redis at c. It connects when it is first used.
func New(c queue.Connection) (*Client, error) {
	d, ok := c.MakeRedisClient().(driver.UniversalClient)
	if !ok {
		return nil, errors.New("redis: the connection is of a kind that is not known")
	}
	return &Client{d}, nil
}

// Close ends the connections.
func (c *Client) Close() error { return c.driver.Close() }

// Set keeps a value, for ever when life is 0.
func (c *Client) Set(ctx context.Context, key string, value []byte, life time.Duration) error {
	if err := c.driver.Set(ctx, prefix+key, value, life).Err(); err != nil {
		return fmt.Errorf("redis set: %w", err)
	}
	return nil
}

// Get returns what Set kept, or ErrMissing.
func (c *Client) Get(ctx context.Context, key string) ([]byte, error) {
	b, err := c.driver.Get(ctx, prefix+key).Bytes()
	if errors.Is(err, driver.Nil) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("redis get: %w", err)
	}
	return b, nil
}

// Remove forgets a key.
func (c *Client) Remove(ctx context.Context, key string) error {
	if err := c.driver.Del(ctx, prefix+key).Err(); err != nil {
		return fmt.Errorf("redis remove: %w", err)
	}
	return nil
}

// Values returns what Set kept under keys, in their order; nil for what is not there.
// The keys may be of several servers, each of which is asked once.
func (c *Client) Values(ctx context.Context, keys []string) ([][]byte, error) {
	answers := make([]*driver.StringCmd, len(keys))
	_, err := c.driver.Pipelined(ctx, func(p driver.Pipeliner) error {
		for i, key := range keys {
			answers[i] = p.Get(ctx, prefix+key)
		}
		return nil
	})
	if err != nil && !errors.Is(err, driver.Nil) {
		return nil, fmt.Errorf("redis get: %w", err)
	}
	out := make([][]byte, len(keys))
	for i, a := range answers {
		b, err := a.Bytes()
		if err != nil && !errors.Is(err, driver.Nil) {
			return nil, fmt.Errorf("redis get: %w", err)
		}
		out[i] = b
	}
	return out, nil
}

// Keys returns the keys that begin with start, of all servers of a cluster.
func (c *Client) Keys(ctx context.Context, start string) ([]string, error) {
	var mu sync.Mutex
	seen := map[string]bool{} // a walk may come by a key twice
	scan := func(ctx context.Context, of driver.Cmdable) error {
		walk := of.Scan(ctx, 0, prefix+start+"*", 200).Iterator()
		for walk.Next(ctx) {
			mu.Lock()
			seen[walk.Val()[len(prefix):]] = true
			mu.Unlock()
		}
		return walk.Err()
	}
	var err error
	if cluster, ok := c.driver.(*driver.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, one *driver.Client) error { return scan(ctx, one) })
	} else {
		err = scan(ctx, c.driver)
	}
	if err != nil {
		return nil, fmt.Errorf("redis scan: %w", err)
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// Run runs a script in Redis, as one step that nothing comes between. Several keys
// are of one slot, so that a cluster can do it: they share what stands in braces.
func (c *Client) Run(ctx context.Context, s *Script, keys []string, args ...any) (any, error) {
	full := make([]string, len(keys))
	for i, k := range keys {
		if slot(k) != slot(keys[0]) {
			return nil, errors.New("redis script: its keys share no part in braces, so that a cluster would have them on several servers")
		}
		full[i] = prefix + k
	}
	v, err := s.script.Run(ctx, c.driver, full, args...).Result()
	if err != nil && !errors.Is(err, driver.Nil) {
		return nil, fmt.Errorf("redis script: %w", err)
	}
	return v, nil
}

// slot is the part of a key by which a cluster finds its server: what stands in the
// first braces, or all of it.
func slot(key string) string {
	if _, after, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(after, "}"); ok && tag != "" {
			return tag
		}
	}
	return key
}

// Script is a program in Lua that Redis keeps by its hash.
type Script struct{ script *driver.Script }

// NewScript returns a script of the source.
func NewScript(source string) *Script { return &Script{driver.NewScript(source)} }

// Publish tells every process that listens to a channel. Who does not listen at
// this moment never hears it.
func (c *Client) Publish(ctx context.Context, channel, message string) error {
	if err := c.driver.Publish(ctx, prefix+channel, message).Err(); err != nil {
		return fmt.Errorf("redis publish: %w", err)
	}
	return nil
}

// Listen calls hear for each message of a channel until ctx ends. live is called
// with true each time the connection begins to hear and with false when it is
// lost: in between, messages were missed.
func (c *Client) Listen(ctx context.Context, channel string, live func(bool), hear func(message string)) {
	for ctx.Err() == nil {
		c.listen(ctx, channel, live, hear)
		live(false)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (c *Client) listen(ctx context.Context, channel string, live func(bool), hear func(message string)) {
	sub := c.driver.Subscribe(ctx, prefix+channel)
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })()
	defer func() { _ = sub.Close() }()
	if _, err := sub.Receive(ctx); err != nil {
		return
	}
	live(true)
	for {
		m, err := sub.ReceiveTimeout(ctx, 3*time.Second)
		if isTimeout(err) {
			if err := sub.Ping(ctx); err != nil {
				return
			}
			if m, err = sub.ReceiveTimeout(ctx, 3*time.Second); err != nil {
				return // not even an answer to the ping
			}
		} else if err != nil {
			return
		}
		if msg, ok := m.(*driver.Message); ok {
			hear(msg.Payload)
		}
	}
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}
