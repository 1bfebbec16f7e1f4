package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// What is there grows from a thousand to what was asked for, and never shrinks.
func TestLevels(t *testing.T) {
	t.Parallel()
	for _, asked := range [][2]int{{1_000_000, 10_000_000}, {100_000, 1_000_000}, {20_000, 60_000}, {1, 1}, {5000, 100_000}} {
		all := levels(asked[0], asked[1])
		first, last := all[0], all[len(all)-1]
		if first.Accounts != 1000 || first.Events != 1000 || last.Accounts != max(asked[0], 1000) || last.Events != max(asked[1], 1000) {
			t.Errorf("%v: from %+v to %+v", asked, first, last)
		}
		for i := range all[1:] {
			if all[i+1].Accounts < all[i].Accounts || all[i+1].Events < all[i].Events {
				t.Errorf("%v: %+v after %+v", asked, all[i+1], all[i])
			}
		}
	}
}

// Laid-down ids have the form of those that the product gives.
func TestAccountAt(t *testing.T) {
	t.Parallel()
	if a, b := accountAt(0), accountAt(999_999); len(a) != len("apn_")+26 || len(b) != len(a) || a >= b {
		t.Error(a, b)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	c := Curve{Points: []Point{{Rate: Rate{P99: 4, CPU: &CPU{0.1, 0.1, 0}}}, {Rate: Rate{P99: 9}}, {Rate: Rate{P99: 6, CPU: &CPU{0.2, 0.15, 0.05}}}}}
	c.compare()
	if c.Ratio != 1.5 || c.CPU != 2 {
		t.Error(c.Ratio, c.CPU)
	}
	nothing := Curve{Points: []Point{{}, {}}}
	if nothing.compare(); nothing.Ratio != 0 || nothing.CPU != 0 {
		t.Error(nothing)
	}
}

// A picture is sound XML, has a line for each curve with a point for each level, and no name stands over another.
func TestPlots(t *testing.T) {
	t.Parallel()
	g := &Growth{}
	for _, name := range []string{"one & all", "two", "three", "four", "five"} {
		c := Curve{Name: name}
		for i, at := range levels(1_000_000, 10_000_000) {
			at.Rate = Rate{P99: 5 + float64(i)/10, CPU: &CPU{0.1, 0.2, 0.01}}
			c.Points = append(c.Points, at)
		}
		g.Curves = append(g.Curves, c)
	}
	plots := (&Report{Growth: g}).Plots()
	if names := slices.Sorted(maps.Keys(plots)); !slices.Equal(names, []string{"growth-cpu.svg", "growth-p99.svg"}) {
		t.Fatal(names)
	}
	for name, picture := range plots {
		seen := map[string]int{}
		for d := xml.NewDecoder(strings.NewReader(string(picture))); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				seen[e.Name.Local]++
			}
		}
		if seen["path"] != 5 || seen["circle"] != 20 || !strings.Contains(string(picture), "1M accounts") || !strings.Contains(string(picture), "10M events") {
			t.Errorf("%s: %v", name, seen)
		}
	}
	at := g.names(func(Curve) float64 { return plotBottom })
	slices.Sort(at)
	for i := range at[1:] {
		if at[i+1]-at[i] < nameHigh {
			t.Error("names stand over each other", at)
		}
	}
	if at[len(at)-1] > plotBottom {
		t.Error("a name stands below the picture", at)
	}
	if (&Report{}).Plots() != nil {
		t.Error("a picture of nothing")
	}
}
