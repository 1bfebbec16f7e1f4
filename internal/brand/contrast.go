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

// ours are the page's own colours (web/connect/src/styles/theme.css), with which
// those of a brand have to go. Where a brand sets none, the page shows these.
var ours = map[string]map[string]string{
	"light": {"accent": "#3446c9", "background": "#eef0f5", "surface": "#ffffff", "text": "#14171f"},
	"dark":  {"accent": "#98a4ff", "background": "#0f1218", "surface": "#1b1f29", "text": "#eef1f7"},
}

// pairs are what is to be seen, and on what. Text on the accent is none of
// them: the page takes black or white, whichever is read better, and one always
// can be. Links are made from the accent, as light or dark as they have to be.
var pairs = []struct {
	colour, on, words string
	minimum           float64
}{
	{"text", "surface", "text", 4.5},
	{"text", "background", "text", 4.5},
	{"soft", "surface", "small print, a paler shade of the text,", 4.5},
	{"accent", "surface", "accent colour", 3}, // the edge of a button
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
		shown := map[string]string{}
		for name, c := range map[string]*string{"accent": p.Accent, "background": p.Background, "surface": p.Surface, "text": p.Text} {
			if shown[name] = ours[mode][name]; c != nil {
				shown[name] = *c
			}
		}
		shown["soft"] = mix(shown["text"], shown["surface"], softness)
		unread := false
		for _, pair := range pairs {
			ratio := math.Floor(contrast(shown[pair.colour], shown[pair.on])*100) / 100
			if ratio >= pair.minimum || pair.colour == "soft" && unread {
				continue
			}
			unread = unread || pair.on == "surface"
			colour := pair.colour
			if colour == "soft" {
				colour = "text"
			}
			out = append(out, Warning{mode, colour, pair.on, ratio, pair.minimum, fmt.Sprintf(
				"In %s mode the %s (%s) on the %s (%s) has a contrast of %.2f : 1; it takes %g : 1 to be seen well.",
				mode, pair.words, shown[pair.colour], pair.on, shown[pair.on], ratio, pair.minimum)})
		}
	}
	return out
}

// contrast returns the contrast ratio of two colours (WCAG 2.2), 1 to 21.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is the relative luminance of #rrggbb (WCAG 2.2), 0 to 1.
func luminance(colour string) float64 {
	c := linear(colour)
	return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
}

// linear returns red, green and blue of #rrggbb as light, 0 to 1.
func linear(colour string) (out [3]float64) {
	n, _ := strconv.ParseUint(colour[1:], 16, 32) // its form was checked
	for i := range out {
		c := float64(n>>(16-8*i)&0xff) / 255
		if out[i] = math.Pow((c+0.055)/1.055, 2.4); c <= 0.04045 {
			out[i] = c / 12.92
		}
	}
	return out
}

// softness is how much of the text's colour the page's small print has.
const softness = 0.72

// mix is color-mix(in oklab, a part, b) of CSS Color 5, as #rrggbb.
func mix(a, b string, part float64) string {
	x, y := lab(linear(a)), lab(linear(b))
	for i := range x {
		x[i] = x[i]*part + y[i]*(1-part)
	}
	var cone [3]float64
	for i, v := range times(fromLab, x) {
		cone[i] = v * v * v
	}
	var out [3]int
	for i, v := range times(fromCone, cone) {
		v = math.Min(1, math.Max(0, v))
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		out[i] = int(math.Round(v * 255))
	}
	return fmt.Sprintf("#%02x%02x%02x", out[0], out[1], out[2])
}

// The matrices of CSS Color 4, 10.
var (
	toCone   = [3][3]float64{{0.4122214708, 0.5363325363, 0.0514459929}, {0.2119034982, 0.6806995451, 0.1073969566}, {0.0883024619, 0.2817188376, 0.6299787005}}
	toLab    = [3][3]float64{{0.2104542553, 0.7936177850, -0.0040720468}, {1.9779984951, -2.4285922050, 0.4505937099}, {0.0259040371, 0.7827717662, -0.8086757660}}
	fromLab  = [3][3]float64{{1, 0.3963377774, 0.2158037573}, {1, -0.1055613458, -0.0638541728}, {1, -0.0894841775, -1.2914855480}}
	fromCone = [3][3]float64{{4.0767416621, -3.3077115913, 0.2309699292}, {-1.2684380046, 2.6097574011, -0.3413193965}, {-0.0041960863, -0.7034186147, 1.7076147010}}
)

func lab(rgb [3]float64) [3]float64 {
	cone := times(toCone, rgb)
	for i := range cone {
		cone[i] = math.Cbrt(cone[i])
	}
	return times(toLab, cone)
}

func times(m [3][3]float64, v [3]float64) (out [3]float64) {
	for i, row := range m {
		out[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return out
}
