package brand

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// What is warned of is measured against the page's own colours and the shade
// that its small print has; they are the style sheet's to say.
func TestColoursOfThePage(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../../web/connect/src/styles/theme.css")
	if err != nil {
		t.Fatal(err)
	}
	for name := range ours["light"] {
		m := regexp.MustCompile(`--` + name + `: light-dark\(var\(--b-` + name + `, (#[0-9a-f]+)\), var\(--b-` + name + `-dark, (#[0-9a-f]+)\)\)`).FindSubmatch(css)
		if m == nil {
			t.Fatalf("the style sheet has no %s", name)
		}
		if light := string(m[1]); light != ours["light"][name] && light != "#fff" || string(m[2]) != ours["dark"][name] {
			t.Errorf("%s is %s and %s on the page, and %s and %s here", name, m[1], m[2], ours["light"][name], ours["dark"][name])
		}
	}
	m := regexp.MustCompile(`--soft: color-mix\(in oklab, var\(--text\) (\d+)%, var\(--surface\)\)`).FindSubmatch(css)
	if m == nil || string(m[1]) != strconv.Itoa(int(softness*100)) {
		t.Errorf("small print is %s of the text on the page, and %v here", m, softness)
	}
}

// Mixed as browsers do it, to the last step of a channel.
func TestMix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		part float64
		want string
	}{
		{"#000000", "#ffffff", 1, "#000000"}, {"#000000", "#ffffff", 0, "#ffffff"}, {"#000000", "#ffffff", 0.5, "#636363"}, {"#0f766e", "#0f766e", 0.3, "#0f766e"},
	} {
		if got := mix(tt.a, tt.b, tt.part); got != tt.want {
			t.Errorf("mix(%s, %s, %v) = %s, want %s", tt.a, tt.b, tt.part, got, tt.want)
		}
	}
}
