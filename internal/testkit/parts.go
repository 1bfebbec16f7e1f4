package testkit

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Clock is a clock that a test moves by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at the present time, in the precision
// that PostgreSQL keeps.
func NewClock() *Clock { return &Clock{now: time.Now().UTC().Truncate(time.Microsecond)} }

// Now is what services take for the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Box returns a box with a key that is the same for every test of a process.
func Box(t testing.TB) *secret.Box {
	t.Helper()
	return boxOf(t, testKey)
}

// OtherBox returns a box of another installation.
func OtherBox(t testing.TB) *secret.Box {
	t.Helper()
	return boxOf(t, secret.NewKey)
}

var testKey = sync.OnceValues(secret.NewKey)

func boxOf(t testing.TB, key func() (*secret.Key, error)) *secret.Box {
	t.Helper()
	k, err := key()
	if err != nil {
		t.Fatal(err)
	}
	return secret.NewBox(oneKey{k}, secret.Believed, time.Now)
}

// oneKey is a source with a single key.
type oneKey struct{ *secret.Key }

func (o oneKey) Active(context.Context) (secret.KeyID, error) { return o.ID(), nil }

func (o oneKey) Find(_ context.Context, id secret.KeyID) (*secret.Key, error) {
	if id != o.ID() {
		return nil, secret.ErrNoKey
	}
	return o.Key, nil
}

// Guard lets calls through to this machine, where a test's third parties are.
func Guard() *egress.Guard { return egress.NewGuard(netip.MustParsePrefix("127.0.0.0/8")) }

// DeadQueue returns a client whose every nudge is lost, at once. A test that
// passes with it shows that the rows alone say what is to be done.
func DeadQueue(t testing.TB) *queue.Client {
	t.Helper()
	c := queue.NewClient(asynq.RedisClientOpt{Network: "unix", Addr: "/nowhere"})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}
