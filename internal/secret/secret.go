// Package secret keeps credentials unreadable at rest and out of logs.
//
// A Box seals with data keys, which a master key encrypts. The sealed form
// begins with the id of the data key, so that keys can be changed while old
// values still open. Data keys are unwrapped once and then kept in memory: to
// seal and to open asks nobody outside.
package secret

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrOpen is returned for a value that was not sealed by one of the keys with
	// the same associated data, or that was changed since.
	ErrOpen = errors.New("secret: cannot open")
	// ErrNoKey is what a Source returns for a key that is not there.
	ErrNoKey = errors.New("secret: no such data key")
)

// Source is where data keys come from. A box asks it from wherever a value is
// sealed or opened, inside of transactions too: it must not wait for them.
type Source interface {
	// Active names the key that seals now.
	Active(ctx context.Context) (KeyID, error)
	// Find returns a key, or ErrNoKey.
	Find(ctx context.Context, id KeyID) (*Key, error)
}

// Believed is how long the boxes of an installation seal with a key before they
// ask again which one is active. Who makes another key active knows that after
// this time nothing is sealed with the one before.
const Believed = 5 * time.Second

// patience is how long a box waits for its source.
const patience = 15 * time.Second

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	source   Source
	believed time.Duration
	now      func() time.Time
	asking   sync.Mutex // one question to the source at a time
	known    atomic.Pointer[ring]
}

// ring is what a box knows. It is replaced, never changed.
type ring struct {
	keys   map[KeyID]*Key
	active *Key // nil: never asked
	until  time.Time
}

// NewBox returns a box that takes its keys from the source, and believes for so
// long what that said of the active one: Believed, or the same other time in
// every process.
func NewBox(source Source, believed time.Duration, now func() time.Time) *Box {
	b := &Box{source: source, believed: believed, now: now}
	b.known.Store(&ring{})
	return b
}

// Seal encrypts plain and binds it to where it belongs: Open wants the same
// associated data, so a sealed value moved to another row does not open.
func (b *Box) Seal(plain []byte, associated string) ([]byte, error) {
	key, err := b.active()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return key.Seal(plain, associated)
}

// Seal is Box.Seal with this very key.
func (k *Key) Seal(plain []byte, associated string) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, []byte(associated))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal returned, or returns ErrOpen. Any other error means
// that the key could not be asked for.
func (b *Box) Open(sealed []byte, associated string) ([]byte, error) {
	id, ok := KeyOf(sealed)
	if !ok {
		return nil, ErrOpen
	}
	key, err := b.key(id)
	if errors.Is(err, ErrNoKey) {
		return nil, fmt.Errorf("%w: there is no data key %s", ErrOpen, id)
	}
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	plain, err := key.aead.Decrypt(sealed, []byte(associated))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// key returns a key from memory, or asks the source for one that was made since.
func (b *Box) key(id KeyID) (*Key, error) {
	if k := b.known.Load().keys[id]; k != nil {
		return k, nil
	}
	b.asking.Lock()
	defer b.asking.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return b.find(ctx, id)
}

func (b *Box) find(ctx context.Context, id KeyID) (*Key, error) {
	old := b.known.Load()
	if k := old.keys[id]; k != nil { // another caller has just asked
		return k, nil
	}
	k, err := b.source.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	r := ring{keys: map[KeyID]*Key{id: k}, active: old.active, until: old.until}
	maps.Copy(r.keys, old.keys)
	b.known.Store(&r)
	return k, nil
}

// active returns the key that seals, and asks again when it has been believed
// for long enough. While nobody answers, the last one goes on.
func (b *Box) active() (*Key, error) {
	if r := b.known.Load(); r.active != nil && b.now().Before(r.until) {
		return r.active, nil
	}
	b.asking.Lock()
	defer b.asking.Unlock()
	if r := b.known.Load(); r.active != nil && b.now().Before(r.until) {
		return r.active, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	until := b.now().Add(b.believed) // from before the question: the answer may be late
	id, err := b.source.Active(ctx)
	var k *Key
	if err == nil {
		k, err = b.find(ctx, id)
	}
	if last := b.known.Load().active; err != nil && last != nil {
		return last, nil // what must be sealed while the database is away opens all the same
	}
	if err != nil {
		return nil, err
	}
	b.known.Store(&ring{keys: b.known.Load().keys, active: k, until: until})
	return k, nil
}
