package workflow

import (
	"cmp"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/schedule"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// The kinds of trigger. A workflow can also be started by API, whatever it has.
const (
	HTTP     = "http"
	Schedule = "schedule"
	Email    = "email"
	AppEvent = "app_event" // what a component emits, which is deployed with the workflow
)

// The ways in which a caller of an HTTP trigger is authenticated.
const (
	AuthNone   = "none"
	AuthBearer = "bearer"
	AuthOAuth  = "oauth"
	AuthHMAC   = "hmac" // by what the workflow's intake says, of which only the secret is set there
)

// What becomes of due times that nobody was there for.
const (
	MissedSkip = "skip"
	MissedOne  = "one" // the last of them
	MissedAll  = "all" // up to MostMissed, the oldest first
)

// What becomes of a due time when the run of the one before it is under way.
const (
	OverlapAllow     = "allow"
	OverlapSkip      = "skip"
	OverlapQueue     = "queue"      // it waits, with up to MostQueued others
	OverlapCancelOld = "cancel_old" // the run before it is canceled
)

// Bounds of schedules.
const (
	MostMissed = 100
	MostQueued = 100
	LeastEvery = 10 * time.Second
)

// Trigger is what starts a run. Which fields have a meaning depends on the type.
type Trigger struct {
	Name     string `json:"name"` // the type, unless said
	Type     string `json:"type"`
	Disabled bool   `json:"disabled,omitempty"`

	Environment string  `json:"environment,omitempty"` // in which its runs are; http: for calls that name none; "" = production
	Filter      string  `json:"filter,omitempty"`      // an expression; no run of what it is not true of
	Dedupe      *Dedupe `json:"dedupe,omitempty"`
	Split       *Split  `json:"split,omitempty"`

	Auth     string   `json:"auth,omitempty"`      // http: none | bearer | oauth | hmac
	AllowIPs []string `json:"allow_ips,omitempty"` // http: addresses, or prefixes such as 192.0.2.0/24; none = all
	Response *Reply   `json:"response,omitempty"`  // http; nil = the workflow's, if it has a respond step
	CORS     *CORS    `json:"cors,omitempty"`      // http; nil = pages of any origin may call

	Cron        string       `json:"cron,omitempty"`          // schedule: five fields
	TimeZone    string       `json:"time_zone,omitempty"`     // schedule: of cron, in the IANA database; "" = UTC
	Every       string       `json:"every,omitempty"`         // schedule: an interval such as 15m or 1d
	Jitter      string       `json:"jitter,omitempty"`        // schedule: each due time is put off by up to this
	Missed      string       `json:"missed,omitempty"`        // schedule: skip | one | all; "" = one
	Overlap     string       `json:"overlap,omitempty"`       // schedule: allow | skip | queue | cancel_old; "" = allow
	ForEachUser *ForEachUser `json:"for_each_user,omitempty"` // schedule, app_event

	Component      string         `json:"component,omitempty"`        // app_event: the key of one that is a trigger
	Version        string         `json:"version,omitempty"`          // app_event: of the component; "" = the newest when it is deployed
	Props          map[string]any `json:"props,omitempty"`            // app_event
	Account        *Account       `json:"account,omitempty"`          // app_event: one of the project's; its runs are for nobody
	ExternalUserID string         `json:"external_user_id,omitempty"` // app_event: for whom it is deployed, and its runs are
}

// Dedupe says by what an event is known that comes a second time.
type Dedupe struct {
	Expression string `json:"expression"`               // such as {{ trigger.body.id }}
	Window     int    `json:"window_seconds,omitempty"` // for how long it is known; 0 = ten minutes
}

// Split says where in an event the parts are that have a run each.
type Split struct {
	Path string `json:"path"`          // pointer to a list; http: in the body
	ID   string `json:"id,omitempty"`  // pointer into an item: by what it is known
	Key  string `json:"key,omitempty"` // pointer into an item: what it belongs to
}

// ForEachUser has each due time start a run for many users: those who have an
// account of an app, unless they have switched their instance off, or those whose
// instance of the workflow is on. A component is deployed for each who has an account.
type ForEachUser struct {
	App       string `json:"app,omitempty"` // slug
	Instances bool   `json:"instances,omitempty"`
}

// What callers of an HTTP trigger are told.
const (
	ReplyDefault  = "default"  // which run there is now
	ReplyStatic   = "static"   // what the trigger says
	ReplyWorkflow = "workflow" // what the respond step says
	ReplyAccepted = "accepted" // at once, with an address at which the run's state and answer are read
)

// CORS says which pages in browsers may call an address.
type CORS struct {
	Origins []string `json:"origins"`                   // such as https://app.example.com; * = all
	Headers []string `json:"headers,omitempty"`         // that they may send; none = all
	MaxAge  int      `json:"max_age_seconds,omitempty"` // for how long a browser need not ask again
}

// Reply is what callers are told.
type Reply struct {
	Mode        string `json:"mode"`
	Status      int    `json:"status,omitempty"`       // static: 0 = 200
	ContentType string `json:"content_type,omitempty"` // static: "" = text/plain
	Body        string `json:"body,omitempty"`         // static
}

// complete writes down what follows from what is said.
func (t *Trigger) complete() {
	if t.Name == "" {
		t.Name = t.Type
	}
	if t.Type == HTTP && t.Auth == "" {
		t.Auth = AuthOAuth
	}
}

// Inner is the expression of a text that is one hole.
func Inner(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, "{{"), "}}"))
}

// In is the name of the environment in which a trigger's runs are.
func (t *Trigger) In() string { return cmp.Or(t.Environment, tenant.Production) }

// Reply returns how a workflow's callers are answered.
func (d *Definition) Reply() Reply {
	if r := d.HTTP().Response; r != nil {
		return *r
	}
	if d.Responds() {
		return Reply{Mode: ReplyWorkflow}
	}
	return Reply{Mode: ReplyDefault}
}

// Schedule returns when a trigger of type schedule is due.
func (t *Trigger) Schedule() (*schedule.Schedule, error) {
	if t.Every != "" {
		d, err := Duration(t.Every)
		if err != nil {
			return nil, err
		}
		return schedule.Every(d)
	}
	return schedule.Parse(t.Cron, t.TimeZone)
}

// HTTP returns the trigger that takes requests at the workflow's address: one that
// asks for an OAuth client if the definition has none, for calls of the API.
func (d *Definition) HTTP() *Trigger {
	for i := range d.Triggers {
		if d.Triggers[i].Type == HTTP {
			return &d.Triggers[i]
		}
	}
	return &Trigger{Name: HTTP, Type: HTTP, Auth: AuthOAuth}
}
