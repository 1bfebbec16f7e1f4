package command

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	t.Parallel()
	rows := func(t *testing.T, text string) []any {
		t.Helper()
		v, err := decoded([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return v.([]any)
	}
	for name, tt := range map[string]struct {
		width         int
		colours       bool
		columns, data string
		want          string
	}{
		"aligned, by signs and not bytes":                    {0, false, "ID=id NAME=name", `[{"id":"a","name":"Zoë"},{"id":"långer","name":null}]`, "ID      NAME\na       Zoë\nlånger\n"},
		"what lies deeper, and what is not there":            {0, false, "A=a.b C=c.d LAST_ONE=e", `[{"a":{"b":1},"c":2,"e":true}]`, "A  C  LAST ONE\n1     yes\n"},
		"numbers as they were written":                       {0, false, "N=n", `[{"n":12345678901234567890}]`, "N\n12345678901234567890\n"},
		"a moment in milliseconds":                           {0, false, "TS=ts MS=ms", `[{"ts":1795399050066,"ms":1795399050066}]`, "TS                   MS\n" + clock(time.UnixMilli(1795399050066)) + "  1795399050066\n"},
		"lists and things":                                   {0, false, "L=l T=t", `[{"l":["a","b"],"t":{"k":1}}]`, "L    T\na,b  {\"k\":1}\n"},
		"nothing moves the cursor":                           {0, false, "T=t", "[{\"t\":\"a\\u001b[2Jb\\nc\\u202ed\"}]", "T\na·[2Jb c·d\n"},
		"the widest gives way":                               {30, false, "ID=id TEXT=t", `[{"id":"0123456789","t":"a text that is longer than the screen is wide"}]`, "ID          TEXT\n0123456789  a text that is lo…\n"},
		"never to less than is readable, and never its name": {10, false, "A=a B=b", `[{"a":"0123456789","b":"0123456789"}]`, "A           B\n0123456789  0123456…\n"},
		"a state is seen at a glance":                        {0, true, "S=s", `[{"s":"failed"}]`, "\x1b[2mS\x1b[0m\n\x1b[31mfailed\x1b[0m\n"},
		"colours take no room":                               {0, true, "S=s X=x", `[{"s":"ok","x":"1"},{"s":"failed","x":"2"}]`, "\x1b[2mS\x1b[0m       \x1b[2mX\x1b[0m\n\x1b[32mok\x1b[0m      1\n\x1b[31mfailed\x1b[0m  2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			s := screen{out: &b, width: tt.width, colours: tt.colours}
			if err := s.table(columns(tt.columns), rows(t, tt.data)); err != nil || b.String() != tt.want {
				t.Errorf("%v\n%q, want\n%q", err, b.String(), tt.want)
			}
		})
	}
}

// A table fits a terminal of any width that has room for its columns at all.
func TestTableFits(t *testing.T) {
	t.Parallel()
	v, err := decoded([]byte(`[{"id":"0123456789","a":"` + strings.Repeat("a", 90) + `","b":"` + strings.Repeat("b", 40) + `","c":"` + strings.Repeat("ç", 20) + `","d":"short"}]`))
	if err != nil {
		t.Fatal(err)
	}
	for width := 47; width < 180; width++ {
		var b bytes.Buffer
		if err := (screen{out: &b, width: width}).table(columns("ID=id A=a B=b C=c D=d"), v.([]any)); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Fatalf("%d of %d: %s", n, width, line)
			}
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	v, err := decoded([]byte(`{"z":1,"id":"a","none":null,"in":{"b":"x"},"steps":[{"n":1},{"n":2}],"tags":["a","b"],"empty":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (screen{out: &b}).fields(flat(v, "")); err != nil {
		t.Fatal(err)
	}
	if want := "id          a\nin.b        x\nsteps[0].n  1\nsteps[1].n  2\ntags        a,b\nz           1\n"; b.String() != want {
		t.Errorf("%s, want\n%s", b.String(), want)
	}
}
