package secret_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// shelf is a source that counts what it is asked.
type shelf struct {
	mu     sync.Mutex
	keys   map[secret.KeyID]*secret.Key
	active secret.KeyID
	asked  int
	down   error
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{keys: map[secret.KeyID]*secret.Key{}}
	s.rotate(t)
	return s
}

func (s *shelf) rotate(t *testing.T) {
	t.Helper()
	k, err := secret.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s.keys[k.ID()], s.active = k, k.ID()
}

func (s *shelf) Active(context.Context) (secret.KeyID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.active, s.down
}

func (s *shelf) Find(_ context.Context, id secret.KeyID) (*secret.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if k := s.keys[id]; k != nil || s.down != nil {
		return k, s.down
	}
	return nil, secret.ErrNoKey
}

func seal(t *testing.T, b *secret.Box, plain, associated string) []byte {
	t.Helper()
	sealed, err := b.Seal([]byte(plain), associated)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestOpen(t *testing.T) {
	t.Parallel()
	keys := newShelf(t)
	old := secret.NewBox(keys, secret.Believed, time.Now)
	sealed := seal(t, old, "token", "env|apn_1")
	if strings.Contains(string(sealed), "token") {
		t.Fatal("the plain text shows")
	}
	if id, ok := secret.KeyOf(sealed); !ok || id != keys.active || !strings.HasPrefix(string(sealed), string(id.Head())) {
		t.Fatalf("sealed by %s, want %s", id, keys.active)
	}
	changed := func(at int) []byte {
		c := append([]byte{}, sealed...)
		c[(at+len(c))%len(c)] ^= 1
		return c
	}
	keys.rotate(t)
	tests := map[string]struct {
		box        *secret.Box
		sealed     []byte
		associated string
		want       error
	}{
		"same key and place":      {old, sealed, "env|apn_1", nil},
		"after rotation":          {secret.NewBox(keys, secret.Believed, time.Now), sealed, "env|apn_1", nil},
		"moved to another row":    {old, sealed, "env|apn_2", secret.ErrOpen},
		"changed at its end":      {old, changed(-1), "env|apn_1", secret.ErrOpen},
		"changed in its middle":   {old, changed(secret.HeadSize), "env|apn_1", secret.ErrOpen},
		"names another key":       {old, append(keys.active.Head(), sealed[secret.HeadSize:]...), "env|apn_1", secret.ErrOpen},
		"names a key of nobody's": {old, changed(1), "env|apn_1", secret.ErrOpen},
		"no head":                 {old, changed(0), "env|apn_1", secret.ErrOpen},
		"keys of others":          {secret.NewBox(newShelf(t), secret.Believed, time.Now), sealed, "env|apn_1", secret.ErrOpen},
		"too short":               {old, []byte{1}, "env|apn_1", secret.ErrOpen},
		"nothing":                 {old, nil, "env|apn_1", secret.ErrOpen},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.box.Open(tt.sealed, tt.associated)
			if !errors.Is(err, tt.want) || err == nil && string(got) != "token" {
				t.Fatalf("Open() = %q, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// A thousand secrets cost two questions to the source.
func TestKeysStayInMemory(t *testing.T) {
	t.Parallel()
	keys := newShelf(t)
	now := time.Now()
	b := secret.NewBox(keys, secret.Believed, func() time.Time { return now })
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			where := fmt.Sprint(i)
			sealed, err := b.Seal([]byte("x"), where)
			if err == nil {
				_, err = b.Open(sealed, where)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if keys.asked != 2 {
		t.Errorf("asked %d times, want 2", keys.asked)
	}
}

// Another key that became active seals after a while, and opens at once; an
// outage of the source is no ErrOpen, and does not trouble what is known.
func TestBoxLearnsOfKeys(t *testing.T) {
	t.Parallel()
	keys := newShelf(t)
	now := time.Now()
	b := secret.NewBox(keys, secret.Believed, func() time.Time { return now })
	first := seal(t, b, "one", "a")
	keys.rotate(t)
	if got := seal(t, b, "two", "a"); string(got[:secret.HeadSize]) != string(first[:secret.HeadSize]) {
		t.Error("a box asks which key is active each time")
	}
	other := seal(t, secret.NewBox(keys, secret.Believed, time.Now), "three", "a")
	keys.down = errors.New("outage")
	if _, err := b.Open(other, "a"); !errors.Is(err, keys.down) || errors.Is(err, secret.ErrOpen) {
		t.Errorf("in an outage: %v", err)
	}
	if got, err := b.Open(first, "a"); err != nil || string(got) != "one" {
		t.Errorf("known key: %q, %v", got, err)
	}
	keys.down = nil
	if got, err := b.Open(other, "a"); err != nil || string(got) != "three" {
		t.Errorf("key made since: %q, %v", got, err)
	}
	now = now.Add(secret.Believed)
	if id, _ := secret.KeyOf(seal(t, b, "four", "a")); id != keys.active {
		t.Errorf("still seals with %s after %s", id, secret.Believed)
	}
}

type master struct{ tink.AEAD }

func (m master) EncryptWithContext(_ context.Context, plain, associated []byte) ([]byte, error) {
	return m.Encrypt(plain, associated)
}

func (m master) DecryptWithContext(_ context.Context, sealed, associated []byte) ([]byte, error) {
	return m.Decrypt(sealed, associated)
}

func newMaster(t *testing.T, fill string) master {
	t.Helper()
	a, err := subtle.NewXChaCha20Poly1305([]byte(strings.Repeat(fill, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return master{a}
}

// A wrapped key comes back under its own id and its own master key only.
func TestWrap(t *testing.T) {
	t.Parallel()
	k, err := secret.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	m := newMaster(t, "m")
	wrapped, err := k.Wrap(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	back, err := secret.Unwrap(t.Context(), k.ID(), wrapped, m)
	if err != nil || back.ID() != k.ID() {
		t.Fatal(back, err)
	}
	if _, err := secret.Unwrap(t.Context(), k.ID()+1, wrapped, m); err == nil {
		t.Error("a key opened in the place of another")
	}
	if _, err := secret.Unwrap(t.Context(), k.ID(), wrapped, newMaster(t, "n")); err == nil {
		t.Error("another master key opened it")
	}
	wrapped[len(wrapped)/2] ^= 1
	if _, err := secret.Unwrap(t.Context(), k.ID(), wrapped, m); err == nil {
		t.Error("a changed key opened")
	}
}

func TestTextHides(t *testing.T) {
	t.Parallel()
	v := struct{ Token secret.Text }{"hunter2"}
	j, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{string(j), fmt.Sprint(v), fmt.Sprintf("%+v %#v %s", v, v, v.Token)} {
		if strings.Contains(s, "hunter2") {
			t.Errorf("secret shows in %s", s)
		}
	}
	if v.Token.Reveal() != "hunter2" {
		t.Error("Reveal lost the text")
	}
}

// What must be sealed while nobody can say which key is the present one is
// sealed with the last that was: an answer that cannot be had again is not lost.
func TestSealWhileTheSourceIsAway(t *testing.T) {
	t.Parallel()
	keys, now := newShelf(t), time.Now()
	b := secret.NewBox(keys, secret.Believed, func() time.Time { return now })
	seal(t, b, "before", "x")
	keys.mu.Lock()
	keys.down = errors.New("away")
	keys.mu.Unlock()
	now = now.Add(time.Hour)
	sealed := seal(t, b, "meanwhile", "x")
	if plain, err := b.Open(sealed, "x"); err != nil || string(plain) != "meanwhile" {
		t.Fatal(string(plain), err)
	}
	if _, err := secret.NewBox(keys, secret.Believed, time.Now).Seal([]byte("x"), "x"); err == nil {
		t.Fatal("a box that never had a key seals")
	}
}
