package access_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// address is where clients call from.
const address = "192.0.2.7"

func (r *rig) client(scopes ...string) (*access.Client, string) {
	r.t.Helper()
	name, w := "Server", access.Wish{}
	w.Name = &name
	if len(scopes) > 0 {
		w.Scopes = &scopes
	}
	c, s, err := r.Create(r.t.Context(), r.workspace.ID, access.OAuth, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return c, s.Reveal()
}

func (r *rig) issue(c *access.Client, s string) string {
	r.t.Helper()
	raw, _, err := r.Issue(r.t.Context(), c.ID, s, "", address)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

// A client that knows its secret gets a token for what it has or less; its
// secret is kept as a hash.
func TestIssue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, s := r.client("connect:*", "runs:read")
	raw, claims, err := r.Issue(t.Context(), c.ID, s, "connect:proxy", address)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := r.Verify(t.Context(), raw, address)
	if err != nil {
		t.Fatal(err)
	}
	got := grant.Claims
	got.IssuedAt, got.ExpiresAt = got.IssuedAt.UTC(), got.ExpiresAt.UTC()
	want := claims // a token counts in seconds
	want.IssuedAt, want.ExpiresAt = claims.IssuedAt.Truncate(time.Second), claims.ExpiresAt.Truncate(time.Second)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if got.ClientID != c.ID || got.Workspace != r.workspace.ID || !cmp.Equal(got.Scopes, []string{"connect:proxy"}) || claims.ExpiresAt.Sub(claims.IssuedAt) != access.TokenLife {
		t.Fatalf("%+v", got)
	}
	refused := map[string]struct {
		id, secret, asked string
		want              error
	}{
		"a wrong secret":       {c.ID, s + "x", "", access.ErrInvalidClient},
		"no secret":            {c.ID, "", "", access.ErrInvalidClient},
		"an unknown client":    {"cli_zzz", s, "", access.ErrInvalidClient},
		"a scope it has not":   {c.ID, s, "workflows:write", access.ErrInvalidScope},
		"a scope that is none": {c.ID, s, "zzz", access.ErrInvalidScope},
	}
	for name, tt := range refused {
		if raw, _, err := r.Issue(t.Context(), tt.id, tt.secret, tt.asked, address); !errors.Is(err, tt.want) || raw != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var row string
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT c::text || encode(secret_hash, 'escape') FROM clients c").Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, s) {
		t.Errorf("the secret lies in the database: %v", err)
	}
	rows, err := r.Clients(t.Context(), r.workspace.ID, access.OAuth)
	if err != nil || len(rows) != 1 || rows[0].LastUsedAt == nil || !rows[0].LastUsedAt.Equal(r.clock.Now()) || rows[0].LastUsedAddress != address {
		t.Errorf("%+v, %v", rows, err)
	}
}

// Of two who saw the same client and change it, the second is told. That it is used,
// and gets another secret, is no change.
func TestTwoChangeOneClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, s := r.client("runs:read")
	change := func(name string, seen ...time.Time) (*access.Client, error) {
		return r.Update(t.Context(), r.workspace.ID, access.OAuth, c.ID, access.Wish{Name: &name}, anybody, seen...)
	}
	r.clock.Pass(time.Hour)
	r.issue(c, s)
	if _, _, err := r.Rotate(t.Context(), r.workspace.ID, c.ID, time.Hour, anybody); err != nil {
		t.Fatal(err)
	}
	if err := r.EndPrevious(t.Context(), r.workspace.ID, c.ID); err != nil {
		t.Fatal(err)
	}
	if now, err := r.Client(t.Context(), r.workspace.ID, access.OAuth, c.ID); err != nil || now.LastUsedAt == nil || !now.UpdatedAt.Equal(c.UpdatedAt) {
		t.Errorf("%+v, %v", now, err)
	}
	if _, err := change("Ann's", c.UpdatedAt); err != nil {
		t.Fatal(err)
	}
	if _, err := change("Bob's", c.UpdatedAt); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("the second: %v", err)
	}
	if now, err := r.Client(t.Context(), r.workspace.ID, access.OAuth, c.ID); err != nil || now.Name != "Ann's" {
		t.Errorf("%+v, %v", now, err)
	}
	if now, err := change("Bob's"); err != nil || !now.UpdatedAt.Equal(r.clock.Now()) {
		t.Errorf("who saw nothing: %+v, %v", now, err)
	}
}

// Without scopes a client may do everything; with one that does not exist it is not made.
func TestCreateClientScopes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if c, _ := r.client(); !cmp.Equal(c.Scopes, []string{"*"}) {
		t.Error(c.Scopes)
	}
	name, scopes := "x", []string{"connect:*", "zzz"}
	if _, _, err := r.Create(t.Context(), r.workspace.ID, access.OAuth, access.Wish{Name: &name, Scopes: &scopes}); !errors.Is(err, access.ErrInvalidScope) {
		t.Error(err)
	}
}

