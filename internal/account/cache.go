package account

import (
	"context"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	remembered = 30 * time.Second // the longest that a process uses what it read
	places     = 20_000
	channel    = "accounts" // where processes tell each other what changed
)

// cache remembers accounts whose token is far from its end. It forgets what it
// hears has changed, and remembers nothing while it cannot hear.
type cache struct {
	entries *expirable.LRU[string, *holding]
	live    atomic.Bool
	seed    maphash.Seed
	drops   [256]atomic.Uint64 // how often accounts were forgotten, by the hash of their ids
}

func newCache() *cache {
	return &cache{entries: expirable.NewLRU[string, *holding](places, nil, remembered), seed: maphash.MakeSeed()}
}

func (c *cache) count(accountID string) *atomic.Uint64 {
	return &c.drops[maphash.String(c.seed, accountID)%uint64(len(c.drops))]
}

// mark is the moment before a read: what is forgotten after it is not
// remembered from that read.
func (c *cache) mark(accountID string) uint64 { return c.count(accountID).Load() }

func (c *cache) get(scope tenant.Scope, accountID string) (*holding, bool) {
	h, ok := c.entries.Get(accountID)
	return h, ok && h.environment == scope.Environment()
}

func (c *cache) put(h *holding, mark uint64) {
	if !c.live.Load() {
		return
	}
	c.entries.Add(h.account.ID, h)
	if c.mark(h.account.ID) != mark || !c.live.Load() {
		c.entries.Remove(h.account.ID)
	}
}

func (c *cache) drop(accountID string) {
	c.count(accountID).Add(1)
	c.entries.Remove(accountID)
}

// listen keeps the cache true to what other processes change, until ctx ends.
func (c *cache) listen(ctx context.Context, s *Service) {
	s.Redis.Listen(ctx, channel, func(live bool) {
		c.live.Store(live)
		c.entries.Purge() // what was missed meanwhile is not known
	}, func(accountIDs string) {
		for id := range strings.FieldsSeq(accountIDs) {
			c.drop(id)
		}
	})
}
