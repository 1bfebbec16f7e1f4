// Package rehearsal plays the recorded answers of an app through the engine
// that speaks to providers, without a network: what an app file says is tried
// before a user depends on it.
package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// Result says how a check went.
type Result string

// The results.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Skipped Result = "skipped" // there is no recorded answer for it
)

// Check is one thing that was tried.
type Check struct {
	Auth   string // the method; "" = the app as a whole
	Name   string // authorize | token_error | refresh_ok | token_ok | identity | inject | foreign_host
	Result Result
	Text   string // one sentence
}

// Answer is one recorded answer of a provider, and what is to be made of it.
type Answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"`
	Class   string            `json:"class"` // of an error
	ID      string            `json:"id"`    // of who is connected
	Name    string            `json:"name"`  // "" = any
}

// ReadAnswer reads a file of a recorded answer.
func ReadAnswer(file []byte) (*Answer, error) {
	var a *Answer
	if err := json.Unmarshal(file, &a); err != nil || a == nil || a.Status < 100 || a.Status > 599 {
		return nil, errNotRecorded
	}
	return a, nil
}

var errNotRecorded = errors.New("rehearsal: not a recorded answer")

// redirectURI and the rest are what a rehearsed sign-in is made of.
const (
	redirectURI = "https://patchbay.test/callback"
	state       = "state"
	verifier    = "a-verifier-that-nobody-checks"
	foreignHost = "https://foreign.invalid/"
)

// Run tries each method of an app: that its sign-in page has an address, that a
// token answer is read, that an error has its class, that who is connected is
// found, and that the credential travels where it should and nowhere else. read
// returns a recorded answer that the app's file names.
func Run(ctx context.Context, app *catalog.App, read func(file string) ([]byte, error)) []Check {
	checks := []Check{}
	for i := range app.Auth {
		r := &rehearsal{app: app, auth: &app.Auth[i], read: read}
		r.run(ctx)
		checks = append(checks, r.checks...)
	}
	return checks
}

// rehearsal is one method at work.
type rehearsal struct {
	app    *catalog.App
	auth   *catalog.Auth
	read   func(file string) ([]byte, error)
	conn   *provider.Connection
	stage  *stage
	client *provider.Client
	checks []Check
}

func (r *rehearsal) say(name string, result Result, format string, args ...any) {
	r.checks = append(r.checks, Check{r.auth.ID, name, result, fmt.Sprintf(format, args...)})
}

func (r *rehearsal) run(ctx context.Context) {
	r.conn = sampleConnection(r.app, r.auth)
	r.stage = &stage{}
	r.client = &provider.Client{HTTP: &http.Client{Transport: r.stage}, Now: func() time.Time { return recorded }}
	if r.auth.Token.URL != "" {
		var err error
		if r.stage.tokenURL, err = catalog.Expand(r.auth.Token.URL, r.conn.Values()); err != nil {
			r.say("token_ok", Failed, "The token endpoint has no address: %s.", err)
			return
		}
	}
	if r.auth.Type == catalog.OAuth2 && !r.tokens(ctx) {
		return // there is no token to go on with
	}
	r.identity(ctx)
	r.carries()
}

// recorded is the moment at which answers are played.
var recorded = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// fixture returns the recorded answer for a use. ok is false when there is none,
// which has been said where it matters.
func (r *rehearsal) fixture(use string) (f *Answer, ok bool) {
	file, named := r.app.Fixtures[r.auth.ID][use]
	if !named {
		return nil, false
	}
	b, err := r.read(file)
	if err != nil {
		r.say(use, Failed, "There is no file %s among the recorded answers.", file)
		return nil, false
	}
	if f, err = ReadAnswer(b); err != nil {
		r.say(use, Failed, `The file %s is not a recorded answer: {"status": 200, "body": …}.`, file)
		return nil, false
	}
	return f, true
}
