package notify_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// message is one with texts of users of the given lengths.
func message(text, field string, fields int) *notify.Message {
	m := &notify.Message{
		ID: "ntc_1", Kind: "event", EventType: event.WorkflowFailed, Title: "A workflow failed", Text: text, Code: "step_failed", Severity: event.Error,
		Link: "https://patchbay.example.com/x", Runbook: "https://patchbay.example.com/runbook#workflow_failed", Project: "Acme", Environment: "production", At: time.Unix(1e9, 0),
	}
	for i := range fields {
		m.Fields = append(m.Fields, notify.Field{Name: fmt.Sprint(field, i), Value: field})
	}
	return m
}

type embed struct {
	Title, Description string
	Fields             []struct{ Name, Value string }
	Footer             struct{ Text string }
}

func (e *embed) size() int {
	n := notify.Size(e.Title) + notify.Size(e.Description) + notify.Size(e.Footer.Text)
	for _, f := range e.Fields {
		n += notify.Size(f.Name) + notify.Size(f.Value)
	}
	return n
}

// Whatever users write, a message to Discord keeps to all of its limits, and the
// links are there.
func TestDiscordsLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a*", 5000)
	tests := map[string][]*notify.Message{
		"nothing":                  {message("", "", 0)},
		"one that is short":        {message("It broke.", "f", 2)},
		"a long text":              {message(long, "f", 1)},
		"exactly as long":          {message(strings.Repeat("a", 4096), "f", 0)},
		"one too long":             {message(strings.Repeat("a", 4097), "f", 0)},
		"long fields":              {message("x", long, 3)},
		"too many fields":          {message("x", "field", 40)},
		"many long fields":         {message(long, long, 40)},
		"emoji, two units each":    {message(strings.Repeat("😀", 5000), strings.Repeat("😀", 2000), 4)},
		"ends in the middle of \\": {message(strings.Repeat("*", 9000), "*", 1)},
		"a long project":           {func() *notify.Message { m := message(long, long, 9); m.Project = long; return m }()},
		"a long title":             {func() *notify.Message { m := message(long, long, 9); m.Title = long; return m }()},
		"ten long ones":            repeat(message(long, long, 20), 10),
		"twelve":                   repeat(message(long, "x", 20), 12),
	}
	for name, ms := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := notify.Encode(notify.RenderDiscord(ms...))
			if err != nil {
				t.Fatal(err)
			}
			var out struct{ Embeds []embed }
			if err := json.Unmarshal(body, &out); err != nil {
				t.Fatal(err)
			}
			total := 0
			for _, e := range out.Embeds {
				total += e.size()
				if notify.Size(e.Title) > 256 || notify.Size(e.Description) > 4096 || len(e.Fields) > 25 || notify.Size(e.Footer.Text) > 2048 || e.Title == "" {
					t.Errorf("title %d, description %d, %d fields", notify.Size(e.Title), notify.Size(e.Description), len(e.Fields))
				}
				for _, f := range e.Fields {
					if f.Name == "" || f.Value == "" || notify.Size(f.Name) > 256 || notify.Size(f.Value) > 1024 {
						t.Errorf("field of %d and %d", notify.Size(f.Name), notify.Size(f.Value))
					}
				}
				if last := e.Fields[len(e.Fields)-1]; last.Name != "Links" || !strings.Contains(last.Value, "runbook#workflow_failed)") {
					t.Errorf("no links: %v", last)
				}
			}
			if total > 6000 || len(out.Embeds) > 10 || len(out.Embeds) == 0 {
				t.Errorf("%d characters in %d embeds", total, len(out.Embeds))
			}
		})
	}
}

