package notify_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// rig is a service with a database of its own, a clock that stands still, no
// Redis, and a third party that takes what is sent.
type rig struct {
	*notify.Service
	*testkit.Clock
	*testkit.Receiver

	t     *testing.T
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock, guard := testkit.DB(t), testkit.NewClock(), testkit.Guard()
	return &rig{
		t: t, Clock: clock, Receiver: testkit.NewReceiver(t), scope: testkit.Scope(t, d),
		Service: &notify.Service{
			DB: d, Box: testkit.Box(t), Queue: testkit.DeadQueue(t), Guard: guard, Client: guard.Client(5*time.Second, 4),
			Metrics: telemetry.NewMetrics(), PublicURL: "https://patchbay.example.com", Sign: webhook.Sign, Now: clock.Now,
		},
	}
}

// Now is the clock's; the service embeds a field of the same name.
func (r *rig) Now() time.Time { return r.Clock.Now() }

// discordURL is the address of the third party in the form of Discord's.
func (r *rig) discordURL() string {
	return strings.TrimSuffix(r.URL, "/hook") + "/api/webhooks/123/tokenOfTheWebhook"
}

// all are settings of a route that tells of everything.
func (r *rig) all(c notify.Channel) notify.Settings {
	s := notify.Settings{
		Name: "Alerts", Channel: c, Reach: notify.OfEnvironment, URL: r.URL, Severities: []event.Severity{event.Info, event.Warning, event.Error},
		EventTypes: []string{"*"}, TimeZone: "UTC", Enabled: true, Digest: notify.Digest{Every: "off"},
	}
	if c == notify.Discord {
		s.URL = r.discordURL()
	}
	return s
}

func (r *rig) create(s notify.Settings) *notify.Route {
	r.t.Helper()
	route, _, err := r.Create(r.t.Context(), r.scope, s)
	if err != nil {
		r.t.Fatal(err)
	}
	return route
}

func (r *rig) emitIn(scope tenant.Scope, e *event.Event) []string {
	r.t.Helper()
	e.CreatedAt = r.Now()
	var out []string
	err := r.DB.In(r.t.Context(), scope, func(tx *gorm.DB) (err error) {
		out, err = webhook.Emit(tx, e, webhook.To{})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// emit records an event with a body.
func (r *rig) emit(typ, subject, body string) []string {
	return r.emitIn(r.scope, &event.Event{Type: typ, SubjectID: subject, Body: body})
}

// failed records that a workflow failed for a cause.
func (r *rig) failed(workflow, cause string) {
	r.emit(event.WorkflowFailed, workflow, `{"workflow":{"name":"Welcome"},"error":{"code":"`+cause+`","message":"It broke."}}`)
}

func (r *rig) send(routeID string) {
	r.t.Helper()
	if err := r.Send(r.t.Context(), r.scope, routeID); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) route(id string) *notify.Route {
	r.t.Helper()
	route, err := r.Get(r.t.Context(), r.scope, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return route
}

// notices returns all notices, oldest first.
func (r *rig) notices() []notify.Listed {
	r.t.Helper()
	page, err := r.Notices(r.t.Context(), r.scope, notify.Filter{}, db.Cursor{Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	out := make([]notify.Listed, 0, len(page.Items))
	for i := len(page.Items) - 1; i >= 0; i-- {
		out = append(out, page.Items[i])
	}
	return out
}

// states are the states of all notices, oldest first.
func (r *rig) states() string {
	r.t.Helper()
	var out []string
	for _, n := range r.notices() {
		out = append(out, string(n.State))
	}
	return strings.Join(out, " ")
}

// embeds are the titles of the embeds of each message that Discord got.
func (r *rig) embeds() (out [][]string) {
	r.t.Helper()
	for _, c := range r.Calls() {
		var m struct {
			Embeds []struct{ Title string }
		}
		if err := json.Unmarshal([]byte(c.Body), &m); err != nil {
			r.t.Fatal(err)
		}
		var titles []string
		for _, e := range m.Embeds {
			titles = append(titles, e.Title)
		}
		out = append(out, titles)
	}
	return out
}

func with(header, value string, status int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(header, value)
		w.WriteHeader(status)
	}
}

// sisterOf is the other environment of the rig's project.
func sisterOf(t *testing.T, r *rig) (out tenant.Scope) {
	t.Helper()
	var id string
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT id FROM environments WHERE project_id = ? AND name = 'production'", r.scope.Project()).Scan(&id).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return tenant.NewScope(r.scope.Project(), id, tenant.Production)
}

// cousinOf is an environment of another project of the same workspace.
func cousinOf(t *testing.T, r *rig) tenant.Scope {
	t.Helper()
	s := testkit.Scope(t, r.DB)
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE projects SET workspace_id = (SELECT workspace_id FROM projects WHERE id = ?) WHERE id = ?", r.scope.Project(), s.Project()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
