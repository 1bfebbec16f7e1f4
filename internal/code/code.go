// Package code runs pieces of code that customers write into workflows. Each run,
// but of Node, is a process of its own in a sandbox.
//
// Node is a module with a default export, or the body of an async function, with
// steps, trigger, env and $. Python has steps, trigger, export(name, value) and
// flow.exit(), and its function handler(step), if there is one, is called with all
// of them and returns the outcome. Go is a package main that imports
// "patchbay/step". Bash has the files $INPUT and $EXPORTS. What they find is
// written in helper/.
package code

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// Language is what a piece of code is written in.
type Language string

// The languages.
const (
	Node   Language = "node"
	Python Language = "python"
	Go     Language = "go"
	Bash   Language = "bash"
)

// Faults of this package: nothing was begun.
var (
	ErrLanguage = fault.New(fault.Invalid, "code_language", "Code is written in node, python, go or bash.")
	ErrMissing  = fault.New(fault.Unavailable, "code_language_missing", "This server does not run code in that language: the language is not installed.")
	ErrBusy     = fault.New(fault.Unavailable, "code_busy", "Other pieces of code are being built. Try again in a moment.")
	ErrLarge    = fault.New(fault.TooLarge, "code_too_large", "The code has more than %d KiB.", maxSource>>10)
	ErrName     = fault.New(fault.Invalid, "code_environment", "An environment variable has a name of letters, digits and _, which does not begin with a digit, and no zero byte in its value.")
)

const (
	maxSource = 512 << 10
	// DefaultTimeout is for a piece of code that names none.
	DefaultTimeout = 30 * time.Second
)

// Piece is a piece of code, and what it is given.
type Piece struct {
	Language Language
	Source   string
	Owner    runner.Owner // of the process, in Node
	Steps    map[string]any
	Trigger  any
	Env      map[string]string
	Secrets  []string // they are taken out of what is logged
	Timeout  time.Duration
	Links    *runner.Links  // in Node: at which the workflow is answered if the code puts it off; nil = it cannot
	Context  map[string]any // in Node: $.context
	Store    runner.Store   // in Node: $.state; nil = there is none
	Scopes   []string       // of that
	Limits   sandbox.Limits // not of Node
}

// Runner runs pieces of code.
type Runner struct {
	Node  *runner.Runner // nil = Node is missing
	Door  sandbox.Door   // the way out; nil = none
	Tier  sandbox.Tier   // "" = the best there is
	Cache string         // a folder in which built Go programs are kept, made if need be
	Start func(context.Context, sandbox.Spec) (*sandbox.Process, error)
	Now   func() time.Time
}

// Run runs a piece of code to its end. What the code itself could not do is in the
// result; an error is a fault of this package, or of the sandbox.
func (r *Runner) Run(ctx context.Context, p Piece) (*runner.Result, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.Timeout <= 0 {
		p.Timeout = DefaultTimeout
	}
	switch p.Language {
	case Node:
		if r.Node == nil {
			return nil, runner.ErrMissing
		}
		j := runner.Job{Owner: p.Owner, Steps: p.Steps, Secrets: p.Secrets, Timeout: p.Timeout, Links: p.Links, Context: p.Context, Store: p.Store, Scopes: p.Scopes}
		return r.Node.Code(ctx, j, runner.Code{Text: p.Source, Trigger: p.Trigger, Env: p.Env})
	case Python:
		return r.run(ctx, p, python)
	case Bash:
		return r.run(ctx, p, bash)
	case Go:
		return r.run(ctx, p, r.golang)
	default:
		return nil, ErrLanguage
	}
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (p *Piece) check() error {
	if len(p.Source) > maxSource {
		return ErrLarge
	}
	for name, value := range p.Env {
		if !variable.MatchString(name) || strings.ContainsRune(value, 0) {
			return ErrName
		}
	}
	return nil
}

// given is what the code reads: its input, as JSON.
func (p *Piece) given() ([]byte, error) {
	steps := p.Steps
	if steps == nil {
		steps = map[string]any{}
	}
	text, err := json.Marshal(map[string]any{"steps": steps, "trigger": p.Trigger})
	if err != nil {
		return nil, fmt.Errorf("encode what the code is given: %w", err)
	}
	return text, nil
}

// program is how a piece of code is started.
type program struct {
	argv     []string
	readOnly []string
	failure  *runner.Failure // it cannot be: the code is wrong
}

// environment is what the code finds beside its own variables.
func (p *Piece) environment() []string {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", "TZ=UTC"}
	for name, value := range p.Env {
		env = append(env, name+"="+value)
	}
	return env
}
