// Package picture says what a logo may be: a picture that can do nothing but be
// seen. Whatever could run, or load something from elsewhere, is refused.
package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

const (
	maxLogo = 64 << 10 // bytes
	maxSide = 1024     // pixels
)

// ErrLogo is the code of every refusal of a picture; the sentence says which.
var ErrLogo = fault.New(fault.Invalid, "logo", "A logo is an SVG or PNG of up to %d KiB.", maxLogo>>10).At("logo")

func noLogo(format string, args ...any) error {
	return fault.New(ErrLogo.Kind, ErrLogo.Code, format, args...)
}

// Inline returns the picture that a data URI (RFC 2397) holds in base64.
func Inline(uri string) ([]byte, error) {
	head, body, ok := strings.Cut(uri, ",")
	if !ok || !strings.HasPrefix(head, "data:image/") || !strings.HasSuffix(head, ";base64") {
		return nil, noLogo("A logo is a data URI such as data:image/png;base64,….")
	}
	content, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return nil, noLogo("The logo's base64 cannot be read.")
	}
	return content, nil
}

// TypeOf returns what kind of picture it is, by looking at it: image/svg+xml or
// image/png; or why it is not one that a page may show.
func TypeOf(content []byte) (string, error) {
	switch {
	case len(content) == 0 || len(content) > maxLogo:
		return "", ErrLogo
	case bytes.HasPrefix(content, []byte("\x89PNG")):
		return "image/png", checkPNG(content)
	case bytes.HasPrefix(bytes.TrimSpace(content), []byte("<")):
		return "image/svg+xml", checkSVG(content)
	}
	return "", ErrLogo
}

func checkPNG(content []byte) error {
	size, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return noLogo("The PNG cannot be read.")
	}
	if size.Width > maxSide || size.Height > maxSide {
		return noLogo("The PNG has %d × %d pixels, and a logo at most %d × %d.", size.Width, size.Height, maxSide, maxSide)
	}
	if _, _, err := image.Decode(bytes.NewReader(content)); err != nil {
		return noLogo("The PNG cannot be read.")
	}
	return nil
}

// drawing are the elements that an SVG logo may be made of: shapes and what
// gives them colour.
var drawing = map[string]bool{
	"svg": true, "g": true, "defs": true, "symbol": true, "use": true, "title": true, "desc": true, "metadata": true, "path": true, "rect": true,
	"circle": true, "ellipse": true, "line": true, "polyline": true, "polygon": true, "text": true, "tspan": true, "linearGradient": true,
	"radialGradient": true, "stop": true, "clipPath": true, "mask": true, "pattern": true, "filter": true, "feGaussianBlur": true, "feOffset": true,
	"feBlend": true, "feColorMatrix": true, "feFlood": true, "feComposite": true, "feMerge": true, "feMergeNode": true, "style": true,
}

const svgSpace = "http://www.w3.org/2000/svg"

// checkSVG refuses a drawing that could do more than be seen: run a script, or
// load something from elsewhere. It is served so that it could not, too.
func checkSVG(content []byte) error {
	d := xml.NewDecoder(bytes.NewReader(content))
	within := []string{}
	for seen := false; ; {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && seen && len(within) == 0:
			return nil
		case err != nil:
			return noLogo("The SVG cannot be read.")
		}
		switch t := t.(type) {
		case xml.Directive:
			return noLogo("A logo has no DOCTYPE.")
		case xml.ProcInst:
			if t.Target != "xml" {
				return noLogo("A logo has no %s instruction.", t.Target)
			}
		case xml.StartElement:
			if !seen && (t.Name.Local != "svg" || t.Name.Space != svgSpace) {
				return noLogo(`The first element of an SVG is <svg xmlns="%s">.`, svgSpace)
			}
			seen = true
			if err := checkElement(t); err != nil {
				return err
			}
			within = append(within, t.Name.Local)
		case xml.EndElement:
			within = within[:len(within)-1]
		case xml.CharData:
			if len(within) > 0 && within[len(within)-1] == "style" && loads(string(t)) {
				return noLogo("The style of a logo loads nothing from elsewhere.")
			}
		}
	}
}

func checkElement(e xml.StartElement) error {
	if e.Name.Space == svgSpace && !drawing[e.Name.Local] {
		return noLogo("A logo has no <%s>: it is made of shapes alone.", e.Name.Local)
	}
	if e.Name.Space != svgSpace && strings.Contains(e.Name.Space, "xhtml") {
		return noLogo("A logo has no <%s> of another language.", e.Name.Local)
	}
	for _, a := range e.Attr {
		name := strings.ToLower(a.Name.Local)
		switch {
		case strings.HasPrefix(name, "on"):
			return noLogo("A logo has no scripts: take the attribute %s away.", a.Name.Local)
		case (name == "href" || name == "src") && !strings.HasPrefix(strings.TrimSpace(a.Value), "#"):
			return noLogo("A logo refers to parts of itself only, not to %s elsewhere.", a.Name.Local)
		case loads(a.Value) && a.Name.Space != "xmlns" && name != "xmlns":
			return noLogo("A logo loads nothing from elsewhere: look at the attribute %s.", a.Name.Local)
		}
	}
	return nil
}

// loads reports whether a style or a value makes a browser fetch something, or
// could hide that it does.
func loads(text string) bool {
	text = strings.ToLower(text)
	rest := text
	for {
		_, after, found := strings.Cut(rest, "url(")
		if !found {
			break
		}
		if !strings.HasPrefix(strings.TrimLeft(after, ` '"`), "#") {
			return true
		}
		rest = after
	}
	return strings.Contains(text, "@import") || strings.Contains(text, "image-set") || strings.Contains(text, "javascript:") || strings.Contains(text, "data:") || strings.Contains(text, `\`)
}
