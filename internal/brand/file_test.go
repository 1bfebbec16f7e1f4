package brand_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/picture"
)

// font is a header of a WOFF2 file with a body that it promises.
func font(change func(header []byte)) []byte {
	f := make([]byte, 96)
	copy(f, "wOF2")
	binary.BigEndian.PutUint32(f[4:], 0x00010000)
	binary.BigEndian.PutUint32(f[8:], uint32(len(f)))
	binary.BigEndian.PutUint16(f[12:], 9)
	binary.BigEndian.PutUint32(f[20:], 40)
	if change != nil {
		change(f)
	}
	return f
}

// Each upload has an address of its own, at which anybody finds it until it is replaced.
func TestFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	first, err := r.SetFile(ctx, r.dev, brand.Logo, []byte(svg))
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.SetFile(ctx, r.dev, brand.Logo, []byte(svg))
	if err != nil || first.Path() == second.Path() {
		t.Fatal(second, err)
	}
	if _, err := r.SetFile(ctx, r.dev, brand.Font, font(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Put(ctx, r.dev, brand.Settings{Font: to("custom")}); err != nil {
		t.Fatal(err)
	}
	b := r.get(r.dev).Brand
	if *b.LogoURL != second.Path() || b.LogoDarkURL != nil || b.Font != "custom" || b.FontURL == nil {
		t.Fatalf("%+v", b)
	}
	if f, err := r.File(ctx, second.ID); err != nil || f.Type != "image/svg+xml" || string(f.Content) != svg {
		t.Fatal(f, err)
	}
	if _, err := r.File(ctx, first.ID); !errors.Is(err, brand.ErrNoFile) {
		t.Errorf("a replaced file is there: %v", err)
	}
	if err := r.RemoveFile(ctx, r.stranger, brand.Logo); !errors.Is(err, brand.ErrNoFile) {
		t.Errorf("a stranger's: %v", err)
	}
	if err := r.RemoveFile(ctx, r.dev, brand.Logo); err != nil {
		t.Fatal(err)
	}
	if err := r.RemoveFile(ctx, r.dev, brand.Logo); !errors.Is(err, brand.ErrNoFile) {
		t.Errorf("removed twice: %v", err)
	}
	if b := r.get(r.dev).Brand; b.LogoURL != nil {
		t.Errorf("%+v", b)
	}
}

// What could do more than be seen, or is not what it says, is no file of a brand.
func TestFilesRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct {
		kind    string
		content []byte
		want    error
	}{
		"a script in a logo":       {brand.Logo, []byte(strings.Replace(svg, "<rect", "<script>alert(1)</script><rect", 1)), picture.ErrLogo},
		"a font for a logo":        {brand.LogoDark, font(nil), picture.ErrLogo},
		"a logo for a font":        {brand.Font, []byte(svg), brand.ErrFont},
		"nothing":                  {brand.Font, nil, brand.ErrFont},
		"half a header":            {brand.Font, font(nil)[:40], brand.ErrFont},
		"a font that breaks off":   {brand.Font, font(nil)[:90], brand.ErrFont},
		"a font with more behind":  {brand.Font, append(font(nil), 0), brand.ErrFont},
		"a collection of fonts":    {brand.Font, font(func(h []byte) { copy(h[4:], "ttcf") }), brand.ErrFont},
		"a font without tables":    {brand.Font, font(func(h []byte) { h[13] = 0 }), brand.ErrFont},
		"a font without a body":    {brand.Font, font(func(h []byte) { h[23] = 0 }), brand.ErrFont},
		"a body longer than it is": {brand.Font, font(func(h []byte) { h[23] = 49 }), brand.ErrFont},
		"a font that is too large": {brand.Font, bytes.Repeat(font(nil), 3000), brand.ErrFont},
		"a file of another kind":   {"favicon", []byte(svg), brand.ErrNoFile},
	}
	for name, tt := range tests {
		if _, err := r.SetFile(t.Context(), r.dev, tt.kind, tt.content); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}
