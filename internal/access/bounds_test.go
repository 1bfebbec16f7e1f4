package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/id"
)

func anybody(*access.Client) error { return nil }

func ptr[T any](v T) *T { return &v }

func (r *rig) key(w access.Wish) (*access.Client, string) {
	r.t.Helper()
	if w.Scopes == nil {
		w.Scopes = &[]string{"connect:*"}
	}
	w.Name = ptr("CI")
	c, raw, err := r.Create(r.t.Context(), r.workspace.ID, access.Key, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return c, raw.Reveal()
}

func (r *rig) project() string {
	r.t.Helper()
	p := id.New("proj")
	err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO projects (id, workspace_id, name, created_at, updated_at) VALUES (?, ?, 'P', now(), now())", p, r.workspace.ID).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// A key says by its form that it is one; a slip of the finger is noticed.
func TestWellFormed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, raw := r.key(access.Wish{})
	if !access.WellFormed(raw) || len(raw) != 46 || !strings.HasPrefix(raw, c.Hint) {
		t.Fatal(c.Hint)
	}
	flip := "0"
	if strings.HasSuffix(raw, "0") {
		flip = "1"
	}
	for name, bad := range map[string]string{
		"nothing": "", "the prefix alone": "pbk_", "one character changed": raw[:len(raw)-1] + flip, "one short": raw[:len(raw)-1], "one too many": raw + "0", "a client's secret": "pbs_" + raw[4:],
	} {
		if access.WellFormed(bad) {
			t.Error(name)
		}
	}
}

// A key is good where it is bound to until it expires, is switched off or is
// revoked, and only its hash is kept.
func TestKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p, until := r.project(), r.clock.Now().Add(time.Hour)
	c, raw := r.key(access.Wish{Projects: &[]string{p}, Environments: &[]string{"development"}, Rate: ptr(5), Window: time.Minute, ExpiresAt: &until})
	g, err := r.Verify(t.Context(), raw, address)
	if err != nil {
		t.Fatal(err)
	}
	if g.Kind != access.Key || g.ClientID != c.ID || g.Workspace != r.workspace.ID || g.Rate != 5 || g.Window != time.Minute || !cmp.Equal(g.Scopes, []string{"connect:*"}) {
		t.Errorf("%+v", g)
	}
	if !g.Project(p) || g.Project("proj_other") || !g.Environment("development") || g.Environment("production") {
		t.Errorf("%+v", g.Bounds)
	}
	var row string
	err = r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT c::text || encode(secret_hash, 'escape') FROM clients c WHERE id = ?", c.ID).Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, raw) || strings.Contains(row, raw[12:40]) {
		t.Errorf("the key lies in the database: %v", err)
	}
	rows, err := r.Clients(t.Context(), r.workspace.ID, access.Key)
	if err != nil || len(rows) != 1 || rows[0].LastUsedAt == nil || rows[0].LastUsedAddress != address {
		t.Errorf("%+v, %v", rows, err)
	}
	if _, _, err := r.Issue(t.Context(), c.ID, raw, "", address); !errors.Is(err, access.ErrInvalidClient) {
		t.Errorf("a key is no secret of a client: %v", err)
	}
	r.clock.Pass(time.Hour)
	if _, err := r.Verify(t.Context(), raw, address); !errors.Is(err, access.ErrInvalidKey) {
		t.Errorf("an expired key: %v", err)
	}
	for name, bad := range map[string]string{"of nobody": access.KeyPrefix + strings.Repeat("0", 36) + raw[40:], "not one": "pbk_x"} {
		if _, err := r.Verify(t.Context(), bad, address); !errors.Is(err, access.ErrInvalidKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Another process lets a key that was revoked in for half a minute and no longer;
// this one refuses it at once. A client that is switched off gets and has no
// tokens, and has them again when it is switched on.
func TestRevokedEverywhere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := r.process(r.Box)
	if err := other.LoadKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	k, raw := r.key(access.Wish{})
	c, s := r.client("connect:*", "runs:read")
	bearer := r.issue(c, s)
	for _, p := range []*access.Service{r.Service, other} {
		for _, text := range []string{raw, bearer} {
			if _, err := p.Verify(t.Context(), text, address); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.Delete(t.Context(), r.workspace.ID, access.OAuth, k.ID); !errors.Is(err, access.ErrClientNotFound) {
		t.Errorf("a key was deleted as a client: %v", err)
	}
	if err := r.Delete(t.Context(), r.another("Other").ID, access.Key, k.ID); !errors.Is(err, access.ErrKeyNotFound) {
		t.Errorf("another workspace: %v", err)
	}
	if err := r.Delete(t.Context(), r.workspace.ID, access.Key, k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Update(t.Context(), r.workspace.ID, access.OAuth, c.ID, access.Wish{Disabled: ptr(true)}, anybody); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(t.Context(), raw, address); !errors.Is(err, access.ErrInvalidKey) {
		t.Error(err)
	}
	if _, err := r.Verify(t.Context(), bearer, address); !errors.Is(err, access.ErrDisabled) {
		t.Error(err)
	}
	if _, _, err := r.Issue(t.Context(), c.ID, s, "", address); !errors.Is(err, access.ErrDisabled) {
		t.Error(err)
	}
	r.clock.Pass(30 * time.Second)
	if _, err := other.Verify(t.Context(), raw, address); !errors.Is(err, access.ErrInvalidKey) {
		t.Errorf("another process, half a minute later: %v", err)
	}
	if _, err := other.Verify(t.Context(), bearer, address); !errors.Is(err, access.ErrDisabled) {
		t.Errorf("another process, half a minute later: %v", err)
	}
	if _, err := r.Update(t.Context(), r.workspace.ID, access.OAuth, c.ID, access.Wish{Disabled: ptr(false), Scopes: &[]string{"connect:proxy", "clients:read"}}, anybody); err != nil {
		t.Fatal(err)
	}
	g, err := r.Verify(t.Context(), bearer, address)
	if err != nil || !cmp.Equal(g.Scopes, []string{"connect:proxy"}) {
		t.Errorf("a token is good for what the client still has and it had: %+v, %v", g, err)
	}
}

// A new secret is good at once, the old one for as long as was said and not when
// it was ended; one that is older still is over.
func TestRotate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, first := r.client()
	rotate := func(overlap time.Duration) string {
		t.Helper()
		_, s, err := r.Rotate(t.Context(), r.workspace.ID, c.ID, overlap, anybody)
		if err != nil {
			t.Fatal(err)
		}
		return s.Reveal()
	}
	good := func(secrets ...string) (n int) {
		for _, s := range secrets {
			if _, _, err := r.Issue(t.Context(), c.ID, s, "", address); err == nil {
				n++
			} else if !errors.Is(err, access.ErrInvalidClient) {
				t.Error(err)
			}
		}
		return n
	}
	second := rotate(time.Hour)
	if good(first, second) != 2 {
		t.Error("both secrets are good during the overlap")
	}
	got, err := r.Client(t.Context(), r.workspace.ID, access.OAuth, c.ID)
	if err != nil || got.Previous(r.clock.Now()) == nil {
		t.Errorf("the overlap is not shown: %v", err)
	}
	third := rotate(time.Hour)
	if good(first) != 0 || good(second, third) != 2 {
		t.Error("of three secrets the newest two are good")
	}
	if err := r.EndPrevious(t.Context(), r.workspace.ID, c.ID); err != nil || good(second) != 0 || good(third) != 1 {
		t.Errorf("ended early: %v", err)
	}
	if err := r.EndPrevious(t.Context(), r.workspace.ID, c.ID); !errors.Is(err, access.ErrNoPrevious) {
		t.Errorf("ended twice: %v", err)
	}
	fourth := rotate(time.Hour)
	r.clock.Pass(time.Hour)
	if good(third) != 0 || good(fourth) != 1 {
		t.Error("the overlap is over")
	}
	fifth := rotate(0)
	if good(fourth) != 0 || good(fifth) != 1 {
		t.Error("without an overlap the old one is over at once")
	}
	for name, d := range map[string]time.Duration{"negative": -time.Hour, "over a week": 169 * time.Hour} {
		if _, _, err := r.Rotate(t.Context(), r.workspace.ID, c.ID, d, anybody); !errors.Is(err, access.ErrOverlap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	no := errors.New("no")
	if _, _, err := r.Rotate(t.Context(), r.workspace.ID, c.ID, 0, func(*access.Client) error { return no }); !errors.Is(err, no) || good(fifth) != 1 {
		t.Errorf("refused: %v", err)
	}
}

// A wish that cannot be is refused and changes nothing; a client stays bound to a
// project that is gone.
func TestWishes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.project()
	k, raw := r.key(access.Wish{Projects: &[]string{p, p}})
	past := r.clock.Now().Add(-time.Second)
	for name, tt := range map[string]struct {
		wish access.Wish
		want error
	}{
		"no scopes":                {access.Wish{Scopes: &[]string{}}, access.ErrNoScopes},
		"a scope of nobody":        {access.Wish{Scopes: &[]string{"zzz"}}, access.ErrInvalidScope},
		"a project of nobody":      {access.Wish{Projects: &[]string{p, "proj_x"}}, access.ErrProjects},
		"an environment of nobody": {access.Wish{Environments: &[]string{"staging"}}, access.ErrEnvironments},
		"over already":             {access.Wish{ExpiresAt: &past}, access.ErrExpiry},
	} {
		tt.wish.Name = ptr("changed")
		if _, err := r.Update(t.Context(), r.workspace.ID, access.Key, k.ID, tt.wish, anybody); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := r.Client(t.Context(), r.workspace.ID, access.Key, k.ID); err != nil || got.Name != "CI" || !cmp.Equal(got.ProjectIDs, []string{p}) {
		t.Errorf("%+v %v", got, err)
	}
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("DELETE FROM projects WHERE id = ?", p).Error }); err != nil {
		t.Fatal(err)
	}
	if g, err := r.Verify(t.Context(), raw, address); err != nil || g.Project("proj_another") || !g.Bound() {
		t.Errorf("its project is gone, and it reaches others: %+v %v", g, err)
	}
}

// Each published scope is described, once.
func TestPublished(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range access.Published {
		if s.Name == "" || s.Group == "" || s.Text == "" || seen[s.Name] {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
		if s.Default && strings.HasSuffix(s.Name, ":write") {
			t.Errorf("%s is proposed to everybody", s.Name)
		}
	}
}
