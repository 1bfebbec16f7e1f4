package stash_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*stash.Service
	t     *testing.T
	scope tenant.Scope
	clock *testkit.Clock
	blobs string
}

func newRig(t *testing.T) *rig {
	d, clock := testkit.DB(t), testkit.NewClock()
	payloads, dir := testkit.Payloads(t, d, clock.Now)
	return &rig{
		Service: &stash.Service{DB: d, Payloads: payloads, Keys: payloads.Keys, BaseURL: payloads.BaseURL, Now: clock.Now},
		t:       t, scope: testkit.Scope(t, d), clock: clock, blobs: dir,
	}
}

func (r *rig) put(stashID, name, text string) *stash.File {
	r.t.Helper()
	f, err := r.Put(r.t.Context(), r.scope, "ada", stashID, name, "text/plain", strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

func (r *rig) text(f *stash.File) string {
	r.t.Helper()
	body, err := r.Open(r.t.Context(), r.scope, f)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	text, err := io.ReadAll(body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// A file is found by its key, its id and its link, by its user and in its
// environment alone, until its day is over; then its blob goes, too.
func TestFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := testkit.Scope(t, r.DB)
	f := r.put(stash.New, "a/b ü.txt", "one")
	if again := r.put(f.StashID, "a/b ü.txt", "two"); again.Key(r.scope) != f.Key(r.scope) {
		t.Error(again.Key(r.scope))
	}
	found, err := r.Find(t.Context(), r.scope, "ada", f.Key(r.scope))
	if err != nil || r.text(found) != "two" || found.Size != 3 {
		t.Fatal(found, err)
	}
	if _, err := r.Get(t.Context(), r.scope, "", f.ID); !errors.Is(err, stash.ErrNoFile) {
		t.Error("what was replaced is still there", err)
	}
	for name, err := range map[string]error{
		"another user":   second(r.Find(t.Context(), r.scope, "bob", f.Key(r.scope))),
		"another tenant": second(r.Find(t.Context(), other, "", f.Key(r.scope))),
		"its id there":   second(r.Get(t.Context(), other, "", found.ID)),
		"no key":         second(r.Find(t.Context(), r.scope, "", "1day/x")),
		"its deletion":   r.Delete(t.Context(), other, "", found.ID),
	} {
		if !errors.Is(err, stash.ErrNoFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Put(t.Context(), r.scope, "bob", f.StashID, "x", "", strings.NewReader("x")); !errors.Is(err, stash.ErrUser) {
		t.Error(err)
	}
	link, err := r.Link(r.scope, found)
	if err != nil {
		t.Fatal(err)
	}
	raw := link[strings.LastIndex(link, "/")+1:]
	if got, scope, err := r.Follow(t.Context(), raw); err != nil || got.ID != found.ID || scope.Environment() != r.scope.Environment() {
		t.Error(got, err)
	}
	if _, _, err := r.Follow(t.Context(), raw+"x"); !errors.Is(err, stash.ErrLink) {
		t.Error(err)
	}
	r.clock.Pass(stash.LinkFor + time.Second)
	if _, _, err := r.Follow(t.Context(), raw); !errors.Is(err, stash.ErrLinkExpired) {
		t.Error(err)
	}
	r.clock.Pass(stash.KeepFor)
	if _, err := r.Find(t.Context(), r.scope, "ada", f.Key(r.scope)); !errors.Is(err, stash.ErrNoFile) {
		t.Error(err)
	}
	for range 2 {
		if err := errors.Join(r.Sweep(t.Context()), r.Payloads.Sweep(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if left := testkit.Blobs(t, r.blobs); len(left) != 0 {
		t.Error("what is nobody's is still in the store", left)
	}
}

func second[T any](_ T, err error) error { return err }

// What is no path, or too much, is refused, and leaves nothing behind.
func TestLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, name := range []string{"", ".", "..", "../x", "/x", "a/../b", "a//b", "a/", "a\x00b", `a\b`, strings.Repeat("x", stash.MaxPath+1), "\xff"} {
		if _, err := r.Put(t.Context(), r.scope, "ada", stash.New, name, "", strings.NewReader("x")); !errors.Is(err, stash.ErrPath) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := r.Put(t.Context(), r.scope, "ada", "stash", "x", "", strings.NewReader("x")); !errors.Is(err, stash.ErrID) {
		t.Error(err)
	}
	if _, err := r.Put(t.Context(), r.scope, "ada", stash.New, "x", "", io.LimitReader(zeros{}, stash.MaxFile+1)); !errors.Is(err, stash.ErrTooLarge) {
		t.Error(err)
	}
	f := r.put(stash.New, "a", "x")
	if _, err := r.Put(t.Context(), r.scope, "ada", f.StashID, "a/b", "", strings.NewReader("x")); !errors.Is(err, stash.ErrPath) {
		t.Error(err)
	}
	if page, err := r.List(t.Context(), r.scope, "", "", db.Cursor{}); err != nil || page.Total != 1 {
		t.Error(page, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A run finds its stash in its folder, and what it leaves there is in the stash:
// its files, and nothing that a link leads to.
func TestFolder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := r.put(stash.New, "in/a.json", "brought")
	r.put(f.StashID, "same.txt", "same")
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("hush"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := r.Folder(t.Context(), r.scope, "ada", f.StashID, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if b, err := os.ReadFile(filepath.Join(dir, "in/a.json")); err != nil || string(b) != "brought" {
		t.Fatal(string(b), err)
	}
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("in/a.json", "changed")
	write("out/deep/b.json", `{}`)
	for link, to := range map[string]string{"link": outside, "folder": filepath.Dir(outside), "inside": "in/a.json"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := d.Keep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	for i := range kept {
		said.WriteString(kept[i].Path + "=" + r.text(&kept[i]) + " " + kept[i].ContentType + "; ")
	}
	if got := said.String(); got != "in/a.json=changed application/json; out/deep/b.json={} application/json; " {
		t.Error(got)
	}
	if page, err := r.List(t.Context(), r.scope, "ada", f.StashID, db.Cursor{}); err != nil || page.Total != 3 {
		t.Error(page, err)
	}
	// Of another user it is empty, and stays so.
	theirs, err := r.Folder(t.Context(), r.scope, "bob", f.StashID, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = theirs.Close() })
	if kept, err := theirs.Keep(t.Context()); err != nil || len(kept) != 0 {
		t.Error(kept, err)
	}
}
