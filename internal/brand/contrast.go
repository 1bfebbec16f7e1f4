package brand

import (
	"fmt"
	"math"
	"strconv"
)

// Warning is a pair of colours that cannot be told apart well. It is no fault:
// the page is shown with them.
type Warning struct {
	Mode    string  // light | dark
	Colour  string  // what stands on it: text | accent
	On      string  // background | surface
	Ratio   float64 // of their contrast, 1 to 21, to a hundredth
	Minimum float64 // what WCAG 2.2 asks for, level AA
	Message string
}

// ours are the page's own colours, with which those of a brand have to go.
// Where a brand sets none, the page shows these.
var ours = map[string]map[string]string{
	"light": {"accent": "#4a43d6", "background": "#f5f6f9", "surface": "#ffffff", "text": "#171a22"},
	"dark":  {"accent": "#a9a5ff", "background": "#0e1016", "surface": "#161922", "text": "#e8eaf1"},
}

// pairs are what is read, and on what. Text on the accent is none of them: the
// page takes black or white, whichever is read better, and one always can be.
var pairs = []struct {
	colour, on string
	minimum    float64
}{
	{"text", "surface", 4.5},
	{"text", "background", 4.5},
	{"accent", "surface", 4.5}, // links
}

func (b *Brand) warnings() []Warning {
	out := []Warning{}
	for _, mode := range []string{"light", "dark"} {
		p := b.Light
		if mode == "dark" {
			p = b.Dark
		}
		if b.Mode != defaultMode && b.Mode != mode {
			continue // never shown
		}
		set := map[string]*string{"accent": p.Accent, "background": p.Background, "surface": p.Surface, "text": p.Text}
		of := func(name string) string {
			if set[name] != nil {
				return *set[name]
			}
			return ours[mode][name]
		}
		for _, pair := range pairs {
			ratio := math.Floor(contrast(of(pair.colour), of(pair.on))*100) / 100
			if ratio >= pair.minimum {
				continue
			}
			out = append(out, Warning{mode, pair.colour, pair.on, ratio, pair.minimum, fmt.Sprintf(
				"In %s mode the %s (%s) on the %s (%s) has a contrast of %.2f : 1, and %.1f : 1 is needed to read it.",
				mode, words[pair.colour], of(pair.colour), pair.on, of(pair.on), ratio, pair.minimum)})
		}
	}
	return out
}

var words = map[string]string{"text": "text", "accent": "accent colour"}

// contrast returns the contrast ratio of two colours (WCAG 2.2), 1 to 21.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is the relative luminance of #rrggbb (WCAG 2.2), 0 to 1.
func luminance(colour string) float64 {
	n, _ := strconv.ParseUint(colour[1:], 16, 32) // its form was checked
	part := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