// A token is good until it expires, whether it was seen before or not; what is
// not ours is never good.
func TestVerify(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, s := r.client()
	raw, unseen := r.issue(c, s), r.issue(c, s)
	for range 2 { // the second time from memory
		if _, err := r.Verify(t.Context(), raw, address); err != nil {
			t.Fatal(err)
		}
	}
	stranger := &access.Service{DB: testkit.DB(t), Box: testkit.Box(t), Keys: token.NewKeyring("https://patchbay.test"), Now: r.clock.Now}
	if err := stranger.LoadKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	forged, err := stranger.Keys.Sign(token.Claims{ID: "jti", ClientID: c.ID, Workspace: r.workspace.ID, Scopes: []string{"*"}, IssuedAt: r.clock.Now(), ExpiresAt: r.clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := r.Keys.Sign(token.Claims{ID: "jti", ClientID: c.ID, Workspace: "o_other", Scopes: []string{"*"}, IssuedAt: r.clock.Now(), ExpiresAt: r.clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "no token": "zzz", "one that was changed": raw[:len(raw)-4] + "AAAA", "signed by another installation": forged,
		"for a workspace that the client is not of": elsewhere,
	} {
		if _, err := r.Verify(t.Context(), bad, address); !errors.Is(err, access.ErrInvalidToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.clock.Pass(access.TokenLife + 6*time.Second) // and the leeway
	for name, old := range map[string]string{"seen before": raw, "not seen before": unseen} {
		if _, err := r.Verify(t.Context(), old, address); !errors.Is(err, access.ErrInvalidToken) {
			t.Errorf("expired, %s: %v", name, err)
		}
	}
}

// A client that is deleted gets no more tokens, and those it has are refused;
// another workspace cannot see or delete it.
func TestDeleteClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, s := r.client()
	raw := r.issue(c, s)
	if _, err := r.Verify(t.Context(), raw, address); err != nil {
		t.Fatal(err)
	}
	other := r.another("Other")
	if err := r.Delete(t.Context(), other.ID, access.OAuth, c.ID); !errors.Is(err, access.ErrClientNotFound) {
		t.Fatal(err)
	}
	if rows, err := r.Clients(t.Context(), other.ID, access.OAuth); err != nil || len(rows) != 0 {
		t.Fatal(rows, err)
	}
	if _, err := r.Verify(t.Context(), raw, address); err != nil {
		t.Fatalf("another workspace has ended the token: %v", err)
	}
	if err := r.Delete(t.Context(), r.workspace.ID, access.OAuth, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(t.Context(), raw, address); !errors.Is(err, access.ErrInvalidToken) {
		t.Errorf("its token is still good: %v", err)
	}
	if _, _, err := r.Issue(t.Context(), c.ID, s, "", address); !errors.Is(err, access.ErrInvalidClient) {
		t.Error(err)
	}
	if err := r.Delete(t.Context(), r.workspace.ID, access.OAuth, c.ID); !errors.Is(err, access.ErrClientNotFound) {
		t.Error(err)
	}
}

// process is a second process of the same installation.
func (r *rig) process(box *secret.Box) *access.Service {
	return &access.Service{DB: r.DB, Box: box, Keys: token.NewKeyring("https://patchbay.test"), Now: r.clock.Now}
}

// Processes that start at once share the one key that is made, and keep it
// sealed: other keys do not open it.
func TestLoadKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("DELETE FROM signing_keys").Error }); err != nil {
		t.Fatal(err)
	}
	processes := []*access.Service{r.process(r.Box), r.process(r.Box)}
	var g errgroup.Group
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error { // what either reads, neither writes before both have come
		if err := tx.Exec("LOCK TABLE signing_keys IN EXCLUSIVE MODE").Error; err != nil {
			return err
		}
		for _, p := range processes {
			g.Go(func() error { return p.LoadKeys(t.Context()) })
		}
		testkit.Waiting(t, r.DB, len(processes))
		return nil
	})
	if err == nil {
		err = g.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := r.count("signing_keys"); n != 1 {
		t.Fatalf("%d keys were made", n)
	}
	c, s := r.client()
	raw, _, err := processes[0].Issue(t.Context(), c.ID, s, "", address)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range append(processes, r.Service) { // the last knew another key, and looks again
		if _, err := p.Verify(t.Context(), raw, address); err != nil {
			t.Errorf("process %d: %v", i, err)
		}
	}
	if err := r.process(testkit.OtherBox(t)).LoadKeys(t.Context()); !errors.Is(err, secret.ErrOpen) {
		t.Errorf("with other keys: %v", err)
	}
}

// When keys are many, the newest signs and the older still verify.
func TestOlderKeysVerify(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, s := r.client()
	old := r.issue(c, s)
	maker := r.process(r.Box)
	newer := id.New("key")
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.Box.Seal(private, "signing_key|"+newer)
	if err != nil {
		t.Fatal(err)
	}
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO signing_keys (id, public_key, private_key, created_at) VALUES (?, ?, ?, now())", newer, []byte(public), sealed).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := maker.LoadKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh, _, err := maker.Issue(t.Context(), c.ID, s, "", address)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"signed by the newer key": fresh, "signed by the older key": old} {
		if _, err := maker.Verify(t.Context(), raw, address); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r.Keys.Has(fresh) {
		t.Fatal("the newest key did not sign")
	}
	if _, err := r.Verify(t.Context(), fresh, address); err != nil {
		t.Errorf("a process that started before the newer key: %v", err)
	}
}
