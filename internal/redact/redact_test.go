package redact_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/redact"
)

func TestText(t *testing.T) {
	t.Parallel()
	field, path, values, pattern := func(m string) redact.Rule { return redact.Rule{Kind: redact.Field, Match: m} }, func(m string) redact.Rule { return redact.Rule{Kind: redact.Path, Match: m} },
		func(m string) redact.Rule { return redact.Rule{Kind: redact.Values, Match: m} }, func(m string) redact.Rule { return redact.Rule{Kind: redact.Pattern, Match: m} }
	tests := map[string]struct {
		rules    []redact.Rule
		in, want string
	}{
		"no rules":                       {nil, `{"email":"a"}`, `{"email":"a"}`},
		"a field, wherever it is":        {[]redact.Rule{field("Email")}, `{"b":[{"email":"x","n":12345678901234567890}],"EMAIL":{"deep":1}}`, `{"EMAIL":"[redacted]","b":[{"email":"[redacted]","n":12345678901234567890}]}`},
		"a document within a text":       {[]redact.Rule{field("email")}, `{"raw":"{\"email\":\"x\"}"}`, `{"raw":"{\"email\":\"[redacted]\"}"}`},
		"a field of a longer name stays": {[]redact.Rule{field("mail")}, `{"email":"x","mail":"y"}`, `{"email":"x","mail":"[redacted]"}`},
		"a header in a text":             {[]redact.Rule{field("X-Customer")}, "sent X-Customer: Ann Lee\nx-customers: 3", "sent X-Customer: [redacted]\nx-customers: 3"},
		"a parameter":                    {[]redact.Rule{field("email")}, "n=1&email=a%40b.c&z=2", "n=1&email=[redacted]&z=2"},
		"half a document":                {[]redact.Rule{field("email")}, `got {"email": "a \" b", "n": 1`, `got {"email": [redacted], "n": 1`},
		"a path":                         {[]redact.Rule{path("/users/*/name")}, `{"name":"stays","users":[{"name":"goes"},{"name":{"first":"goes"}}]}`, `{"name":"stays","users":[{"name":"[redacted]"},{"name":"[redacted]"}]}`},
		"a path by number":               {[]redact.Rule{path("/1/a~1b")}, `[{"a/b":1},{"a/b":2}]`, `[{"a/b":1},{"a/b":"[redacted]"}]`},
		"e-mails":                        {[]redact.Rule{values("email")}, "to ann.lee+x@example.co.uk now", "to [redacted] now"},
		"an e-mail as a name":            {[]redact.Rule{values("email")}, `{"a@b.example":1}`, `{"[redacted]":1}`},
		"card numbers":                   {[]redact.Rule{values("card_number")}, "4111 1111-1111 1111 and 12345", "[redacted] and 12345"},
		"a number in a document":         {[]redact.Rule{values("card_number")}, `{"n":4111111111111111}`, `{"n":"[redacted]"}`},
		"phones and addresses":           {[]redact.Rule{values("phone"), values("ipv4")}, "+49 (0)89 123456 from 192.0.2.1", "[redacted] from [redacted]"},
		"an expression of the mark":      {[]redact.Rule{pattern(`redacted`)}, `{"redacted":1,"redacted2":2}`, `{"[redacted]":1,"[redacted]2":2}`},
		"an expression":                  {[]redact.Rule{pattern(`cus_[a-z0-9]+`)}, "for cus_ab12.", "for [redacted]."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := redact.New(tt.rules)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Text(tt.in); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRulesThatCannotHold(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]redact.Rule{
		"no kind": {}, "a kind of nobody": {Kind: "magic", Match: "x"}, "an empty field": {Kind: redact.Field}, "a field with blanks": {Kind: redact.Field, Match: "a b"},
		"a path without a slash": {Kind: redact.Path, Match: "a"}, "values of nobody": {Kind: redact.Values, Match: "dna"}, "half an expression": {Kind: redact.Pattern, Match: "("},
		"an expression that looks back": {Kind: redact.Pattern, Match: `(a)\1`}, "one that fits nothing": {Kind: redact.Pattern, Match: "a*"}, "one that is too long": {Kind: redact.Pattern, Match: strings.Repeat("a", 201)},
	} {
		if _, err := redact.New([]redact.Rule{rule}); !errors.Is(err, redact.ErrRule) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := redact.New(make([]redact.Rule, 51)); !errors.Is(err, redact.ErrRule) {
		t.Error(err)
	}
}

// Whatever is read, what a field holds is nowhere afterwards, and what was JSON
// still is.
func FuzzText(f *testing.F) {
	for _, s := range []string{"x", `"`, `{"a":1}`, "[", "a=b&c", "\x00", "é\n: ", `\`} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, around, within string) {
		const hush = "hush7f3a9c"
		r, err := redact.New([]redact.Rule{{Kind: redact.Field, Match: "email"}, {Kind: redact.Values, Match: "card_number"}})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := json.Marshal(map[string]any{"around": around, "email": hush + within, "deep": []any{map[string]any{"Email": []any{hush}, "more": around}}})
		if err != nil {
			t.Skip()
		}
		got := r.Text(string(doc))
		if strings.Contains(got, hush) || !json.Valid([]byte(got)) {
			t.Errorf("%s became %s", doc, got)
		}
		if r.Text(around) == hush || r.Path(around) == hush { // whatever it is, it is read
			t.Error(around)
		}
	})
}

func TestPath(t *testing.T) {
	t.Parallel()
	r, err := redact.New([]redact.Rule{{Kind: redact.Values, Match: "email"}})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{"/users/a%40b.example/x": "/users/[redacted]/x", "/users/a@b.example": "/[redacted]", "/users/1?q=": "/users/1?q=", "/%zz": "/%zz"} {
		if got := r.Path(in); !strings.Contains(got, "[redacted]") != !strings.Contains(want, "[redacted]") || strings.Contains(got, "b.example") {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}
