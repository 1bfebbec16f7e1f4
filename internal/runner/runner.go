// Package runner carries out components that are modules of JavaScript. Each
// package runs in processes of its own, which stay warm for their owner; what such
// a process says is checked, and it is ended when it does not keep to what it may.
//
// What the server and the process say to each other is in wire.go and host/wire.mjs;
// what a module may do is in COMPONENTS.md.
package runner

import (
	"context"
	"encoding/json"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package: nothing was begun.
var (
	ErrMissing = fault.New(fault.Unavailable, "runner_missing", "This server runs no components that are code: it has no Node.js of version %d or later. An operator can name one in PATCHBAY_RUNNER_NODE, or a Deno in PATCHBAY_RUNNER_DENO.", oldest)
	ErrBusy    = fault.New(fault.Unavailable, "runner_busy", "All processes for components are in use. Try again in a moment.")
	ErrStart   = fault.New(fault.Unavailable, "runner_start", "The process for the component did not begin.")
	ErrModule  = fault.New(fault.Invalid, "component_module", "The module is no component that can be read.")
	ErrLarge   = fault.New(fault.TooLarge, "runner_request", "What was filled in is larger than can be handed to a component.")
)

// Module is a module of an installed package.
type Module struct {
	Bundle string // sha256 of the package's content; "" = no package, for pieces of code
	Path   string // inside it
}

// Isolation is who shares a process, one after another.
type Isolation string

// The kinds of isolation.
const (
	PerProject Isolation = "project" // the users of a project's environment
	PerUser    Isolation = "user"    // the runs of one user
	PerRun     Isolation = "run"     // nobody
)

// Owner is for whom something runs.
type Owner struct {
	Project     string
	Environment string
	User        string // ""= nobody in particular
	Isolation   Isolation
}

// Job is one use of a module.
type Job struct {
	Owner  Owner
	Module Module

	Configured map[string]any            // by prop, as component.Read returned them
	Auth       map[string]map[string]any // by app prop
	Secrets    []string                  // of Auth: they are taken out of what is logged
	Dynamic    json.RawMessage           // of the dynamic props that were given out: a list of ConfigurableProp; nil = none
	DB         map[string]json.RawMessage
	Endpoint   string         // of an address of the component's own
	Context    map[string]any // $.context
	Steps      map[string]any
	Links      *Links // at which its workflow is answered if it is put off; nil = it is part of none

	Store   Store          // nil = there are no data stores
	Scopes  []string       // whose state there is beside them
	Sign    Sign           // nil = no calls are signed
	Respond func(Response) // called at once with what the component answers to its caller; may be nil
	Timeout time.Duration  // after which the process is ended

	// Tmp is a folder that is /tmp of this run alone, which has a process to itself:
	// it is over when the run is. "" = that of whatever process carries it out.
	Tmp string
}

// Sign returns the Authorization header of a call by OAuth 1.0a, for an account of the
// run's. form is its body if that is a form, else "".
type Sign func(ctx context.Context, accountID, method, url, form string) (string, error)

// Store is what a run may do with data stores and with state. TTLs are in seconds;
// nil = for ever. Where a version is given, an entry that has another one is left as
// it is, and the fault's code is record_changed; 0 = there is to be none.
type Store interface {
	Get(ctx context.Context, in Place, key string) (*Entry, error) // nil = there is none
	Set(ctx context.Context, in Place, key string, value json.RawMessage, ttl *int, ifVersion *int64) (*Entry, error)
	Add(ctx context.Context, in Place, key string, by int64) (*Entry, error)
	SetTTL(ctx context.Context, in Place, key string, ttl *int) error
	Delete(ctx context.Context, in Place, key string, ifVersion *int64) error
	Clear(ctx context.Context, in Place) error
	Size(ctx context.Context, in Place) (int, error)
	// Page returns entries in the order of their keys, from the first after a key.
	Page(ctx context.Context, in Place, after string) (page []Entry, more bool, err error)
}

// Place is a data store, by its name or id, or the state of a scope.
type Place struct{ Store, Scope string }

// Entry is a key of a data store with its value.
type Entry struct {
	Key     string
	Value   json.RawMessage
	Version int64
}

// Result is what became of a job.
type Result struct {
	Value    json.RawMessage // null = nothing
	Exports  map[string]any
	Logs     []Log
	Emits    []Emit
	Response *Response // the first
	Sends    []Send
	Exit     *string // it left by $.flow.exit, for this reason
	Pause    *Pause  // its workflow is put off; nil = it goes on
	Set      map[string]json.RawMessage
	Gone     []string
	Ended    bool     // it came to its end; else Emits, Set and Gone are not to be kept
	Failure  *Failure // nil = it did what it was to do

	text int  // bytes of Logs
	full bool // no more is kept
}

// Log is a line that a component wrote.
type Log struct {
	Level string // debug | log | info | warn | error
	At    time.Time
	Text  string
}

// Emit is an event that a component emitted.
type Emit struct {
	Event   json.RawMessage `json:"event"`
	ID      string          `json:"-"`
	Summary string          `json:"-"`
	At      *float64        `json:"-"` // ms since 1970, or any other number that is later for later ones; nil = not told
	Channel string          `json:"-"`
}

// Response is what a component answers to who called it.
type Response struct {
	Status    int
	Headers   map[string]string
	Body      []byte
	Immediate bool
}

// Send is something that is to be sent once the run is over.
type Send struct {
	Kind    string // http | email | emit | s3 | sse | sql | snowflake | sms
	Payload json.RawMessage
}

// Failure is why a component did not do what it was to do.
type Failure struct {
	Name    string
	Message string
	Stack   string // "" = not for users
	Origin  string // component | app | input | timeout | memory: it used more than it may
	Status  int    // of an app's answer; 0 = none
}
