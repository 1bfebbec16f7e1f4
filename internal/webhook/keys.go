package webhook

import (
	"fmt"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ring remembers the keys that sign, in the clear, for a moment: to read and to
// open them for each few deliveries costs more than to sign with them. A key
// that was made in another process signs here as soon as the moment is over.
type ring struct {
	once sync.Once
	kept *lru.Cache[string, keysUntil]
}

type keysUntil struct {
	keys  []secret.Text
	until time.Time
}

// ringFor is how long keys are remembered.
const ringFor = time.Second

func (r *ring) cache() *lru.Cache[string, keysUntil] {
	r.once.Do(func() { r.kept, _ = lru.New[string, keysUntil](10_000) }) // fails for a size below one
	return r.kept
}

func (r *ring) get(name string, now time.Time) []secret.Text {
	if k, ok := r.cache().Get(name); ok && now.Before(k.until) {
		return k.keys
	}
	return nil
}

// keep remembers keys whose transaction was committed.
func (r *ring) keep(name string, keys []secret.Text, now time.Time) {
	if k, ok := r.cache().Get(name); !ok || !now.Before(k.until) {
		r.cache().Add(name, keysUntil{keys, now.Add(ringFor)})
	}
}

// forget has the keys read again, since there is a new one.
func (r *ring) forget(name string) { r.cache().Remove(name) }

// ring is the name under which the endpoint's keys are remembered.
func (e *Endpoint) ring(scope tenant.Scope) string {
	if e.ownKey() {
		return e.ID
	}
	return scope.Environment()
}

// keysOf returns the keys that sign for the endpoint now, the present one
// first. The environment's key is made when it is first needed.
func keysOf(tx *gorm.DB, box *secret.Box, e *Endpoint, now time.Time) ([]secret.Text, error) {
	rows, err := signing(tx, e, now)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if err := lockKeys(tx); err != nil {
			return nil, err
		}
		if rows, err = signing(tx, e, now); err != nil { // another may have made it while we waited
			return nil, err
		}
	}
	if len(rows) == 0 {
		made, err := newKey(tx, box, e, now)
		return []secret.Text{made}, err
	}
	keys := make([]secret.Text, len(rows))
	for i, k := range rows {
		plain, err := box.Open(k.Key, associated(k.ID))
		if err != nil {
			return nil, fmt.Errorf("open key %s: %w", k.ID, err)
		}
		keys[i] = secret.Text(plain)
	}
	return keys, nil
}

// ownKey reports whether an endpoint has keys of its own: the environment's
// webhook and those of connect tokens share the environment's.
func (e *Endpoint) ownKey() bool { return e.Level != LevelToken && !e.Main }

// keysFor narrows a query to the endpoint's keys.
func keysFor(tx *gorm.DB, e *Endpoint) *gorm.DB {
	if e.ownKey() {
		return tx.Where("endpoint_id = ?", e.ID)
	}
	return tx.Where("endpoint_id IS NULL")
}

func signing(tx *gorm.DB, e *Endpoint, now time.Time) (rows []key, err error) {
	if err := keysFor(tx, e).Where("retire_at IS NULL OR retire_at > ?", now).Order("id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	return rows, nil
}

// lockKeys lets one transaction at a time make keys in the environment.
func lockKeys(tx *gorm.DB) error {
	err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('webhook keys ' || current_setting('app.environment_id')))").Error
	if err != nil {
		return fmt.Errorf("lock keys: %w", err)
	}
	return nil
}

// newKey makes the present key of the endpoint and retires the one before
// after the overlap.
func newKey(tx *gorm.DB, box *secret.Box, e *Endpoint, now time.Time) (secret.Text, error) {
	if err := lockKeys(tx); err != nil {
		return "", err
	}
	k := key{ID: id.New("whs"), CreatedAt: now}
	if e.ownKey() {
		k.EndpointID = &e.ID
	}
	if err := keysFor(tx, e).Model(&key{}).Where("retire_at IS NULL").Update("retire_at", now.Add(Overlap)).Error; err != nil {
		return "", fmt.Errorf("retire key: %w", err)
	}
	text := MakeKey()
	sealed, err := box.Seal([]byte(text.Reveal()), associated(k.ID))
	if err != nil {
		return "", err
	}
	k.Key = sealed
	if err := tx.Create(&k).Error; err != nil {
		return "", fmt.Errorf("insert key: %w", err)
	}
	return text, nil
}
