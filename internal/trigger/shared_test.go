package trigger_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/trigger"
)

// connected makes an account of slack for a user.
func (r *rig) connected(user, team string) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		u, err := account.EnsureUser(tx, user, r.Now())
		if err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO accounts (id, user_id, app, auth, identity_id, vars, scopes, health_since, created_at, updated_at)
			VALUES (?, ?, 'slack', 'oauth', ?, jsonb_build_object('team_id', CAST(? AS text)), '[]', now(), now(), now())`, id.New("apn"), u.ID, "U"+team, team).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// hearing deploys a trigger for a user that hears slack.
func (r *rig) hearing(user, filter string) *trigger.Trigger {
	r.t.Helper()
	tr, _, err := r.Deploy(r.t.Context(), r.scope, trigger.Deploy{
		ComponentKey: trigger.HTTPNewRequests, ExternalUserID: user, WebhookURL: r.hook.URL, Intake: &intake.Settings{HearsApp: "slack", Filter: filter},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return tr
}

func (r *rig) slack(body string) *intake.Arrival {
	stamp := strconv.FormatInt(r.Now().Unix(), 10)
	m := hmac.New(sha256.New, []byte("signing"))
	m.Write([]byte("v0:" + stamp + ":" + body))
	return post(body, "X-Slack-Request-Timestamp", stamp, "X-Slack-Signature", "v0="+hex.EncodeToString(m.Sum(nil)))
}

func (r *rig) address(secrets ...string) *trigger.AddressView {
	r.t.Helper()
	v, err := r.CreateAddress(r.t.Context(), r.scope, trigger.SetAddress{App: "slack", Secrets: &intake.Secrets{Secrets: secrets}})
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// receive takes a request at an address and returns what its caller was told.
func (r *rig) receive(at *trigger.AddressView, a *intake.Arrival) string {
	r.t.Helper()
	out, err := r.Receive(r.t.Context(), r.scope, at.ID, a)
	if err != nil {
		r.t.Fatal(err)
	}
	return out.Body
}

// events are the ids of the triggers that emitted something, with how much.
func (r *rig) emitted() map[string]int {
	r.t.Helper()
	var rows []string
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Model(&event.Event{}).Where("type = ?", event.TriggerEmitted).Pluck("subject_id", &rows).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string]int{}
	for _, one := range rows {
		out[one]++
	}
	return out
}

// What an app sends to one address reaches the triggers of those whom it is
// about, once, and nobody else's.
func TestReceive(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	at := r.address("signing")
	found, err := (&endpoint.Service{DB: r.DB}).Find(t.Context(), at.EndpointID)
	if err != nil || found.TargetID != at.ID || found.Scope("") != r.scope {
		t.Fatal(found, err)
	}
	r.connected("ada", "T1")
	r.connected("bob", "T1")
	r.connected("eve", "T2")
	ada, bob, eve := r.hearing("ada", ""), r.hearing("bob", `trigger.body.event.type == "other"`), r.hearing("eve", "")
	deaf, _ := r.deploy("")
	body := `{"team_id":"T1","event_id":"Ev1","event":{"type":"message"}}`
	if got := r.receive(at, r.slack(body)); got != `{"accepted":1,"status":"accepted"}` {
		t.Error(got)
	}
	if got := r.receive(at, r.slack(body)); got != `{"status":"duplicate"}` {
		t.Error(got)
	}
	got := r.emitted()
	if got[ada.ID] != 1 || got[bob.ID] != 0 || got[eve.ID] != 0 || got[deaf.ID] != 0 {
		t.Errorf("%v", got)
	}
	if err := r.Webhooks.Deliver(t.Context(), r.scope, r.endpoint(ada)); err != nil || len(r.hook.Calls()) != 1 || r.hook.Calls()[0].Header.Get("X-Pd-External-User-Id") != "ada" {
		t.Errorf("%+v, %v", r.hook.Calls(), err)
	}
	if _, err := r.Receive(t.Context(), r.scope, at.ID, post(body)); !errors.Is(err, inbound.ErrSignature) {
		t.Error(err)
	}
	out, err := r.Receive(t.Context(), r.scope, at.ID, r.slack(`{"type":"url_verification","challenge":"c"}`))
	if err != nil || out.Body != `{"challenge":"c"}` {
		t.Error(out, err)
	}
	if err := r.Tally.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	views, err := r.Addresses(t.Context(), r.scope)
	if err != nil || len(views) != 1 || views[0].Counts.Accepted != 1 || views[0].Counts.Duplicate != 1 || views[0].Counts.Rejected != 1 || views[0].Secrets != 1 {
		t.Errorf("%+v, %v", views, err)
	}
}

// What nobody is found for waits, with the reason; it is told of once an hour,
// and goes on its way when there is somebody.
func TestLetters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	at := r.address("signing")
	r.connected("ada", "T1")
	for i, body := range []string{`{"event":{}}`, `{"team_id":"T9"}`, `{"team_id":"T1"}`} {
		if got := r.receive(at, r.slack(body)); got != `{"accepted":0,"status":"unrouted"}` {
			t.Error(i, got)
		}
	}
	page, err := r.Letters(t.Context(), r.scope, at.ID, trigger.LetterWaiting, db.Cursor{})
	if err != nil || len(page.Items) != 3 {
		t.Fatal(page, err)
	}
	var reasons []string
	for _, l := range page.Items {
		reasons = append(reasons, l.Reason+" "+l.Said)
	}
	if got := fmt.Sprint(reasons); got != "[no_trigger T1 no_account T9 no_field ]" {
		t.Error(got)
	}
	told := r.told(&trigger.Trigger{ID: at.ID})
	if fmt.Sprint(told) != "["+event.RequestUnrouted+"]" {
		t.Errorf("%v", told)
	}
	r.clock.Pass(time.Hour)
	r.receive(at, r.slack(`{"team_id":"T9"}`))
	if told := r.told(&trigger.Trigger{ID: at.ID}); len(told) != 2 {
		t.Errorf("an hour later: %v", told)
	}
	ada := r.hearing("ada", "")
	mine, other, unknown := page.Items[0].ID, page.Items[1].ID, page.Items[2].ID
	if l, err := r.Requeue(t.Context(), r.scope, mine); err != nil || l.State != trigger.LetterRequeued || r.emitted()[ada.ID] != 1 {
		t.Error(l, err)
	}
	if _, err := r.Requeue(t.Context(), r.scope, mine); !errors.Is(err, trigger.ErrNoLetter) {
		t.Errorf("the second time: %v", err)
	}
	if _, err := r.Requeue(t.Context(), r.scope, other); !errors.Is(err, trigger.ErrStillNobody) {
		t.Error(err)
	}
	if l, err := r.Discard(t.Context(), r.scope, unknown); err != nil || l.State != trigger.LetterDiscarded {
		t.Error(l, err)
	}
	if page, err := r.Letters(t.Context(), r.scope, "", trigger.LetterWaiting, db.Cursor{}); err != nil || len(page.Items) != 2 {
		t.Error(page, err)
	}
	if got := r.emitted(); got[ada.ID] != 1 {
		t.Errorf("%v", got)
	}
}

// A route of the operator's own comes before the file's, and may look at a part
// of what a field says.
func TestRoutes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.connected("ada", "T1")
	ada := r.hearing("ada", "")
	for name, route := range map[string]trigger.Route{
		"identity": {Place: catalog.Place{JSON: "/user"}, Equals: "identity.id"},
		"a part":   {Place: catalog.Place{Header: "X-Team"}, Equals: "team-{{ var.team_id }}.example.com"},
	} {
		before := r.emitted()[ada.ID]
		at, err := r.CreateAddress(t.Context(), r.scope, trigger.SetAddress{App: "slack", Route: []trigger.Route{route}, Secrets: &intake.Secrets{Secrets: []string{"signing"}}})
		if err != nil {
			t.Fatal(err)
		}
		a := r.slack(`{"user":"UT1"}`)
		a.Request.Header.Set("X-Team", "team-T1.example.com")
		r.receive(at, a)
		if got := r.emitted()[ada.ID]; got != before+1 {
			t.Errorf("%s: %d", name, got)
		}
		wrong := r.slack(`{"user":"T1"}`)
		wrong.Request.Header.Set("X-Team", "T1.example.com")
		if got := r.receive(at, wrong); got != `{"accepted":0,"status":"unrouted"}` {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Addresses are an environment's own, and what cannot work is refused.
func TestAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	at := r.address("signing")
	r.receive(at, r.slack(`{"team_id":"T9"}`))
	page, err := r.Letters(t.Context(), r.scope, "", trigger.LetterWaiting, db.Cursor{})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	letter := page.Items[0].ID
	stranger := testkit.Scope(t, r.DB)
	for name, tt := range map[string]struct {
		do   func() error
		want error
	}{
		"update": {func() error {
			_, err := r.UpdateAddress(t.Context(), stranger, at.ID, trigger.SetAddress{})
			return err
		}, trigger.ErrNoAddress},
		"delete":  {func() error { return r.DeleteAddress(t.Context(), stranger, at.ID) }, trigger.ErrNoAddress},
		"receive": {func() error { _, err := r.Receive(t.Context(), stranger, at.ID, post(`{}`)); return err }, trigger.ErrNoAddress},
		"requeue": {func() error { _, err := r.Requeue(t.Context(), stranger, letter); return err }, trigger.ErrNoLetter},
		"discard": {func() error { _, err := r.Discard(t.Context(), stranger, letter); return err }, trigger.ErrNoLetter},
		"an app": {func() error {
			_, err := r.CreateAddress(t.Context(), r.scope, trigger.SetAddress{App: "zzz"})
			return err
		}, catalog.ErrNotFound},
		"client": {func() error {
			_, err := r.CreateAddress(t.Context(), r.scope, trigger.SetAddress{App: "slack", OAuthAppID: "oa_x"})
			return err
		}, account.ErrOAuthApp},
		"unsigned": {func() error {
			_, err := r.CreateAddress(t.Context(), r.scope, trigger.SetAddress{App: "snowflake"})
			return err
		}, trigger.ErrUnsigned},
		"a route": {func() error {
			_, err := r.CreateAddress(t.Context(), r.scope, trigger.SetAddress{App: "slack", Route: []trigger.Route{{Equals: "identity.name"}}})
			return err
		}, intake.ErrSettings},
	} {
		if err := tt.do(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if rows, err := r.Addresses(t.Context(), stranger); err != nil || len(rows) != 0 {
		t.Error(rows, err)
	}
	v, err := r.UpdateAddress(t.Context(), r.scope, at.ID, trigger.SetAddress{Secrets: &intake.Secrets{}})
	if err != nil || v.Secrets != 1 || v.Waiting != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	v, err = r.UpdateAddress(t.Context(), r.scope, at.ID, trigger.SetAddress{Secrets: &intake.Secrets{Secrets: []string{"a", "b"}}})
	if err != nil || v.Secrets != 2 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := r.DeleteAddress(t.Context(), r.scope, at.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Receive(t.Context(), r.scope, at.ID, r.slack(`{}`)); !errors.Is(err, trigger.ErrNoAddress) {
		t.Error(err)
	}
	if _, err := r.Discard(t.Context(), r.scope, letter); !errors.Is(err, trigger.ErrNoLetter) {
		t.Error(err)
	}
}

// A secret of the OAuth client verifies where the app signs with it; a new one
// does as soon as it is set.
func TestAddressOfAClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var clientID string
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		clientID = id.New("oa")
		sealed, err := r.Box.Seal([]byte("client-secret"), "oauth_app|"+clientID)
		if err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO oauth_apps (id, app, client_id, client_secret, scopes, created_at, updated_at) VALUES (?, 'intercom', 'c', ?, '[]', now(), now())`, clientID, sealed).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	at, err := r.CreateAddress(t.Context(), r.scope, trigger.SetAddress{App: "intercom", OAuthAppID: clientID})
	if err != nil || at.Secrets != 0 {
		t.Fatal(at, err)
	}
	for name, tt := range map[string]struct {
		secret string
		want   error
	}{"its own": {"client-secret", nil}, "another": {"other", inbound.ErrSignature}} {
		a := &intake.Arrival{Path: "/", Request: &inbound.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{}`)}}
		a.Request.Header.Set("X-Hub-Signature", "sha1="+sha1MAC(tt.secret, `{}`))
		out, err := r.Receive(t.Context(), r.scope, at.ID, a)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && !json.Valid([]byte(out.Body)) {
			t.Error(out.Body)
		}
	}
}

func sha1MAC(secret, body string) string {
	m := hmac.New(sha1.New, []byte(secret))
	m.Write([]byte(body))
	return hex.EncodeToString(m.Sum(nil))
}
