package bench

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
)

// Plots draws what a report has of growth: pictures (SVG) by name.
func (r *Report) Plots() map[string][]byte {
	if r.Growth == nil || len(r.Growth.Curves) == 0 {
		return nil
	}
	p99 := func(at Point) float64 { return at.Rate.P99 }
	cpu := func(at Point) float64 { return at.Rate.CPU.whole() }
	return map[string][]byte{
		"growth-p99.svg": r.Growth.draw("The slowest hundredth of requests, in milliseconds", p99),
		"growth-cpu.svg": r.Growth.draw("What a request costs of a core: server, PostgreSQL and Redis, in milliseconds", cpu),
	}
}

// The place of the lines in a picture, in pixels.
const (
	plotWide, plotHigh = 860, 420
	plotLeft, plotTop  = 60, 56
	plotRight          = plotWide - 210 // names stand right of it
	plotBottom         = plotHigh - 60
	nameHigh           = 19
)

// inks are told apart by those who see no colours, too: each has a dash of its own.
var inks = []struct{ colour, dash string }{
	{"#4338ca", ""}, {"#0f766e", "7 3"}, {"#b45309", "2 3"}, {"#be185d", "10 3 2 3"}, {"#1d4ed8", "4 4"}, {"#4d7c0f", "12 4"}, {"#7c3aed", "1 4"},
}

// draw makes a picture with a line for each curve. Both axes are logarithmic: what grows with the data rises.
func (g *Growth) draw(title string, of func(Point) float64) []byte {
	least, most := math.Inf(1), 0.0
	for _, c := range g.Curves {
		for _, at := range c.Points {
			if v := of(at); v > 0 {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	if most == 0 {
		least, most = 1, 10
	}
	low, high := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most))
	high = max(high, low+1)
	points := g.Curves[0].Points
	x := func(i int) float64 { return plotLeft + float64(i)*(plotRight-plotLeft)/float64(max(len(points)-1, 1)) }
	y := func(v float64) float64 {
		return plotBottom - (math.Log10(max(v, math.Pow(10, low)))-low)/(high-low)*(plotBottom-plotTop)
	}
	var out bytes.Buffer
	put := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" font-family="system-ui, sans-serif" font-size="13">`, plotWide, plotHigh, escaped(title))
	put(`<style>svg{background:#fff;color:#1f2937}.grid{stroke:#d1d5db}text{fill:currentColor}</style>`)
	put(`<text x="%d" y="24" font-size="15" font-weight="600">%s</text>`, plotLeft-40, escaped(title))
	for e := low; e <= high; e++ {
		at := y(math.Pow(10, e))
		put(`<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`, plotLeft, at, plotRight, at, plotLeft-8, at+4, math.Pow(10, e))
	}
	for i, at := range points {
		put(`<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`, x(i), plotTop, x(i), plotBottom)
		put(`<text x="%.1f" y="%d" text-anchor="middle">%s accounts</text><text x="%.1f" y="%d" text-anchor="middle">%s events</text>`, x(i), plotBottom+20, short(at.Accounts), x(i), plotBottom+37, short(at.Events))
	}
	names := g.names(func(c Curve) float64 { return y(of(c.Points[len(c.Points)-1])) })
	for i, c := range g.Curves {
		ink := inks[i%len(inks)]
		path := ""
		for n, at := range c.Points {
			path += fmt.Sprintf("%s%.1f %.1f", map[bool]string{true: "M", false: " L"}[n == 0], x(n), y(of(at)))
		}
		put(`<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`, path, ink.colour, ink.dash)
		for n, at := range c.Points {
			put(`<circle cx="%.1f" cy="%.1f" r="3" fill="%s"><title>%s: %g</title></circle>`, x(n), y(of(at)), ink.colour, escaped(c.Name), of(at))
		}
		put(`<text x="%d" y="%.1f" style="fill:%s">%s</text>`, plotRight+12, names[i]+4, ink.colour, escaped(c.Name))
	}
	put(`</svg>`)
	return out.Bytes()
}

// names are the heights of the curves' names: beside their ends, and none over another.
func (g *Growth) names(end func(Curve) float64) []float64 {
	order := make([]int, len(g.Curves))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(end(g.Curves[a]), end(g.Curves[b])) })
	at := make([]float64, len(order))
	least := math.Inf(-1)
	for n, i := range order {
		room := float64(plotBottom - (len(order)-1-n)*nameHigh) // for those below it
		at[i] = max(min(end(g.Curves[i]), room), least)
		least = at[i] + nameHigh
	}
	return at
}

// short is a number as people say it: 1k, 10M.
func short(n int) string {
	switch {
	case n >= 1_000_000 && n%100_000 == 0:
		return fmt.Sprintf("%gM", float64(n)/1_000_000)
	case n >= 1000 && n%100 == 0:
		return fmt.Sprintf("%gk", float64(n)/1000)
	}
	return fmt.Sprint(n)
}

func escaped(s string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(s)) // a buffer takes everything
	return out.String()
}
