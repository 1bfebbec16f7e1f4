package action

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/request"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of runs.
var (
	ErrNoRun  = fault.New(fault.NotFound, "action_run_not_found", "There is no such run of an action in the log.")
	ErrReused = fault.New(fault.Conflict, "idempotency_key_reused", "The idempotency key was used for another run. Each needs a key of its own.")
	ErrUnder  = fault.New(fault.Conflict, "run_under_way", "The run with this idempotency key is still under way.")
	ErrOver   = fault.New(fault.Conflict, "run_over", "The run is over.")
	ErrBusy   = fault.New(fault.RateLimited, "too_many_runs_wait", "More than %d runs of this environment wait. Try again later.", mostQueued)
)

// Status is where a run stands: queued -> running -> succeeded | failed | canceled | unknown.
type Status string

// The statuses of a run.
const (
	Queued    Status = "queued" // in the background
	Running   Status = "running"
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Canceled  Status = "canceled"
	Unknown   Status = "unknown" // its process died: nobody knows whether the app did what it was asked
)

// Over reports whether nothing will become of the run any more.
func (s Status) Over() bool { return s != Queued && s != Running }

// KeepAnswer is how long the answer of a run is kept for who comes again, and its
// idempotency key with it.
const KeepAnswer = 24 * time.Hour

const (
	leaseFor   = 30 * time.Second // of who carries a run out
	beat       = 5 * time.Second  // after which it is renewed, and looked whether the run is to stop
	mostTries  = 3                // of a run that may be done twice
	mostQueued = 10_000           // in an environment

	mostObservations = 200     // in the log
	longestMessage   = 2000    // bytes of each
	largestAnswer    = 4 << 20 // bytes that are kept of a run's answer
)

// Run is one run of an action, as it is remembered.
//
// Whoever carries it out holds its lease. The lease has an id, and every write
// names it, so that who was too slow writes nothing.
type Run struct {
	ID               string // arun_…
	EnvironmentID    string
	ComponentKey     string
	ComponentVersion string
	App              string // slug; "" = none
	AccountID        string // "" = none
	ExternalUserID   string
	CallerKind       string // who asked, as the audit log names them, or a workflow; "" = of before that was kept
	CallerID         string
	CallerName       string // an MCP client's
	Via              Via
	Status           Status
	Background       bool
	Repeatable       bool     // whether it may be done twice, by what the component says of its effect
	InputHash        []byte   // of what was asked, under the run's id
	ArgumentsHash    string   // of what was filled in, the same for the same; "" = of before that was kept
	ApprovalID       string   // by which the user approved it; "" = nobody was asked
	Failure          *Failure `gorm:"serializer:json"`
	Input            []byte   // sealed Use, until it is over
	Value            []byte   // sealed Outcome, until KeptUntil
	Logs             []byte   // sealed Record
	IdempotencyKey   *string
	KeptUntil        *time.Time
	Attempts         int
	LeaseID          string
	LeaseUntil       *time.Time
	CancelAt         *time.Time // when somebody asked for it to stop
	CreatedAt        time.Time
	StartedAt        *time.Time
	FinishedAt       *time.Time
}

// TableName maps the noun to its table.
func (Run) TableName() string { return "action_runs" }

// Record is what the log holds of a run beside its row.
type Record struct {
	Observations []Observation
	More         int           // observations that were left out
	Input        *request.Body // what was filled in, redacted; nil = the project keeps none
	Value        *request.Body // what came back, redacted; nil = the project keeps none
}

// Sealed columns, and what their values are bound to.
const (
	ofInput = "action_input"
	ofValue = "action_value"
	ofLogs  = "action_logs"
)

func (s *Service) seal(of string, r *Run, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", of, err)
	}
	sealed, err := s.Box.Seal(plain, of+"|"+r.ID)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", of, err)
	}
	return sealed, nil
}

