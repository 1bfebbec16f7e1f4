package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*session.Service
	t     *testing.T
	clock *testkit.Clock
	scope tenant.Scope
	token string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	clock := testkit.NewClock()
	d := testkit.DB(t)
	r := &rig{Service: &session.Service{DB: d, Keep: time.Hour, Now: clock.Now}, t: t, clock: clock, scope: testkit.Scope(t, d)}
	r.token = r.newToken()
	return r
}

// newToken makes a row for a connect token, which sessions belong to.
func (r *rig) newToken() string {
	r.t.Helper()
	tokenID, user := id.New("ct"), id.New("exu")
	r.in(func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO external_users (id, external_id, created_at, updated_at) VALUES (?, ?, now(), now())", user, user).Error; err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO connect_tokens (id, token_hash, user_id, scopes, allowed_origins, created_at, expires_at)
			VALUES (?, ?, ?, '[]', '[]', now(), now())`, tokenID, []byte(tokenID), user).Error
	})
	return tokenID
}

func (r *rig) in(fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) open(user string) string {
	r.t.Helper()
	s := &session.Session{TokenID: r.token, ExternalUserID: user, CreatedAt: r.clock.Now()}
	r.in(func(tx *gorm.DB) error { return session.Begin(tx, s) })
	return s.ID
}

func (r *rig) note(sessionID string, marks ...session.Mark) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) error { return session.Note(tx, sessionID, r.token, r.clock.Now(), marks...) })
}

func (r *rig) page(sessionID string, steps ...session.PageStep) (taken int) {
	r.t.Helper()
	r.in(func(tx *gorm.DB) (err error) {
		taken, err = session.NotePage(tx, sessionID, r.token, r.clock.Now(), steps)
		return err
	})
	return taken
}

// A session is told step by step, fails, is tried again and succeeds; what it
// succeeded with stays.
func TestSession(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open("ada")
	r.note(s, session.Mark{Name: "picked", App: "acme_crm", Detail: "acme_crm"}, session.Mark{Name: "started", Auth: "oauth"}, session.Mark{Name: "sent"})
	r.page(s, session.PageStep{Name: "popup_opened", Screen: "handoff"})
	r.note(s, session.Mark{Name: "returned"}, session.Mark{Name: "failed", Code: "oauth_denied"})
	got, steps, err := r.Get(t.Context(), r.scope, s)
	if err != nil || got.Status != session.Failed || got.Code != "oauth_denied" || got.Stage() != "returned" || got.App != "acme_crm" || got.Auth != "oauth" || len(steps) != 7 || got.Steps != 7 {
		t.Fatalf("%+v, %d steps, %v", got, len(steps), err)
	}
	if p := steps[4]; p.Source != session.OnPage || p.Name != "popup_opened" || p.Screen != "handoff" || p.N != 5 || steps[6].Detail != "oauth_denied" {
		t.Errorf("steps %+v", steps)
	}
	r.note(s, session.Mark{Name: "started"}, session.Mark{Name: "succeeded", AccountID: "apn_1"}, session.Mark{Name: "failed", Code: "late"})
	if got, _, err = r.Get(t.Context(), r.scope, s); err != nil || got.Status != session.Succeeded || got.Code != "" || *got.AccountID != "apn_1" || got.Stage() != "succeeded" {
		t.Errorf("%+v, %v", got, err)
	}
	other := testkit.Scope(t, r.DB)
	if _, _, err := r.Get(t.Context(), other, s); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("another environment gets %v", err)
	}
	if page, err := r.List(t.Context(), other, session.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
		t.Errorf("another environment lists %+v, %v", page, err)
	}
	if f, err := r.Funnel(t.Context(), other, session.Filter{}); err != nil || f.Total.Stages[0] != 0 || len(f.Apps) != 0 {
		t.Errorf("another environment counts %+v, %v", f, err)
	}
}

// What a page tells of later stands where it happened, but never before the
// session or after now, whatever the page says.
func TestPageStepsInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open("ada")
	r.clock.Pass(10 * time.Second)
	r.note(s, session.Mark{Name: "succeeded", AccountID: "apn_1"})
	r.clock.Pass(2 * time.Second)
	r.page(s, session.PageStep{Name: "shown", Screen: "input", Ago: 7000}, session.PageStep{Name: "shown", Screen: "done", Ago: 1500},
		session.PageStep{Name: "closed", Screen: "early", Ago: 1 << 62}, session.PageStep{Name: "closed", Screen: "late", Ago: -5000})
	_, steps, err := r.Get(t.Context(), r.scope, s)
	if err != nil {
		t.Fatal(err)
	}
	told := []string{}
	for _, p := range steps {
		told = append(told, p.Name+p.Screen)
		if p.CreatedAt.Before(steps[0].CreatedAt) || p.CreatedAt.After(r.clock.Now()) {
			t.Errorf("%s at %v", p.Name, p.CreatedAt)
		}
	}
	if got := strings.Join(told, " "); got != "opened closedearly showninput succeeded showndone closedlate" {
		t.Errorf("told %s", got)
	}
}

// What a page sends is taken if it is the contract's, up to its bounds, and for
// the token's own session alone. Text that a user could have typed is not.
func TestPageSteps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open("ada")
	if n := r.page(s, session.PageStep{Name: "picked", Screen: "pick", Detail: "acme_crm"}); n != 1 {
		t.Errorf("took %d", n)
	}
	bad := []session.PageStep{
		{Name: "succeeded"},
		{Name: ""},
		{Name: "shown", Screen: "<script>"},
		{Name: "shown", Screen: strings.Repeat("a", 33)},
		{Name: "field_invalid", Detail: "my secret"},
		{Name: "searched", Detail: strings.Repeat("a", 81)},
	}
	if n := r.page(s, bad...); n != 0 {
		t.Errorf("took %d of what is not the contract's", n)
	}
	got, _, err := r.Get(t.Context(), r.scope, s)
	if err != nil || got.App != "acme_crm" || got.Stage() != "picked" || got.Status != session.Open {
		t.Errorf("%+v, %v", got, err)
	}
	many := make([]session.PageStep, 50)
	for i := range many {
		many[i] = session.PageStep{Name: "shown", Screen: "pick"}
	}
	total := 1
	for range 10 {
		total += r.page(s, many...)
	}
	if total != session.MostFromPage {
		t.Errorf("took %d in all, want %d", total, session.MostFromPage)
	}
	for i := range 150 {
		r.note(s, session.Mark{Name: "asked", Detail: fmt.Sprint(i)})
	}
	if got, steps, err := r.Get(t.Context(), r.scope, s); err != nil || got.Steps != session.MostSteps || len(steps) != session.MostSteps {
		t.Errorf("%d steps, %v", len(steps), err)
	}
	mine := r.token
	r.token = r.newToken()
	if n := r.page(s, session.PageStep{Name: "shown"}); n != 0 {
		t.Error("another token wrote into the session")
	}
	r.note(s, session.Mark{Name: "succeeded"})
	r.in(func(tx *gorm.DB) error {
		framed, err := session.IsFramed(tx, s, r.token)
		if framed {
			t.Error("it is framed for another token")
		}
		return err
	})
	r.token = mine
	if got, _, _ := r.Get(t.Context(), r.scope, s); got.Status != session.Open {
		t.Errorf("another token ended it: %+v", got)
	}
}

// Lists are filtered, a funnel counts each session at every stage up to its
// furthest, and what is old goes.
func TestListsAndFunnel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	began := r.clock.Now()
	for i, marks := range [][]session.Mark{
		{},
		{{Name: "picked", App: "slack"}},
		{{Name: "picked", App: "slack"}, {Name: "started"}, {Name: "sent"}, {Name: "failed", Code: "oauth_denied"}},
		{{Name: "picked", App: "acme_crm_key"}, {Name: "started"}, {Name: "succeeded", AccountID: "apn_1"}},
		{{Name: "cancelled", Code: "user_cancelled"}},
	} {
		r.note(r.open(fmt.Sprintf("user-%d", i)), marks...)
	}
	late := r.clock.Now().Add(time.Microsecond)
	for name, tt := range map[string]struct {
		f    session.Filter
		want int
	}{
		"all":       {session.Filter{}, 5},
		"open":      {session.Filter{Status: session.Open}, 2},
		"abandoned": {session.Filter{Status: session.Abandoned}, 0},
		"failed":    {session.Filter{Status: session.Failed}, 1},
		"app":       {session.Filter{App: "slack"}, 2},
		"user":      {session.Filter{ExternalUserID: "user-3"}, 1},
		"code":      {session.Filter{Code: "user_cancelled"}, 1},
		"from":      {session.Filter{From: &late}, 0},
		"to":        {session.Filter{To: &began}, 0},
	} {
		if page, err := r.List(t.Context(), r.scope, tt.f, db.Cursor{Limit: 10}); err != nil || page.Total != tt.want || len(page.Items) != tt.want {
			t.Errorf("%s: %+v, %v, want %d", name, page, err, tt.want)
		}
	}
	r.clock.Pass(session.Idle)
	f, err := r.Funnel(t.Context(), r.scope, session.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.Total); got != "{ [5 3 2 2 1 1 1 1] 1 1 2}" {
		t.Errorf("total %s", got)
	}
	if len(f.Apps) != 3 || f.Apps[0].Stages[0] != 2 || f.Apps[2].Key != "acme_crm_key" || f.Apps[2].Stages[7] != 1 {
		t.Errorf("apps %+v", f.Apps)
	}
	if len(f.Days) != 1 || f.Days[0].Key != began.UTC().Format(time.DateOnly) || fmt.Sprint(f.Codes) != "[{oauth_denied 1} {user_cancelled 1}]" {
		t.Errorf("days %+v, codes %+v", f.Days, f.Codes)
	}
	if page, err := r.List(t.Context(), r.scope, session.Filter{Status: session.Abandoned}, db.Cursor{}); err != nil || page.Total != 2 || page.Items[0].Standing(r.clock.Now()) != session.Abandoned {
		t.Errorf("abandoned: %+v, %v", page, err)
	}
	r.clock.Pass(r.Keep)
	fresh := r.open("late")
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if page, err := r.List(t.Context(), r.scope, session.Filter{}, db.Cursor{}); err != nil || page.Total != 1 || page.Items[0].ID != fresh {
		t.Errorf("after the sweep: %+v, %v", page, err)
	}
}
