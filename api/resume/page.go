package resume

import (
	"bytes"
	"cmp"
	_ "embed" // the page
	"fmt"
	"html/template"
	"log/slog"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// view is what the page shows.
type view struct {
	Title   string
	Text    string
	State   string // good | bad | ""
	Note    string
	Asks    bool
	Ends    bool // the button ends a run
	Wrong   bool
	Fields  []field
	Approve string
	Reject  string
	Nonce   string
}

// field is one thing to fill in, with what was given and what is wrong with it.
type field struct {
	workflow.Field

	Given   string
	Problem string
}

// Described is the id of what explains the field; "" = nothing does.
func (f field) Described() string {
	if f.Help == "" && f.Problem == "" {
		return ""
	}
	return "h-" + f.Name
}

type values = url.Values

func parseForm(raw []byte) (values, error) {
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, errBody.Because(err)
	}
	return form, nil
}

// flat gives each name its first value.
func flat(q values) map[string]any {
	out := map[string]any{}
	for k := range q {
		out[k] = clean(q.Get(k))
	}
	return out
}

func clean(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "�")
}

// ask is the page of a link that can be answered.
func ask(a *run.Asked, given values, wrong map[string]string) *view {
	v := &view{Asks: true, Title: "Go on?", Approve: "Continue", Note: a.Workflow, Wrong: len(wrong) > 0}
	if a.Cancels {
		v.Title, v.Text, v.Approve, v.Ends = "End this?", "What waits for an answer will be ended, and does not go on.", "End it", true
		return v
	}
	f := a.Form
	if f == nil {
		v.Text = "This waits for your answer, and goes on when you continue."
		return v
	}
	v.Title, v.Text, v.Approve, v.Reject = cmp.Or(f.Title, v.Title), f.Text, cmp.Or(f.Approve, "Continue"), f.Reject
	for _, x := range f.Fields {
		x.Label = cmp.Or(x.Label, x.Name)
		v.Fields = append(v.Fields, field{x, given.Get(x.Name), wrong[x.Name]})
	}
	return v
}

func thanks(a *run.Asked, rejected bool) *view {
	v := &view{Title: "Thank you", Text: "Your answer was taken. You can close this page.", State: "good", Note: a.Workflow}
	switch {
	case a.Cancels:
		v.Title, v.Text = "Ended", "It was ended and does not go on. You can close this page."
	case rejected:
		v.Text = "Your no was taken. You can close this page."
	}
	return v
}

// titles are the headings of what is refused, by code.
var titles = map[string]string{
	run.ErrAnswered.Code: "Already answered", run.ErrLinkOver.Code: "It is over", run.ErrLink.Code: "This link is not known",
	errTooLarge.Code: "That is too much", errBody.Code: "That cannot be read",
}

func stateOf(code string) string {
	if code == run.ErrAnswered.Code {
		return "good"
	}
	return "bad"
}

// filled reads what a person filled in, and says what is wrong with it, by field.
func filled(f *workflow.Form, form values) (given map[string]any, wrong map[string]string) {
	given, wrong = map[string]any{}, map[string]string{}
	if f == nil {
		return given, wrong
	}
	for _, x := range f.Fields {
		text := clean(form.Get(x.Name))
		if x.Type != "text" || !x.Long {
			text = strings.TrimSpace(text)
		}
		switch {
		case x.Type == "boolean":
			given[x.Name] = text == "true"
			if x.Required && text != "true" {
				wrong[x.Name] = "This has to be confirmed."
			}
		case text == "":
			given[x.Name] = nil
			if x.Required {
				wrong[x.Name] = "This is needed."
			}
		case x.Type == "number":
			n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
			if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
				given[x.Name], wrong[x.Name] = nil, fmt.Sprintf("%q is no number.", text)
				continue
			}
			given[x.Name] = n
		case x.Type == "choice" && !slices.Contains(x.Options, text):
			wrong[x.Name] = "Choose one of these."
		default:
			given[x.Name] = text
		}
	}
	return given, wrong
}

func draw(c *gin.Context, status int, v *view) {
	v.Nonce = token.Hex("", 16)
	v.Title = cmp.Or(v.Title, "That did not work")
	var out bytes.Buffer
	if err := page.Execute(&out, v); err != nil {
		slog.ErrorContext(c.Request.Context(), "page failed", "error", err)
	}
	plain(c)
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+v.Nonce+"'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	c.Data(status, "text/html; charset=utf-8", out.Bytes())
}