func (s *Service) open(of string, r *Run, sealed []byte, into any) error {
	plain, err := s.Box.Open(sealed, of+"|"+r.ID)
	if err != nil {
		return fmt.Errorf("open %s of %s: %w", of, r.ID, err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("decode %s of %s: %w", of, r.ID, err)
	}
	return nil
}

// digest is what a run is told apart by from another one with its key. The links of
// its workflow do not matter: another key may have signed them. Nor does by which name
// the app's own props were read: who asks again reads them again.
func (u *Use) digest(runID string) []byte {
	plain := *u
	plain.Flow, plain.DynamicPropsID = nil, ""
	asked, _ := json.Marshal(&plain) // it came from JSON
	sum := sha256.Sum256(append([]byte(runID+"\n"), asked...))
	return sum[:]
}

// ArgumentsHash is what is told of arguments that are not: the same for the same
// action and arguments of an environment, in hex.
func (u *Use) ArgumentsHash(scope tenant.Scope) string {
	all, _ := json.Marshal([]any{scope.Environment(), u.Key, u.Configured}) // it came from JSON
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}

// AccountID is the account that the use names; "" = none.
func (u *Use) AccountID(c *component.Component) string {
	named, _ := u.Configured[c.AppProp()].(map[string]any)
	accountID, _ := named["authProvisionId"].(string)
	return accountID
}

// failed is why a run that nobody carried to its end did not do what it was to do.
func (s Status) failed() *Failure {
	switch s {
	case Unknown:
		return &Failure{Name: "UnknownOutcome", Origin: "server", Message: "The server stopped while the run was under way. Whether the app did what it was asked is not known; look there before you run it again with another idempotency key."}
	case Canceled:
		return &Failure{Name: "Canceled", Origin: "caller", Message: "The run was canceled before it began."}
	default:
		return nil
	}
}

// logged is a failure as a log keeps it.
func (f *Failure) logged(rules *project.ProxyRules) *Failure {
	if f == nil || rules != nil && rules.Redact == nil {
		return f
	}
	out := *f
	if out.Message = ""; rules != nil {
		out.Message = rules.Redact.Text(f.Message)
	}
	return &out
}

// record is what the log keeps of an outcome, by the project's rules; nil = they
// are not known, and nothing is.
func (o *Outcome) record(u *Use, secrets []string, known bool, rules *project.ProxyRules) *Record {
	if rules == nil {
		return &Record{Observations: []Observation{}, More: len(o.Observations)}
	}
	out := &Record{Observations: make([]Observation, 0, min(len(o.Observations), mostObservations))}
	for i, seen := range o.Observations {
		if i == mostObservations {
			out.More = len(o.Observations) - i
			break
		}
		seen.Message, seen.Error = rules.Redact.Text(seen.Message), seen.Error.logged(rules)
		if len(seen.Message) > longestMessage {
			seen.Message = seen.Message[:longestMessage] + "… (" + strconv.Itoa(len(seen.Message)) + " bytes)"
		}
		out.Observations = append(out.Observations, seen)
	}
	if known && rules.LogActions {
		out.Input, out.Value = kept(u.shown(secrets), rules.Redact), kept(o.Value, rules.Redact)
	}
	return out
}

func kept(v any, rules *redact.Rules) *request.Body {
	raw, err := json.Marshal(v)
	if err != nil {
		return &request.Body{Type: "application/json", Omitted: "unreadable"}
	}
	return request.Redact("application/json", raw, true, rules.Text)
}

// shown is what was filled in, without what a prop holds that is secret.
func (u *Use) shown(secrets []string) map[string]any {
	out := make(map[string]any, len(u.Configured))
	for name, v := range u.Configured {
		out[name] = v
	}
	for _, name := range secrets {
		if _, ok := out[name]; ok {
			out[name] = "[redacted]"
		}
	}
	return out
}

// Why is why the run did not do what it was to do; nil where it did, or is not over.
func (r *Run) Why() *Failure {
	if r.Failure == nil && r.Status.Over() {
		return r.Status.failed()
	}
	return r.Failure
}
