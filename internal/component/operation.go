package component

import (
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Schema is the version of the operation file that this package reads. The form
// is schema/operation.v1.yaml; what its texts may speak of is in OPERATIONS.md.
const Schema = "operation/v1"

// Operation is one file: an action or a trigger that is nothing but calls to an
// app's API.
type Operation struct {
	Schema      string   `yaml:"schema"`
	Type        Type     `yaml:"type"`
	Name        string   `yaml:"name"`
	Description string   `yaml:"description"`
	Version     string   `yaml:"version"`
	Auth        []string `yaml:"auth"` // ids of the auth methods it works with; nil = all
	Scopes      []string `yaml:"scopes"`
	Effect      *Effect  `yaml:"effect"`
	Props       []Prop   `yaml:"props"`
	Dynamic     *Dynamic `yaml:"dynamic"`

	Request *Request `yaml:"request"`
	Steps   []Step   `yaml:"steps"`
	Result  any      `yaml:"result"`
	Summary string   `yaml:"summary"`

	Poll   *Poll          `yaml:"poll"`
	Hook   *Hook          `yaml:"hook"`
	Emit   *Emit          `yaml:"emit"`
	Sample map[string]any `yaml:"sample"`

	Examples []Example `yaml:"examples"`
	Sources  []Source  `yaml:"sources"`
}

// Effect is what an action does to the world.
type Effect struct {
	ReadOnly    bool  `yaml:"read_only"`
	Destructive bool  `yaml:"destructive"`
	Idempotent  bool  `yaml:"idempotent"`
	OpenWorld   *bool `yaml:"open_world"` // nil = yes: it reaches an app
}

// Dynamic are props that are known only once others are filled in.
type Dynamic struct {
	Depends []string       `yaml:"depends"`
	Request *Request       `yaml:"request"` // nil = items speak of props alone
	Items   string         `yaml:"items"`
	Prop    map[string]any `yaml:"prop"`
}

// Request is one call to the app.
type Request struct {
	Get     string         `yaml:"get"`
	Post    string         `yaml:"post"`
	Put     string         `yaml:"put"`
	Patch   string         `yaml:"patch"`
	Delete  string         `yaml:"delete"`
	Query   map[string]any `yaml:"query"`
	Headers map[string]any `yaml:"headers"`
	JSON    any            `yaml:"json"`
	Form    map[string]any `yaml:"form"`
	Text    string         `yaml:"text"`
	Type    string         `yaml:"type"`
	OK      string         `yaml:"ok"`
	Also    []int          `yaml:"also"`
	Pages   *Pages         `yaml:"pages"`
}

// Pages is how the items of several answers are had.
type Pages struct {
	Items  string `yaml:"items"`
	Next   *Next  `yaml:"next"`
	Link   string `yaml:"link"`
	Page   string `yaml:"page"`
	First  *int   `yaml:"first"`
	Offset string `yaml:"offset"`
	More   string `yaml:"more"`
	Size   *Size  `yaml:"size"`
	Most   string `yaml:"most"`
	Until  string `yaml:"until"` // known: of a poll, no further than what an earlier one found
}

// Number is what the parameter Page counts a page as, the first page being 0 here.
func (p *Pages) Number(page int) int {
	if p.First != nil {
		return *p.First + page
	}
	return 1 + page
}

// Next is what changes in the request for the next page.
type Next struct {
	Query map[string]any `yaml:"query"`
	JSON  map[string]any `yaml:"json"`
	Form  map[string]any `yaml:"form"`
	URL   string         `yaml:"url"`
}

// Size is how the length of a page is asked for.
type Size struct {
	Param string `yaml:"param"`
	Max   int    `yaml:"max"`
	In    string `yaml:"in"` // query | json | form; "" = query
}

// Step is one of several calls of an action.
type Step struct {
	ID      string   `yaml:"id"`
	If      string   `yaml:"if"`
	Each    string   `yaml:"each"` // a list: the request is made for each of it; "" = once
	Request *Request `yaml:"request"`
	Result  any      `yaml:"result"`
}

// Poll is how a trigger looks for what is new.
type Poll struct {
	Every    int               `yaml:"every"` // seconds; 0 = DefaultEvery
	Request  *Request          `yaml:"request"`
	Items    string            `yaml:"items"`
	Each     *Request          `yaml:"each"`  // what an item is, in full; nil = it is already
	Order    string            `yaml:"order"` // newest_first | oldest_first; "" = newest_first
	Remember map[string]string `yaml:"remember"`

	Conditional *bool `yaml:"conditional"` // whether the app is asked only if anything has changed; nil = as the file tells
	Steady      bool  `yaml:"-"`           // the same answer to the same request is the same events
}

// Hook is how a trigger has the app tell it of what is new.
type Hook struct {
	Create *Request          `yaml:"create"`
	Keep   map[string]string `yaml:"keep"`
	Renew  *Renew            `yaml:"renew"`
	Find   *Find             `yaml:"find"`
	Delete *Request          `yaml:"delete"`
	Verify *Verify           `yaml:"verify"`
	Items  string            `yaml:"items"` // "" = the body alone
	When   string            `yaml:"when"`

	Handshake []catalog.Handshake `yaml:"handshake"`
}

// Find is how the app is asked which subscriptions lead to an address: what a
// call made that was cut off is ended by it.
type Find struct {
	Request *Request `yaml:"request"`
	Items   string   `yaml:"items"`
	Where   string   `yaml:"where"`
}

// Renew is how a subscription is kept from ending.
type Renew struct {
	Before  string   `yaml:"before"`
	Request *Request `yaml:"request"` // nil = it is made anew
}

// renewBefore is how long before its end a subscription is renewed where nothing
// else is said.
const renewBefore = 12 * time.Hour

// RenewBefore is how long before its end a subscription is renewed.
func (h *Hook) RenewBefore() time.Duration {
	if h.Renew == nil {
		return renewBefore
	}
	if days, ok := strings.CutSuffix(h.Renew.Before, "d"); ok {
		n, _ := strconv.Atoi(days) // as the form has it
		return time.Duration(n) * 24 * time.Hour
	}
	d, err := time.ParseDuration(h.Renew.Before)
	if err != nil {
		return renewBefore
	}
	return d
}

// Verify is how a request to a hook is known to be the app's. Its kind may also be
// app, for what the app file says, or none.
type Verify struct {
	catalog.EventVerify `yaml:",inline"`

	Why string `yaml:"why"` // of none
}

// Emit is what becomes of each item.
type Emit struct {
	If      string `yaml:"if"`
	ID      string `yaml:"id"`
	At      string `yaml:"at"`
	Summary string `yaml:"summary"`
	Event   any    `yaml:"event"` // nil = the item
	Dedupe  Dedupe `yaml:"dedupe"`
}

// Example is one run from beginning to end, with recorded answers.
type Example struct {
	Name      string            `yaml:"name"`
	Props     map[string]any    `yaml:"props"`
	State     map[string]any    `yaml:"state"`
	Known     []string          `yaml:"known"`
	Vars      map[string]string `yaml:"vars"`
	Options   string            `yaml:"options"`
	Search    string            `yaml:"search"`
	Event     map[string]any    `yaml:"event"`
	Do        string            `yaml:"do"`
	Calls     []ExampleCall     `yaml:"calls"`
	Returns   any               `yaml:"returns"`
	Summary   string            `yaml:"summary"`
	Error     string            `yaml:"error"`
	Emits     []ExampleEvent    `yaml:"emits"`
	Remembers map[string]any    `yaml:"remembers"`
	Offers    []any             `yaml:"offers"`
	More      *bool             `yaml:"more"`
	Shows     []map[string]any  `yaml:"shows"`
}

// ExampleCall is a request that is expected, and the answer to it.
type ExampleCall struct {
	Method  string            `yaml:"method"`
	URL     string            `yaml:"url"`
	Headers map[string]string `yaml:"headers"`
	JSON    any               `yaml:"json"`
	Form    map[string]any    `yaml:"form"`
	Text    string            `yaml:"text"`
	Answer  ExampleAnswer     `yaml:"answer"`
}

// ExampleAnswer is a recorded answer.
type ExampleAnswer struct {
	Status  int               `yaml:"status"` // 0 = 200
	Headers map[string]string `yaml:"headers"`
	JSON    any               `yaml:"json"`
	Text    string            `yaml:"text"`
}

// ExampleEvent is an event that is expected.
type ExampleEvent struct {
	ID      string `yaml:"id"`
	Summary string `yaml:"summary"`
	At      int64  `yaml:"at"` // ms
	Event   any    `yaml:"event"`
}

// Source is where a fact was read.
type Source struct {
	About   string `yaml:"about"`
	URL     string `yaml:"url"`
	Checked string `yaml:"checked"`
}

// Shared is what the operations of one app have in common.
type Shared struct {
	Schema  string            `yaml:"schema"`
	Of      string            `yaml:"of"` // the app whose operations are this one's too; "" = none
	OK      string            `yaml:"ok"`
	Error   string            `yaml:"error"`
	Base    string            `yaml:"base"`
	Headers map[string]string `yaml:"headers"`
	Props   map[string]Prop   `yaml:"props"`
}

// Method returns the request's method and where it goes.
func (r *Request) Method() (method, target string) {
	for _, m := range []struct{ method, target string }{{"GET", r.Get}, {"POST", r.Post}, {"PUT", r.Put}, {"PATCH", r.Patch}} {
		if m.target != "" {
			return m.method, m.target
		}
	}
	return "DELETE", r.Delete
}