func repeat(m *notify.Message, n int) (out []*notify.Message) {
	for range n {
		out = append(out, m)
	}
	return out
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"abcd", 1, "…"}, {"abcd", 0, ""}, {`a\*b`, 3, "a…"}, {`a\\bc`, 4, `a\\…`}, {"😀😀", 3, "😀…"}, {"😀😀", 2, "…"}, {"", 0, ""},
	} {
		if got := notify.Cut(tt.in, tt.n); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

// nasty is what users may call things to ping people or to draw links.
const nasty = "@everyone <!channel> <@U1> *b* `c` [x](http://evil) <https://evil|y> <script>alert(1)</script> \u202Egnp\u0007"

// Words of users are shown, and never read as markup, in any channel.
func TestWordsOfUsers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []notify.Channel{notify.Discord, notify.Slack, notify.Teams, notify.Webhook} {
		route := r.create(r.all(c))
		body, err := json.Marshal(map[string]any{"workflow": map[string]any{"name": nasty}, "error": map[string]any{"message": nasty, "code": nasty}, "external_user_id": nasty})
		if err != nil {
			t.Fatal(err)
		}
		before := len(r.Calls())
		r.emit(event.WorkflowFailed, "p_1", string(body))
		r.send(route.ID)
		if err := r.Delete(t.Context(), r.scope, route.ID); err != nil {
			t.Fatal(err)
		}
		calls := r.Calls()
		if len(calls) != before+1 {
			t.Fatalf("%s: %d calls", c, len(calls)-before)
		}
		var sent any
		if err := json.Unmarshal([]byte(calls[before].Body), &sent); err != nil {
			t.Fatal(err)
		}
		walk(sent, "", func(path, text string) {
			if strings.ContainsAny(text, "\u202E\u0007") {
				t.Errorf("%s: %s holds signs that are not seen", c, path)
			}
			if !strings.Contains(text, "everyone") {
				return
			}
			switch c {
			case notify.Discord:
				if !strings.Contains(text, `\@everyone \<\!channel\>`) || !strings.Contains(text, `\[x\]\(http\:\/\/evil\)`) {
					t.Errorf("discord: %s = %s", path, text)
				}
			case notify.Slack: // rich text is not read
				if !strings.Contains(path, ".blocks.") || !strings.HasSuffix(path, ".text") || strings.Contains(path, ".url") {
					t.Errorf("slack: %s = %s", path, text)
				}
			case notify.Teams:
				if !strings.Contains(path, ".inlines.") {
					t.Errorf("teams: %s = %s", path, text)
				}
			case notify.Email, notify.Webhook:
			}
		})
	}
}

// walk visits every text of a JSON value.
func walk(v any, path string, visit func(path, text string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			walk(x, path+"."+k, visit)
		}
	case []any:
		for i, x := range v {
			walk(x, fmt.Sprintf("%s.%d", path, i), visit)
		}
	case string:
		visit(path, v)
	}
}

// A card for Teams stays below what Teams takes, and Slack's blocks below fifty.
func TestOtherLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü😀", 20000)
	for _, n := range []int{1, 10} {
		body, err := notify.Encode(notify.RenderTeams(repeat(message(long, long, 12), n)...))
		if err != nil || len(body) > 28<<10 {
			t.Errorf("teams: %d bytes of %d messages, %v", len(body), n, err)
		}
		slack, err := notify.Encode(notify.RenderSlack(repeat(message(long, long, 12), n)...))
		if err != nil || strings.Count(string(slack), `"rich_text_section"`) != n {
			t.Errorf("slack: %v", err)
		}
	}
}

// Every event that people are told of has a section in the runbook, a sample and a title.
func TestEveryEventHasARunbook(t *testing.T) {
	t.Parallel()
	book, err := os.ReadFile("../../RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range event.Kinds {
		if k.Type == event.TriggerEmitted {
			continue
		}
		if !strings.Contains(string(book), "\n## "+k.Type+"\n") {
			t.Errorf("RUNBOOK.md has no section ## %s", k.Type)
		}
		if _, body, ok := event.Sample(k.Type, "evt_1", tenant.Production, time.Now()); !ok || !json.Valid([]byte(body)) {
			t.Errorf("no sample of %s", k.Type)
		}
	}
}
